"""REST doors of deployments."""

from deployments.api import (
    deployments,
    resuming,
    schedules,
    slots,
    values,
    versions,
    why,
    work_pools,
    work_queues,
    workers,
)

__all__ = [
    "deployments", "resuming", "schedules", "slots", "values", "versions", "why", "work_pools",
    "work_queues", "workers",
]  # fmt: skip
