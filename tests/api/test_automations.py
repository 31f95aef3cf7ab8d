"""Automations over HTTP. That answers equal a real server's is tested by the scenario of the same name."""

import json
from uuid import uuid4

import pytest

from tests.api.deploying import events_of, make_deployment, make_pool

EVENT = {"type": "event", "posture": "Reactive", "expect": ["x.y"]}
NOTHING = [{"type": "do-nothing"}]
METRIC = {"name": "lateness", "threshold": 5, "operator": ">="}
RUNNING = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Running"]}
INFERRED = [{"type": "run-deployment", "source": "inferred"}]
UNFINISHED = "Expected an expression, got 'end of statement block'"
SELECTED = [{"type": "run-deployment", "deployment_id": str(uuid4())}]


def make(tenant, trigger=EVENT, actions=NOTHING, name="when", **fields):
    return tenant.ok("POST", "/automations/", {"name": name, "trigger": trigger, "actions": actions, **fields})


def refused(tenant, trigger=EVENT, actions=NOTHING, **fields):
    answer = tenant.call("POST", "/automations/", {"name": "when", "trigger": trigger, "actions": actions, **fields})
    assert answer.status_code == 422, answer.text
    return answer.json()["exception_detail"]


def names(tenant, **body):
    return [automation["name"] for automation in tenant.ok("POST", "/automations/filter", body)]


def related(tenant, resource):
    return [automation["name"] for automation in tenant.ok("GET", f"/automations/related-to/{resource}")]


def test_an_automation_is_shown_with_every_default(tenant):
    made = make(tenant)
    assert {key: made[key] for key in made if key not in ("id", "created", "updated")} == {
        "name": "when", "description": "", "enabled": True, "tags": [],
        "trigger": {
            "type": "event", "id": made["trigger"]["id"], "match": {}, "match_related": {}, "after": [],
            "expect": ["x.y"], "for_each": [], "posture": "Reactive", "threshold": 1, "within": 0.0,
        },
        "actions": NOTHING, "actions_on_trigger": [], "actions_on_resolve": [],
    }  # fmt: skip
    assert tenant.ok("GET", f"/automations/{made['id']}") == made
    assert tenant.ok("POST", "/automations/filter", {}) == [made]


def test_ids_of_triggers_are_our_own_and_new_with_each_change(tenant):
    sent = str(uuid4())
    compound = {"type": "compound", "id": sent, "require": "all", "within": 5, "triggers": [{**EVENT, "id": sent}] * 2}
    made = make(tenant, compound)
    outer, (one, two) = made["trigger"]["id"], (child["id"] for child in made["trigger"]["triggers"])
    assert len({sent, outer, one, two}) == 4
    body = {"name": "when", "trigger": made["trigger"], "actions": NOTHING}
    assert tenant.call("PUT", f"/automations/{made['id']}", body).status_code == 204
    assert tenant.ok("GET", f"/automations/{made['id']}")["trigger"]["id"] not in (sent, outer, one, two)


def test_words_that_are_a_set_are_shown_once_and_in_order(tenant):
    made = make(tenant, {**EVENT, "expect": ["b", "a", "b"], "after": ["z", "y"], "for_each": ["q", "p"]})
    assert [made["trigger"][key] for key in ("expect", "after", "for_each")] == [["a", "b"], ["y", "z"], ["p", "q"]]


@pytest.mark.parametrize(
    ("_case", "trigger", "msg"),
    [
        ("within null", {**EVENT, "within": None}, "Value error, `within` should be a valid timedelta"),
        ("negative", {**EVENT, "within": -1}, "Input should be greater than or equal to 0"),
        ("too long", {**EVENT, "within": 1e12}, "Input should be less than or equal to 3155760000"),
        (
            "a short watch", {"type": "event", "posture": "Proactive", "within": 9.9},
            "Value error, `within` for Proactive triggers must be greater than or equal to 10 seconds",
        ),
        (
            "require 0", {"type": "compound", "require": 0, "within": 1, "triggers": [EVENT]},
            "Value error, require must be at least 1",
        ),
        (
            "require too many", {"type": "compound", "require": 2, "within": 1, "triggers": [EVENT]},
            "Value error, require must be less than or equal to the number of triggers",
        ),
        (
            "a short metric", {"type": "metric", "metric": {**METRIC, "range": 299}},
            "Input should be greater than or equal to 300",
        ),
        (
            "inside another", {"type": "sequence", "within": 1, "triggers": [{**EVENT, "within": None}]},
            "Value error, `within` should be a valid timedelta",
        ),
    ],
)  # fmt: skip
def test_a_trigger_that_could_not_work_is_422(tenant, _case, trigger, msg):
    assert msg in {finding["msg"].replace(".0", "") for finding in refused(tenant, trigger)}
    assert tenant.ok("POST", "/automations/count", {}) == 0


def test_prefect_clouds_metric_trigger_is_kept(tenant):
    made = make(tenant, {"type": "metric", "metric": METRIC})
    assert made["trigger"] == {
        "type": "metric", "id": made["trigger"]["id"], "match": {}, "match_related": {}, "posture": "Metric",
        "metric": {**METRIC, "range": 300, "firing_for": 300},
    }  # fmt: skip


