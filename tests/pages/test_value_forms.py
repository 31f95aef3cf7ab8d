# ruff: noqa: E501 (a case is a line)
"""Parameters, job variables, templates and inputs as forms in a browser without JavaScript."""

import json

import pytest

from tests.pages.forms_sent import form_of, send_form
from tests.pages.parameters_made import DEFAULTS, TEMPLATE, make_parametrised, make_pool
from tests.visitor import Visitor, visit_as, words_of
from tests.world import Tenant, make_flow_run, set_state

MASK = "********"


@pytest.fixture
def visitor(tenant) -> Visitor:
    return visit_as(tenant)


def send(visitor: Visitor, at: str, values: dict[str, str], **options):
    return send_form(visitor, at, "values", values, **options)


def run_of(tenant: Tenant, answer) -> dict:
    assert answer.status_code == 302, words_of(answer)
    return tenant.ok("GET", f"/flow_runs/{answer.headers['location'].rpartition('/')[2]}")


def custom(tenant: Tenant, id: str) -> str:
    return f"{tenant.ui_url}/deployments/{id}/run/custom"


def test_a_run_starts_with_what_was_changed_in_every_kind_of_field(tenant, visitor):
    id = make_parametrised(tenant)
    values = {
        "p/region": "us", "p/limit": "5", "p/ratio": "0.25", "p/dry": "on", "p/since": "2026-03-01T08:30", "p/day": "2026-03-02",
        "p/names#rows": "0,1", "p/names/0": "a", "p/names/1": "b", "p/windows/0/zeta": "7", "p/labels#rows": "0",
        "p/labels/0#key": "team", "p/labels/0": "data", "p/source#kind": "1", "p/source/@1": "12", "v/cpu": "4",
        "start": "2031-01-02T03:04:05", "name": "by hand", "tags": "a, b, a", "queue": "default",
    }  # fmt: skip
    run = run_of(tenant, send(visitor, custom(tenant, id), values))
    assert run["parameters"] == {
        "region": "us", "limit": 5, "ratio": 0.25, "dry": True, "since": "2026-03-01T08:30:00Z", "day": "2026-03-02",
        "names": ["a", "b"], "windows": [{"zeta": 7, "alpha": "x"}], "labels": {"team": "data"}, "source": "12",
        "token": run["parameters"]["token"],
    }  # fmt: skip
    assert run["parameters"]["token"] == "s3cret-token"
    assert (run["name"], run["tags"], run["job_variables"], run["work_queue_name"]) == (
        "by hand",
        ["a", "b"],
        {"cpu": 4},
        "default",
    )
    assert (run["state_type"], run["expected_start_time"]) == ("SCHEDULED", "2031-01-02T03:04:05Z")
    assert run["created_by"]["type"] == "USER"


def test_untouched_a_run_is_given_nothing_but_what_is_needed(tenant, visitor):
    id = make_parametrised(tenant)
    run = run_of(tenant, send(visitor, custom(tenant, id), {"p/region": "eu"}))
    assert {**run["parameters"], "token": ""} == {**DEFAULTS, "region": "eu", "token": ""}
    assert run["job_variables"] in ({}, None)


