"""Django's cache: Redis while it answers, this process's own memory while it does not.

Only limits and other things that may be forgotten are kept in it. Signing in must work without Redis, and its
limits against guessing passwords must not simply vanish with it: each process then counts for itself.
"""

import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

AWAY_SECONDS = 5.0
"""How long Redis is left alone after it failed, so that one request does not wait for many time-outs."""


class RedisOrMemoryCache(BaseCache):
    """The operations that every other one of Django's caches is made of, on the store that answers."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.redis = RedisCache(server, params)
        self.memory = LocMemCache(
            "while-redis-is-away", {"MAX_ENTRIES": 10_000, "KEY_PREFIX": params.get("KEY_PREFIX", "")}
        )
        self.away_until = 0.0

    def add(self, *args: Any, **options: Any) -> Any:
        return self.run("add", args, options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self.run("get", args, options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self.run("set", args, options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self.run("touch", args, options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self.run("delete", args, options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self.run("has_key", args, options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self.run("incr", args, options)

    def clear(self) -> None:
        self.run("clear", (), {})

    def run(self, operation: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if time.monotonic() >= self.away_until:
            try:
                return getattr(self.redis, operation)(*args, **options)
            except (RedisError, OSError):
                self.away_until = time.monotonic() + AWAY_SECONDS
        return getattr(self.memory, operation)(*args, **options)
