"""Variables: named JSON values of a workspace. Each change is told as an event."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Raw, json

from blocks import queries
from blocks.wire.variables import Variable, VariableCreate, VariableUpdate
from controlplane.errors import INTEGRITY_CONFLICT, Conflict, NotFound
from controlplane.filters import Counting, Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from events.services import emission
from events.services.emission import Emitted
from workspaces.services import audit

NOT_FOUND = "Variable not found."


def create_variable(workspace: UUID, body: VariableCreate, *, now: datetime) -> Variable:
    made = queries.create_variable(
        workspace=workspace, id=uuid7(), name=body.name, value=stored(body.value), tags=body.tags
    )
    if made is None:
        raise Conflict(f"A variable with the name '{body.name}' already exists.")
    tell(workspace, "created", made, now)
    return made


def read_variable(workspace: UUID, variable_id: UUID) -> Variable:
    return found(queries.read_variable(workspace=workspace, id=variable_id))


def read_variable_by_name(workspace: UUID, name: str) -> Variable:
    return found(queries.read_variable_by_name(workspace=workspace, name=name))


def list_variables(workspace: UUID, body: Listing) -> list[Variable]:
    where, page = compile_filter("variables", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("variables", getattr(body, "sort", None))}
    return queries.read_variables(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )


def count_variables(workspace: UUID, body: Counting) -> int:
    where = compile_filter("variables", body)
    return int(queries.count_variables(extra={"where": where.text}, workspace=workspace, **where.params))


def update_variable(workspace: UUID, variable_id: UUID, body: VariableUpdate, *, now: datetime) -> None:
    """Change what was sent. A name that is taken is a conflict, found by the constraint."""
    sent = present(body)
    if any(name in sent and sent[name] is None for name in ("name", "tags")):
        raise Conflict(INTEGRITY_CONFLICT)
    before = read_variable(workspace, variable_id)
    changed = queries.update_variable(
        workspace=workspace, id=variable_id, now=now, fields=list(sent), name=sent.get("name"),
        value=stored(sent.get("value")), tags=sent.get("tags", []),
    )  # fmt: skip
    tell(workspace, "updated", found(changed), now, before)


def update_variable_by_name(workspace: UUID, name: str, body: VariableUpdate, *, now: datetime) -> None:
    update_variable(workspace, read_variable_by_name(workspace, name).id, body, now=now)


def delete_variable(workspace: UUID, variable_id: UUID, *, now: datetime) -> None:
    tell(workspace, "deleted", found(queries.delete_variable(workspace=workspace, id=variable_id)), now)


def delete_variable_by_name(workspace: UUID, name: str, *, now: datetime) -> None:
    delete_variable(workspace, read_variable_by_name(workspace, name).id, now=now)


def found(variable: Variable | None) -> Variable:
    if variable is None:
        raise NotFound(NOT_FOUND)
    return variable


def tell(
    workspace: UUID, what: Literal["created", "updated", "deleted"], variable: Variable, now: datetime,
    before: Variable | None = None,
) -> None:  # fmt: skip
    changes = audit.differences(facts(before), facts(variable)) if before else None
    audit.record(
        workspace, action=f"variable.{what}", target_kind="variable", target_id=variable.id,
        target_name=variable.name, changes=changes,
    )  # fmt: skip
    event = Emitted(
        event=f"prefect.variable.{what}",
        occurred=now,
        resource={"prefect.resource.id": f"prefect.variable.{variable.id}", "prefect.resource.name": variable.name},
        payload={"name": variable.name, "value": variable.value, "tags": variable.tags},
    )
    emission.insert(workspace, [event], now=now)


def facts(variable: Variable) -> dict[str, Any]:
    """What the trail compares; the value as its JSON."""
    value = variable.value
    text = bytes(value).decode() if isinstance(value, Raw) else json.encode(value).decode()
    return {"name": variable.name, "value": text, "tags": variable.tags}


def stored(value: Any) -> Raw | None:
    return None if value is None else Raw(json.encode(value))
