"""Times of day in time zones: quiet hours and digests."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.wire.policies import Digest, QuietHours


def clock(text: str) -> time:
    return time(int(text[:2]), int(text[3:]))


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet that holds now ends; None if it is not quiet. Start and end alike are a whole day."""
    zone = ZoneInfo(quiet.time_zone)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        if day.isoweekday() not in quiet.days:
            continue
        start, end = clock(quiet.start), clock(quiet.end)
        begins = datetime.combine(day, start, zone).astimezone(UTC)
        ends = datetime.combine(day if end > start else day + timedelta(days=1), end, zone).astimezone(UTC)
        if begins <= now < ends:
            return ends
    return None


def next_digest(digest: Digest, now: datetime) -> datetime:
    """The next time after now. Every so many minutes is counted from midnight UTC, so that replicas agree."""
    if digest.every_minutes is not None:
        step = digest.every_minutes * 60
        return datetime.fromtimestamp((int(now.timestamp()) // step + 1) * step, UTC)
    assert digest.daily_at is not None
    zone = ZoneInfo(digest.time_zone)
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        due = datetime.combine(day, clock(digest.daily_at), zone).astimezone(UTC)
        if due > now:
            return due
    return now + timedelta(days=1)
