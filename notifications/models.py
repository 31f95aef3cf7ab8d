"""Whom to tell: channels, rules, and the outbox with what became of each message."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from controlplane.sql.models import SealedField, WorkspaceModel


class Channel(WorkspaceModel):
    """Where messages go. `secret` is the kind's settings as sealed JSON; what is secret in them never leaves again."""

    kind = models.TextField()
    name = models.TextField()
    secret = SealedField()
    hint = models.TextField(default="")  # what a person may see of the secret
    status = models.TextField(default="OK")
    status_reason = models.TextField(default="")
    failing_since = models.DateTimeField(null=True)  # null while it delivers
    owners_told = models.DateTimeField(null=True)  # once for each time that it fails
    owners_claimed_until = models.DateTimeField(
        null=True
    )  # somebody is writing to them; if that one dies, another does
    last_delivery = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification_channel"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="notification_channel_name_once"),
            models.CheckConstraint(
                condition=Q(status__in=["OK", "FAILING", "DISABLED"]), name="notification_channel_status"
            ),
        ]
        indexes = [
            # Whose owners are to be told, over all tenants.
            models.Index(
                fields=["failing_since"],
                condition=Q(owners_told__isnull=True) & ~Q(status="OK"),
                name="notification_channel_untold",
            ),
        ]


class Rule(WorkspaceModel):
    """A policy: what is watched, whom it is told, how often. The fields are those of `wire.policies.Policy`.

    The last four are its usage: how much it told in its hour, and the next summary of what was held back.
    """

    name = models.TextField()
    enabled = models.BooleanField(default=True)
    severity = models.TextField(default="warning")
    watch = models.JSONField(default=dict)
    channel_ids = ArrayField(models.UUIDField(), default=list)  # told in this order; a deleted channel is taken out
    group = models.JSONField(default=dict)
    dedupe_seconds = models.IntegerField(default=60)
    digest = models.JSONField(null=True)
    reminder_minutes = models.IntegerField(null=True)
    resolve = models.TextField(default="edit")
    quiet_hours = models.JSONField(null=True)
    escalation = models.JSONField(null=True)
    fallback_channel_id = models.UUIDField(null=True)
    most_per_hour = models.IntegerField(null=True, default=60)
    muted_until = models.DateTimeField(null=True)
    subject_template = models.TextField(null=True)
    body_template = models.TextField(null=True)
    hour_started = models.DateTimeField(null=True)
    hour_posts = models.IntegerField(default=0)
    digest_due = models.DateTimeField(null=True)
    digest_number = models.IntegerField(default=0)

    class Meta:
        db_table = "notification_rule"
        indexes = [
            models.Index(fields=["workspace_id", "enabled"], name="notification_rule_enabled"),
            # The sweep, over all tenants.
            models.Index(fields=["digest_due"], condition=Q(digest_due__isnull=False), name="notification_rule_digest"),
        ]


class Alert(WorkspaceModel):
    """One trouble of one policy, however many events it has. The fields are explained in `rules.deciding.Alert`."""

    rule_id = models.UUIDField()
    group_key = models.TextField()
    state = models.TextField(default="OPEN")
    opened = models.DateTimeField()
    last_event = models.DateTimeField()
    count = models.IntegerField(default=0)
    told = models.IntegerField(default=0)
    subjects = ArrayField(models.TextField(), default=list)
    seen = ArrayField(models.TextField(), default=list)
    recent = models.JSONField(default=dict)
    first = models.JSONField()
    last = models.JSONField()
    posts = models.IntegerField(default=0)
    edits = models.IntegerField(default=0)
    anchor = models.IntegerField(null=True)
    last_post = models.DateTimeField(null=True)
    last_edit = models.DateTimeField(null=True)
    stale = models.BooleanField(default=False)
    held = models.BooleanField(default=False)
    end_told = models.BooleanField(default=False)
    escalated = models.DateTimeField(null=True)
    acknowledged = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(default="")
    snoozed_until = models.DateTimeField(null=True)
    snoozed = models.DateTimeField(null=True)
    snoozed_by = models.TextField(default="", db_default="")
    resolved = models.DateTimeField(null=True)
    resolved_by = models.TextField(default="")
    next_due = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification_alert"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "ACKNOWLEDGED", "SNOOZED", "RESOLVED"]), name="notification_alert_state"
            ),
            models.UniqueConstraint(
                fields=["workspace_id", "rule_id", "group_key"],
                condition=~Q(state="RESOLVED"),
                name="notification_alert_open_once",
            ),
        ]
        indexes = [
            # The sweep, over all tenants.
            models.Index(fields=["next_due"], condition=Q(next_due__isnull=False), name="notification_alert_due"),
            models.Index(fields=["workspace_id", "-opened"], name="notification_alert_newest"),
            # What waits for its policy's summary.
            models.Index(fields=["workspace_id", "rule_id"], condition=Q(held=True), name="notification_alert_held"),
        ]


class AlertRun(WorkspaceModel):
    """A flow run of which an alert heard: in which state last, and how often."""

    alert_id = models.UUIDField()
    flow_run_id = models.UUIDField()  # no foreign key: what happened outlives the run
    flow_run = models.TextField(default="")
    state_type = models.TextField(default="")
    state_name = models.TextField(default="")
    first_event = models.DateTimeField()
    last_event = models.DateTimeField()
    count = models.IntegerField(default=1)

    class Meta:
        db_table = "notification_alert_run"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "alert_id", "flow_run_id"], name="notification_alert_run_once"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "alert_id", "-last_event"], name="notification_alert_run_newest"),
            # The page of a run: which alerts is it in?
            models.Index(fields=["workspace_id", "flow_run_id"], name="notification_alert_run_by_run"),
        ]


