"""The event that a flow run's transition makes. It is written by the transition's own statement."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Raw, Struct, json

from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring
from runs.rules.facts import CurrentState, Entered

LONGEST_MESSAGE = 100_000
FOLLOWS_WITHIN = timedelta(minutes=5)


class Origin(Struct, frozen=True):
    """Where a run comes from, by name: what its events relate to besides the flow."""

    deployment_id: UUID | None = None
    deployment_name: str | None = None
    work_queue_id: UUID | None = None
    work_queue_name: str | None = None
    work_pool_id: UUID | None = None
    work_pool_name: str | None = None
    work_pool_type: str | None = None


NOWHERE = Origin()


def resource(run_id: UUID, run_name: str, run_count: int, state: Entered) -> Raw:
    return raw(
        {
            "prefect.resource.id": f"prefect.flow-run.{run_id}",
            "prefect.resource.name": run_name,
            "prefect.run-count": str(run_count),
            "prefect.state-message": (state.message or "")[:LONGEST_MESSAGE],
            "prefect.state-name": state.name,
            "prefect.state-timestamp": state.timestamp.isoformat(),
            "prefect.state-type": state.type,
        }
    )


def related(origin: Origin, parent_task_run_id: UUID | None, tags: list[str], created_by: Any) -> list[dict[str, str]]:
    """Everything but the flow, in the wire's order: deployment, queue, pool, parent, tags, creator."""
    found: list[dict[str, str]] = []
    if origin.deployment_name is not None:
        found.append(involved("deployment", f"prefect.deployment.{origin.deployment_id}", origin.deployment_name))
    if origin.work_queue_name is not None:
        found.append(involved("work-queue", f"prefect.work-queue.{origin.work_queue_id}", origin.work_queue_name))
    if origin.work_pool_name is not None:
        pool = involved("work-pool", f"prefect.work-pool.{origin.work_pool_id}", origin.work_pool_name)
        found.append({**pool, "prefect.work-pool.type": origin.work_pool_type or ""})
    if parent_task_run_id is not None:
        found.append(
            {"prefect.resource.id": f"prefect.task-run.{parent_task_run_id}", "prefect.resource.role": "task-run"}
        )
    for tag in sorted(set(tags)):
        found.append({"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"})
    creator = creator_of(created_by)
    return found if creator is None else [*found, creator]


def creator_of(created_by: Any) -> dict[str, str] | None:
    """Automations and deployments are named as creators; schedules are not."""
    if created_by is None:
        return None
    by = json.decode(created_by) if isinstance(created_by, Raw) else created_by
    if by.get("type") not in ("AUTOMATION", "DEPLOYMENT"):
        return None
    return involved("creator", f"prefect.{by['type'].lower()}.{by.get('id')}", by.get("display_value") or "")


def involved(role: str, id: str, name: str) -> dict[str, str]:
    return {"prefect.resource.id": id, "prefect.resource.role": role, "prefect.resource.name": name}


def payload(initial: CurrentState | None, intended: str, state: Entered) -> Raw:
    return raw(
        {
            "intended": {"from": None if initial is None else initial.type, "to": intended},
            "initial_state": None if initial is None else told(initial),
            "validated_state": told(state),
        }
    )


def told(state: CurrentState | Entered) -> dict[str, str]:
    words = {"type": state.type, "name": state.name}
    if state.message:
        words["message"] = state.message[:LONGEST_MESSAGE]
    if state.type == "PAUSED":
        words["pause_reschedule"] = "true" if state.state_details.pause_reschedule else "false"
    return words


def follows(initial: CurrentState | None, moment: datetime) -> UUID | None:
    """Events are chained to the one before unless that is long ago."""
    return initial.id if initial is not None and moment - initial.timestamp < FOLLOWS_WITHIN else None


def announce(workspace: UUID) -> None:
    """Wake whoever tails the events, once they can be seen."""
    after_commit(lambda: ring(workspace, "event"))


def announce_task(workspace: UUID, state: Entered) -> None:
    """Wake the task workers if the state waits for one of them."""
    if state.type == "SCHEDULED" and state.state_details.deferred:
        after_commit(lambda: ring(workspace, "task"))


def raw(value: Any) -> Raw:
    """JSON text for a jsonb parameter."""
    return Raw(json.encode(value))
