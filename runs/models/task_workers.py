"""Task workers: processes that wait for background task runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from controlplane.sql.models import WorkspaceRow


class TaskWorker(WorkspaceRow):
    """One open subscription; `seen` is renewed for as long as its socket is open."""

    client_id = models.TextField()
    task_keys = ArrayField(models.TextField())
    seen = models.DateTimeField()

    class Meta:
        db_table = "task_worker"


class TaskRunDelivery(WorkspaceRow):
    """Whom a background task run was given to, in one of its states. The id is the task run's."""

    state_id = models.UUIDField()
    task_worker_id = models.UUIDField()  # no foreign key: what was acknowledged outlives the socket
    until = models.DateTimeField(null=True)  # not acknowledged yet: offered again afterwards

    class Meta:
        db_table = "task_run_delivery"
        indexes = [
            models.Index(
                fields=["workspace_id", "task_worker_id"],
                condition=models.Q(until__isnull=False),
                name="task_run_delivery_open",
            )
        ]
