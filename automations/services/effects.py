"""What each action does, in the transaction that also marks it done."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from automations.rules.targets import infer_target
from automations.services import automations, incidents, secrecy, telling, texts
from automations.services.invocations import ActionFailed, Effect, Invocation, part
from automations.wire import actions as wire
from automations.wire.automations import AutomationPartialUpdate
from controlplane.errors import NotFound
from controlplane.wire.doors import Reply
from deployments.models import WorkPool
from deployments.services import deployments, launching, resuming, schedules, work_pools, work_queues
from deployments.wire.deployments import DeploymentFlowRunCreate
from deployments.wire.work_pools import WorkPoolUpdate
from deployments.wire.work_queues import WorkQueueUpdate
from runs.services import flow_runs, transitions
from runs.wire.flow_runs import CreatedBy
from runs.wire.states import OrchestrationResult, StateCreate, StateDetails

SUSPENDED_FOR = timedelta(hours=1)
KINDS_IN_WORDS = {
    "deployment": "deployment", "flow-run": "flow run", "work-pool": "work pool", "work-queue": "work queue",
    "automation": "automation",
}  # fmt: skip


def carry_out(invocation: Invocation, now: datetime) -> Effect:
    """Do it. ActionFailed with the reason, or a domain error of the room that refused."""
    return EFFECTS[type(invocation.action)](invocation, invocation.action, now)


def target(invocation: Invocation, kind: str, selected: UUID | None = None) -> UUID:
    if selected is not None:
        return selected
    found = infer_target(kind, invocation.event, invocation.firing.triggering_labels)
    if found is None:
        raise ActionFailed(f"No {KINDS_IN_WORDS[kind]} could be inferred")
    return found


# ------------------------------------------------------------------------------------------------------- deployments


def run_deployment(invocation: Invocation, action: wire.RunDeployment, now: datetime) -> Effect:
    """The invocation's key makes the run: however often this is tried there is one."""
    workspace, id = invocation.workspace, target(invocation, "deployment", action.deployment_id)
    due = now + timedelta(seconds=action.schedule_after)
    action = secrecy.open_action(invocation, action)
    parameters = texts.render_parameters(invocation, action.parameters, now)
    body = DeploymentFlowRunCreate(
        state=StateCreate(type="SCHEDULED", state_details=StateDetails(scheduled_time=due)), parameters=parameters,
        job_variables=action.job_variables,
        idempotency_key=f"automation {invocation.automation.id}, action {invocation.action_index}, "
        f"invocation {invocation.id}",
    )  # fmt: skip
    by = CreatedBy(id=invocation.automation.id, type="AUTOMATION", display_value=invocation.automation.name)
    run, _ = launching.run_deployment(workspace, id, body, now=now, created_by=by)
    related = [part("deployment", id, "target"), part("flow-run", run.id, "flow-run", run.name)]
    return Effect(words=f"Created flow run {run.name}", related=related, details={"status_code": 201})


def pause_deployment(invocation: Invocation, action: wire.PauseDeployment, now: datetime) -> Effect:
    id = target(invocation, "deployment", action.deployment_id)
    deployments.pause_deployment(invocation.workspace, id, now=now)
    return Effect(words="Paused the deployment", related=[part("deployment", id, "target")])


def resume_deployment(invocation: Invocation, action: wire.ResumeDeployment, now: datetime) -> Effect:
    id = target(invocation, "deployment", action.deployment_id)
    deployments.resume_deployment(invocation.workspace, id, now=now)
    return Effect(words="Resumed the deployment", related=[part("deployment", id, "target")])


def switch_schedule(invocation: Invocation, action: wire.ScheduleAction, now: datetime) -> Effect:
    paused = isinstance(action, wire.PauseSchedule)
    deployment = schedules.switch_schedule(invocation.workspace, action.schedule_id, active=not paused, now=now)
    return Effect(words=done(paused, "schedule"), related=[part("deployment", deployment, "target")])


# --------------------------------------------------------------------------------------------------------- flow runs


def cancel_run(invocation: Invocation, action: wire.CancelFlowRun, now: datetime) -> Effect:
    """A run without infrastructure is Cancelled at once: that is what was wanted."""
    message = f"Cancelled by Automation {invocation.automation.id}"
    return set_state(invocation, StateCreate(type="CANCELLING", message=message), now, also={"CANCELLED"})


def suspend_run(invocation: Invocation, action: wire.SuspendFlowRun, now: datetime) -> Effect:
    details = StateDetails(pause_timeout=now + SUSPENDED_FOR, pause_reschedule=True)
    message = f"Suspended by Automation {invocation.automation.id}"
    return set_state(
        invocation, StateCreate(type="PAUSED", name="Suspended", message=message, state_details=details), now
    )


def change_state(invocation: Invocation, action: wire.ChangeFlowRunState, now: datetime) -> Effect:
    message = action.message or f"State changed by Automation {invocation.automation.id}"
    state = StateCreate(type=action.state, name=action.name, message=message)
    return set_state(invocation, state, now, force=action.force)


