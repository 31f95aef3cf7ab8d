"""How often a person may send test messages."""

from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

TESTS_A_MINUTE = 10
TOO_OFTEN = "Those were ten test messages in a minute. Wait a little."


def is_too_often(actor: UUID) -> bool:
    """Ten tests a minute for each person; uncounted while Redis is away."""
    key = f"notification-tests:{actor}"
    try:
        cache.add(key, 0, 60)
        return bool(cache.incr(key) > TESTS_A_MINUTE)
    except (RedisError, ValueError):
        return False
