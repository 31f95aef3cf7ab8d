"""Run policies (`empirical_policy`): how often and how late a run is retried."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from controlplane.wire.structs import BadField

MAX_RETRY_DELAYS = 50


class FlowRunPolicy(Struct, kw_only=True, frozen=True):
    """Retries of a flow run, and the marks of a pause; unknown keys are ignored."""

    max_retries: int = 0
    retry_delay_seconds: float = 0.0
    retries: int | None = None
    retry_delay: int | None = None
    pause_keys: tuple[str, ...] | None = ()
    resuming: bool | None = False
    retry_type: Literal["in_process", "reschedule"] | None = None

    def __post_init__(self) -> None:
        """Fill the present names from the deprecated ones, and keep `pause_keys` a set; a ValueError becomes a 422."""
        if self.retries is None and self.max_retries:
            force_setattr(self, "retries", self.max_retries)
        if self.retry_delay is None and self.retry_delay_seconds:
            if not self.retry_delay_seconds.is_integer():
                raise BadField("retry_delay", "Input should be a valid integer, got a number with a fractional part")
            force_setattr(self, "retry_delay", int(self.retry_delay_seconds))
        if self.pause_keys:
            force_setattr(self, "pause_keys", tuple(dict.fromkeys(self.pause_keys)))


class TaskRunPolicy(Struct, kw_only=True, frozen=True):
    """Retries of a task run; `retry_delay` in seconds, one for all or one for each attempt."""

    max_retries: int = 0
    retry_delay_seconds: float = 0.0
    retries: int | None = None
    retry_delay: int | float | list[int | float] | None = None
    retry_jitter_factor: float | None = None

    def __post_init__(self) -> None:
        """Fill the present names from the deprecated ones; a ValueError becomes the wire's 422."""
        if self.retries is None and self.max_retries:
            force_setattr(self, "retries", self.max_retries)
        if self.retry_delay is None and self.retry_delay_seconds:
            force_setattr(self, "retry_delay", self.retry_delay_seconds)
        if isinstance(self.retry_delay, list) and len(self.retry_delay) > MAX_RETRY_DELAYS:
            raise BadField("retry_delay", "Can not configure more than 50 retry delays per task.")
        if self.retry_jitter_factor is not None and self.retry_jitter_factor < 0:
            raise BadField("retry_jitter_factor", "`retry_jitter_factor` must be >= 0.")
