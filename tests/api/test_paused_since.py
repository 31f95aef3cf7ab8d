"""A pause remembers when it began, for whoever explains why a run waits."""

import pytest

from controlplane.sql.transactions import workspace_transaction
from deployments.models import Deployment, WorkPool, WorkQueue
from tests.api.deploying import make_deployment, make_pool, make_queue
from tests.world import make_member

PATHS = {"pool": "/work_pools/p", "queue": "/work_pools/p/queues/q", "deployment": "/deployments/{deployment}"}
MODELS = {"pool": (WorkPool, "p"), "queue": (WorkQueue, "q"), "deployment": (Deployment, "d")}


def paused_since(tenant, kind):
    model, name = MODELS[kind]
    with workspace_transaction(tenant.workspace_id):
        return model.objects.of(tenant.workspace_id).get(name=name).paused_since


@pytest.mark.parametrize("kind", ["pool", "queue", "deployment"])
def test_a_pause_begins_once_and_ends(tenant, kind):
    pool = make_pool(tenant, name="p")
    make_queue(tenant, pool, "q")
    deployment = make_deployment(tenant, name="d")
    path = PATHS[kind].format(deployment=deployment["id"])
    field = "paused" if kind == "deployment" else "is_paused"
    assert paused_since(tenant, kind) is None
    tenant.ok("PATCH", path, {field: True})
    since = paused_since(tenant, kind)
    assert since is not None
    tenant.ok("PATCH", path, {field: True})
    tenant.ok("PATCH", path, {"description": "still paused"})
    assert paused_since(tenant, kind) == since
    tenant.ok("PATCH", path, {field: False})
    assert paused_since(tenant, kind) is None


@pytest.mark.parametrize(("_case", "kind"), [("a pool", "pool"), ("a queue", "queue")])
def test_a_pause_says_who_began_it(tenant, _case, kind):
    make_queue(tenant, make_pool(tenant, name="p"), "q")
    other = make_member(tenant, "Owner", "bo")
    model, name = MODELS[kind]

    def paused_by() -> str | None:
        with workspace_transaction(tenant.workspace_id):
            return model.objects.of(tenant.workspace_id).get(name=name).paused_by

    other.ok("PATCH", PATHS[kind], {"is_paused": True})
    tenant.ok("PATCH", PATHS[kind], {"is_paused": True, "description": "still"})
    assert paused_by() == str(other.user)
    tenant.ok("PATCH", PATHS[kind], {"is_paused": False})
    assert paused_by() is None
    entries = tenant.ok("POST", "/audit_log/filter", {"target_kinds": [f"work-{kind}"]})
    assert [(entry["action"], entry["actor_name"]) for entry in entries] == [
        (f"work-{kind}.resumed", str(tenant.user)), (f"work-{kind}.updated", str(tenant.user)),
        (f"work-{kind}.paused", str(other.user)), (f"work-{kind}.created", str(tenant.user)),
    ]  # fmt: skip


def test_what_is_made_paused_is_paused_since_then(tenant):
    pool = make_pool(tenant, name="p", is_paused=True)
    make_queue(tenant, pool, "q", is_paused=True)
    make_deployment(tenant, name="d", paused=True)
    assert [paused_since(tenant, kind) is None for kind in MODELS] == [False, False, False]


def test_the_pause_door_notes_when(tenant):
    deployment = make_deployment(tenant, name="d")
    tenant.ok("POST", f"/deployments/{deployment['id']}/pause_deployment")
    assert paused_since(tenant, "deployment") is not None
    tenant.ok("POST", f"/deployments/{deployment['id']}/resume_deployment")
    assert paused_since(tenant, "deployment") is None