class FlowRunPolicy(WorkspaceModel):
    """Which flow runs 2.x clients want to hear of, through a notification block. No state, no tag: any.

    Kept for their scripts; messages are sent by rules and channels.
    """

    is_active = models.BooleanField(default=True)
    state_names = ArrayField(models.TextField(), default=list)
    tags = ArrayField(models.TextField(), default=list)
    block_document_id = models.UUIDField()
    message_template = models.TextField(null=True)

    class Meta:
        db_table = "flow_run_notification_policy"


class Outbox(WorkspaceModel):
    """A message to send: written with what caused it, claimed with a lease, sent outside any transaction.

    `key` is the idempotency key that every attempt carries. Attempts are counted when claimed, so that a message
    which kills its sender dies too. It goes to a channel or, by the words of 3.x automations, to a notification block.
    """

    key = models.TextField()
    channel_id = models.UUIDField(null=True)
    block_document_id = models.UUIDField(null=True)  # no foreign key: what was told outlives the block
    rule_id = models.UUIDField(null=True)
    alert_id = models.UUIDField(null=True)
    event_id = models.UUIDField(null=True)
    flow_run_id = models.UUIDField(null=True)
    what = models.TextField(default="", db_default="")  # rules.deciding.What, or why else it was sent
    edits_id = models.UUIDField(
        null=True
    )  # the earlier delivery whose message this one rewrites, where that is possible
    reference = models.TextField(default="", db_default="")  # the receiver's own name of the message, to rewrite it by
    payload = models.JSONField()
    attempts = models.IntegerField(default=0)
    next_attempt = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    delivered = models.DateTimeField(null=True)
    dead = models.DateTimeField(null=True)
    answer = models.TextField(default="")
    tries = models.JSONField(default=list)  # wire.Attempt, oldest first; one that was killed left none
    latency_seconds = models.FloatField(null=True)

    class Meta:
        db_table = "notification_outbox"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "key"], name="notification_outbox_key"),
            models.CheckConstraint(
                condition=Q(channel_id__isnull=False, block_document_id__isnull=True)
                | Q(channel_id__isnull=True, block_document_id__isnull=False),
                name="notification_outbox_one_receiver",
            ),
        ]
        indexes = [
            # What was given up, for the fallback.
            models.Index(
                fields=["dead"],
                condition=Q(dead__isnull=False, alert_id__isnull=False),
                name="notification_outbox_dead",
            ),
            # The sender's claim, over all tenants.
            models.Index(
                fields=["next_attempt"],
                condition=Q(delivered__isnull=True, dead__isnull=True),
                name="notification_outbox_due",
            ),
            models.Index(fields=["workspace_id", "-created"], name="notification_outbox_newest"),
            # The pages of an alert and of a run.
            models.Index(
                fields=["workspace_id", "alert_id"],
                condition=Q(alert_id__isnull=False),
                name="notification_outbox_of_alert",
            ),
            models.Index(
                fields=["workspace_id", "flow_run_id"],
                condition=Q(flow_run_id__isnull=False),
                name="notification_outbox_of_run",
            ),
            # Is another message of this channel being sent? And what waits for it, when it is held or disabled.
            models.Index(
                fields=["workspace_id", "channel_id"],
                condition=Q(delivered__isnull=True, dead__isnull=True),
                name="notification_outbox_open",
            ),
        ]


class SlackTeam(WorkspaceModel):
    """A Slack workspace in which the app is installed for us. `secret` is the bot's token, sealed."""

    team_id = models.TextField()
    name = models.TextField(default="")
    bot_user = models.TextField(default="")
    scopes = models.TextField(default="")
    suggested_channel = models.TextField(default="")  # what was chosen in Slack's own dialog
    secret = SealedField()

    class Meta:
        db_table = "notification_slack_team"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "team_id"], name="notification_slack_team_once"),
        ]


class SlackLink(WorkspaceModel):
    """Who a Slack user is here, said by the person after signing in. It comes before any look-up by e-mail."""

    team_id = models.TextField()
    slack_user = models.TextField()
    person_id = models.UUIDField()  # no foreign key: people are kept through another role

    class Meta:
        db_table = "notification_slack_link"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "team_id", "slack_user"], name="notification_slack_link_once"
            ),
        ]


class SlackClick(WorkspaceModel):
    """A click in Slack, kept before Slack hears that it arrived. `key` is Slack's own name of it.

    It is done once: `acted` is set in the transaction of what it does, `answered` when Slack shows what came of it.
    """

    key = models.TextField()
    team_id = models.TextField()
    slack_user = models.TextField()
    action = models.TextField()
    payload = models.JSONField()  # services.slack_clicks.Click; emptied once it is answered
    attempts = models.IntegerField(default=0)
    next_attempt = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    outcome = models.TextField(default="")
    acted = models.DateTimeField(null=True)
    answered = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification_slack_click"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "key"], name="notification_slack_click_once"),
        ]
        indexes = [
            # The sweep, over all tenants.
            models.Index(
                fields=["next_attempt"], condition=Q(answered__isnull=True), name="notification_slack_click_due"
            ),
        ]
