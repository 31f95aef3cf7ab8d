"""The incoming half of the doorbell: one Redis subscription for the whole process, fanned out to its listeners."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from controlplane.streams.doorbell import CHANNEL, PAUSE_SECONDS, Rings, doorbell, on_ring

log = logging.getLogger(__name__)

Listener = Callable[[frozenset[str]], None]


class Ear:
    """Listens for an event loop. Listeners are called in that loop with the kinds that rang."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.listeners: defaultdict[UUID, list[Listener]] = defaultdict(list)
        self.pubsub: redis.asyncio.client.PubSub | None = None
        self.task: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        # False while rings of other processes cannot be heard: listeners then look more often by themselves.
        self.hears = False
        self.warned = False
        on_ring(self.ring_here)

    @contextmanager
    def subscribe(self, workspace: UUID, listener: Listener) -> Iterator[None]:
        self.listeners[workspace].append(listener)
        self.changed.set()
        if self.task is None:
            self.task = self.loop.create_task(self.listen())
        try:
            yield
        finally:
            self.listeners[workspace].remove(listener)
            if not self.listeners[workspace]:
                del self.listeners[workspace]
            self.changed.set()

    def ring_here(self, rings: Rings) -> None:
        """From the doorbell's thread: what was rung in this process needs no Redis."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.hear_all, rings)

    def hear_all(self, rings: Rings) -> None:
        for workspace, kinds in rings.items():
            self.hear(workspace, kinds)

    def hear(self, workspace: UUID, kinds: frozenset[str]) -> None:
        for listener in list(self.listeners.get(workspace, ())):
            listener(kinds)

    async def listen(self) -> None:
        while True:
            try:
                await self.listen_once()
            except (RedisError, OSError):
                if self.hears or not self.warned:
                    log.warning("The doorbell of other processes cannot be heard: Redis is away")
                self.warned = True
            self.hears = False
            await asyncio.sleep(PAUSE_SECONDS)

    async def listen_once(self) -> None:
        """One connection's life: keep the subscribed channels equal to the listeners' workspaces, and hear."""
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0), health_check_interval=10
        )
        async with contextlib.aclosing(client), client.pubsub() as pubsub:
            subscribed: set[UUID] = set()
            while True:
                self.changed.clear()
                wanted = set(self.listeners)
                if new := wanted - subscribed:
                    await pubsub.subscribe(*(f"{CHANNEL}{workspace}" for workspace in new))
                if old := subscribed - wanted:
                    await pubsub.unsubscribe(*(f"{CHANNEL}{workspace}" for workspace in old))
                subscribed = wanted
                self.hears = True
                if not subscribed:
                    await self.changed.wait()
                    continue
                await self.hear_until_changed(pubsub)

    async def hear_until_changed(self, pubsub: redis.asyncio.client.PubSub) -> None:
        while not self.changed.is_set():
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.1)
            if message is None:
                continue
            origin, *kinds = message["data"].decode().split(" ")
            if origin != doorbell.origin:
                self.hear(UUID(message["channel"].decode().removeprefix(CHANNEL)), frozenset(kinds))


ears: dict[int, Ear] = {}


def ear() -> Ear:
    """The ear of the running loop."""
    key = id(asyncio.get_running_loop())
    if key not in ears:
        ears[key] = Ear()
    return ears[key]
