"""The statements of artifacts, each bound to the row that it returns."""

from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from controlplane.sql.statements import Statements
from runs.wire.artifacts import Artifact, ArtifactCollection


class Made(NamedTuple):
    """A new artifact and the collection that shows it, if it has a key; `is_first`: the collection is new as well."""

    artifact: Artifact
    collection_id: UUID | None
    is_first: bool


def made(*, collection_id: UUID | None, is_first: bool | None, **columns: Any) -> Made:
    return Made(Artifact(**columns), collection_id, bool(is_first))


sql = Statements(Path(__file__).parent / "sql" / "artifacts.sql")

create_artifact = sql.one("create_artifact", made)
read_artifacts = sql.all("read_artifacts", Artifact)
read_artifact = sql.one("read_artifact", Artifact)
count_artifacts = sql.scalar("count_artifacts")
update_artifact = sql.scalar("update_artifact")
delete_artifact = sql.do("delete_artifact")

read_latest = sql.one("read_latest", Artifact)
read_collections = sql.all("read_collections", ArtifactCollection)
count_collections = sql.scalar("count_collections")
lock_collection_of = sql.scalar("lock_collection_of")
show_newest = sql.one("show_newest", ArtifactCollection)
delete_collection = sql.one("delete_collection", ArtifactCollection)
