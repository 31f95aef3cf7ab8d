"""Runs that the control plane itself submits, for push work pools."""

from django.db import models
from django.db.models import Q

from controlplane.sql.models import SealedField, WorkspaceModel

LIVE = ["SUBMITTING", "SUBMITTED", "RUNNING"]


class PushSubmission(WorkspaceModel):
    """One run handed to the customer's cloud: written with the run's claim, so that none is forgotten.

    `credentials` names a block and never holds a secret. The id is the token under which ECS starts one task only.
    """

    flow_run_id = models.UUIDField()
    work_pool_id = models.UUIDField(null=True)
    status = models.TextField(default="SUBMITTING")
    credentials = models.JSONField(null=True)
    cluster = models.TextField(null=True)
    container = models.TextField(null=True)
    task_arn = models.TextField(null=True)
    attempts = models.IntegerField(default=0)
    next_look = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    start_by = models.DateTimeField(null=True)
    stop_asked = models.DateTimeField(null=True)
    exit_code = models.IntegerField(null=True)
    reason = models.TextField(default="")
    ended = models.DateTimeField(null=True)

    class Meta:
        db_table = "push_submission"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=[*LIVE, "ENDED"]), name="push_submission_status"),
        ]
        indexes = [
            # The sweep's only question: what is to be looked at, soonest first.
            models.Index(fields=["next_look"], condition=~Q(status="ENDED"), name="push_submission_due"),
            models.Index(fields=["workspace_id", "flow_run_id"], name="push_submission_of_run"),
        ]


class PushKey(WorkspaceModel):
    """The API key that a pool's tasks call us with, sealed. Replaced long before it expires."""

    work_pool_id = models.UUIDField()
    api_key_id = models.UUIDField()
    secret = SealedField()
    replace_after = models.DateTimeField()

    class Meta:
        db_table = "push_key"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "work_pool_id"], name="push_key_once")]
