"""The concurrency limit of a deployment."""

from runs.rules.facts import DeploymentLimit, FlowRunFacts, Proposed
from runs.rules.moments import later
from runs.rules.policy import ANY, FlowTransition, FlowVerdict, rule
from runs.rules.verdicts import Abort, Amend, Reject, Release, Renew, Take
from runs.wire.states import StateDetails, Status

HOLDING = frozenset({"PENDING", "RUNNING", "CANCELLING"})
SLOT_DELAY_SECONDS = 30
FIRST_LEASING_CLIENT = (3, 4, 11)
# These workers propose PENDING without being able to deal with a refusal.
CLIENTS_WITHOUT_LIMITS = frozenset({"3.0.0rc20", "3.0.0", "3.0.1", "3.0.2", "3.0.3"})

REACHED = "Deployment concurrency limit reached."
NO_SLOT = Proposed("CANCELLED", "Cancelled", REACHED)
SLOT_LOST = Proposed(
    "CANCELLED",
    "Cancelled",
    "Deployment concurrency slot lost during provisioning - no slots available to continue execution",
)


@rule(leaving={"PENDING"}, entering={"RUNNING"})
def validate_deployment_slot(t: FlowTransition) -> FlowVerdict:
    """Renew the lease before the client takes it over, or take a slot again if it ran out while provisioning."""
    limit, lease_id = t.run.limit, t.current.state_details.deployment_concurrency_lease_id
    if limit is None or lease_id is None or not renews_leases(t.run.client_version):
        return None
    if limit.lease_alive:
        return Amend(renews=Renew(lease_id, limit.lease_seconds))
    if limit.full:
        return Reject(SLOT_LOST, "Deployment concurrency limit reached after lease expiry.")
    return _take_slot(t, limit)


@rule(leaving=ANY - HOLDING, entering={"PENDING"})
def secure_deployment_slot(t: FlowTransition) -> FlowVerdict:
    """Let no more runs of a deployment begin than its limit allows."""
    run, limit = t.run, t.run.limit
    if run.deployment_id is None or run.client_version in CLIENTS_WITHOUT_LIMITS:
        return None
    if not run.deployment_exists:
        return Abort("Deployment not found.")
    if limit is None:
        return None
    if limit.limit == 0:
        return Abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
    if not limit.full:
        return _take_slot(t, limit)
    if limit.collision_strategy == "CANCEL_NEW":
        return Reject(NO_SLOT, REACHED)
    details = StateDetails(scheduled_time=later(t.now, SLOT_DELAY_SECONDS))
    return Reject(Proposed("SCHEDULED", "AwaitingConcurrencySlot", state_details=details), REACHED)


@rule(leaving={"PENDING"}, entering={"RUNNING", "CANCELLING"})
def keep_slot_of_old_client(t: FlowTransition) -> FlowVerdict:
    """A client that does not know leases keeps its slot until the run ends."""
    lease_id = t.current.state_details.deployment_concurrency_lease_id
    if lease_id is None or renews_leases(t.run.client_version):
        return None
    return Amend(renews=Renew(lease_id, None))


def release_deployment_slot(run: FlowRunFacts, status: Status, state: Proposed) -> Release | None:
    """Free the slot of a run that stops, except while it waits for a retry by the same process."""
    if run.state is None or run.state.type not in HOLDING or state.type in HOLDING:
        return None
    if status == "REJECT" and state.name == "AwaitingRetry":
        return None
    lease_id = run.state.state_details.deployment_concurrency_lease_id
    if lease_id is None and run.limit is None:
        return None
    return Release("flow_run", run.id, run.limit.id if run.limit else None, lease_id)


def renews_leases(client_version: str | None) -> bool:
    """Whether a client keeps the leases it is given alive; one that does not say its version is an old one."""
    numbers = (client_version or "").split(".")[:3]
    if len(numbers) < 3:
        return False
    digits = [_leading_digits(number) for number in numbers]
    return all(digits) and tuple(map(int, digits)) >= FIRST_LEASING_CLIENT


def _leading_digits(text: str) -> str:
    return text[: len(text) - len(text.lstrip("0123456789"))]


def _take_slot(t: FlowTransition, limit: DeploymentLimit) -> FlowVerdict:
    lease_id = limit.spare_lease_id
    return Amend(
        state=t.proposed.detailed(deployment_concurrency_lease_id=lease_id),
        takes=Take((limit.id,), "flow_run", t.run.id, lease_id, limit.lease_seconds),
    )
