"""The doorbell: "something happened in this workspace", and nothing more.

Ringing only appends to a queue (about a microsecond), so a request thread may do it after its commit. A daemon
thread collects the rings for `GATHER_SECONDS`, wakes the listeners of this process directly and publishes one
message for each workspace to the others. When Redis is away rings between processes are lost without a trace:
whoever listens also looks by itself now and then. What happened is in the database; a ring carries no data.
"""

import logging
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

CHANNEL = "signalbox:bell:"
GATHER_SECONDS = 0.05
# After a failure Redis is left alone for this long.
PAUSE_SECONDS = 1.0

Rings = Mapping[UUID, frozenset[str]]
"""The kinds that rang, by workspace."""


class Doorbell:
    """The outgoing half: one for each process."""

    def __init__(self) -> None:
        self.origin = uuid4().hex
        self.pending: deque[tuple[UUID, str]] = deque()
        self.wake = threading.Event()
        self.thread: threading.Thread | None = None
        self.starting = threading.Lock()
        self.hooks: list[Callable[[Rings], None]] = []
        self.client: redis.Redis | None = None
        self.paused_until = 0.0

    def ring(self, workspace: UUID, kind: str) -> None:
        self.pending.append((workspace, kind))
        if not self.wake.is_set():
            if self.thread is None:
                self.start()
            self.wake.set()

    def start(self) -> None:
        with self.starting:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="doorbell", daemon=True)
                self.thread.start()

    def run(self) -> None:
        while True:
            self.wake.wait()
            time.sleep(GATHER_SECONDS)
            self.wake.clear()
            rings = self.collect()
            if rings:
                self.deliver(rings)

    def collect(self) -> Rings:
        found: defaultdict[UUID, set[str]] = defaultdict(set)
        while self.pending:
            workspace, kind = self.pending.popleft()
            found[workspace].add(kind)
        return {workspace: frozenset(kinds) for workspace, kinds in found.items()}

    def deliver(self, rings: Rings) -> None:
        for hook in self.hooks:
            try:
                hook(rings)
            except Exception:
                log.exception("A hook of the doorbell failed")
        if time.monotonic() >= self.paused_until:
            try:
                self.publish(rings)
            except (RedisError, OSError):
                self.paused_until = time.monotonic() + PAUSE_SECONDS

    def publish(self, rings: Rings) -> None:
        if self.client is None:
            self.client = redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0)
            )
        with self.client.pipeline(transaction=False) as pipeline:
            for workspace, kinds in rings.items():
                pipeline.publish(f"{CHANNEL}{workspace}", f"{self.origin} {' '.join(sorted(kinds))}")
            pipeline.execute()


doorbell = Doorbell()


def ring(workspace: UUID, kind: str) -> None:
    """Say that something of this kind (`event`, `log`, …) was committed in this workspace. Never waits, never fails."""
    doorbell.ring(workspace, kind)


def on_ring(hook: Callable[[Rings], None]) -> None:
    """Have `hook` called in the doorbell's thread with what rang in the last 50 ms here: to wake Celery, once."""
    if hook not in doorbell.hooks:
        doorbell.hooks.append(hook)


def forget_thread() -> None:
    """A fork does not inherit threads, and must not share a connection."""
    doorbell.thread = None
    doorbell.client = None
    doorbell.origin = uuid4().hex
    doorbell.starting = threading.Lock()
    doorbell.wake = threading.Event()
    doorbell.pending.clear()


os.register_at_fork(after_in_child=forget_thread)
