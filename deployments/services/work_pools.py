"""Work pools: made, read, changed and deleted."""

from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from msgspec import Raw, json, to_builtins
from packaging.version import InvalidVersion, Version

from blocks.services.sealed_parts import seal_parts
from controlplane.errors import Conflict, Invalid, NotFound, Refused
from controlplane.filters import Counting, Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_places import keep, may_mark
from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch
from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring
from controlplane.wire.structs import present
from deployments import queries
from deployments.models import Worker
from deployments.models import WorkPool as Pool
from deployments.rules import push
from deployments.rules.job_templates import check_defaults
from deployments.services import budgeted, happenings, noting, pausing, secrecy
from deployments.wire.work_pools import StorageConfiguration, WorkPool, WorkPoolCreate, WorkPoolUpdate

AGENT_POOL = "default-agent-pool"
AGENT_TYPE = "prefect-agent"
BELL = "pool"
RESERVED = "Work pools starting with 'Prefect' are reserved for internal use"
# Older clients refuse the key that tells them of a default result storage.
FIRST_WITH_RESULT_STORAGE = Version("3.3.8")


def raw(value: Any) -> Raw:
    return Raw(json.encode(value))


def create_work_pool(workspace: UUID, body: WorkPoolCreate, *, now: datetime) -> WorkPool:
    if body.name.lower().startswith("prefect"):
        raise Refused(f"{RESERVED}.")
    if unsupported := push.why_unsupported(body.type):
        raise Refused(unsupported)
    check_template_defaults(body.base_job_template)
    if not insert_work_pool(workspace, body, now=now):
        raise Conflict("A work pool with this name already exists.")
    pool = find_work_pool(workspace, body.name)
    happenings.pool_changed(workspace, pool, "created", now=now)
    noting.note(workspace, "work-pool", "created", pool)
    return read_work_pool(workspace, body.name)


def insert_work_pool(workspace: UUID, body: WorkPoolCreate, *, now: datetime) -> bool:
    """A pool with its queue `default`; False if the name is taken."""
    status = None if body.type == AGENT_TYPE else ("PAUSED" if body.is_paused else unpaused_status(body.type))
    pool_id = uuid7()
    template, parts = secrecy.hide_template(body.base_job_template)
    made = queries.create_work_pool(
        workspace=workspace, id=pool_id, queue=uuid7(), now=now, name=body.name, description=body.description,
        type=body.type, template=json.encode(template).decode(), is_paused=body.is_paused,
        concurrency_limit=body.concurrency_limit, storage=raw(body.storage_configuration), status=status,
        secrets=seal_parts(workspace, "work_pool", pool_id, parts),
    )  # fmt: skip
    return made is not None


def unpaused_status(pool_type: str) -> str:
    """A pool that we submit for ourselves waits for no worker."""
    return "READY" if push.is_push(pool_type) else "NOT_READY"


def ensure_agent_pool(workspace: UUID, *, now: datetime) -> Pool:
    """The pool of all queues that were made without one, for agents of 2.x."""
    insert_work_pool(workspace, WorkPoolCreate(name=AGENT_POOL, type=AGENT_TYPE), now=now)
    return find_work_pool(workspace, AGENT_POOL)


def find_work_pool(workspace: UUID, name: str, *, lock: bool = False) -> Pool:
    rows = Pool.objects.of(workspace).filter(name=name)
    pool: Pool | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if pool is None:
        raise NotFound(f'Work pool "{name}" not found.')
    return pool


def read_work_pool(workspace: UUID, name: str, client_version: str | None = None) -> WorkPool:
    extra = {
        "where": "work_pool.workspace_id = %(workspace)s::uuid AND work_pool.name = %(name)s::text",
        "order": "work_pool.id",
    }
    found = queries.read_work_pools(extra=extra, workspace=workspace, name=name, limit=1, offset=0)
    if not found:
        raise NotFound(f'Work pool "{name}" not found.')
    return for_client(found, client_version)[0]


def list_work_pools(workspace: UUID, body: Listing, client_version: str | None = None) -> list[WorkPool]:
    limits, where = page_limits(body), compile_filter("work_pools", body)
    extra = {"where": where.text, "order": order_by("work_pools")}
    found = queries.read_work_pools(
        extra=extra, workspace=workspace, limit=limits.limit, offset=limits.offset, **where.params
    )
    return list(for_client(found, client_version))


