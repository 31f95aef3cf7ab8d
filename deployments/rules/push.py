"""Push work pools: the control plane itself submits their runs, no worker polls them."""

from datetime import timedelta

ECS = "ecs:push"
SUBMITTED_BY_US = frozenset({ECS})
# Of a hosted control plane, which runs flows on machines of its own or has accounts at other providers.
MANAGED = ":managed"
PUSH = ":push"
MOST_ATTEMPTS = 8
FIRST_WAIT = 5.0
LONGEST_WAIT = 120.0
LOOK_WHILE_STARTING = timedelta(seconds=3)
LOOK_WHILE_RUNNING = timedelta(seconds=15)


def is_push(pool_type: str) -> bool:
    return pool_type in SUBMITTED_BY_US


def why_unsupported(pool_type: str) -> str | None:
    """A sentence for a type of pool that nobody here could run."""
    if pool_type in SUBMITTED_BY_US or not pool_type.endswith((PUSH, MANAGED)):
        return None
    kind = "managed" if pool_type.endswith(MANAGED) else "push"
    return (
        f"Work pools of type '{pool_type}' are not supported: Signalbox submits runs itself to Amazon ECS only "
        f"('{ECS}'). In place of a {kind} pool, use a pool with a worker of your own."
    )


def wait_seconds(attempts: int) -> float:
    return min(FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_WAIT)
