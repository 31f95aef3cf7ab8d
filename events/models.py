"""What happened, in order. The table is also the outbox of everything that reacts.

Created by its migration (partitioned by day); the model is for reading.
"""

from django.db import models

from controlplane.sql.models import SealedField, WorkspaceModel, WorkspaceQuerySet


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


class Webhook(WorkspaceModel):
    """An address that makes events of requests. Who knows the slug may send, unless a service account is asked for."""

    name = models.TextField()
    description = models.TextField(default="")
    enabled = models.BooleanField(default=True)
    template = models.TextField()
    slug_hash = models.BinaryField(null=True)  # finds it; the slug itself is only in the sealed copy
    sealed_slug = SealedField(null=True)
    slug = models.TextField(null=True)  # plain, as older releases wrote it: a sweep seals it
    service_account_id = models.UUIDField(null=True)  # no foreign key: accounts are kept for another role

    class Meta:
        db_table = "webhook"
        indexes = [
            models.Index(fields=["slug_hash"], name="webhook_by_slug_hash"),
            models.Index(fields=["slug"], condition=models.Q(slug__isnull=False), name="webhook_with_plain_slug"),
        ]


class ForgottenAsset(WorkspaceModel):
    """An asset that somebody deleted: unknown until its next event."""

    key = models.TextField()
    forgotten = models.DateTimeField()

    class Meta:
        db_table = "forgotten_asset"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="forgotten_asset_once")]
