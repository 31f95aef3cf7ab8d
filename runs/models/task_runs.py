"""Task runs, their states and the cache of their results."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from controlplane.sql.models import WorkspaceModel, WorkspaceRow


class TaskRun(WorkspaceModel):
    """One execution of a task: reported by events (3.x clients) or orchestrated here (2.x and background tasks)."""

    flow_run_id = models.UUIDField(null=True)  # no foreign key: an event may come before its flow run
    name = models.TextField()
    task_key = models.TextField()
    dynamic_key = models.TextField()
    cache_key = models.TextField(null=True)
    cache_expiration = models.DateTimeField(null=True)
    task_version = models.TextField(null=True)
    empirical_policy = models.JSONField(default=dict)
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use task_run_tag
    labels = models.JSONField(default=dict)
    task_inputs = models.JSONField(default=dict)
    state_id = models.UUIDField(null=True)
    state_type = models.TextField(null=True)
    state_name = models.TextField(null=True)
    state_timestamp = models.DateTimeField(null=True)
    run_count = models.IntegerField(default=0)
    flow_run_run_count = models.IntegerField(default=0)
    expected_start_time = models.DateTimeField(null=True)
    next_scheduled_start_time = models.DateTimeField(null=True)
    start_time = models.DateTimeField(null=True)
    end_time = models.DateTimeField(null=True)
    total_run_time = models.FloatField(default=0.0)  # seconds

    class Meta:
        db_table = "task_run"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "flow_run_id", "task_key", "dynamic_key"],
                name="task_run_natural_key",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["workspace_id", "expected_start_time", "id"], name="task_run_by_time"),
            # Background tasks waiting for a task worker.
            models.Index(
                fields=["workspace_id", "task_key", "next_scheduled_start_time"],
                condition=Q(state_type="SCHEDULED"),
                name="task_run_due",
            ),
        ]


class TaskRunState(WorkspaceRow):
    """A state that a task run entered; never changed afterwards."""

    task_run_id = models.UUIDField()
    type = models.TextField()
    name = models.TextField()
    timestamp = models.DateTimeField()
    message = models.TextField(null=True)
    data = models.JSONField(null=True)
    state_details = models.JSONField(default=dict)
    asked = models.BinaryField(null=True)  # as of a flow run's state
    refusal = models.TextField(null=True)

    class Meta:
        db_table = "task_run_state"
        indexes = [models.Index(fields=["workspace_id", "task_run_id", "timestamp"], name="task_run_state_by_time")]


class TaskRunCache(WorkspaceRow):
    """A COMPLETED state that later runs with the same cache key may take over."""

    cache_key = models.TextField()
    cache_expiration = models.DateTimeField(null=True)
    task_run_state_id = models.UUIDField()

    class Meta:
        db_table = "task_run_cache"
        indexes = [models.Index(fields=["workspace_id", "cache_key", "-created"], name="task_run_cache_newest")]
