"""Versions, branches and the switch of deployments, as in Prefect Cloud; and who made them."""

import pytest

from tests.api.deploying import make_deployment, run, scheduled_runs
from tests.world import make_flow, make_flow_run

NIL = "00000000-0000-0000-0000-000000000000"


def info(version, **more):
    return {"type": "vcs:git", "version": version, **more}


def deploy(tenant, flow_id, version, **fields):
    return make_deployment(tenant, name="d", flow_id=flow_id, version_info=info(version), **fields)


def versions(tenant, deployment, **body):
    return tenant.ok("POST", f"/deployments/{deployment['id']}/versions/paginate", body)


@pytest.fixture
def twice(tenant):
    """A deployment of which there are two versions."""
    flow_id = make_flow(tenant)["id"]
    deploy(tenant, flow_id, "a", entrypoint="a.py:f", parameters={"n": 1}, tags=["old"])
    return deploy(tenant, flow_id, "b", entrypoint="b.py:f", parameters={"n": 2}, tags=["new"])


def test_each_version_is_kept_as_it_was_deployed(tenant, twice):
    page = versions(tenant, twice)
    assert (page["count"], page["pages"]) == (2, 1)
    told = [(v["version_info"]["version"], v["entrypoint"], v["parameters"], v["tags"]) for v in page["results"]]
    assert told == [("b", "b.py:f", {"n": 2}, ["new"]), ("a", "a.py:f", {"n": 1}, ["old"])]
    assert twice["version_id"] == page["results"][0]["id"]
    assert twice["version_info"] == info("b")
    assert versions(tenant, twice, limit=1, page=2)["results"] == page["results"][1:]
    one = page["results"][1]
    assert tenant.ok("GET", f"/deployments/{twice['id']}/versions/{one['id']}") == one


def test_the_same_version_again_is_the_same_version(tenant, twice):
    again = deploy(tenant, twice["flow_id"], "b", entrypoint="c.py:f")
    assert again["version_id"] == twice["version_id"]
    assert [v["entrypoint"] for v in versions(tenant, twice)["results"]] == ["c.py:f", "a.py:f"]


def test_a_patch_makes_a_version_too(tenant, twice):
    tenant.ok("PATCH", f"/deployments/{twice['id']}", {"version_info": info("c"), "entrypoint": "c.py:f"})
    assert [v["version_info"]["version"] for v in versions(tenant, twice)["results"]] == ["c", "b", "a"]


def test_promoting_brings_a_version_back(tenant, twice):
    old = versions(tenant, twice)["results"][1]
    tenant.ok("POST", f"/deployments/{twice['id']}/versions/{old['id']}/promote", {"reason": "b is broken"})
    now = tenant.ok("GET", f"/deployments/{twice['id']}")
    assert (now["version_id"], now["entrypoint"], now["tags"]) == (old["id"], "a.py:f", ["old"])
    assert run(tenant, now)["parameters"] == {"n": 1}
    found = tenant.ok("POST", "/deployments/filter", {"deployments": {"tags": {"all_": ["old"]}}})
    assert [deployment["id"] for deployment in found] == [twice["id"]]


def test_the_active_version_stays_and_others_can_go(tenant, twice):
    new, old = versions(tenant, twice)["results"]
    path = f"/deployments/{twice['id']}/versions"
    assert tenant.call("DELETE", f"{path}/{new['id']}").status_code == 409
    assert versions(tenant, twice)["count"] == 2
    tenant.ok("DELETE", f"{path}/{old['id']}")
    assert [version["id"] for version in versions(tenant, twice)["results"]] == [new["id"]]
    assert tenant.call("GET", f"{path}/{old['id']}").status_code == 404
    assert tenant.call("POST", f"{path}/{NIL}/promote", {}).status_code == 404


def test_a_deployment_without_versions_looks_as_on_the_real_server(tenant):
    deployment = make_deployment(tenant)
    assert not {"version_id", "version_info", "branch", "base", "root", "disabled"} & set(deployment)
    assert versions(tenant, deployment)["results"] == []