def count_work_pools(workspace: UUID, body: Counting) -> int:
    where = compile_filter("work_pools", body)
    return int(queries.count_work_pools(extra={"where": where.text}, workspace=workspace, **where.params))


def for_client(pools: list[WorkPool], client_version: str | None) -> list[WorkPool]:
    """The storage configuration with every key that this client knows."""
    for pool in pools:
        storage = to_builtins(json.decode(pool.storage_configuration, type=StorageConfiguration))
        if is_older(client_version, FIRST_WITH_RESULT_STORAGE):
            del storage["default_result_storage_block_id"]
        pool.storage_configuration = storage
    return pools


def release(version: str) -> tuple[int, ...]:
    """`3.3.7.dev1` -> (3, 3, 7)."""
    numbers = takewhile(str.isdigit, version.split(".")[:3])
    return tuple(int(number) for number in numbers)


def update_work_pool(workspace: UUID, name: str, body: WorkPoolUpdate, *, now: datetime) -> None:
    """Write what was sent; pausing and unpausing changes the status."""
    pool = find_work_pool(workspace, name, lock=True)
    sent = present(body)
    if name.lower().startswith("prefect") and not set(sent) <= {"is_paused", "concurrency_limit"}:
        raise Refused(f"{RESERVED} and can only be updated to set concurrency limits or pause.")
    sent = {
        key: value for key, value in sent.items() if value is not None or key in ("description", "concurrency_limit")
    }
    if isinstance(body.base_job_template, dict):
        stored = secrecy.parts_of(workspace, pool)
        given = keep(body.base_job_template, stored)
        check_template_defaults(given)
        sent["base_job_template"], parts = secrecy.hide_template(given, stored)
        pool.secrets = seal_parts(workspace, "work_pool", pool.id, parts)
    before = {key: getattr(pool, key) for key in sent}
    was = pool.status
    for key, value in sent.items():
        setattr(pool, key, to_builtins(value))
    pool.status = status_of(workspace, pool, now) if "is_paused" in sent else was
    pausing.note_pause(workspace, "work-pool", pool, was_paused=pool.paused_since is not None, now=now)
    pool.updated = now
    pool.save(update_fields=[*sent, "status", "paused_since", "paused_by", "secrets", "updated"])
    if "base_job_template" in sent and may_mark(json.encode(pool.base_job_template)):
        secrecy.hide_deployments_of(workspace, pool.id)
    after_commit(lambda: ring(workspace, BELL))
    after = {key: getattr(pool, key) for key in sent}
    if (payload := happenings.changes(before, after)) is not None:
        happenings.pool_changed(workspace, pool, "updated", now=now, payload=payload)
        noting.note_changes(workspace, "work-pool", pool, before, after)
    if pool.status != was and pool.status is not None:
        happenings.pool_changed(workspace, pool, happenings.READINESS[pool.status], now=now)


def status_of(workspace: UUID, pool: Pool, now: datetime) -> str | None:
    if pool.type == AGENT_TYPE:
        return None
    if pool.is_paused:
        return "PAUSED"
    if pool.status != "PAUSED":
        return pool.status
    if push.is_push(pool.type):
        return "READY"
    online = Worker.objects.of(workspace).filter(work_pool_id=pool.id, status="ONLINE").exists()
    return "READY" if online else "NOT_READY"


def delete_work_pool(workspace: UUID, name: str, *, now: datetime) -> None:
    """Queues and workers go with it; deployments and runs lose their queue."""
    if name.lower().startswith("prefect"):
        raise Refused(f"{RESERVED} and cannot be deleted.")
    pool = find_work_pool(workspace, name, lock=True)
    happenings.pool_changed(workspace, pool, "deleted", now=now)
    noting.note(workspace, "work-pool", "deleted", pool)
    Pool.objects.of(workspace).filter(id=pool.id).delete()
    after_commit(lambda: ring(workspace, BELL))


def check_template_defaults(template: dict[str, Any]) -> None:
    try:
        check_defaults(template, budgeted.validate)
    except SchemaMismatch as error:
        raise Invalid(f"Validation failed for work pool's job variable defaults: {error}") from error
    except CircularSchema as error:
        raise Invalid(f"Invalid schema: {error}") from error


def is_older(client_version: str | None, than: Version) -> bool:
    """Whether a client that says its version is older; what cannot be read as a version is not."""
    try:
        return client_version is not None and Version(client_version) < than
    except InvalidVersion:
        return False
