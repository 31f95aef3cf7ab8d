"""Automations: when this happens, do that."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from controlplane.sql.models import SealedField, WorkspaceModel, WorkspaceRow


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
    secrets = SealedField(null=True)  # of the parameters and job variables in the three lists of actions

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


class TriggeredAction(WorkspaceModel):
    """An action to carry out: written with the firing that caused it, claimed with a lease, settled by its holder.

    `key` (firing, list and place in it) makes a repeated firing harmless. Attempts are counted when claimed, so that
    an action which kills its executor dies too. What it needs is kept with it: the automation may change meanwhile.
    """

    automation_id = models.UUIDField()  # no foreign key: what was triggered is done, though the automation be gone
    firing_id = models.UUIDField()
    action_index = models.IntegerField()
    kind = models.TextField()
    action = models.JSONField()
    firing = models.JSONField()
    automation = models.JSONField()
    event = models.JSONField(null=True)  # what the action is given: for `actions` the triggering event
    key = models.TextField()
    attempts = models.IntegerField(default=0)
    next_attempt = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    done = models.DateTimeField(null=True)
    dead = models.DateTimeField(null=True)
    answer = models.TextField(default="")
    tries = models.JSONField(default=list)  # wire.firings.ActionTry, oldest first; one that was killed left none

    class Meta:
        db_table = "automation_action"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="automation_action_key")]
        indexes = [
            # The claim, over all tenants.
            models.Index(
                fields=["next_attempt"], condition=Q(done__isnull=True, dead__isnull=True), name="automation_action_due"
            ),
            models.Index(fields=["workspace_id", "-created"], name="automation_action_newest"),
            models.Index(fields=["workspace_id", "automation_id", "-created"], name="automation_action_history"),
        ]


class Machine(WorkspaceModel):
    """What a trigger remembers (`rules.machines.Machine`), for one set of `for_each` values. Goes with its automation.

    `id` is made of both, and `deadline` is when the clock has to look at it.
    """

    automation_id = models.UUIDField()
    trigger_id = models.UUIDField()
    memory = models.JSONField()
    deadline = models.DateTimeField(null=True)

    class Meta:
        db_table = "automation_machine"
        indexes = [
            # The sweep, over all tenants.
            models.Index(fields=["deadline"], name="automation_machine_due"),
            models.Index(fields=["workspace_id", "automation_id"], name="automation_machine_of"),
        ]


class Parked(WorkspaceRow):
    """An event (`id`) that waits for the one that it follows, until a moment."""

    occurred = models.DateTimeField()
    follows = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        db_table = "automation_parked"


class Evaluation(WorkspaceRow):
    """What came of an event for an automation: it fired, or waits, or did not and why, or was stopped.

    Of those that did not fire only samples are kept; `times` says for how many one stands. `depth` counts the firings
    that caused each other up to this one.
    """

    automation_id = models.UUIDField()
    trigger_id = models.UUIDField()
    verdict = models.TextField()
    reason = models.TextField(default="")
    event_id = models.UUIDField(null=True)
    event = models.TextField(default="")
    resource_id = models.TextField(default="")
    firing_id = models.UUIDField(null=True)
    depth = models.IntegerField(default=0)
    times = models.IntegerField(default=1)

    class Meta:
        db_table = "automation_evaluation"
        indexes = [
            models.Index(fields=["workspace_id", "automation_id", "-created"], name="automation_evaluation_newest"),
            models.Index(
                fields=["workspace_id", "automation_id", "created"],
                condition=Q(verdict="fired"),
                name="automation_evaluation_fired",
            ),
        ]


class EvaluationClock(models.Model):
    """How far the evaluator came, over all workspaces: one row.

    `position` is the last transaction whose events were taken; everything that began before `marked` is below `mark`;
    windows were closed up to `as_of`, and none is until `held_until`.
    """

    id = models.SmallIntegerField(primary_key=True)
    position = models.BigIntegerField()
    mark = models.BigIntegerField()
    marked = models.DateTimeField()
    as_of = models.DateTimeField()
    passed = models.DateTimeField()
    held_until = models.DateTimeField()

    class Meta:
        db_table = "automation_clock"


class ServiceLevel(WorkspaceModel):
    """What a deployment promises: when its runs start and end, and that they do not fall silent."""

    deployment_id = models.UUIDField()
    name = models.TextField()
    severity = models.TextField(default="moderate")
    enabled = models.BooleanField(default=True)
    kind = models.TextField()
    seconds = models.FloatField(null=True)
    details = models.JSONField()  # the fields of its kind, as the wire has them
    watching_since = models.DateTimeField()
    last_met = models.DateTimeField(null=True)  # freshness: when the newest event that was seen occurred

    class Meta:
        db_table = "service_level"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "deployment_id", "name"], name="service_level_name_once")
        ]
        indexes = [models.Index(fields=["kind"], condition=Q(enabled=True), name="service_level_watched")]


class ServiceLevelViolation(WorkspaceRow):
    """One violation, told once: `subject` says of what (a run, a day, a gap)."""

    service_level_id = models.UUIDField()
    subject = models.TextField()
    flow_run_id = models.UUIDField(null=True)
    occurred = models.DateTimeField()
    resolved = models.DateTimeField(null=True)

    class Meta:
        db_table = "service_level_violation"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "service_level_id", "subject"], name="service_level_violation_once"
            )
        ]
        indexes = [
            models.Index(fields=["created"], condition=Q(resolved__isnull=True), name="service_level_violation_open")
        ]


class ServiceLevelAlert(WorkspaceModel):
    """Who is told of every violated service level of a severity: a notification block, or a channel."""

    severity = models.TextField()
    receiver_id = models.UUIDField()  # no foreign key: it is looked for in two tables

    class Meta:
        db_table = "service_level_alert"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "severity"], name="service_level_alert_severity_once")
        ]


class Incident(WorkspaceModel):
    """Something that people look after until they call it resolved.

    An automation counts up its open incident of the same resource (`key`) and does not declare another.
    """

    name = models.TextField()
    description = models.TextField(default="")
    severity = models.TextField(default="moderate")
    resource_id = models.TextField(default="")
    event_id = models.UUIDField(null=True)  # what made an automation declare it
    declared_by = models.JSONField()  # wire.incidents.Actor
    key = models.TextField(null=True)
    times = models.IntegerField(default=1)
    last_declared = models.DateTimeField()
    resolved = models.DateTimeField(null=True)
    resolved_by = models.JSONField(null=True)

    class Meta:
        db_table = "incident"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "key"], condition=Q(resolved__isnull=True), name="incident_open_once"
            )
        ]
        indexes = [models.Index(fields=["workspace_id", "-created"], name="incident_newest")]
