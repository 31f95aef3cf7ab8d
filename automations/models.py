"""Automations: when this happens, do that."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from controlplane.sql.models import WorkspaceModel, WorkspaceRow


class Automation(WorkspaceModel):
    """Triggers and actions are kept as the wire shows them, with every default filled in."""

    name = models.TextField()
    description = models.TextField(default="")
    enabled = models.BooleanField(default=True)
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use automation_tag
    trigger = models.JSONField()
    actions = models.JSONField(default=list)
    actions_on_trigger = models.JSONField(default=list)
    actions_on_resolve = models.JSONField(default=list)

    class Meta:
        db_table = "automation"
        indexes = [models.Index(fields=["workspace_id", "name"], name="automation_by_name")]


class AutomationRelatedResource(WorkspaceRow):
    """A resource that an automation acts on or, if `owned`, goes with."""

    automation_id = models.UUIDField()
    resource_id = models.TextField()
    owned = models.BooleanField(default=False)

    class Meta:
        db_table = "automation_related_resource"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "automation_id", "resource_id"], name="automation_related_once"
            )
        ]
        indexes = [models.Index(fields=["workspace_id", "resource_id"], name="automation_by_resource")]
