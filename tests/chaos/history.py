"""What clients did and were told, kept outside the database: the record that is compared with what people heard."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.world import Tenant

SENDERS = 6
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Target:
    """A deployment whose failures are told. With `acts`, an automation does something about each of them too."""

    tenant: Tenant
    flow_id: str
    deployment_id: str
    acts: bool


@dataclass
class History:
    """Runs that were made to fail. `failed`: acknowledged. `unknown`: the connection broke, so it may have happened."""

    failed: dict[str, Target] = field(default_factory=dict)
    when: dict[str, float] = field(default_factory=dict)
    """The moments at which failures were acknowledged."""
    unknown: dict[str, Target] = field(default_factory=dict)
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Answers that are no 2xx, by status and words: those changed nothing, or may have (5xx)."""
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def fail_runs(targets: list[Target], wanted: int, per_second: float, seconds: float) -> History:
    """Make runs fail, spread over the targets, until `wanted` failures are acknowledged, or the time is up."""
    history, numbers, begun = History(), count(), time.monotonic()

    def send() -> None:
        with httpx.Client(timeout=ANSWER_SECONDS) as client:
            while time.monotonic() < begun + seconds:
                with history.lock:
                    if len(history.failed) >= wanted:
                        return
                    number, due = next(numbers), begun + len(history.failed) / per_second
                time.sleep(max(0.0, due - time.monotonic()))
                fail_one(history, client, targets[number % len(targets)])

    with ThreadPoolExecutor(SENDERS) as pool:
        for sender in [pool.submit(send) for _ in range(SENDERS)]:
            sender.result()
    return history


def fail_one(history: History, client: httpx.Client, target: Target) -> None:
    body = {"flow_id": target.flow_id, "deployment_id": target.deployment_id, "state": {"type": "RUNNING"}}
    made = ask(history, client, target, "/flow_runs/", body)
    if made is None or not made.is_success:
        return
    run_id = made.json()["id"]
    state = {"type": "FAILED", "name": "Failed", "message": "It broke"}
    answer = ask(history, client, target, f"/flow_runs/{run_id}/set_state", {"state": state})
    with history.lock:
        if answer is not None and answer.is_success:
            assert answer.json()["status"] == "ACCEPT"
            history.failed[run_id] = target
            history.when[run_id] = time.time()
        elif answer is None or answer.status_code >= 500:
            history.unknown[run_id] = target


def ask(history: History, client: httpx.Client, target: Target, path: str, body: object) -> httpx.Response | None:
    """The answer; None if the connection broke before there was one."""
    try:
        answer = client.post(target.tenant.api_url + path, json=body, headers=authorization(target.tenant))
    except httpx.TransportError:
        with history.lock:
            history.broken += 1
        time.sleep(0.05)
        return None
    if not answer.is_success:
        with history.lock:
            history.refused[answer.status_code, answer.text[:100]] += 1
        time.sleep(0.05)
    return answer


def authorization(tenant: Tenant) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.key}"}