def nested(depth):
    return EVENT if depth == 1 else {"type": "sequence", "within": 1, "triggers": [nested(depth - 1)]}


def test_triggers_have_a_budget(tenant):
    make(tenant, nested(10))
    (deep,) = refused(tenant, nested(11))
    assert (deep["loc"], deep["msg"]) == (
        ["body", "trigger"], "Value error, triggers can be nested at most 10 deep",
    )  # fmt: skip
    (many,) = refused(tenant, {"type": "sequence", "within": 1, "triggers": [EVENT] * 100})
    assert many["msg"] == "Value error, an automation can have at most 100 triggers"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("run-deployment", "deployment_id"), ("pause-deployment", "deployment_id"),
        ("resume-deployment", "deployment_id"), ("pause-work-pool", "work_pool_id"),
        ("resume-work-pool", "work_pool_id"), ("pause-work-queue", "work_queue_id"),
        ("resume-work-queue", "work_queue_id"), ("pause-automation", "automation_id"),
        ("resume-automation", "automation_id"),
    ],
)  # fmt: skip
def test_a_target_is_selected_or_inferred(tenant, kind, field):
    id = str(uuid4())
    made = make(tenant, actions=[{"type": kind, field: id}, {"type": kind, "source": "inferred"}])
    assert [(action["source"], action[field]) for action in made["actions"]] == [("selected", id), ("inferred", None)]
    said = {finding["msg"] for finding in refused(tenant, actions=[{"type": kind}])}
    assert f"Value error, {field} is required" in said
    said = {finding["msg"] for finding in refused(tenant, actions=[{"type": kind, "source": "inferred", field: id}])}
    assert f"Value error, {field} is not allowed" in said


