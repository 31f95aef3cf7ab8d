"""Home, the start page, the palette, and the links that clients print."""

import re
from uuid import UUID, uuid4

import httpx
import pytest

from tests.visitor import Visitor, visit_as, words_of
from tests.world import make_flow, make_flow_run, make_tenant, make_user, set_state
from workspaces.services import accounts


def steps_of(response) -> list[str]:
    return re.findall(r'data-step="(\w+)"', response.text)


def test_the_start_page_leads_to_where_the_person_was_last(tenant):
    prod = accounts.create_workspace(tenant.account, tenant.user, name="prod")
    visitor = visit_as(tenant)
    assert visitor.get("/").headers["location"] == f"/w/{tenant.account.handle}/dev/"
    assert visitor.get(f"/w/{tenant.account.handle}/{prod.handle}/").status_code == 200
    assert visitor.get("/").headers["location"] == f"/w/{tenant.account.handle}/prod/"


def test_the_start_page_of_somebody_without_a_workspace_is_making_one(server):
    user = make_user()
    accounts.create_account_for(user)
    assert Visitor(server.url).get("/").headers["location"] == "/login?next=/"
    assert Visitor(server.url).sign_in(user).get("/").headers["location"] == "/new"


def test_an_empty_workspace_shows_what_to_do_and_ticks_it_off(server):
    alice = make_tenant(server.url)
    visitor = visit_as(alice)
    home = visitor.get(f"{alice.ui_url}/")
    assert steps_of(home) == ["current", "open", "open", "open"]
    assert "Create key & show commands" in words_of(home)
    alice.ok("POST", "/flows/count", {})
    assert steps_of(visitor.get(f"{alice.ui_url}/")) == ["done", "current", "open", "open"]
    run = make_flow_run(alice, "RUNNING")
    home = visitor.get(f"{alice.ui_url}/")
    assert steps_of(home) == ["done", "done", "current", "open"]
    assert run["name"] in words_of(home)
    assert "Nobody is told when runs fail" in words_of(home)


def test_the_checklist_can_be_put_away(tenant):
    make_flow_run(tenant, "COMPLETED")
    visitor = visit_as(tenant)
    home = f"{tenant.ui_url}/"
    assert visitor.post(f"{tenant.ui_url}/setup/away", form_at=home).status_code == 302
    assert steps_of(visitor.get(home)) == []


def test_failures_are_counted_grouped_and_explained_until_one_goes_well(tenant):
    flow = make_flow(tenant, name="train-forecast")
    for _ in range(2):
        run = make_flow_run(tenant, "RUNNING", flow_id=flow["id"])
        set_state(tenant, run["id"], "FAILED", message="Traceback\nValueError: Matrix is singular")
    visitor = visit_as(tenant)
    words = words_of(visitor.get(f"{tenant.ui_url}/"))
    assert "2 runs failed" in words
    assert re.search(rf"Failed train-forecast {run['name']}, \S+ .*?, 2 times ValueError: Matrix is singular", words)
    done = make_flow_run(tenant, "RUNNING", flow_id=flow["id"])
    set_state(tenant, done["id"], "COMPLETED")
    words = words_of(visitor.get(f"{tenant.ui_url}/"))
    assert "Nothing: what ran last went well." in words
    assert "3 runs: 2 failed, 1 completed" in words


def test_running_and_coming_runs_and_an_abandoned_pool_are_shown(tenant):
    running = make_flow_run(tenant, "RUNNING")
    tenant.ok("POST", "/work_pools/", {"name": "gpu", "type": "process"})
    flow = make_flow(tenant, name="waits")
    make_flow_run(tenant, "SCHEDULED", flow_id=flow["id"], work_pool_name="gpu", work_queue_name="default")
    words = words_of(visit_as(tenant).get(f"{tenant.ui_url}/"))
    assert f"Running now 1 Running {running['name']}" in words
    assert "1 pool has waiting runs and no worker" in words
    assert 'prefect worker start --pool "gpu"' in words


