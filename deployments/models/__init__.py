"""Tables of deployments: what should run, when and where."""

from deployments.models.cleanups import Cleanup
from deployments.models.deployments import Deployment, DeploymentSchedule
from deployments.models.push import PushKey, PushSubmission
from deployments.models.versions import DeploymentVersion
from deployments.models.work_pools import Worker, WorkPool, WorkQueue

__all__ = [
    "Cleanup",
    "Deployment",
    "DeploymentSchedule",
    "DeploymentVersion",
    "PushKey",
    "PushSubmission",
    "WorkPool",
    "WorkQueue",
    "Worker",
]