@pytest.mark.parametrize(
    ("_case", "values", "words"),
    [
        ("needed", {}, "region : This is needed."),
        ("a limit", {"p/region": "eu", "p/limit": "0"}, "limit : This must be 1 or more."),
        ("no number", {"p/region": "eu", "p/limit": "many"}, "limit : Write a whole number."),
        ("deep inside", {"p/region": "eu", "p/windows/0/zeta": "0"}, "Zeta : This must be 1 or more."),
        ("a job variable", {"p/region": "eu", "v/cpu": "0"}, "CPU : This must be 1 or more."),
        ("a moment", {"p/region": "eu", "start": "soon"}, "Enter a valid date/time."),
        ("JSON", {"p#json": "1", "p": '{"region": "eu", "limit": 0}'}, "limit: This must be 1 or more."),
        ("no JSON", {"p#json": "1", "p": '{"region": '}, "This is not JSON"),
        ("no object", {"p#json": "1", "p": "[1]"}, "Write a JSON object"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_starts_nothing(tenant, visitor, _case, values, words):
    answer = send(visitor, custom(tenant, make_parametrised(tenant)), values)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_unchecked_a_run_may_be_given_anything(tenant, visitor):
    id = make_parametrised(tenant)
    run = run_of(tenant, send(visitor, custom(tenant, id), {"p/limit": "0"}, without=("check",)))
    assert run["parameters"]["limit"] == 0


def test_the_form_turns_into_json_and_back_without_a_secret(tenant, visitor):
    id = make_parametrised(tenant)
    at = custom(tenant, id)
    answer = send(visitor, at, {"p/region": "us", "do": "json:p"})
    form = form_of(answer.text, "values")
    assert json.loads(form["p"]) == {**DEFAULTS, "region": "us", "token": MASK, "ratio": 0.5, "dry": False}
    back = visitor.client.post(at, data={**form, "p": form["p"].replace('"us"', '"asia"'), "do": "rows:p"})
    assert form_of(back.text, "values")["p/region"] == "asia"
    for html in (visitor.get(at).text, answer.text, back.text, visitor.get(at.removesuffix("/run/custom")).text):
        assert "s3cret" not in html
    run = run_of(tenant, visitor.client.post(at, data={**form, "do": "save"}))
    assert run["parameters"]["token"] == "s3cret-token"
    assert run["parameters"]["region"] == "us"


def test_a_run_is_done_again_with_its_own_parameters(tenant, visitor):
    id = make_parametrised(tenant)
    first = run_of(tenant, send(visitor, custom(tenant, id), {"p/region": "asia", "p/limit": "9"}))
    at = f"{custom(tenant, id)}?run={first['id']}"
    assert at.partition(tenant.url)[2] in visitor.get(f"{tenant.ui_url}/runs/{first['id']}").text
    form = form_of(visitor.get(at).text, "values")
    assert (form["p/region"], form["p/limit"]) == ("asia", "9")
    assert run_of(tenant, send(visitor, at, {}))["parameters"] == first["parameters"]


def test_fields_stand_in_the_order_in_which_they_were_written(tenant, visitor):
    html = visitor.get(custom(tenant, make_parametrised(tenant))).text
    assert html.index("p/windows/0/zeta") < html.index("p/windows/0/alpha")
    places = [html.index(f'name="v/{name}') for name in ("zone", "image", "env", "cpu", "key")]
    assert places == sorted(places)


def test_a_deployments_defaults_are_changed_and_its_secrets_kept(tenant, visitor):
    id = make_parametrised(tenant)
    at = f"{tenant.ui_url}/deployments/{id}/edit"
    assert "s3cret" not in visitor.get(at).text
    values = {
        "p/limit": "8",
        "p/region": "us",
        "p/windows#rows": "",
        "v/cpu": "3",
        "v/env/0": "2",
        "tags": "x",
        "description": "Said.",
    }
    answer = send(visitor, at, values)
    assert answer.headers["location"].endswith(f"/deployments/{id}")
    now = tenant.ok("GET", f"/deployments/{id}")
    token, key = now["parameters"].pop("token"), now["job_variables"].pop("key")
    assert now["parameters"] == {"limit": 8, "region": "us", "windows": []}
    assert (now["job_variables"], now["tags"], now["description"]) == ({"env": {"A": "2"}, "cpu": 3}, ["x"], "Said.")
    assert (token in ("s3cret-token", MASK), key in ("s3cret-key", MASK)) == (True, True)
    assert now["updated_by"]["display_value"]
    answer = send(visitor, at, {"p/limit": "0"})
    assert (answer.status_code, "limit : This must be 1 or more." in words_of(answer)) == (422, True)
    assert tenant.ok("GET", f"/deployments/{id}")["parameters"]["limit"] == 8


def test_a_schedule_is_made_changed_and_deleted_with_parameters_of_its_own(tenant, visitor):
    id = make_parametrised(tenant)
    at = f"{tenant.ui_url}/deployments/{id}/schedules"
    answer = send(visitor, f"{at}/new", {"kind": "cron", "when": "0 6 * *", "timezone": "Mars/Base"})
    assert (answer.status_code, "Invalid timezone" in words_of(answer)) == (422, True)
    answer = send(visitor, f"{at}/new", {"kind": "cron", "when": "0 6 * *", "timezone": "UTC"})
    assert (answer.status_code, "Invalid cron string" in words_of(answer)) == (422, True)
    values = {
        "kind": "cron",
        "when": "0 6 * * *",
        "timezone": "Europe/Paris",
        "slug": "early",
        "p/limit": "6",
        "p/region": "eu",
    }
    assert send(visitor, f"{at}/new", values).status_code == 302
    (made,) = tenant.ok("GET", f"/deployments/{id}/schedules")
    assert (made["schedule"]["cron"], made["schedule"]["timezone"], made["slug"]) == (
        "0 6 * * *",
        "Europe/Paris",
        "early",
    )
    assert (made["parameters"], made["active"]) == ({"limit": 6, "region": "eu"}, True)
    assert "own limit, region" in words_of(visitor.get(f"{tenant.ui_url}/deployments/{id}"))
    values = {"kind": "interval", "when": "1h 30m", "p/limit": "7"}
    assert send(visitor, f"{at}/{made['id']}", values, without=("active", "p/region")).status_code == 302
    (now,) = tenant.ok("GET", f"/deployments/{id}/schedules")
    assert (now["schedule"]["interval"], now["parameters"], now["active"]) == (5400, {"limit": 7}, False)
    form = form_of(visitor.get(f"{at}/{made['id']}").text, "values")
    assert (form["when"], form["p/limit"]) == ("1h 30m", "7")
    visitor.client.post(f"{at}/{made['id']}/delete", data=form)
    assert tenant.ok("GET", f"/deployments/{id}/schedules") == []


def test_a_pools_defaults_are_a_form_and_its_template_is_json(tenant, visitor):
    make_pool(tenant)
    at = f"{tenant.ui_url}/pools/gpu/template"
    answer = send(visitor, at, {"v/image": "python:3.12", "v/cpu": "8", "v/key": "s3cret-key", "v/zone": ""})
    assert answer.headers["location"].endswith("/pools/gpu")
    properties = tenant.ok("GET", "/work_pools/gpu")["base_job_template"]["variables"]["properties"]
    assert list(properties) == ["zone", "image", "env", "cpu", "key"]
    assert {name: sub["default"] for name, sub in properties.items() if "default" in sub} == {
        "zone": "", "image": "python:3.12", "cpu": 8, "key": properties["key"]["default"],
    }  # fmt: skip
    assert "s3cret" not in visitor.get(at).text + visitor.get(f"{at}?as=json").text
    assert send(visitor, at, {"v/cpu": "0"}).status_code == 422
    form = form_of(visitor.get(f"{at}?as=json").text, "values")
    shown = json.loads(form["template"])
    shown["variables"]["properties"]["cpu"]["maximum"] = 4
    answer = visitor.client.post(f"{at}?as=json", data={**form, "template": json.dumps(shown)})
    assert (answer.status_code, "8 is greater than the maximum of 4" in words_of(answer)) == (422, True)
    shown["variables"]["properties"]["cpu"]["default"] = 4
    assert visitor.client.post(f"{at}?as=json", data={**form, "template": json.dumps(shown)}).status_code == 302
    now = tenant.ok("GET", "/work_pools/gpu")["base_job_template"]["variables"]["properties"]
    assert (now["cpu"], now["key"]) == (
        {**TEMPLATE["variables"]["properties"]["cpu"], "default": 4, "maximum": 4},
        properties["key"],
    )


def test_a_paused_run_is_answered_on_its_page(tenant, visitor):
    schema = {
        "title": "Answer", "type": "object", "required": ["approved"],
        "properties": {"approved": {"title": "Approved", "type": "boolean"}, "many": {"title": "Many", "type": "integer", "maximum": 9}},
    }  # fmt: skip
    keyset = {"schema": "k-schema", "response": "k-response", "description": "k-description"}
    run = make_flow_run(tenant)["id"]
    for key, value in (("k-schema", schema), ("k-description", "Shall it go on?")):
        tenant.ok("POST", f"/flow_runs/{run}/input", {"key": key, "value": json.dumps(value)})
    set_state(tenant, run, "RUNNING")
    set_state(tenant, run, "PAUSED", state_details={"run_input_keyset": keyset})
    at = f"{tenant.ui_url}/runs/{run}/resume/form"
    page = visitor.get(f"{tenant.ui_url}/runs/{run}")
    assert "It waits for your answer Shall it go on?" in words_of(page)
    assert at.partition(tenant.url)[2] in page.text
    answer = send(visitor, at, {"i/many": "10", "i/approved": "on"})
    assert (answer.status_code, "Many : This must be 9 or less." in words_of(answer)) == (422, True)
    assert tenant.ok("GET", f"/flow_runs/{run}")["state_type"] == "PAUSED"
    assert send(visitor, at, {"i/many": "3", "i/approved": "on"}).headers["location"].endswith(f"/runs/{run}")
    assert tenant.ok("GET", f"/flow_runs/{run}")["state_type"] == "RUNNING"
    given = tenant.ok("POST", f"/flow_runs/{run}/input/filter", {"prefix": "k-response"})
    assert [json.loads(one["value"]) for one in given] == [{"approved": True, "many": 3}]


@pytest.mark.parametrize(
    "path",
    [
        "deployments/{id}/run/custom",
        "deployments/{id}/edit",
        "deployments/{id}/schedules/new",
        "pools/gpu/template",
        "runs/{run}/resume/form",
    ],
)
def test_a_viewer_has_no_forms_and_another_tenant_not_even_an_address(tenant, viewer, stranger, path):
    made = {"id": make_parametrised(tenant), "run": make_flow_run(tenant)["id"]}
    at = f"{tenant.ui_url}/{path.format(**made)}"
    assert visit_as(viewer).get(at).status_code == 403
    assert visit_as(stranger).get(at).status_code == 404
    own = f"{stranger.ui_url}/{path.format(**made)}"
    assert visit_as(stranger).get(own).status_code == 404
