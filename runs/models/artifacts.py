"""Artifacts: what a run left for people to read."""

from django.db import models

from controlplane.sql.models import WorkspaceModel


class ArtifactContent(WorkspaceModel):
    """The columns that an artifact and the newest of its key share."""

    key = models.TextField(null=True)
    type = models.TextField(null=True)
    description = models.TextField(null=True)
    data = models.JSONField(null=True)
    metadata = models.JSONField(null=True, db_column="metadata_")
    flow_run_id = models.UUIDField(null=True)
    task_run_id = models.UUIDField(null=True)

    class Meta:
        abstract = True


class Artifact(ArtifactContent):
    """One artifact; no foreign key, since it outlives its run."""

    class Meta:
        db_table = "artifact"
        indexes = [
            models.Index(fields=["workspace_id", "key", "-created"], name="artifact_by_key"),
            models.Index(fields=["workspace_id", "flow_run_id"], name="artifact_by_flow_run"),
            models.Index(fields=["workspace_id", "task_run_id"], name="artifact_by_task_run"),
        ]


class ArtifactCollection(ArtifactContent):
    """The newest artifact of each key."""

    key = models.TextField()
    latest_id = models.UUIDField()

    class Meta:
        db_table = "artifact_collection"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="artifact_collection_key")]
