"""Keys that are refused: remembered where somebody wonders why a worker does not work, and nowhere else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from controlplane.sql.transactions import workspace_transaction
from tests.api.deploying import make_deployment, make_pool, run
from tests.visitor import visit_as, words_of
from tests.world import Tenant, make_member
from workspaces.models import ApiKey, RefusedKey, ServiceAccount
from workspaces.services import keys, refusals
from workspaces.tokens import PERSON, new_token

AGO = timedelta(hours=2, minutes=1)


def key_of(tenant: Tenant, case: str) -> str:
    """The text of a key that was never used, and is no good."""
    now = datetime.now(UTC)
    if case == "workspace":
        service = ServiceAccount.objects.create(account=tenant.account, name=f"bot-{uuid4().hex[:6]}")
        return keys.create_key(name="other", service_account=service).token
    made = keys.create_key(name=case, user=tenant.user, expires=now - AGO if case == "expired" else None)
    if case == "revoked":
        ApiKey.objects.filter(id=made.key.id).update(revoked=now - AGO)
    return made.token


def beat(tenant: Tenant, key: str, pool: dict) -> int:
    path = f"/work_pools/{pool['name']}/workers/heartbeat"
    return replace(tenant, key=key).call("POST", path, {"name": "vm-1"}).status_code


def remembered(tenant: Tenant) -> list[RefusedKey]:
    with workspace_transaction(tenant.workspace_id):
        return list(RefusedKey.objects.of(tenant.workspace_id))


@pytest.mark.parametrize(
    ("_case", "status", "words"),
    [
        ("expired", 401, "expired 2 h ago"),
        ("revoked", 401, "was revoked 2 h ago"),
        ("workspace", 404, "has no access to this workspace"),
    ],
)
def test_a_worker_that_is_refused_is_the_reason_why_a_run_waits(tenant, _case, status, words):
    pool = make_pool(tenant)
    waiting = run(tenant, make_deployment(tenant, work_pool_name=pool["name"]))
    key = key_of(tenant, _case)
    assert [beat(tenant, key, pool) for _ in range(3)] == [status] * 3
    why = tenant.ok("GET", f"/flow_runs/{waiting['id']}/why")
    assert why["code"] == "worker-refused"
    assert why["sentence"] == f"A worker at 127.0.0.1 keeps trying but its key {words}."
    assert why["blocked_by"]["kind"] == "api-key"
    (row,) = remembered(tenant)
    assert (row.pool, row.reason, row.times, row.address) == (pool["name"], _case, 1, "127.0.0.1")
    person = visit_as(tenant)
    for page in ("/workers", f"/pools/{pool['name']}"):
        assert "Workers are refused A worker at 127.0.0.1" in words_of(person.get(f"{tenant.ui_url}{page}"))


def test_a_role_that_may_not_work_is_told_of(tenant):
    pool = make_pool(tenant)
    waiting = run(tenant, make_deployment(tenant, work_pool_name=pool["name"]))
    assert beat(tenant, make_member(tenant, "Viewer").key, pool) == 403
    assert tenant.ok("GET", f"/flow_runs/{waiting['id']}/why")["sentence"] == (
        "A worker at 127.0.0.1 keeps trying but its key has a role that does not include the work of a worker."
    )


@pytest.mark.parametrize("_case", ["an unknown key", "a stranger's key", "a stranger's expired key"])
def test_nobody_else_leaves_anything_in_a_workspace(tenant, stranger, _case):
    pool = make_pool(tenant)
    key = {
        "an unknown key": lambda: new_token(PERSON),
        "a stranger's key": lambda: stranger.key,
        "a stranger's expired key": lambda: key_of(stranger, "expired"),
    }[_case]()
    assert beat(tenant, key, pool) in (401, 404)
    assert remembered(tenant) == []


def test_an_invented_pool_is_not_noted_and_a_day_is_enough(tenant):
    key = key_of(tenant, "expired")
    for name in ("one", "two", "three"):
        assert beat(tenant, key, {"name": name}) == 401
    assert [row.pool for row in remembered(tenant)] == [""]
    refusals.forget_refusals(datetime.now(UTC) + timedelta(hours=23))
    assert len(remembered(tenant)) == 1
    refusals.forget_refusals(datetime.now(UTC) + timedelta(hours=25))
    assert remembered(tenant) == []
