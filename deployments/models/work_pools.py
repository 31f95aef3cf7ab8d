"""Work pools, their queues and the workers that poll them."""

from django.db import models
from django.db.models import Q

from controlplane.sql.models import SealedField, WorkspaceModel, WrittenJSONField


class WorkPool(WorkspaceModel):
    """Where runs go to be executed."""

    name = models.TextField()
    description = models.TextField(null=True)
    type = models.TextField(default="prefect-agent")
    base_job_template = WrittenJSONField(default=dict)
    secrets = SealedField(null=True)  # the template's defaults of secret variables
    is_paused = models.BooleanField(default=False)
    paused_since = models.DateTimeField(null=True)
    paused_by = models.TextField(null=True)  # a name, to show; the audit trail has more
    concurrency_limit = models.IntegerField(null=True)
    default_queue_id = models.UUIDField(null=True)
    storage_configuration = models.JSONField(default=dict)
    status = models.TextField(null=True)

    class Meta:
        db_table = "work_pool"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="work_pool_name_once"),
            models.CheckConstraint(condition=Q(concurrency_limit__gte=0), name="work_pool_limit_not_negative"),
        ]
        # Few pools are ours to submit, and the sweep asks for them every few seconds.
        indexes = [models.Index(fields=["workspace_id"], condition=Q(type="ecs:push"), name="work_pool_push")]


class WorkQueue(WorkspaceModel):
    """A line of runs inside a pool. Priority 1 goes first."""

    work_pool_id = models.UUIDField()
    name = models.TextField()
    description = models.TextField(default="")
    is_paused = models.BooleanField(default=False)
    paused_since = models.DateTimeField(null=True)
    paused_by = models.TextField(null=True)  # a name, to show; the audit trail has more
    concurrency_limit = models.IntegerField(null=True)
    priority = models.IntegerField(default=1)
    filter = models.JSONField(null=True)
    last_polled = models.DateTimeField(null=True)
    status = models.TextField(default="NOT_READY")

    class Meta:
        db_table = "work_queue"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "work_pool_id", "name"], name="work_queue_name_once"),
            models.CheckConstraint(condition=Q(concurrency_limit__gte=0), name="work_queue_limit_not_negative"),
            models.CheckConstraint(condition=Q(priority__gte=1), name="work_queue_priority_positive"),
        ]


class Worker(WorkspaceModel):
    """A process on the customer's side that polls a pool."""

    work_pool_id = models.UUIDField()
    name = models.TextField()
    last_heartbeat_time = models.DateTimeField(null=True)
    heartbeat_interval_seconds = models.IntegerField(null=True)
    status = models.TextField(default="OFFLINE")
    client_version = models.TextField(null=True)
    address = models.TextField(null=True)
    metadata = models.JSONField(null=True, db_column="metadata_")

    class Meta:
        db_table = "worker"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "work_pool_id", "name"], name="worker_name_once")
        ]