@pytest.mark.parametrize(("_case", "how", "active"), [("kept", "keep", [True]), ("inactive", "inactive", [False]),
                                                      ("left out", "remove", [])])  # fmt: skip
def test_a_branch_is_a_deployment_beside_the_first(tenant, _case, how, active):
    schedule = {"schedule": {"interval": 3600}, "slug": "hourly"}
    source = make_deployment(tenant, name="d", entrypoint="a.py:f", schedules=[schedule], tags=["t"])
    body = {"branch": "try", "options": {"schedule_handling": how}, "overrides": {"entrypoint": "b.py:f"}}
    made = tenant.ok("POST", f"/deployments/{source['id']}/branch", body)
    copy = tenant.ok("GET", f"/deployments/{made['id']}")
    assert (copy["name"], copy["branch"], copy["entrypoint"], copy["tags"]) == ("d@try", "try", "b.py:f", ["t"])
    assert (copy["base"], copy["root"]) == (source["id"], source["id"])
    assert [each["active"] for each in copy["schedules"]] == active
    assert tenant.ok("GET", f"/deployments/{source['id']}")["entrypoint"] == "a.py:f"
    assert tenant.call("POST", f"/deployments/{source['id']}/branch", {"branch": "try"}).status_code == 409
    assert tenant.call("POST", f"/deployments/{source['id']}/branch", {"branch": " "}).status_code == 422
    assert tenant.ok("POST", "/deployments/count", {}) == 2


def test_a_disabled_deployment_is_not_run(tenant):
    schedule = {"schedule": {"interval": 3600}}
    deployment = make_deployment(tenant, schedules=[schedule])
    path = f"/deployments/{deployment['id']}"
    tenant.ok("POST", f"{path}/schedule", {})
    assert scheduled_runs(tenant, deployment) != []
    tenant.ok("POST", f"{path}/disable")
    disabled = tenant.ok("GET", path)
    assert (disabled["status"], disabled["disabled"]) == ("DISABLED", True)
    assert tenant.call("POST", f"{path}/create_flow_run", {}).status_code == 409
    tenant.ok("POST", f"{path}/schedule", {})
    assert scheduled_runs(tenant, deployment) == []
    tenant.ok("POST", f"{path}/enable")
    assert tenant.ok("GET", path)["status"] == "NOT_READY"
    assert run(tenant, deployment)["deployment_id"] == deployment["id"]


def test_who_made_and_changed_a_deployment(tenant):
    deployment = make_deployment(tenant)
    alice = {"id": str(tenant.user.id), "type": "USER"}
    for by in (deployment["created_by"], deployment["updated_by"]):
        assert {key: by[key] for key in alice} == alice
        assert by["display_value"]


def test_others_see_and_change_nothing(tenant, viewer, stranger, twice):
    old = versions(tenant, twice)["results"][1]
    path = f"/deployments/{twice['id']}"
    assert versions(viewer, twice)["count"] == 2
    calls = [("POST", f"{path}/versions/{old['id']}/promote"), ("DELETE", f"{path}/versions/{old['id']}"),
             ("POST", f"{path}/disable"), ("POST", f"{path}/branch")]  # fmt: skip
    for method, where in calls:
        body = {"branch": "x"} if where.endswith("branch") else {} if method == "POST" else None
        assert viewer.call(method, where, body).status_code == 403
        assert stranger.call(method, where, body).status_code == 404
    assert tenant.ok("GET", path) == twice
    assert versions(tenant, twice)["count"] == 2


def test_what_an_automation_made_names_it(tenant):
    automation = "01a204d1-d824-7a98-bd63-a89045a9866f"
    tenant.headers = {"Prefect-Automation-ID": automation, "Prefect-Automation-Name": "bmlnaHRseQ=="}
    by = {"id": automation, "type": "AUTOMATION", "display_value": "nightly"}
    deployment = make_deployment(tenant)
    assert (deployment["created_by"], deployment["updated_by"]) == (by, by)
    assert run(tenant, deployment)["created_by"] == by
    assert make_flow_run(tenant)["created_by"] == by
    tenant.headers = {"Prefect-Automation-ID": "nonsense"}
    assert make_flow_run(tenant)["created_by"] is None
