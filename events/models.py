"""What happened, in order. The table is also the outbox of everything that reacts.

Created by its migration (partitioned by day); the model is for reading.
"""

from django.db import models

from controlplane.sql.models import WorkspaceQuerySet


class Event(models.Model):
    """One event. `tx` is the transaction that wrote it: consumers read only below the oldest open one."""

    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField()
    occurred = models.DateTimeField()
    received = models.DateTimeField()
    event = models.TextField()
    resource_id = models.TextField()
    resource = models.JSONField()
    related = models.JSONField(default=list)
    payload = models.JSONField(default=dict)
    follows = models.UUIDField(null=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        db_table = "event"
        managed = False


class EventCursor(models.Model):
    """How far a consumer has read, over all workspaces."""

    consumer = models.TextField(primary_key=True)
    tx = models.BigIntegerField(default=0)
    updated = models.DateTimeField(null=True)

    class Meta:
        db_table = "event_cursor"
