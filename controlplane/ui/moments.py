"""Times and durations in words. `static/ui/js/time.js` says the same words while the page is open."""

from datetime import UTC, datetime

from django.utils import timezone

MINUTE, HOUR, DAY, MONTH = 60, 3600, 86400, 30 * 86400


def relative(moment: datetime, now: datetime) -> str:
    """ "5 min ago", "in 16 h"; beyond a month the date."""
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 5:
        return "just now"
    if distance >= MONTH:
        return date(moment)
    words = _steps(distance)
    return f"{words} ago" if seconds > 0 else f"in {words}"


def date(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"


def exact(moment: datetime) -> str:
    """Local time with its zone, and UTC when that differs."""
    local = timezone.localtime(moment)
    here = f"{local:%Y-%m-%d %H:%M:%S %Z}"
    return here if local.utcoffset() == UTC.utcoffset(None) else f"{here} · {moment.astimezone(UTC):%H:%M:%S} UTC"


def duration(seconds: float | None) -> str:
    """ "340 ms", "3.8 s", "12 s", "1 m 02 s", "1 h 04 m", "2 d 3 h"; a dash when there is none yet."""
    if seconds is None:
        return "—"
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} m {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} m"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def _steps(distance: float) -> str:
    if distance < MINUTE:
        return f"{int(distance)} s"
    if distance < HOUR:
        return f"{int(distance // MINUTE)} min"
    if distance < DAY:
        return f"{int(distance // HOUR)} h"
    return f"{int(distance // DAY)} d"
