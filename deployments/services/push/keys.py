"""The API key that a pool's tasks call us with: one a pool, with a worker's permissions, replaced every week."""

from datetime import datetime, timedelta
from uuid import UUID

from blocks.services import sealing
from controlplane.ids import uuid7
from deployments.models import PushKey
from workspaces.services import service_keys

REPLACED_AFTER = timedelta(days=7)
# A task keeps the key that it was started with.
VALID_FOR = timedelta(days=37)
PLACE = {"table": "push_key", "field": "secret"}


def key_of_pool(workspace: UUID, pool_id: UUID, pool_name: str, *, now: datetime) -> str:
    """The text of the pool's key, made if there is none or it is old."""
    row = PushKey.objects.of(workspace).select_for_update(no_key=True).filter(work_pool_id=pool_id).first()
    if row is not None and row.replace_after > now:
        return sealing.open_sealed(workspace, row=row.id, sealed=bytes(row.secret), **PLACE).decode()
    made = service_keys.create_worker_key(workspace, name=f"push pool {pool_name}", expires=now + VALID_FOR)
    id = row.id if row is not None else uuid7()
    sealed = sealing.seal(workspace, row=id, plaintext=made.token.encode(), **PLACE)
    PushKey.objects.update_or_create(
        workspace_id=workspace, work_pool_id=pool_id,
        defaults={"id": id, "api_key_id": made.key.id, "secret": sealed, "replace_after": now + REPLACED_AFTER},
    )  # fmt: skip
    return made.token
