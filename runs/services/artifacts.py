"""Artifacts, and the newest of each key."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Raw, json

from controlplane.errors import NotFound
from controlplane.filters import Counting, Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from events.services import emission
from events.services.emission import Emitted
from runs import queries_artifacts as queries
from runs.services.states import RESULT_KEYS
from runs.wire.artifacts import Artifact, ArtifactCollection, ArtifactCreate, ArtifactUpdate
from workspaces.services import data_boundary

NOT_FOUND = "Artifact not found."
Change = Literal["created", "updated", "deleted"]


def create_artifact(workspace: UUID, body: ArtifactCreate, *, now: datetime) -> Artifact:
    """A new artifact each time; with a key it becomes the newest of it."""
    data_boundary.check_artifacts(workspace)
    made = queries.create_artifact(
        workspace=workspace, id=uuid7(), collection=uuid7(), now=now, key=body.key, type=body.type,
        description=body.description, data=stored(body.data), metadata=stored(body.metadata_),
        flow_run=body.flow_run_id, task_run=body.task_run_id,
    )  # fmt: skip
    assert made is not None
    if made.collection_id is not None:
        what: Change = "created" if made.is_first else "updated"
        tell(workspace, what, made.collection_id, made.artifact.id, made.artifact, now)
    return made.artifact


def keep_result(
    workspace: UUID, data: Any, *, flow_run_id: UUID | None, task_run_id: UUID | None, now: datetime
) -> None:
    """A state's result as an artifact; what the result says about that is not part of it.

    Where artifacts are refused there is none: the state itself is no artifact, and its run must be able to end.
    """
    if not data_boundary.stores_artifacts(workspace):
        return
    about = data if isinstance(data, dict) else {}
    key, type, description = (text_or_none(about.get(f"artifact_{name}")) for name in ("key", "type", "description"))
    plain = {name: value for name, value in data.items() if name not in RESULT_KEYS} if about else data
    body = ArtifactCreate(
        key=key, type=type, description=description, data=plain, flow_run_id=flow_run_id, task_run_id=task_run_id
    )
    create_artifact(workspace, body, now=now)


def text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def read_artifact(workspace: UUID, artifact_id: UUID) -> Artifact:
    artifact = queries.read_artifact(workspace=workspace, artifact=artifact_id)
    if artifact is None:
        raise NotFound(NOT_FOUND)
    return artifact


def read_latest(workspace: UUID, key: str) -> Artifact:
    artifact = queries.read_latest(workspace=workspace, key=key)
    if artifact is None:
        raise NotFound(NOT_FOUND)
    return artifact


def list_artifacts(workspace: UUID, body: Listing) -> list[Artifact]:
    where, page = compile_filter("artifacts", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("artifacts", getattr(body, "sort", None))}
    return queries.read_artifacts(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )


def count_artifacts(workspace: UUID, body: Counting) -> int:
    where = compile_filter("artifacts", body)
    return int(queries.count_artifacts(extra={"where": where.text}, workspace=workspace, **where.params))


def list_collections(workspace: UUID, body: Listing) -> list[ArtifactCollection]:
    where, page = compile_filter("artifact_collections", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("artifact_collections", getattr(body, "sort", None))}
    return queries.read_collections(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )


def count_collections(workspace: UUID, body: Counting) -> int:
    where = compile_filter("artifact_collections", body)
    return int(queries.count_collections(extra={"where": where.text}, workspace=workspace, **where.params))


def update_artifact(workspace: UUID, artifact_id: UUID, body: ArtifactUpdate, *, now: datetime) -> None:
    data_boundary.check_artifacts(workspace)
    sent = present(body)
    found = queries.update_artifact(
        workspace=workspace, artifact=artifact_id, now=now, fields=list(sent), data=stored(sent.get("data")),
        description=sent.get("description"), metadata=stored(sent.get("metadata_")),
    )  # fmt: skip
    if found is None:
        raise NotFound(NOT_FOUND)


def delete_artifact(workspace: UUID, artifact_id: UUID, *, now: datetime) -> None:
    """Remove an artifact; if it was the newest of its key, the one before takes its place."""
    key = queries.lock_collection_of(workspace=workspace, artifact=artifact_id)
    if not queries.delete_artifact(workspace=workspace, artifact=artifact_id):
        raise NotFound(NOT_FOUND)
    if key is None:
        return
    if (shown := queries.show_newest(workspace=workspace, key=key, now=now)) is not None:
        tell(workspace, "updated", shown.id, shown.latest_id, shown, now)
    elif (gone := queries.delete_collection(workspace=workspace, key=key)) is not None:
        tell(workspace, "deleted", gone.id, gone.latest_id, gone, now)


def tell(
    workspace: UUID,
    what: Change,
    collection_id: UUID,
    latest_id: UUID,
    content: Artifact | ArtifactCollection,
    now: datetime,
) -> None:
    """The event of a collection; artifacts without a key have none, and a PATCH is not told."""
    related = [involved("artifact", latest_id, "latest")]
    if content.flow_run_id is not None:
        related.append(involved("flow-run", content.flow_run_id, "flow-run"))
    if content.task_run_id is not None:
        related.append(involved("task-run", content.task_run_id, "task-run"))
    payload = {"key": content.key, "type": content.type, "data": content.data, "description": content.description}
    resource = {
        "prefect.resource.id": f"prefect.artifact-collection.{collection_id}",
        "prefect.resource.name": content.key or "",
    }
    name = f"prefect.artifact-collection.{what}"
    event = Emitted(event=name, occurred=now, resource=resource, related=related, payload=payload)
    emission.insert(workspace, [event], now=now)


def involved(kind: str, id: UUID, role: str) -> dict[str, str]:
    return {"prefect.resource.id": f"prefect.{kind}.{id}", "prefect.resource.role": role}


def stored(value: Any) -> Raw | None:
    return None if value is None else Raw(json.encode(value))
