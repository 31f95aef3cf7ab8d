"""Flows, their runs and the states that a run went through."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from controlplane.sql.models import SealedField, WorkspaceModel, WorkspaceRow


class Flow(WorkspaceModel):
    """A function that a client registered, by name."""

    name = models.TextField()
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use flow_tag
    labels = models.JSONField(default=dict)

    class Meta:
        db_table = "flow"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "name"], name="flow_name_once")]


class FlowRun(WorkspaceModel):
    """One execution of a flow.

    The current state's type, name and time are copied onto the row, so that a list of runs reads one table.
    """

    flow_id = models.UUIDField()
    name = models.TextField()
    deployment_id = models.UUIDField(null=True)  # no foreign key: a run outlives its deployment
    deployment_version = models.TextField(null=True)
    work_queue_id = models.UUIDField(null=True)
    work_queue_name = models.TextField(null=True)
    flow_version = models.TextField(null=True)
    parameters = models.JSONField(default=dict)
    idempotency_key = models.TextField(null=True)
    context = models.JSONField(default=dict)
    empirical_policy = models.JSONField(default=dict)
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use flow_run_tag
    labels = models.JSONField(default=dict)
    parent_task_run_id = models.UUIDField(null=True)
    state_id = models.UUIDField(null=True)
    state_type = models.TextField(null=True)
    state_name = models.TextField(null=True)
    state_timestamp = models.DateTimeField(null=True)
    run_count = models.IntegerField(default=0)
    expected_start_time = models.DateTimeField(null=True)
    next_scheduled_start_time = models.DateTimeField(null=True)
    start_time = models.DateTimeField(null=True)
    end_time = models.DateTimeField(null=True)
    total_run_time = models.FloatField(default=0.0)  # seconds
    auto_scheduled = models.BooleanField(default=False)
    infrastructure_document_id = models.UUIDField(null=True)
    infrastructure_pid = models.TextField(null=True)
    created_by = models.JSONField(null=True)
    job_variables = models.JSONField(null=True)
    secrets = SealedField(null=True)  # of parameters and job variables, which hold masks in their places

    class Meta:
        db_table = "flow_run"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "flow_id", "idempotency_key"], name="flow_run_idempotency")
        ]
        indexes = [
            # A worker's poll: what is due in its queues, soonest first, and nothing else.
            models.Index(
                fields=["workspace_id", "work_queue_id", "next_scheduled_start_time"],
                condition=Q(state_type="SCHEDULED"),
                name="flow_run_due",
            ),
            # Slots of a queue, and "running now".
            models.Index(
                fields=["workspace_id", "work_queue_id"],
                condition=Q(state_type__in=["PENDING", "RUNNING", "CANCELLING"]),
                name="flow_run_holding",
            ),
            models.Index(fields=["workspace_id", "state_type", "expected_start_time"], name="flow_run_by_state"),
            models.Index(fields=["workspace_id", "expected_start_time", "id"], name="flow_run_by_time"),
            models.Index(
                fields=["workspace_id", "deployment_id", "expected_start_time"], name="flow_run_by_deployment"
            ),
            models.Index(
                fields=["workspace_id", "parent_task_run_id"],
                condition=Q(parent_task_run_id__isnull=False),
                name="flow_run_by_parent",
            ),
            models.Index(fields=["workspace_id", "flow_id", "expected_start_time"], name="flow_run_by_flow"),
            # What a deployment still has to begin.
            models.Index(
                fields=["workspace_id", "deployment_id", "next_scheduled_start_time"],
                condition=Q(state_type="SCHEDULED"),
                name="flow_run_waiting",
            ),
            # The sweep for late runs, over all tenants. By name too, or the planner takes it for a worker's poll.
            models.Index(
                fields=["next_scheduled_start_time"],
                condition=Q(state_type="SCHEDULED", state_name="Scheduled"),
                name="flow_run_late_sweep",
            ),
            # Pauses and cancellations that nobody ends.
            models.Index(
                fields=["workspace_id", "id"],
                condition=Q(state_type__in=["PAUSED", "CANCELLING"]),
                name="flow_run_stopping",
            ),
            # What was cancelled lately, and sub-flows that are not over: whether a child outlived its parent.
            models.Index(fields=["end_time"], condition=Q(state_type="CANCELLED"), name="flow_run_cancelled"),
            models.Index(
                fields=["workspace_id", "id"],
                condition=Q(
                    parent_task_run_id__isnull=False,
                    state_type__in=["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"],
                ),
                name="flow_run_open_child",
            ),
            # A change of keys: the few runs that hold secrets.
            models.Index(fields=["workspace_id", "id"], condition=Q(secrets__isnull=False), name="flow_run_sealed"),
        ]


class FlowRunState(WorkspaceRow):
    """A state that a flow run entered; never changed afterwards."""

    flow_run_id = models.UUIDField()
    type = models.TextField()
    name = models.TextField()
    timestamp = models.DateTimeField()
    message = models.TextField(null=True)
    data = models.JSONField(null=True)
    state_details = models.JSONField(default=dict)
    asked = models.BinaryField(null=True)  # who asked for it, and how: a client's retry is known by it
    refusal = models.TextField(null=True)  # why this state was stored instead of the one that was asked for

    class Meta:
        db_table = "flow_run_state"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "flow_run_id", "timestamp"], name="flow_run_state_moment")
        ]


class FlowRunInput(WorkspaceModel):
    """A value that a person or another run sent to a flow run."""

    flow_run_id = models.UUIDField()
    key = models.TextField()
    value = models.TextField()
    sender = models.TextField(null=True)

    class Meta:
        db_table = "flow_run_input"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "flow_run_id", "key"], name="flow_run_input_key")
        ]
