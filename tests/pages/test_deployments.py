"""Deployments, work pools and workers in a browser without JavaScript, over the live server."""

import re

import pytest

from tests.visitor import Visitor, visit_as, words_of
from tests.world import Tenant, make_flow

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def visitor(tenant) -> Visitor:
    return visit_as(tenant)


def make_deployment(tenant: Tenant, **fields) -> str:
    body = {"name": "nightly", "flow_id": make_flow(tenant, name="train")["id"], **fields}
    return tenant.ok("POST", "/deployments/", body)["id"]


def at(tenant: Tenant, id: str) -> str:
    return f"/w/{tenant.account.handle}/dev/deployments/{id}"


@pytest.mark.parametrize(
    ("_case", "path", "words"),
    [
        ("deployments", "/deployments", "No deployments yet"),
        ("pools", "/pools", "No work pools yet"),
        ("workers", "/workers", "No workers yet"),
        ("flows", "/flows", "No flows yet"),
    ],
)
def test_an_empty_list_says_what_to_do(tenant, visitor, _case, path, words):
    page = visitor.get(f"{tenant.ui_url}{path}")
    assert page.status_code == 200
    assert words in words_of(page)
    assert "data-from-snippet" in page.text


def test_run_now_starts_a_run_and_goes_to_it(tenant, visitor):
    id = make_deployment(tenant, parameters={"limit": 3})
    answer = visitor.post(f"{at(tenant, id)}/run", form_at=at(tenant, id))
    run = tenant.ok("GET", f"/flow_runs/{answer.headers['location'].rpartition('/')[2]}")
    assert (run["deployment_id"], run["state_type"], run["parameters"]) == (id, "SCHEDULED", {"limit": 3})
    assert run["created_by"]["type"] == "USER"


def test_pause_and_resume(tenant, visitor):
    id = make_deployment(tenant)
    assert visitor.post(f"{at(tenant, id)}/pause", form_at=at(tenant, id)).headers["location"] == at(tenant, id)
    assert tenant.ok("GET", f"/deployments/{id}")["paused"] is True
    assert "Resume" in words_of(visitor.get(at(tenant, id)))
    visitor.post(f"{at(tenant, id)}/resume", form_at=at(tenant, id))
    assert tenant.ok("GET", f"/deployments/{id}")["paused"] is False


@pytest.mark.parametrize("action", ["run", "pause", "resume"])
def test_a_viewer_may_look_but_not_touch(tenant, viewer, action):
    id = make_deployment(tenant)
    visitor = visit_as(viewer)
    assert "Needs the Runner role" in words_of(visitor.get(at(tenant, id)))
    assert visitor.post(f"{at(tenant, id)}/{action}", form_at=at(tenant, id)).status_code == 403
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_schedules_are_told_in_words_with_their_next_times(tenant, visitor):
    schedules = [
        {"schedule": {"cron": "0 6 * * 1-5", "timezone": "Europe/Paris"}},
        {"schedule": {"interval": 600}, "active": False},
    ]
    id = make_deployment(tenant, schedules=schedules)
    page = visitor.get(at(tenant, id))
    assert "At 06:00 every weekday" in words_of(page)
    assert "Every 10 minutes" in words_of(page)
    assert len(re.findall(r"\w{3} \d\d \w{3} 06:00 CES?T", page.text)) == 5
    assert "At 06:00 every weekday, Europe/Paris" in words_of(visitor.get(f"{tenant.ui_url}/deployments"))


def test_a_pool_tells_whether_somebody_polls_it(tenant, visitor):
    tenant.ok("POST", "/work_pools/", {"name": "gpu pool", "type": "process"})
    assert "No worker yet" in words_of(visitor.get(f"{tenant.ui_url}/pools"))
    words = words_of(visitor.get(f"{tenant.ui_url}/pools/gpu pool"))
    assert "No worker has ever connected" in words
    assert "prefect worker start --pool 'gpu pool'" in words
    tenant.ok("POST", "/work_pools/gpu pool/workers/heartbeat", {"name": "ada"})
    assert "1 worker online" in words_of(visitor.get(f"{tenant.ui_url}/pools/gpu pool"))
    assert "1 online" in words_of(visitor.get(f"{tenant.ui_url}/workers"))


def test_everything_that_a_client_sends_is_text(tenant, visitor):
    tenant.ok("POST", "/work_pools/", {"name": "p", "type": NASTY, "description": NASTY})
    tenant.ok("POST", "/work_pools/p/workers/heartbeat", {"name": NASTY})
    id = make_deployment(
        tenant, name=f"n {NASTY}".replace("/", "").replace("<", "").replace(">", ""), work_pool_name="p", tags=[NASTY],
        parameters={NASTY: NASTY}, description=NASTY, version=NASTY, entrypoint=NASTY,
    )  # fmt: skip
    for path in (f"/deployments/{id}", "/deployments", f"/deployments?tag={NASTY}", "/pools", "/pools/p", "/workers"):
        page = visitor.get(f"{tenant.ui_url}{path}")
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path


@pytest.mark.parametrize("path", ["/deployments/{id}", "/pools/gpu"])
def test_another_tenant_does_not_exist(tenant, stranger, path):
    tenant.ok("POST", "/work_pools/", {"name": "gpu", "type": "process"})
    id = make_deployment(tenant, name="secret-name", work_pool_name="gpu")
    for url in (tenant.ui_url, stranger.ui_url):
        page = visit_as(stranger).get(f"{url}{path.format(id=id)}")
        assert page.status_code == 404
        assert "secret-name" not in page.text
