"""Heartbeats of flow runs."""

from django.db import models

from controlplane.sql.models import WorkspaceRow


class FlowRunPulse(WorkspaceRow):
    """The last heartbeat of a flow run that sends some; the id is the run's.

    `seen` is our clock; `occurred` the client's, and only to tell how far its heartbeats are apart.
    """

    seen = models.DateTimeField()
    occurred = models.DateTimeField()
    beats = models.IntegerField(default=1)
    interval_seconds = models.IntegerField()
    suspected = models.DateTimeField(null=True)  # since when it is taken for crashed
    checked = models.DateTimeField(null=True)  # when a sweep last looked

    class Meta:
        db_table = "flow_run_pulse"
        # The sweep over all workspaces, for those that have fallen silent.
        indexes = [models.Index(fields=["seen"], name="flow_run_pulse_silent")]