def set_state(
    invocation: Invocation,
    state: StateCreate,
    now: datetime,
    *,
    force: bool = False,
    also: frozenset[str] | set[str] = frozenset(),
) -> Effect:
    id = target(invocation, "flow-run")
    reply = transitions.propose_state(invocation.workspace, id, state, force=force, now=now)
    return judged(id, reply, also)


def judged(id: UUID, reply: Reply[OrchestrationResult], also: Any = ()) -> Effect:
    result, related = reply.body, [part("flow-run", id, "target")]
    entered = result.state
    if result.status != "ACCEPT" and not (entered is not None and entered.type in also):
        reason = getattr(result.details, "reason", None) or result.status
        raise ActionFailed(f"Failed to set state: {reason}", related=related, details={"status_code": reply.status})
    words = "Changed the state" if entered is None else f"Set the run to {entered.name}"
    return Effect(words=words, related=related, details={"status_code": reply.status})


def resume_run(invocation: Invocation, action: wire.ResumeFlowRun, now: datetime) -> Effect:
    id = target(invocation, "flow-run")
    reply = resuming.resume_flow_run(invocation.workspace, id, None, now=now, client_version=None)
    return judged(id, reply)


def delete_run(invocation: Invocation, action: wire.DeleteFlowRun, now: datetime) -> Effect:
    id = target(invocation, "flow-run")
    flow_runs.delete_flow_run(invocation.workspace, id)
    return Effect(words="Deleted the run", related=[part("flow-run", id, "target")])


# ----------------------------------------------------------------------------------- pools, queues and automations


def pause_pool(invocation: Invocation, action: wire.WorkPoolAction, now: datetime) -> Effect:
    id, paused = target(invocation, "work-pool", action.work_pool_id), isinstance(action, wire.PauseWorkPool)
    pool = WorkPool.objects.of(invocation.workspace).filter(id=id).first()
    if pool is None:
        raise NotFound(f"Work pool {id} not found")
    work_pools.update_work_pool(invocation.workspace, pool.name, WorkPoolUpdate(is_paused=paused), now=now)
    return Effect(words=done(paused, "work pool"), related=[part("work-pool", id, "target", pool.name)])


def pause_queue(invocation: Invocation, action: wire.WorkQueueAction, now: datetime) -> Effect:
    id, paused = target(invocation, "work-queue", action.work_queue_id), isinstance(action, wire.PauseWorkQueue)
    work_queues.update_by_id(invocation.workspace, id, WorkQueueUpdate(is_paused=paused), now=now)
    return Effect(words=done(paused, "work queue"), related=[part("work-queue", id, "target")])


def pause_automation(invocation: Invocation, action: wire.AutomationAction, now: datetime) -> Effect:
    id, paused = target(invocation, "automation", action.automation_id), isinstance(action, wire.PauseAutomation)
    change = AutomationPartialUpdate(enabled=not paused)
    automations.enable_automation(invocation.workspace, id, change, sent=b"{}", now=now)
    return Effect(words=done(paused, "automation"), related=[part("automation", id, "target")])


def done(paused: bool, what: str) -> str:
    return f"{'Paused' if paused else 'Resumed'} the {what}"


# ------------------------------------------------------------------------------------------------------------ others


def do_nothing(invocation: Invocation, action: wire.DoNothing, now: datetime) -> Effect:
    return Effect(words="Nothing was to be done")


def declare_incident(invocation: Invocation, action: wire.DeclareIncident, now: datetime) -> Effect:
    incident, is_new = incidents.declare_by_automation(
        invocation.workspace, id=invocation.id, automation=invocation.automation, event=invocation.event, now=now
    )
    words = "Declared an incident" if is_new else f"Counted with the open incident: {incident.times} times now"
    related = part("", incident.id, "incident", incident.name)
    return Effect(words=words, related=[{**related, **incidents.resource_of(incident.id, incident.name)}])


EFFECTS: dict[type, Callable[[Invocation, Any, datetime], Effect]] = {
    wire.RunDeployment: run_deployment,
    wire.PauseDeployment: pause_deployment,
    wire.ResumeDeployment: resume_deployment,
    wire.CancelFlowRun: cancel_run,
    wire.SuspendFlowRun: suspend_run,
    wire.ChangeFlowRunState: change_state,
    wire.ResumeFlowRun: resume_run,
    wire.DeleteFlowRun: delete_run,
    wire.PauseWorkPool: pause_pool,
    wire.ResumeWorkPool: pause_pool,
    wire.PauseWorkQueue: pause_queue,
    wire.ResumeWorkQueue: pause_queue,
    wire.PauseAutomation: pause_automation,
    wire.ResumeAutomation: pause_automation,
    wire.PauseSchedule: switch_schedule,
    wire.ResumeSchedule: switch_schedule,
    wire.SendNotification: telling.send_notification,
    wire.SendEmail: telling.send_email,
    wire.DoNothing: do_nothing,
    wire.DeclareIncident: declare_incident,
}
