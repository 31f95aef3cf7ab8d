"""Jobs that begin, of which some never end: a proactive trigger tells those, once each, whoever dies meanwhile."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from tests.chaos.history import ANSWER_SECONDS, authorization
from tests.conftest import Servers
from tests.world import Tenant

WITHIN_SECONDS = 12
JOBS, EVERY_SECONDS, ENDS_AFTER_SECONDS = 60, 0.4, 4.0
IN_TIME_SECONDS = 10.0
"""An end that is acknowledged later than this after its beginning may be too late to keep the trigger from firing."""


@dataclass(eq=False)
class Jobs(Thread):
    """Begins jobs of a tenant while others kill; every other job ends in time."""

    tenant: Tenant
    begun: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    stopping: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        started = time.monotonic()
        due = sorted(
            [(number * EVERY_SECONDS, "job.begun", f"job.{number}") for number in range(JOBS)]
            + [
                (number * EVERY_SECONDS + ENDS_AFTER_SECONDS, "job.ended", f"job.{number}")
                for number in range(0, JOBS, 2)
            ]
        )
        beginnings: dict[str, float] = {}
        with httpx.Client(timeout=ANSWER_SECONDS) as client:
            for at, name, job in due:
                time.sleep(max(0.0, started + at - time.monotonic()))
                occurred = time.monotonic()
                if not self.report(client, name, job):
                    return
                if name == "job.begun":
                    self.begun.append(job)
                    beginnings[job] = occurred
                elif time.monotonic() - beginnings[job] < IN_TIME_SECONDS:
                    self.ended.add(job)
                else:
                    self.late.add(job)

    def report(self, client: httpx.Client, name: str, job: str) -> bool:
        """Until it is acknowledged: the same event may be sent as often as one likes."""
        event: dict[str, Any] = {
            "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": name,
            "resource": {"prefect.resource.id": job},
        }  # fmt: skip
        while not self.stopping.is_set():
            try:
                url, headers = f"{self.tenant.api_url}/events", authorization(self.tenant)
                if client.post(url, json=[event], headers=headers).is_success:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return False


def make_silence_automation(tenant: Tenant, block: str) -> None:
    trigger = {
        "type": "event", "posture": "Proactive", "after": ["job.begun"], "expect": ["job.ended"],
        "for_each": ["prefect.resource.id"], "threshold": 1, "within": WITHIN_SECONDS,
    }  # fmt: skip
    payload = '{"silent": "{{ event.resource[\'prefect.resource.id\'] }}"}'
    action = {"type": "call-webhook", "block_document_id": block, "payload": payload}
    tenant.ok("POST", "/automations/", {"name": "silence", "trigger": trigger, "actions": [action]})


def read_silent(servers: Servers, wanted: int, seconds: float) -> list[str]:
    """The jobs that the trigger fired for and whose action is done, once there are as many as that."""
    deadline = time.monotonic() + seconds
    while True:
        with psycopg.connect(servers.urls.system) as connection:
            rows = connection.execute(SILENT).fetchall()
        if len(rows) >= wanted or time.monotonic() > deadline:
            return [row[0] for row in rows]
        time.sleep(0.2)


SILENT = """
SELECT firing -> 'triggering_labels' ->> 'prefect.resource.id' FROM automation_action
WHERE automation ->> 'name' = 'silence' AND done IS NOT NULL
"""