def test_one_tenants_home_shows_nothing_of_another(tenant, stranger):
    flow = make_flow(tenant, name="secret-forecast")
    make_flow_run(tenant, "FAILED", flow_id=flow["id"])
    make_flow_run(stranger, "COMPLETED")
    visitor = visit_as(stranger)
    assert "secret-forecast" not in visitor.get(f"{stranger.ui_url}/").text
    assert "secret-forecast" not in visitor.get(f"{stranger.ui_url}/palette?q=secret").text


@pytest.mark.parametrize("period", ["1h", "24h", "7d", "nonsense"])
def test_every_period_is_drawn(tenant, period):
    make_flow_run(tenant, "COMPLETED")
    answer = visit_as(tenant).get(f"{tenant.ui_url}/?period={period}")
    assert answer.status_code == 200
    assert "1 run" in words_of(answer)


@pytest.mark.parametrize(
    ("_case", "query", "found"),
    [
        ("a page", "api k", "API keys page"),
        ("a part of a name", "FORECA", "train-forecast"),
        ("a wildcard is a letter", "%", "Nothing found."),
        ("nothing", "zzzz", "Nothing found."),
        ("a NUL", "\x00zzzz", "Nothing found."),
    ],
)
def test_the_palette_finds_pages_and_things(tenant, _case, query, found):
    make_flow(tenant, name="train-forecast")
    answer = visit_as(tenant).get(f"{tenant.ui_url}/palette", params={"q": query}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert found in words_of(answer)


def test_the_palette_finds_a_run_by_a_link_that_a_client_printed(tenant):
    run = make_flow_run(tenant, "COMPLETED")
    link = f"{tenant.url}/account/{tenant.account_id}/workspace/{tenant.workspace_id}/runs/flow-run/{run['id']}"
    answer = visit_as(tenant).get(f"{tenant.ui_url}/palette", params={"q": link}, headers={"HX-Request": "true"})
    assert run["name"] in words_of(answer)


ID = UUID("019a0000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("_case", "printed", "page"),
    [
        ("the workspace", "", "/"),
        ("its dashboard", "/dashboard", "/"),
        ("a flow run", f"/runs/flow-run/{ID}", f"/runs/{ID}"),
        ("a flow run of a 2.x client", f"/flow-runs/flow-run/{ID}", f"/runs/{ID}"),
        ("a task run", f"/runs/task-run/{ID}", f"/tasks/{ID}"),
        ("a task run of a 2.x client", f"/flow-runs/task-run/{ID}", f"/tasks/{ID}"),
        ("a flow", f"/flows/flow/{ID}", f"/flows/{ID}"),
        ("a deployment", f"/deployments/deployment/{ID}", f"/deployments/{ID}"),
        ("a work pool", "/work-pools/work-pool/gpu%20pool", "/pools/gpu%20pool"),
        ("with a query", f"/runs/flow-run/{ID}?tab=logs&x=1", f"/runs/{ID}?tab=logs&x=1"),
    ],
)
def test_a_link_that_a_client_printed_leads_to_our_page(tenant, _case, printed, page):
    begin = f"/account/{tenant.account_id}/workspace/{tenant.workspace_id}"
    answer = visit_as(tenant).get(begin + printed)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/w/{tenant.account.handle}/dev{page}"


@pytest.mark.parametrize("printed", ["/nothing", "/runs/flow-run/1", f"/runs/flow-run/{ID}/more", "/teams"])
def test_a_link_that_means_nothing_here_is_not_found(tenant, printed):
    begin = f"/account/{tenant.account_id}/workspace/{tenant.workspace_id}"
    assert visit_as(tenant).get(begin + printed).status_code == 404


def test_a_printed_link_asks_to_sign_in_first_and_shows_no_workspace_of_others(tenant, stranger):
    link = f"/account/{tenant.account_id}/workspace/{tenant.workspace_id}/runs/flow-run/{ID}"
    anonymous = httpx.get(f"{tenant.url}{link}?x=1")
    assert (anonymous.status_code, anonymous.headers["location"]) == (302, f"/login?next={link}%3Fx%3D1")
    assert visit_as(stranger).get(link).status_code == 404
    other_account = f"/account/{uuid4()}/workspace/{tenant.workspace_id}"
    assert visit_as(tenant).get(other_account).status_code == 404
