"""What a click does: who clicked, whether they may, the act itself, and what Slack shows of it.

The act and the mark that it was done are one transaction, so that a click acts once whoever is killed when; what
Slack shows afterwards may be shown twice.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from controlplane.acting import Acting, acting
from controlplane.errors import BadRequest, Conflict, Problem
from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments.services import deployments, resuming, run_inputs
from notifications import queries_slack
from notifications.channels.contract import DeliveryFailed
from notifications.models import SlackClick, SlackTeam
from notifications.rules import slack_forms
from notifications.services import alerts, slack_modals, slack_people, slack_replies, slack_teams
from notifications.services.slack_clicks import Click
from notifications.services.slack_people import SlackUser
from runs.services import deeds, flow_runs, page_data
from runs.wire.states import OrchestrationResult
from workspaces.permissions import ROLES, Permission
from workspaces.services import callers

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 8
WHERE = "in Slack"


class Told(Struct, frozen=True):
    """What came of a click. Public: the message says it to all; else only the clicker is told."""

    words: str
    is_public: bool = False


class Job(Struct, frozen=True):
    row: SlackClick
    click: Click
    team: str
    token: str
    linked: UUID | None


class Act(Struct, frozen=True):
    needs: Permission
    do: Callable[[UUID, Click, callers.Caller, datetime], str]
    """Returns what was done, as the end of a sentence that begins with the person."""


def work() -> int:
    """Do all clicks that wait. Returns how many were taken up. Not inside a transaction."""
    count = 0
    while (claimed := claim()) is not None:
        handle(claimed.workspace_id, claimed.id)
        count += 1
    return count


def claim() -> queries_slack.Claimed | None:
    with system_transaction():
        found: queries_slack.Claimed | None = queries_slack.claim_click(most=MOST_ATTEMPTS)
    return found


def forget_old() -> None:
    with system_transaction():
        queries_slack.forget_old_clicks()


def handle(workspace: UUID, id: UUID) -> None:
    job = open_job(workspace, id)
    if job is None:
        return
    try:
        told = act(job) if job.row.acted is None else Told(job.row.outcome, job.click.is_public)
        slack_replies.reply(job.token, job.row, job.click, told.words, is_public=told.is_public)
    except DeliveryFailed as failed:
        if not failed.permanent and job.row.attempts < MOST_ATTEMPTS:
            wait_for(job.row, failed.retry_after)
            return
        log.warning("Slack could not be told what came of a click", extra={"reason": failed.reason})
    with workspace_transaction(workspace):
        kept = {"channel": job.click.channel, "ts": job.click.ts, "message": job.click.message}
        SlackClick.objects.of(workspace).filter(id=id).update(
            answered=datetime.now(UTC), payload=kept if job.row.action == "answer" else {}, updated=datetime.now(UTC)
        )


def message_under(workspace: UUID, click: Click) -> dict[str, Any]:
    """What the message shows from which a modal was opened."""
    rows = SlackClick.objects.of(workspace).filter(action="answer", payload__ts=click.ts)
    found = rows.filter(payload__channel=click.channel).order_by("-created").first()
    message = found.payload.get("message") if found is not None else None
    return message if isinstance(message, dict) else {}


def wait_for(row: SlackClick, seconds: float | None) -> None:
    """Until Slack is likely to answer again; who clicked is then looked up anew."""
    now = datetime.now(UTC)
    due = now + timedelta(seconds=max(seconds or 0.0, 2.0**row.attempts))
    with workspace_transaction(row.workspace_id):
        SlackClick.objects.of(row.workspace_id).filter(id=row.id).update(next_attempt=due, updated=now)


def open_job(workspace: UUID, id: UUID) -> Job | None:
    with workspace_transaction(workspace):
        row = SlackClick.objects.of(workspace).filter(id=id, answered=None).first()
        team = SlackTeam.objects.of(workspace).filter(team_id=row.team_id).first() if row else None
        if row is None or team is None:  # the app was disconnected since
            SlackClick.objects.of(workspace).filter(id=id).update(answered=datetime.now(UTC), payload={})
            return None
        linked = slack_people.find_linked(workspace, row.team_id, row.slack_user)
        click = msgspec.convert(row.payload, Click)
        if row.action == "resume":
            click = msgspec.structs.replace(click, message=message_under(workspace, click))
        return Job(row, click, team.team_id, slack_teams.token_of(team), linked)


def act(job: Job) -> Told:
    """Find out who it is, and do it once. What is refused is an outcome too: it is told, and nothing is changed."""
    workspace, row = job.row.workspace_id, job.row
    person, name = job.linked, job.click.user_name
    if person is None:
        email, name = slack_people.ask_slack(job.token, row.slack_user)
        person = slack_people.person_of_email(email)
    found = slack_people.caller_in(workspace, person)
    if found is None:
        who = SlackUser(workspace, row.team_id, row.slack_user, name or job.click.user_name)
        return settle(job, Told(slack_replies.unknown(slack_people.link_url(who))))
    caller, place = found
    needed = Permission.RUN_FLOWS if row.action == "answer" else ACTS[row.action].needs
    if needed not in place.grants:
        return settle(job, Told(slack_replies.not_allowed(place.role, weakest_role(needed))))
    if row.action == "answer":
        return open_form(job)
    try:
        with acting(Acting(caller, place, "slack", client="Slack")), workspace_transaction(workspace):
            if not lock(row):
                return Told("")
            words = ACTS[row.action].do(workspace, job.click, caller, datetime.now(UTC))
            return mark(job, Told(f"{caller.name} {words}", is_public=True), person)
    except (Problem, slack_forms.UnfitForm) as problem:
        return settle(job, Told(f"Nothing was changed. {problem}"))


def open_form(job: Job) -> Told:
    workspace = job.row.workspace_id
    try:
        with workspace_transaction(workspace):
            view = slack_modals.view_of(workspace, job.click, datetime.now(UTC))
    except (Problem, slack_forms.UnfitForm) as problem:
        return settle(job, Told(f"Nothing was changed. {problem}"))
    slack_modals.open_view(job.token, job.click.trigger, view)
    return settle(job, Told(""))


def settle(job: Job, told: Told) -> Told:
    with workspace_transaction(job.row.workspace_id):
        return mark(job, told, None) if lock(job.row) else Told("")


def lock(row: SlackClick) -> bool:
    """Whether the click has still to be done; nobody else does it until the transaction ends."""
    rows = SlackClick.objects.of(row.workspace_id).select_for_update().filter(id=row.id, acted=None)
    return rows.first() is not None


def mark(job: Job, told: Told, person: UUID | None) -> Told:
    """In the transaction of the act."""
    click = msgspec.structs.replace(job.click, is_public=told.is_public, values={}, trigger="")
    now = datetime.now(UTC)
    SlackClick.objects.of(job.row.workspace_id).filter(id=job.row.id).update(
        acted=now, outcome=told.words, person_id=person, payload=msgspec.to_builtins(click), updated=now
    )
    return told


def weakest_role(needed: Permission) -> str:
    return min((role for role in ROLES if needed in ROLES[role] and role != "Worker"), key=lambda r: len(ROLES[r]))


# ------------------------------------------------------------------------------------------------------------ the acts


def retry(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    run = run_of(click)
    result = page_data.retry_run(workspace, run, person=caller.name, now=now, where=WHERE)
    accepted(result)
    deeds.note(workspace, "retried", run, now=now)
    return "retried the run."


def cancel(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    run = run_of(click)
    accepted(page_data.cancel_run(workspace, run, person=caller.name, now=now, where=WHERE))
    deeds.note(workspace, "cancelled", run, now=now)
    return "cancelled the run."


def reject(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    run = run_of(click)
    if flow_runs.read_flow_run(workspace, run, now=now).state_type != "PAUSED":
        raise Conflict("The run is not paused any more.")
    accepted(page_data.cancel_run(workspace, run, person=caller.name, now=now, where=WHERE))
    deeds.note(workspace, "rejected", run, now=now)
    return "rejected the paused run: it is cancelled."


def resume(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    run = run_of(click)
    schema = run_inputs.schema_of(workspace, run, now)
    given = slack_forms.input_of(schema, click.values) if schema is not None else None
    accepted(resuming.resume_flow_run(workspace, run, given, now=now, client_version=None).body)
    deeds.note(workspace, "resumed", run, now=now)
    return "answered, and the run goes on." if schema is not None else "resumed the run."


def pause(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    deployment = flow_runs.read_flow_run(workspace, run_of(click), now=now).deployment_id
    if deployment is None:
        raise BadRequest("This run has no deployment, so there is no schedule to pause.")
    deployments.pause_deployment(workspace, deployment, now=now)
    return "paused the deployment: it starts no more runs by itself."


def acknowledge(workspace: UUID, click: Click, caller: callers.Caller, now: datetime) -> str:
    if click.about.alert is None:
        raise BadRequest("This message is about no alert.")
    before = alerts.read_alert_of(workspace, click.about.alert)
    if before.state == "ACKNOWLEDGED":
        raise Conflict(f"{before.acknowledged_by} has acknowledged it already.")
    alerts.acknowledge(workspace, click.about.alert, by=caller.name, now=now)
    return "acknowledged the alert."


ACTS: Mapping[str, Act] = {
    "retry": Act(Permission.RUN_FLOWS, retry),
    "cancel": Act(Permission.RUN_FLOWS, cancel),
    "reject": Act(Permission.RUN_FLOWS, reject),
    "resume": Act(Permission.RUN_FLOWS, resume),
    "pause": Act(Permission.WRITE_DEPLOYMENTS, pause),
    "acknowledge": Act(Permission.MANAGE_NOTIFICATIONS, acknowledge),
}


def run_of(click: Click) -> UUID:
    if click.about.run is None:
        raise BadRequest("This message is about no run.")
    return click.about.run


def accepted(result: OrchestrationResult) -> None:
    """Conflict with the rules' own reason if the run stays as it was."""
    if result.status in ("ABORT", "WAIT") or (result.status == "REJECT" and not is_wished(result)):
        raise Conflict(str(getattr(result.details, "reason", None) or "The run is in another state by now."))


def is_wished(result: OrchestrationResult) -> bool:
    """A run without infrastructure is cancelled at once, which rejects the step before."""
    return result.state is not None and result.state.type == "CANCELLED"