@pytest.mark.parametrize(
    ("_case", "action", "loc", "msg"),
    [
        (
            "a notification", {"type": "send-notification", "block_document_id": str(uuid4()), "body": "{% if %}"},
            ["SendNotification", "body"], f"Value error, 'body' is not a valid template: {UNFINISHED}",
        ),
        (
            "a webhook", {"type": "call-webhook", "block_document_id": str(uuid4()), "payload": {"a": "{% if %}"}},
            ["CallWebhook", "payload"], f"Value error, 'payload' is not a valid template: {UNFINISHED}",
        ),
        (
            "a parameter", {**INFERRED[0], "parameters": {"a": {"b": ["ok", "{% if %}"]}}},
            ["RunDeployment", "parameters"],
            f"Value error, Invalid parameters: \na.b[1]: Invalid jinja: {UNFINISHED}",
        ),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_rendered_is_422(tenant, _case, action, loc, msg):
    (finding,) = refused(tenant, actions=[*NOTHING, action])
    assert (finding["loc"], finding["msg"]) == (["body", "actions", 1, *loc], msg)


def test_a_loop_is_refused_when_it_is_made_and_when_it_is_resumed(tenant):
    (finding,) = refused(tenant, RUNNING, INFERRED)
    assert finding["loc"] == ["body"]
    assert finding["msg"].startswith("Value error, Running an inferred deployment from a flow run state change event")
    (finding,) = refused(tenant, RUNNING, SELECTED)
    assert finding["msg"].startswith("Value error, Running a selected deployment from a flow run state change event")
    paused = make(tenant, RUNNING, INFERRED, enabled=False)
    assert tenant.call("PATCH", f"/automations/{paused['id']}", {"enabled": True}).status_code == 422
    assert tenant.ok("GET", f"/automations/{paused['id']}")["enabled"] is False
    make(tenant, {**RUNNING, "match_related": {"prefect.resource.id": "prefect.flow.x"}}, SELECTED)


def test_job_variables_have_to_fit_the_pool(tenant):
    template = {"job_configuration": {}, "variables": {"properties": {"cpu": {"type": "integer"}}}}
    pool = make_pool(tenant, base_job_template=template)
    deployment = make_deployment(tenant, work_pool_name=pool["name"])
    action = {"type": "run-deployment", "deployment_id": deployment["id"]}
    body = {"name": "when", "trigger": EVENT, "actions": [{**action, "job_variables": {"cpu": "many"}}]}
    answer = tenant.call("POST", "/automations/", body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Error creating automation: ")
    made = make(tenant, actions=[{**action, "job_variables": {"cpu": 2}}])
    assert tenant.call("PUT", f"/automations/{made['id']}", body).status_code == 422
    assert tenant.ok("GET", f"/automations/{made['id']}") == made


def test_pausing_changes_nothing_else(tenant):
    made = make(tenant, tags=["a"])
    path = f"/automations/{made['id']}"
    for sent, enabled in (({"enabled": False}, False), ({}, False), ({"enabled": True}, True)):
        assert tenant.call("PATCH", path, sent).status_code == 204
        shown = tenant.ok("GET", path)
        assert {**shown, "updated": None} == {**made, "enabled": enabled, "updated": None}


def test_a_replaced_automation_loses_its_tags_and_targets(tenant):
    made = make(tenant, actions=SELECTED, tags=["a", "b"], owner_resource="prefect.deployment.mine")
    target = f"prefect.deployment.{SELECTED[0]['deployment_id']}"
    assert (related(tenant, target), names(tenant, automations={"tags": {"all_": ["a"]}})) == (["when"], ["when"])
    body = {"name": "then", "trigger": EVENT, "actions": NOTHING, "tags": ["b"]}
    assert tenant.call("PUT", f"/automations/{made['id']}", body).status_code == 204
    assert (related(tenant, target), related(tenant, "prefect.deployment.mine")) == ([], ["then"])
    assert names(tenant, automations={"tags": {"all_": ["a"]}}) == []
    assert names(tenant, automations={"tags": {"all_": ["b"]}}) == ["then"]


def test_an_owner_takes_its_automations_along_and_no_others(tenant, stranger):
    owner = "prefect.deployment.mine"
    make(tenant, name="one", owner_resource=owner)
    make(tenant, name="two", owner_resource=owner)
    make(tenant, name="other")
    make(stranger, name="theirs", owner_resource=owner)
    answer = tenant.call("DELETE", f"/automations/owned-by/{owner}")
    assert (answer.status_code, answer.json()) == (202, None)
    assert (names(tenant), names(stranger)) == (["other"], ["theirs"])


def test_each_change_is_told_as_an_event(tenant):
    made = make(tenant, owner_resource="prefect.deployment.mine")
    tenant.call("PATCH", f"/automations/{made['id']}", {"enabled": False})
    tenant.call("DELETE", f"/automations/{made['id']}")
    make(tenant, owner_resource="prefect.deployment.mine")
    tenant.call("DELETE", "/automations/owned-by/prefect.deployment.mine")
    assert events_of(tenant, "prefect.automation.") == [
        f"prefect.automation.{what}" for what in ("created", "updated", "deleted", "created", "deleted")
    ]
    body = {"filter": {"event": {"name": ["prefect.automation.created"]}, "order": "ASC"}, "limit": 1}
    (told,) = tenant.ok("POST", "/events/filter", body)["events"]
    assert told["resource"] == {
        "prefect.resource.id": f"prefect.automation.{made['id']}", "prefect.resource.name": "when",
    }  # fmt: skip
    assert told["payload"] == made


def test_missing_and_foreign_automations_are_404(tenant, stranger):
    made = make(tenant)
    body = {"name": "x", "trigger": EVENT, "actions": NOTHING}
    for caller, id in ((tenant, uuid4()), (stranger, made["id"])):
        for method, sent in (("GET", None), ("PUT", body), ("PATCH", {"enabled": False}), ("DELETE", None)):
            answer = caller.call(method, f"/automations/{id}", sent)
            assert (answer.status_code, answer.json()) == (404, {"exception_message": "Automation not found"})
    assert tenant.ok("GET", f"/automations/{made['id']}") == made


def test_a_viewer_looks_and_changes_nothing(tenant, viewer):
    made = make(tenant)
    assert names(viewer) == ["when"]
    assert viewer.call("POST", "/automations/", {"name": "x", "trigger": EVENT, "actions": NOTHING}).status_code == 403
    assert viewer.call("PATCH", f"/automations/{made['id']}", {"enabled": False}).status_code == 403
    assert viewer.call("DELETE", f"/automations/{made['id']}").status_code == 403
    assert tenant.ok("GET", f"/automations/{made['id']}") == made


def test_a_client_of_2_gets_a_list_that_it_can_read(tenant):
    make(tenant, name="old")
    make(tenant, name="new", actions=[{"type": "resume-flow-run"}])
    several = {**EVENT, "match_related": [{"a": "b"}]}
    make(tenant, {"type": "sequence", "within": 1, "triggers": [several]}, name="newer")
    old_client = {"User-Agent": "prefect/2.20.16 (API 0.8.4)"}
    listed = tenant.ok("POST", "/automations/filter", {}, headers=old_client)
    assert [automation["name"] for automation in listed] == ["old"]
    assert names(tenant) == ["new", "newer", "old"]


@pytest.mark.parametrize("path", ["/templates/validate", "/automations/templates/validate"])
def test_a_template_is_validated_by_itself(tenant, path):
    for sound in ('"{{ a.b | anything }}"', '"no template }}"', '""', "null"):
        assert tenant.call("POST", path, content=sound).status_code == 204
    answer = tenant.call("POST", path, content=json.dumps("a\n{% for %}"))
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": {
                "line": 2,
                "message": "Expected an expression, got 'end of statement block'",
                "source": "a\n{% for %}",
            }
        },
    )


def test_a_template_that_is_a_bomb_is_422(tenant):
    for bomb in ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ a }}" + "x" * 70_000):
        answer = tenant.call("POST", "/templates/validate", content=json.dumps(bomb))
        assert (answer.status_code, answer.json()["error"]["line"]) == (422, 0)
