"""What clients of 2.x read in a deployment: the older names of the same things."""

from collections.abc import Sequence

from controlplane.wire.clients import is_2
from deployments.wire.deployments import Deployment, OlderDeployment


def for_client(found: Sequence[Deployment], client_version: str | None) -> list[Deployment]:
    if not is_2(client_version):
        return list(found)
    return [older(deployment) for deployment in found]


def older(deployment: Deployment) -> OlderDeployment:
    """They send back what they read here, so a schedule that is not the only one, or not active, is not named."""
    active = [schedule for schedule in deployment.schedules if schedule.active]
    only = active[0].schedule if len(deployment.schedules) == len(active) == 1 else None
    return OlderDeployment(
        **{name: getattr(deployment, name) for name in Deployment.__struct_fields__ if name != "status"},
        status="READY" if deployment.status == "READY" else "NOT_READY",
        infra_overrides=deployment.job_variables, schedule=only, is_schedule_active=not deployment.paused,
    )  # fmt: skip
