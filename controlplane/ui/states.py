"""How a state looks: colour, icon and word, always all three."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    key: str  # the colour: a `data-state` of tokens.css
    icon: str
    word: str


TYPES = {
    "COMPLETED": Look("completed", "check", "Completed"),
    "FAILED": Look("failed", "cross", "Failed"),
    "CRASHED": Look("crashed", "bolt", "Crashed"),
    "RUNNING": Look("running", "play", "Running"),
    "PENDING": Look("pending", "hourglass", "Pending"),
    "SCHEDULED": Look("scheduled", "clock", "Scheduled"),
    "PAUSED": Look("paused", "pause", "Paused"),
    "CANCELLING": Look("cancelling", "ring-closing", "Cancelling"),
    "CANCELLED": Look("cancelled", "ring-slashed", "Cancelled"),
}

# A name keeps its type's colour and changes icon and word; only Late has a colour of its own.
NAMES = {
    ("SCHEDULED", "Late"): Look("late", "clock-alert", "Late"),
    ("SCHEDULED", "AwaitingRetry"): Look("scheduled", "clock-retry", "Awaiting retry"),
    ("SCHEDULED", "AwaitingConcurrencySlot"): Look("scheduled", "hourglass", "Waiting for slot"),
    ("SCHEDULED", "Resuming"): Look("scheduled", "resume", "Resuming"),
    ("PENDING", "Submitting"): Look("pending", "upload", "Starting infrastructure"),
    ("PENDING", "InfrastructurePending"): Look("pending", "upload", "Starting infrastructure"),
    ("RUNNING", "Retrying"): Look("running", "retry", "Retrying"),
    ("RUNNING", "Rerunning"): Look("running", "retry", "Running again"),
    ("PAUSED", "Suspended"): Look("paused", "pause", "Suspended"),
    ("PAUSED", "NotReady"): Look("paused", "pause", "Not ready"),
    ("FAILED", "TimedOut"): Look("failed", "clock-cross", "Timed out"),
    ("COMPLETED", "Cached"): Look("completed", "disk", "Cached"),
    ("COMPLETED", "RolledBack"): Look("completed", "undo", "Rolled back"),
    ("COMPLETED", "Skipped"): Look("completed", "skip", "Skipped"),
}

WITHOUT = Look("cancelled", "ring", "No state")

# Words for things that are not runs: workers, pools, channels, deliveries, deployments.
STATUSES = {
    "online": Look("completed", "dot", "Online"),
    "ready": Look("completed", "dot", "Ready"),
    "active": Look("completed", "dot", "Active"),
    "delivering": Look("completed", "check", "Delivering"),
    "delivered": Look("completed", "check", "Delivered"),
    "late": Look("late", "clock-alert", "Late heartbeat"),
    "not ready": Look("late", "alert", "Not ready"),
    "expiring": Look("late", "clock-alert", "Expires soon"),
    "pending": Look("pending", "hourglass", "Waiting"),
    "draining": Look("cancelling", "ring-closing", "Draining"),
    "offline": Look("cancelled", "ring", "Offline"),
    "disabled": Look("cancelled", "ring-slashed", "Disabled"),
    "paused": Look("paused", "pause", "Paused"),
    "refused": Look("failed", "cross", "Refused"),
    "failing": Look("failed", "cross", "Failing"),
    "failed": Look("failed", "cross", "Failed"),
    "expired": Look("failed", "clock-cross", "Expired"),
    "revoked": Look("cancelled", "ring-slashed", "Revoked"),
}


def look(state_type: str | None, name: str | None = None) -> Look:
    """The look of a state; an unknown name shows its own text in its type's colour."""
    kind = TYPES.get((state_type or "").upper())
    if kind is None:
        return Look(WITHOUT.key, WITHOUT.icon, name) if name else WITHOUT
    if not name or name == kind.word:
        return kind
    known = NAMES.get(((state_type or "").upper(), name))
    return known or Look(kind.key, kind.icon, name)


def status(name: str, words: str = "") -> Look:
    """The look of a status; unknown ones are grey and say their own name."""
    known = STATUSES.get(name.lower(), Look("cancelled", "ring", name))
    return Look(known.key, known.icon, words) if words else known
