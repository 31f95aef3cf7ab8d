"""A follower of `/events/out` as Prefect's clients are: cut off, it comes again and reads back."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.sync.client import connect

from tests.world import Tenant

READ_BACK = timedelta(minutes=1)
"""This far before the moment at which it was cut off."""


@dataclass(eq=False)
class Following(Thread):
    """`heard`: the runs that failed, by their ids."""

    tenant: Tenant
    heard: set[str] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    alive: datetime = field(default_factory=lambda: datetime.now(UTC))
    longest_away: timedelta = timedelta()
    stopping: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.follow()
            except ConnectionClosed as end:
                self.ends["no close frame" if end.rcvd is None else end.rcvd.reason] += 1
            except (OSError, InvalidHandshake, InvalidMessage):
                pass
            time.sleep(0.1)

    def follow(self) -> None:
        with connect(f"{self.tenant.ws_url}/events/out", subprotocols=["prefect"], close_timeout=1) as socket:  # type: ignore[list-item]
            socket.send(json.dumps({"type": "auth", "token": self.tenant.key}))
            socket.recv(timeout=10)
            self.longest_away = max(self.longest_away, datetime.now(UTC) - self.alive)
            occurred = {"since": (self.alive - READ_BACK).isoformat()}
            wanted = {"event": {"name": ["prefect.flow-run.Failed"]}, "occurred": occurred}
            socket.send(json.dumps({"type": "filter", "filter": wanted}))
            while not self.stopping.is_set():
                try:
                    frame = json.loads(socket.recv(timeout=0.5))
                except TimeoutError:
                    self.alive = datetime.now(UTC)
                    continue
                self.heard.add(frame["event"]["resource"]["prefect.resource.id"].removeprefix("prefect.flow-run."))

    def wait_for(self, wanted: set[str], seconds: float) -> set[str]:
        """What of it was not heard when the time is up."""
        deadline = time.monotonic() + seconds
        while wanted - self.heard and time.monotonic() < deadline:
            time.sleep(0.1)
        return wanted - self.heard
