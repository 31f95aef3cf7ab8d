"""A schedule in words."""

from typing import Any

DAYS = {
    "0": "Sunday",
    "1": "Monday",
    "2": "Tuesday",
    "3": "Wednesday",
    "4": "Thursday",
    "5": "Friday",
    "6": "Saturday",
    "7": "Sunday",
}
NAMES = {"SUN": "0", "MON": "1", "TUE": "2", "WED": "3", "THU": "4", "FRI": "5", "SAT": "6"}
UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
FREQUENCIES = {
    "YEARLY": "year", "MONTHLY": "month", "WEEKLY": "week", "DAILY": "day", "HOURLY": "hour", "MINUTELY": "minute",
}  # fmt: skip


def describe_schedule(value: dict[str, Any]) -> str:
    """ "Every 10 minutes", "At 06:00 every weekday"; what has no simple words is shown as it is."""
    if "interval" in value:
        return describe_interval(float(value["interval"]))
    if "cron" in value:
        return describe_cron(value["cron"])
    return describe_rrule(value.get("rrule", ""))


def describe_interval(seconds: float) -> str:
    for name, length in UNITS:
        if seconds >= length and seconds % length == 0:
            return every(int(seconds // length), name)
    return f"Every {seconds:g} seconds"


def every(count: int, name: str) -> str:
    return f"Every {name}" if count == 1 else f"Every {count} {name}s"


def describe_cron(cron: str) -> str:
    fields = cron.split()
    if len(fields) != 5 or fields[3] != "*":
        return f"Cron {cron}"
    minute, hour, day, _, weekday = fields
    days = days_in_words(day, weekday)
    if days is None:
        return f"Cron {cron}"
    if minute.isdigit() and hour.isdigit():
        return f"At {int(hour):02d}:{int(minute):02d} {days}"
    if days != "every day":
        return f"Cron {cron}"
    if minute == "*" and hour == "*":
        return "Every minute"
    if minute.startswith("*/") and minute[2:].isdigit() and hour == "*":
        return every(int(minute[2:]), "minute")
    if minute.isdigit() and hour == "*":
        return "Every hour" if minute == "0" else f"Every hour at minute {int(minute)}"
    if minute == "0" and hour.startswith("*/") and hour[2:].isdigit():
        return every(int(hour[2:]), "hour")
    return f"Cron {cron}"


def days_in_words(day: str, weekday: str) -> str | None:
    """None for days that have no simple words."""
    weekday = NAMES.get(weekday.upper(), weekday)
    if weekday == "*":
        if day == "*":
            return "every day"
        return f"on day {int(day)} of every month" if day.isdigit() else None
    if day != "*":
        return None
    if weekday.upper() in ("1-5", "MON-FRI"):
        return "every weekday"
    return f"every {DAYS[weekday]}" if weekday in DAYS else None


def describe_rrule(rrule: str) -> str:
    line = next((line for line in rrule.upper().split() if "FREQ=" in line), "").removeprefix("RRULE:")
    parts = dict(part.partition("=")[::2] for part in line.split(";") if part)
    unit = FREQUENCIES.get(parts.get("FREQ", ""))
    if unit is None or set(parts) - {"FREQ", "INTERVAL"} or not parts.get("INTERVAL", "1").isdigit():
        return f"Rule {rrule}"
    return every(int(parts.get("INTERVAL", "1")), unit)
