"""The time zone that pages tell times in: a person's browser says its own in a cookie, or the person chose UTC."""

from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

COOKIE = "zone"
CHOSEN = "UTC"
"""What a person chooses; a browser that is in UTC says Etc/UTC."""


def zone_of(cookies: Mapping[str, str]) -> ZoneInfo | None:
    """None where pages tell UTC. A cookie is anybody's to write: only names of zones that there are count."""
    name = cookies.get(COOKIE, "")
    return ZoneInfo(name) if name in zones() else None


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"UTC", "Etc/UTC"})
