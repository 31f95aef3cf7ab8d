"""What a list of runs is narrowed to, as the condition of its statements."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from controlplane.sql.fragments import Sql

LOOKS = (
    "running",
    "late",
    "failed",
    "crashed",
    "completed",
    "scheduled",
    "pending",
    "paused",
    "cancelling",
    "cancelled",
)
OWN_NAMES = {"late": ("SCHEDULED", "Late")}


class RunFilter(Struct, frozen=True, kw_only=True):
    """`looks` are the colours of states: `late` is one of its own, and `scheduled` leaves it out."""

    looks: tuple[str, ...] = ()
    flow: UUID | None = None
    deployment: UUID | None = None
    pool: str | None = None
    tag: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_upcoming(self) -> bool:
        """Only what is still to come: soonest first instead of newest first."""
        return self.looks == ("scheduled",)


class Edge(Struct, frozen=True):
    """Where a page begins or ends: beside this run, in the order of the list."""

    moment: datetime
    id: UUID
    side: Literal["older", "newer", "up_to"]


NEWEST_FIRST = "flow_run.expected_start_time DESC, flow_run.id DESC"
SOONEST_FIRST = "flow_run.expected_start_time, flow_run.id"
SIDES = {"older": "<", "newer": ">", "up_to": "<="}
TURNED = {"<": ">", ">": "<", "<=": ">="}


def order_of(filter: RunFilter, side: str | None) -> str:
    """The order in which rows are taken: away from the edge."""
    return SOONEST_FIRST if filter.is_upcoming != (side == "newer") else NEWEST_FIRST


def condition(filter: RunFilter, *, now: datetime, edge: Edge | None = None) -> Sql:
    """Begins with the workspace. Runs that are still to come are left out unless they are asked for."""
    pieces = [Sql("flow_run.workspace_id = %(workspace)s::uuid")]
    if filter.looks:
        pieces.append(of_looks(filter.looks))
    if "scheduled" not in filter.looks:
        text = (
            "(flow_run.state_type IS DISTINCT FROM 'SCHEDULED' OR flow_run.expected_start_time <= %(now)s::timestamptz)"
        )
        pieces.append(Sql(text, {"now": now}))
    if filter.flow is not None:
        pieces.append(Sql("flow_run.flow_id = %(flow)s::uuid", {"flow": filter.flow}))
    if filter.deployment is not None:
        pieces.append(Sql("flow_run.deployment_id = %(deployment)s::uuid", {"deployment": filter.deployment}))
    if filter.pool is not None:
        text = (
            "flow_run.work_queue_id IN (SELECT work_queue.id FROM work_queue JOIN work_pool"
            " ON work_pool.workspace_id = work_queue.workspace_id AND work_pool.id = work_queue.work_pool_id"
            " WHERE work_queue.workspace_id = %(workspace)s::uuid AND work_pool.name = %(pool)s::text)"
        )
        pieces.append(Sql(text, {"pool": filter.pool}))
    if filter.tag is not None:
        text = (
            "EXISTS (SELECT 1 FROM flow_run_tag WHERE flow_run_tag.workspace_id = flow_run.workspace_id"
            " AND flow_run_tag.flow_run_id = flow_run.id AND flow_run_tag.tag = %(tag)s::text)"
        )
        pieces.append(Sql(text, {"tag": filter.tag}))
    if filter.text is not None:
        pieces.append(of_text(filter.text))
    if filter.since is not None:
        pieces.append(Sql("flow_run.expected_start_time >= %(since)s::timestamptz", {"since": filter.since}))
    if filter.until is not None:
        pieces.append(Sql("flow_run.expected_start_time < %(until)s::timestamptz", {"until": filter.until}))
    if edge is not None:
        sign = SIDES[edge.side]
        sign = TURNED[sign] if filter.is_upcoming else sign
        text = f"(flow_run.expected_start_time, flow_run.id) {sign} (%(edge_time)s::timestamptz, %(edge_id)s::uuid)"
        pieces.append(Sql(text, {"edge_time": edge.moment, "edge_id": edge.id}))
    return Sql.join(" AND ", pieces)


def of_looks(looks: tuple[str, ...]) -> Sql:
    types = sorted({OWN_NAMES[look][0] if look in OWN_NAMES else look.upper() for look in looks})
    text = (
        "flow_run.state_type = ANY(%(types)s::text[]) AND (CASE WHEN flow_run.state_type = 'SCHEDULED'"
        " AND flow_run.state_name = 'Late' THEN 'late' ELSE lower(flow_run.state_type) END) = ANY(%(looks)s::text[])"
    )
    return Sql(text, {"types": types, "looks": list(looks)})


def of_text(text: str) -> Sql:
    """A part of the run's or the flow's name, or the run's id."""
    pieces = [
        "strpos(lower(flow_run.name), lower(%(text)s::text)) > 0",
        "flow_run.flow_id IN (SELECT flow.id FROM flow WHERE flow.workspace_id = %(workspace)s::uuid"
        " AND strpos(lower(flow.name), lower(%(text)s::text)) > 0)",
    ]
    params: dict[str, object] = {"text": text}
    try:
        params["id"] = UUID(text)
        pieces.append("flow_run.id = %(id)s::uuid")
    except ValueError:
        pass
    return Sql(f"({' OR '.join(pieces)})", params)
