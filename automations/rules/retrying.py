"""When an action is tried again."""

MOST_ATTEMPTS = 8
# Seconds after the first, second, ... failure: eight tries over about 35 minutes.
DELAYS = (1.0, 5.0, 20.0, 60.0, 240.0, 600.0, 1200.0)
LONGEST_WAIT = 3600.0
SPREAD = 0.2


def wait_seconds(attempts: int, *, retry_after: float | None, chance: float) -> float:
    """How long to wait after `attempts` failures. `chance` in [0, 1) spreads the tries of many actions by ±20 %.

    What the receiver asks for is honoured up to an hour, never shortened.
    """
    planned = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1] * (1 - SPREAD + 2 * SPREAD * chance)
    return max(planned, min(retry_after or 0.0, LONGEST_WAIT))
