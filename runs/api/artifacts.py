"""REST doors of artifacts."""

from uuid import UUID

from controlplane.wire.doors import Call, delete, get, patch, post
from runs import filters
from runs.services import artifacts
from runs.wire.artifacts import Artifact, ArtifactCollection, ArtifactCreate, ArtifactUpdate
from workspaces.permissions import Permission


@post("artifacts", needs=Permission.WRITE_ARTIFACTS, status=201)
def create_artifact(call: Call, body: ArtifactCreate) -> Artifact:
    return artifacts.create_artifact(call.workspace, body, now=call.now)


@post("artifacts/filter", needs=Permission.SEE_ARTIFACTS)
def filter_artifacts(call: Call, body: filters.ArtifactsFilter) -> list[Artifact]:
    return artifacts.list_artifacts(call.workspace, body)


@post("artifacts/count", needs=Permission.SEE_ARTIFACTS)
def count_artifacts(call: Call, body: filters.ArtifactsCount) -> int:
    return artifacts.count_artifacts(call.workspace, body)


@post("artifacts/latest/filter", needs=Permission.SEE_ARTIFACTS)
def filter_latest_artifacts(call: Call, body: filters.LatestArtifactsFilter) -> list[ArtifactCollection]:
    return artifacts.list_collections(call.workspace, body)


@post("artifacts/latest/count", needs=Permission.SEE_ARTIFACTS)
def count_latest_artifacts(call: Call, body: filters.LatestArtifactsCount) -> int:
    return artifacts.count_collections(call.workspace, body)


@get("artifacts/<str:key>/latest", needs=Permission.SEE_ARTIFACTS)
def read_latest_artifact(call: Call, key: str) -> Artifact:
    return artifacts.read_latest(call.workspace, key)


@get("artifacts/<uuid:id>", needs=Permission.SEE_ARTIFACTS)
def read_artifact(call: Call, id: UUID) -> Artifact:
    return artifacts.read_artifact(call.workspace, id)


@patch("artifacts/<uuid:id>", needs=Permission.WRITE_ARTIFACTS)
def update_artifact(call: Call, id: UUID, body: ArtifactUpdate) -> None:
    artifacts.update_artifact(call.workspace, id, body, now=call.now)


@delete("artifacts/<uuid:id>", needs=Permission.MANAGE_ARTIFACTS)
def delete_artifact(call: Call, id: UUID) -> None:
    artifacts.delete_artifact(call.workspace, id, now=call.now)
