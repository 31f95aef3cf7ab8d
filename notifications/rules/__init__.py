"""When a message is tried again, and what an event says."""

from collections.abc import Mapping, Sequence

MOST_ATTEMPTS = 8
# Seconds after the first, second, ... failure: eight tries over about 35 minutes.
DELAYS = (1.0, 5.0, 20.0, 60.0, 240.0, 600.0, 1200.0)
LONGEST_WAIT = 3600.0
SPREAD = 0.2
FLOW_RUN_EVENT = "prefect.flow-run."


def wait_seconds(attempts: int, *, retry_after: float | None, chance: float) -> float:
    """How long to wait after `attempts` failures. `chance` in [0, 1) spreads the tries of many messages by ±20 %.

    What the receiver asks for is honoured up to an hour, never shortened.
    """
    planned = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1] * (1 - SPREAD + 2 * SPREAD * chance)
    return max(planned, min(retry_after or 0.0, LONGEST_WAIT))


def label(resource: Mapping[str, object], name: str) -> str:
    """A label as text; clients may send events of their own with labels missing or of another type."""
    value = resource.get(f"prefect.{name}", "")
    return value if isinstance(value, str) else ""


def related_name(related: Sequence[object], role: str) -> str:
    """The name of the related resource in a role (`flow`, `deployment`, `work-pool`), or an empty text."""
    for resource in related:
        if isinstance(resource, Mapping) and resource.get("prefect.resource.role") == role:
            return label(resource, "resource.name")
    return ""


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
