"""What a person may start a policy from, in plain words."""

from typing import NamedTuple

from notifications.wire.policies import PolicyCreate, Severity, Watch


class StartingPoint(NamedTuple):
    """A template: the words of its link, a name for the policy, and what it watches."""

    key: str
    title: str
    name: str
    watch: Watch
    severity: Severity = "warning"
    resolve: str = "edit"

    def policy(self) -> PolicyCreate:
        """Without a channel: that is chosen on the page."""
        values = {"name": self.name, "watch": self.watch, "severity": self.severity, "resolve": self.resolve}
        return PolicyCreate(**values, channel_ids=[])  # type: ignore[arg-type]


STARTING_POINTS = (
    StartingPoint("failed", "Run fails", "Failed or crashed", Watch(state_types=["FAILED", "CRASHED"])),
    StartingPoint("crashed", "Run crashes", "Crashed", Watch(state_types=["CRASHED"]), "critical"),
    StartingPoint("late", "Run is late", "Late", Watch(state_names=["Late"])),
    StartingPoint("long", "Run takes too long", "Takes more than an hour",
                  Watch(kinds=["run-too-long"], longer_than_minutes=60)),
    StartingPoint("no-worker", "Pool has no worker", "Pool without a worker", Watch(kinds=["pool-not-ready"]),
                  "critical"),
    StartingPoint("recovered", "Run fails, and recovers", "Failed and recovered",
                  Watch(state_types=["FAILED", "CRASHED"]), "warning", "message"),
    StartingPoint("paused", "Run waits for a person", "Waits for a person", Watch(state_types=["PAUSED"]), "info"),
    StartingPoint("completed", "Run completes", "Completed", Watch(state_types=["COMPLETED"]), "info"),
    StartingPoint("sla", "Service level is missed", "Service level missed", Watch(kinds=["sla-violation"])),
    StartingPoint("automation", "Automation cannot act", "Automation failing", Watch(kinds=["automation-failing"])),
)  # fmt: skip
BY_KEY = {point.key: point for point in STARTING_POINTS}
