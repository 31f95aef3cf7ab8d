"""What a deployment was like, version by version."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from controlplane.sql.models import SealedField, WorkspaceModel, WrittenJSONField


class DeploymentVersion(WorkspaceModel):
    """A version as it was deployed last. `type` and `version` are its name within the deployment."""

    deployment_id = models.UUIDField()
    type = models.TextField()
    version = models.TextField()
    version_info = models.JSONField()
    description = models.TextField(null=True)
    entrypoint = models.TextField(null=True)
    pull_steps = models.JSONField(null=True)
    parameters = models.JSONField(default=dict)
    parameter_openapi_schema = WrittenJSONField(null=True)
    enforce_parameter_schema = models.BooleanField(default=False)
    job_variables = models.JSONField(default=dict)
    secrets = SealedField(null=True)  # as the deployment's
    tags = ArrayField(models.TextField(), default=list)
    labels = models.JSONField(default=dict)
    work_queue_id = models.UUIDField(null=True)
    work_queue_name = models.TextField(null=True)
    created_by = models.JSONField(null=True)
    last_active = models.DateTimeField(null=True)

    class Meta:
        db_table = "deployment_version"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "deployment_id", "type", "version"], name="deployment_version_once"
            )
        ]
