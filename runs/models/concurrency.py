"""Limits and who holds their slots. The number of taken slots is derived from the holders, never stored."""

from django.db import models
from django.db.models import Q

from controlplane.sql.models import WorkspaceModel, WorkspaceRow


class ConcurrencyLimit(WorkspaceModel):
    """A named limit: global ones, `tag:<tag>` for task runs and `deployment:<id>` for deployments.

    `active_slots` holds only what was taken *without* a lease (rate limits and clients older than leases);
    leased slots are counted from `concurrency_lease`. Where slots decay it holds all (see `runs.rules.slots`).
    """

    name = models.TextField()
    limit = models.IntegerField()
    active = models.BooleanField(default=True)
    active_slots = models.IntegerField(default=0)
    denied_slots = models.IntegerField(default=0)
    slot_decay_per_second = models.FloatField(default=0.0)
    avg_slot_occupancy_seconds = models.FloatField(default=2.0)

    class Meta:
        db_table = "concurrency_limit"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="concurrency_limit_name_once"),
            models.CheckConstraint(condition=Q(limit__gte=0), name="concurrency_limit_not_negative"),
        ]


class ConcurrencyLease(WorkspaceRow):
    """A holder of slots: one row for each limit that a lease covers, all with the same `lease_id`.

    A lease over names that have no limit, or whose limit was deleted, has a row without one.
    """

    lease_id = models.UUIDField()
    concurrency_limit_id = models.UUIDField(null=True)
    slots = models.IntegerField()
    holder_type = models.TextField(null=True)
    holder_id = models.UUIDField(null=True)
    expires = models.DateTimeField(null=True)  # null: held until released

    class Meta:
        db_table = "concurrency_lease"
        indexes = [
            models.Index(fields=["workspace_id", "concurrency_limit_id"], name="concurrency_lease_of_limit"),
            models.Index(fields=["workspace_id", "lease_id"], name="concurrency_lease_by_lease"),
            models.Index(fields=["workspace_id", "holder_id"], name="concurrency_lease_by_holder"),
            models.Index(fields=["expires"], name="concurrency_lease_expiry"),
        ]
