"""What workers are asked to clean up."""

from django.db import models

from controlplane.sql.models import WorkspaceModel


class Cleanup(WorkspaceModel):
    """A request to tear down what a run left behind, kept until a worker acknowledges it.

    It is offered to one worker at a time: the offer is a reservation with a token and a lease, and ends with an
    acknowledgement, a release, the connection or the lease. After too many offers it is dead: kept to be looked at.
    """

    work_pool_id = models.UUIDField()
    work_queue_id = models.UUIDField(null=True)
    flow_run_id = models.UUIDField()
    kind = models.TextField()
    infrastructure_pid = models.TextField(null=True)
    available = models.DateTimeField()  # since when nobody has it
    delivery_count = models.IntegerField(default=0)
    connection_id = models.UUIDField(null=True)  # of the socket that it was offered on
    reservation_token = models.TextField(null=True)
    lease_expires = models.DateTimeField(null=True)
    dead_since = models.DateTimeField(null=True)
    release_reason = models.TextField(null=True)

    class Meta:
        db_table = "cleanup"
        indexes = [
            # What a connected worker may be given.
            models.Index(
                fields=["workspace_id", "work_pool_id", "available"],
                condition=models.Q(dead_since__isnull=True),
                name="cleanup_waiting",
            ),
            models.Index(fields=["created"], name="cleanup_by_age"),
        ]
