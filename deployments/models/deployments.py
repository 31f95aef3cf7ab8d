"""Deployments and their schedules."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from controlplane.sql.models import SealedField, WorkspaceModel, WrittenJSONField


class Deployment(WorkspaceModel):
    """A flow with everything needed to start it somewhere."""

    flow_id = models.UUIDField()
    name = models.TextField()
    version = models.TextField(null=True)
    description = models.TextField(null=True)
    paused = models.BooleanField(default=False)
    paused_since = models.DateTimeField(null=True)
    status = models.TextField(default="NOT_READY")
    last_polled = models.DateTimeField(null=True)
    parameters = models.JSONField(default=dict)
    parameter_openapi_schema = WrittenJSONField(null=True)
    enforce_parameter_schema = models.BooleanField(default=False)
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use deployment_tag
    labels = models.JSONField(default=dict)
    work_queue_id = models.UUIDField(null=True)
    work_queue_name = models.TextField(null=True)
    path = models.TextField(null=True)
    entrypoint = models.TextField(null=True)
    pull_steps = models.JSONField(null=True)
    job_variables = models.JSONField(default=dict)
    secrets = SealedField(null=True)  # of parameters, their schema and job variables, which hold masks in their places
    storage_document_id = models.UUIDField(null=True)
    infrastructure_document_id = models.UUIDField(null=True)
    concurrency_limit_id = models.UUIDField(null=True)
    concurrency_options = models.JSONField(null=True)
    version_info = models.JSONField(null=True)
    version_id = models.UUIDField(null=True)  # of the version that is active
    branch = models.TextField(null=True)
    base = models.UUIDField(null=True)  # the deployment that it was branched from, and the first of those
    root = models.UUIDField(null=True)
    disabled = models.BooleanField(default=False)
    created_by = models.JSONField(null=True)
    updated_by = models.JSONField(null=True)

    class Meta:
        db_table = "deployment"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "flow_id", "name"], name="deployment_name_once")]
        indexes = [
            models.Index(fields=["workspace_id", "work_queue_id"], name="deployment_by_queue"),
            # The quick scheduler pass over all tenants.
            models.Index(fields=["updated"], name="deployment_recent"),
            # A poll leaves out the runs of deployments without a free slot.
            models.Index(
                fields=["workspace_id", "concurrency_limit_id"],
                condition=models.Q(concurrency_limit_id__isnull=False),
                name="deployment_limited",
            ),
        ]


class DeploymentSchedule(WorkspaceModel):
    """When a deployment runs by itself: an interval, a cron or an RRULE, as the wire has it."""

    deployment_id = models.UUIDField()
    schedule = models.JSONField()
    active = models.BooleanField(default=True)
    max_scheduled_runs = models.IntegerField(null=True)
    parameters = models.JSONField(default=dict)
    slug = models.TextField(null=True)
    secrets = SealedField(null=True)  # of parameters

    class Meta:
        db_table = "deployment_schedule"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "deployment_id", "slug"], name="deployment_schedule_slug_once"
            )
        ]
