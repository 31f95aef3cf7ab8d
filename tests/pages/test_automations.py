"""Automations, inbound webhooks, the event feed and service levels in a browser without JavaScript."""

import re
import time
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from controlplane.sql.transactions import workspace_transaction
from runs.models import Flow
from tests.api.deploying import make_deployment
from tests.fakes.slack import FakeSlack, fake_slack
from tests.pages.test_live import Ear
from tests.visitor import Visitor, visit_as, words_of
from tests.world import make_flow, make_flow_run, set_state
from workspaces.models import ServiceAccount

NASTY = "<script>alert(1)</script>"
NOTHING = [{"type": "do-nothing"}]
COMPOUND = {
    "type": "compound", "require": "all", "within": 60.0,
    "triggers": [{"type": "event", "posture": "Reactive", "expect": [name]} for name in "ab"],
}  # fmt: skip


@pytest.fixture
def visitor(tenant) -> Visitor:
    return visit_as(tenant)


def make(tenant, trigger=None, actions=NOTHING, name="when", **fields):
    trigger = trigger or {"type": "event", "posture": "Reactive", "expect": ["x.y"]}
    return tenant.ok("POST", "/automations/", {"name": name, "trigger": trigger, "actions": actions, **fields})


def fields_of(html: str) -> dict[str, list[str]]:
    """What a browser would send of the builder's form, without a button."""
    sent: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        name = select = ""
        inside = False

        def handle_starttag(self, tag, attributes):
            at = dict(attributes)
            if tag == "form":
                self.inside = at.get("id") == "builder-form"
            if not self.inside:
                return
            if tag == "input" and at.get("type") in ("checkbox", "radio"):
                if "checked" in at:
                    sent.setdefault(at["name"], []).append(at.get("value", "on"))
            elif tag == "input":
                sent.setdefault(at["name"], []).append(at.get("value") or "")
            elif tag == "select":
                self.select = at["name"]
            elif tag == "option" and "selected" in at:
                sent.setdefault(self.select, []).append(at.get("value") or "")
            elif tag == "textarea":
                self.name = at["name"]
                sent[self.name] = [""]

        def handle_data(self, data):
            if self.inside and self.name:
                sent[self.name][0] += data

        def handle_endtag(self, tag):
            if tag == "textarea" and self.name:
                sent[self.name][0] = sent[self.name][0].removeprefix("\r\n").removeprefix("\n")
                self.name = ""
            elif tag == "form":
                self.inside = False

    Reader().feed(html)
    return sent


def press(visitor, path, press, html=None, **changed):
    sent = fields_of(html or visitor.get(path).text)
    sent |= {key.replace("__", "-"): value if isinstance(value, list) else [value] for key, value in changed.items()}
    return visitor.client.post(path, data={**sent, "press": press})


def listed(tenant):
    return tenant.ok("POST", "/automations/filter", {})


@pytest.mark.parametrize(
    ("_case", "path", "words"),
    [
        ("automations", "/automations", "No automations yet"),
        ("webhooks", "/webhooks", "No webhooks yet"),
        ("feed", "/events?event=nothing.of.this", "No events match"),
        ("builder", "/automations/new?from=failed", "Start from a template"),
    ],
)
def test_an_empty_page_says_what_to_do(tenant, visitor, _case, path, words):
    page = visitor.get(f"{tenant.ui_url}{path}")
    assert page.status_code == 200, page.text[:500]
    assert words in words_of(page)


@pytest.fixture
def slack(tenant) -> Iterator[FakeSlack]:
    """A Slack that the tenant has a channel to."""
    with fake_slack() as fake:
        body = {"name": "ops", "kind": "slack", "settings": {"url": fake.url}}
        fake.channel = tenant.ok("POST", "/notification_channels/", body)["id"]
        yield fake


def fail_a_run(tenant) -> dict:
    run = make_flow_run(tenant, "RUNNING", flow_id=make_flow(tenant, name="train")["id"])
    set_state(tenant, run["id"], "FAILED", message="out of memory")
    return run


def test_an_automation_of_the_builder_tells_slack_when_a_run_fails(tenant, visitor, slack):
    at = f"{tenant.ui_url}/automations/new?from=failed"
    saved = press(visitor, at, "save", do0__subject="{{ flow.name }} is red", do0__body="{{ flow_run.state.message }}")
    assert saved.status_code == 302, words_of(saved)
    run = fail_a_run(tenant)
    (post,) = slack.wait(1, 20)
    assert post.body["text"] == "train is red: out of memory"
    page = visitor.get(saved.headers["location"])
    assert "Fired: prefect.flow-run.Failed" in words_of(page)
    assert f"prefect.flow-run.{run['id']}" in words_of(page)


@pytest.mark.parametrize(
    ("wish", "expect"),
    [
        ("failed", ["prefect.flow-run.Crashed", "prefect.flow-run.Failed", "prefect.flow-run.TimedOut"]),
        ("late", ["prefect.flow-run.Late"]),
        ("long", ["prefect.flow-run.*"]),
        ("no-worker", ["prefect.work-pool.not-ready"]),
    ],
)
def test_one_press_of_the_empty_page_makes_an_automation_once(tenant, visitor, slack, wish, expect):
    at = f"{tenant.ui_url}/automations"
    made = visitor.post(f"{at}/quick", at, wish=wish, receiver=slack.channel)
    again = visitor.post(f"{at}/quick", made.headers["location"], wish=wish, receiver=slack.channel)
    assert made.headers["location"] == again.headers["location"]
    (one,) = listed(tenant)
    assert one["trigger"]["expect"] == expect
    assert [(action["type"], action["block_document_id"]) for action in one["actions"]] == [
        ("send-notification", slack.channel)
    ]
    assert "There is an automation called" in words_of(visitor.get(made.headers["location"]))


def test_one_press_alone_is_enough_to_be_told(tenant, visitor, slack):
    at = f"{tenant.ui_url}/automations"
    visitor.post(f"{at}/quick", at, wish="failed", receiver=slack.channel)
    run = fail_a_run(tenant)
    (post,) = slack.wait(1, 20)
    assert post.body["text"].startswith(f"train / {run['name']} is Failed: ")


@pytest.mark.parametrize(
    ("_case", "sent", "status"),
    [("nobody to tell", {"wish": "failed", "receiver": "x"}, 302), ("no such wish", {"wish": "x"}, 404)],
)
def test_a_press_that_tells_nobody_makes_nothing(tenant, visitor, _case, sent, status):
    answer = visitor.post(f"{tenant.ui_url}/automations/quick", f"{tenant.ui_url}/automations/new", **sent)
    assert answer.status_code == status
    assert answer.headers.get("location", "").endswith("?from=failed") is (status == 302)
    assert listed(tenant) == []


def test_what_was_pasted_fills_the_sentence_and_is_saved(tenant, visitor):
    at = f"{tenant.ui_url}/automations/new"
    text = (
        "name: pasted\ntags: [a]\ntrigger: {type: event, posture: Reactive, expect: [prefect.flow-run.Late], "
        "match: {prefect.resource.id: prefect.flow-run.*}}\nactions:\n- type: cancel-flow-run\n"
    )
    bad = press(visitor, at, "paste", pasted=text.replace("cancel-", "cancle-"))
    assert (bad.status_code, listed(tenant)) == (422, [])
    assert "Line 5: actions.0" in words_of(bad)
    filled = press(visitor, at, "paste", pasted=text).text
    assert press(visitor, at, "save", filled).status_code == 302
    (made,) = listed(tenant)
    assert (made["name"], made["tags"], made["actions"]) == ("pasted", ["a"], [{"type": "cancel-flow-run"}])
    assert made["trigger"]["expect"] == ["prefect.flow-run.Late"]


def test_masks_in_what_was_pasted_are_warned_of(tenant, visitor):
    at, deployment = f"{tenant.ui_url}/automations/new", make_deployment(tenant)["id"]
    text = (
        "name: pasted\ntrigger: {type: event, posture: Reactive, expect: [prefect.flow-run.Late]}\nactions:\n"
        f"- {{type: run-deployment, source: selected, deployment_id: {deployment}, parameters: {{a: '********'}}}}\n"
    )
    for pasted, warned in ((text, True), (text.replace("'********'", "a"), False)):
        tried = words_of(press(visitor, at, "try", press(visitor, at, "paste", pasted=pasted).text))
        assert ("Asterisks stand where a secret was" in tried, "Would have fired" in tried) == (warned, True)


def test_a_template_is_made_into_an_automation_in_one_page(tenant, visitor):
    at = f"{tenant.ui_url}/automations/new?from=late"
    html = press(visitor, at, "remove:0").text
    html = press(visitor, at, "add", html, add="cancel-flow-run").text
    assert listed(tenant) == []
    saved = press(visitor, at, "save", html)
    assert saved.status_code == 302, words_of(saved)
    (made,) = listed(tenant)
    assert (made["name"], made["actions"]) == ("A run is late", [{"type": "cancel-flow-run"}])
    assert made["trigger"]["expect"] == ["prefect.flow-run.Late"]
    page = visitor.get(saved.headers["location"])
    assert "a flow run enters Late" in words_of(page)


def test_what_the_sentence_cannot_say_is_edited_as_json_and_not_lost(tenant, visitor):
    made = make(tenant, COMPOUND, name=NASTY, tags=["a, b", "c"], description="two\nlines")
    at = f"{tenant.ui_url}/automations/{made['id']}/edit"
    page = visitor.get(at)
    assert "an advanced trigger" in words_of(page)
    assert NASTY not in page.text
    assert press(visitor, at, "save", page.text).status_code == 302
    kept = tenant.ok("GET", f"/automations/{made['id']}")
    drop = ("id", "created", "updated", "trigger")
    assert {k: v for k, v in kept.items() if k not in drop} == {k: v for k, v in made.items() if k not in drop}
    assert without_ids(kept["trigger"]) == without_ids(made["trigger"])


def without_ids(value):
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key != "id"}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("_case", "point", "changed", "words"),
    [
        ("no channel", "failed", {}, "Choose one."),
        ("a bad template", "no-worker", {"do0__body": "{{ nope"}, "is not a valid template"),
        ("a short watch", "long", {"when__within": "5 s"}, "greater than or equal to 10 seconds"),
        ("no length", "long", {"when__within": "soon"}, "Write a length of time"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_is_stored(tenant, visitor, _case, point, changed, words):
    if _case != "no channel":
        block = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
        changed = {**changed, "do0__block_document_id": block}
    answer = press(visitor, f"{tenant.ui_url}/automations/new?from={point}", "save", **changed)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert 'class="field-error"' in answer.text
    assert listed(tenant) == []


def test_the_dry_run_counts_what_there_would_have_been(tenant, visitor):
    run = make_flow_run(tenant, "RUNNING", flow_id=make_flow(tenant)["id"])
    set_state(tenant, run["id"], "FAILED")
    at = f"{tenant.ui_url}/automations/new?from=failed"
    html = press(visitor, at, "remove:0").text
    html = press(visitor, at, "add", html, add="do-nothing").text
    tried = press(visitor, at, "try", html)
    assert "Would have fired 1 time." in words_of(tried)
    assert listed(tenant) == []


def test_a_rule_that_would_set_itself_off_is_warned_of(tenant, visitor):
    at = f"{tenant.ui_url}/automations/new?from=failed"
    html = press(visitor, at, "add", press(visitor, at, "remove:0").text, add="run-deployment").text
    tried = press(visitor, at, "try", html, do0__deployment_id="inferred", when__names="Running")
    assert "infinite loop" in words_of(tried)


def test_a_firing_is_in_the_history_with_what_came_of_its_action(tenant, visitor):
    trigger = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"]}
    made = make(tenant, trigger, [{"type": "run-deployment", "source": "inferred"}])
    run = make_flow_run(tenant, "RUNNING", flow_id=make_flow(tenant)["id"])
    set_state(tenant, run["id"], "FAILED")
    until = time.monotonic() + 20
    words = ""
    while "No deployment could be inferred" not in words and time.monotonic() < until:
        words = words_of(visitor.get(f"{tenant.ui_url}/automations/{made['id']}"))
        time.sleep(0.2)
    assert "Fired: prefect.flow-run.Failed" in words
    assert "No deployment could be inferred" in words


def dead_action(tenant, visitor) -> tuple[str, str]:
    """The page of an automation whose action was given up, and the action's address."""
    trigger = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"]}
    made = make(tenant, trigger, [{"type": "run-deployment", "source": "inferred"}])
    fail_a_run(tenant)
    page, until = f"{tenant.ui_url}/automations/{made['id']}", time.monotonic() + 20
    html = ""
    while "/actions/" not in html and time.monotonic() < until:
        html = visitor.get(page).text
        time.sleep(0.1)
    return page, re.search(r'action="([^"]*/actions/[0-9a-f-]{36})"', html)[1]


def actions_of(tenant) -> list[tuple[str, int]]:
    found = tenant.ok("POST", "/automations/actions/filter", {})
    return [(one["status"], len(one["tries"])) for one in found]


def test_an_action_that_was_given_up_is_tried_again_or_thrown_away(tenant, viewer, visitor):
    page, action = dead_action(tenant, visitor)
    assert actions_of(tenant) == [("DEAD", 1)]
    assert "1 action failed each time" in words_of(visitor.get(page))
    assert visit_as(viewer).post(action, page, action="discard").status_code == 403
    assert actions_of(tenant) == [("DEAD", 1)]
    visitor.post(action, page, action="retry")
    until = time.monotonic() + 20
    while actions_of(tenant) != [("DEAD", 2)] and time.monotonic() < until:
        time.sleep(0.1)
    assert actions_of(tenant) == [("DEAD", 2)]
    visitor.post(action, page, action="discard")
    assert actions_of(tenant) == []


def test_pause_resume_and_delete(tenant, visitor):
    id = make(tenant)["id"]
    page = f"{tenant.ui_url}/automations/{id}"
    visitor.post(f"{page}/switch", page, action="pause")
    assert tenant.ok("GET", f"/automations/{id}")["enabled"] is False
    assert "Paused" in words_of(visitor.get(f"{tenant.ui_url}/automations"))
    visitor.post(f"{page}/switch", page, action="resume")
    assert tenant.ok("GET", f"/automations/{id}")["enabled"] is True
    visitor.post(f"{page}/delete")
    assert listed(tenant) == []


def test_what_it_speaks_of_is_named_however_much_there_is_and_said_to_be_gone_when_it_is(tenant, visitor):
    with workspace_transaction(tenant.workspace_id):
        flows = Flow.objects.bulk_create(
            Flow(workspace_id=tenant.workspace_id, name=f"flow-{number:03}") for number in range(501)
        )
    last, gone = flows[-1].id, make_deployment(tenant)["id"]
    related = {"prefect.resource.role": "flow", "prefect.resource.id": f"prefect.flow.{last}"}
    trigger = {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"],
               "match": {"prefect.resource.id": "prefect.flow-run.*"}, "match_related": related}  # fmt: skip
    made = make(tenant, trigger, [{"type": "pause-deployment", "source": "selected", "deployment_id": gone}])
    tenant.ok("DELETE", f"/deployments/{gone}")
    listed = words_of(visitor.get(f"{tenant.ui_url}/automations"))
    shown = words_of(visitor.get(f"{tenant.ui_url}/automations/{made['id']}"))
    for words in ("a flow run of flow flow-500 enters Failed", f"Pause deployment {gone} (gone)"):
        assert (words in listed, words in shown) == (True, True)
    edited = visitor.get(f"{tenant.ui_url}/automations/{made['id']}/edit").text
    assert f'<option value="{last}" selected>flow-500</option>' in edited
    assert f'<option value="{gone}" selected>{gone} (gone)</option>' in edited


def test_a_viewer_sees_and_changes_nothing(tenant, visitor, viewer):
    id = make(tenant)["id"]
    bob = visit_as(viewer)
    page = f"{tenant.ui_url}/automations/{id}"
    assert "this needs the Developer role" in words_of(bob.get(page))
    for path, refused in [(f"{page}/edit", 403), (f"{tenant.ui_url}/automations/new", 403), (f"{page}/delete", 403)]:
        assert bob.get(path).status_code == refused
    assert bob.post(f"{page}/switch", page, action="pause").status_code == 403
    assert tenant.ok("GET", f"/automations/{id}")["enabled"] is True


def test_a_webhook_is_made_tried_called_and_rotated(tenant, visitor):
    at = f"{tenant.ui_url}/webhooks/new"
    template = '{"event": "job.{{ body.name }}", "resource": {"prefect.resource.id": "job"}}'
    fields = {"name": "jobs", "template": template, "enabled": "on", "sample": '{"name": "nightly"}'}
    assert "job.nightly" in words_of(visitor.post(at, press="sample", **fields))
    assert tenant.ok("GET", "/webhooks") == []
    bad = visitor.post(at, press="save", **{**fields, "template": "{{ oh"})
    assert (bad.status_code, "The template is not valid" in words_of(bad)) == (422, True)
    page = visitor.post(at, press="save", **fields).headers["location"]
    (hook,) = tenant.ok("GET", "/webhooks")
    assert f"/hooks/{hook['slug']}" in words_of(visitor.get(page))
    assert visitor.client.post(f"/hooks/{hook['slug']}", json={"name": "n"}).is_success
    assert "Taken" in words_of(visitor.get(page))
    visitor.post(f"{page}/change", page, action="rotate")
    assert tenant.ok("GET", "/webhooks")[0]["slug"] != hook["slug"]
    visitor.post(f"{page}/change", page, action="delete")
    assert tenant.ok("GET", "/webhooks") == []


PLAIN = '{"event": "job.{{ body.name }}", "resource": {"prefect.resource.id": "job.{{ headers[\'x-team\'] }}"}}'


def test_a_pasted_request_is_previewed_and_a_call_can_be_tried_again(tenant, visitor):
    at = f"{tenant.ui_url}/webhooks/new"
    sample = 'POST /hooks HTTP/1.1\r\nX-Team: data\r\nAuthorization: Bearer s3cret\r\n\r\n{"name": "nightly"}'
    fields = {"name": "jobs", "template": PLAIN, "enabled": "on"}
    seen = words_of(visitor.post(at, press="sample", sample=sample, **fields))
    assert '"event": "job.nightly"' in seen
    assert '"prefect.resource.id": "job.data"' in seen
    assert tenant.ok("GET", "/webhooks") == []
    page = visitor.post(at, press="save", **fields).headers["location"]
    (hook,) = tenant.ok("GET", "/webhooks")
    called = {"headers": {"X-Team": "shop", "Authorization": "Bearer s3cret"}}
    assert visitor.client.post(f"/hooks/{hook['slug']}", json={"name": "late"}, **called).status_code == 204
    assert visitor.client.post(f"/hooks/{hook['slug']}", content='{"name": "\\""}', **called).status_code == 400
    html = visitor.get(page).text
    assert "s3cret" not in html
    assert (html.count("x-team: shop"), "The template did not render JSON" in html) == (2, True)
    again = visitor.get(re.findall(r'href="([^"]*edit\?call=[^"]*)"', html)[1]).text
    kept = unescape(re.search(r'name="sample"[^>]*>(.*?)</textarea>', again, re.DOTALL)[1])
    shown = words_of(visitor.post(f"{page}/edit", press="sample", sample=kept, **fields))
    assert '"event": "job.late"' in shown


def test_a_webhook_of_a_service_account_takes_its_key_only(tenant, visitor):
    account = ServiceAccount.objects.create(account=tenant.account, name="ci")
    at, fields = f"{tenant.ui_url}/webhooks/new", {"name": "jobs", "template": PLAIN, "enabled": "on"}
    strange = visitor.post(at, press="save", service_account_id=str(uuid4()), **fields)
    assert (strange.status_code, tenant.ok("GET", "/webhooks")) == (422, [])
    page = visitor.post(at, press="save", service_account_id=str(account.id), **fields).headers["location"]
    (hook,) = tenant.ok("GET", "/webhooks")
    assert "Only the service account ci may send" in words_of(visitor.get(page))
    assert visitor.client.post(f"/hooks/{hook['slug']}", json={}).status_code == 401
    visitor.post(f"{page}/edit", press="save", service_account_id="", **fields)
    assert tenant.ok("GET", "/webhooks")[0]["service_account_id"] is None


def test_a_viewer_does_not_see_the_address_of_a_webhook(tenant, viewer):
    hook = tenant.ok("POST", "/webhooks", {"name": "jobs", "template": "{}"})
    page = visit_as(viewer).get(f"{tenant.ui_url}/webhooks/{hook['id']}")
    assert page.status_code == 200
    assert hook["slug"] not in page.text


def test_the_feed_filters_pages_and_leads_into_the_builder(tenant, visitor):
    flow = make_flow(tenant)["id"]
    for _ in range(51):
        make_flow_run(tenant, "PENDING", flow_id=flow)
    page = visitor.get(f"{tenant.ui_url}/events?event=prefect.flow-run.Pending")
    assert page.text.count('<details class="event">') == 50
    older = re.search(r'href="(\?[^"]*after=[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert visitor.get(f"{tenant.ui_url}/events{older}").text.count('<details class="event">') == 1
    link = re.search(r'href="([^"]*automations/new\?[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert "prefect.flow-run.Pending" in fields_of(visitor.get(link).text)["when-names"][0]
    event = re.search(r'href="([^"]*/events/[0-9a-f-]{36})"', page.text)[1]
    assert visitor.get(event).status_code == 200


def test_the_bars_lead_to_their_stretch_of_time_and_filters_are_chips(tenant, visitor):
    run = make_flow_run(tenant, "RUNNING", flow_id=make_flow(tenant)["id"])
    at = f"{tenant.ui_url}/events"
    page = visitor.get(f"{at}?event=prefect.flow-run.&resource=prefect.flow-run.{run['id']}&text=x")
    assert "Event: prefect.flow-run." in words_of(page)
    without_text = re.search(r'href="(\?event=[^"&]*&amp;resource=[^"&]*)"', page.text)[1].replace("&amp;", "&")
    kept = visitor.get(at + without_text)
    assert "1 event" in words_of(kept)
    bar = next(url for url in re.findall(r'href="(\?[^"]*from=[^"]*)"', kept.text)).replace("&amp;", "&")
    part = visitor.get(at + bar)
    assert part.text.count('<details class="event">') == 1
    assert "data-live=" not in part.text
    elsewhere = "?from=2020-01-01T00:00:00%2B00:00&to=2020-01-02T00:00:00%2B00:00"
    assert "No events match" in words_of(visitor.get(at + elsewhere))
    assert visitor.get(f"{at}?from=yesterday&to=2020").status_code == 200


def test_the_feed_says_how_many_came_in_above_it(tenant, visitor):
    flow = make_flow(tenant)["id"]
    make_flow_run(tenant, "PENDING", flow_id=flow)
    page = visitor.get(f"{tenant.ui_url}/events?event=prefect.flow-run.").text
    address = unescape(re.search(r'data-live="([^"]*)"', page)[1])
    with visitor.client.stream("GET", address, timeout=20) as response:
        assert response.status_code == 200
        ear = Ear(response)
        ear.until("feed-history", "events")
        for _ in range(2):
            make_flow_run(tenant, "PENDING", flow_id=flow)
        make_flow(tenant)  # another kind of event is not counted
        ear.until("feed-newer", "2 new events")


def test_an_event_leads_to_what_it_is_about(tenant, visitor):
    flow = make_flow(tenant, name="train")
    run = make_flow_run(tenant, "RUNNING", flow_id=flow["id"], tags=["prod"])
    asked = {"filter": {"event": {"name": ["prefect.flow-run.Running"]}}}
    (event,) = tenant.ok("POST", "/events/filter", asked)["events"]
    page = visitor.get(f"{tenant.ui_url}/events/{event['id']}")
    for path in (f"/runs/{run['id']}", f"/flows/{flow['id']}"):
        assert f'href="/w/{tenant.account.handle}/dev{path}"' in page.text
    words = words_of(page)
    assert "prefect.tag.prod" in words
    assert "prefect.state-type RUNNING" in words


def test_a_service_level_is_promised_switched_and_removed(tenant, visitor):
    body = {"name": "nightly", "flow_id": make_flow(tenant)["id"]}
    id = tenant.ok("POST", "/deployments/", body)["id"]
    at = f"{tenant.ui_url}/deployments/{id}/levels"
    fields = {"name": "quick", "shape": "duration", "promise": "30 min", "severity": "high", "timezone": "UTC"}
    bad = visitor.post(at, **{**fields, "promise": "soon"})
    assert (bad.status_code, "Write a length of time" in words_of(bad)) == (422, True)
    assert visitor.post(at, **fields).status_code == 302
    (level,) = tenant.ok("POST", "/slas/filter", {})
    assert (level["name"], level["details"]) == ("quick", {"duration": 1800.0})
    assert "A run takes at most 30 min" in words_of(visitor.get(at))
    visitor.post(f"{at}/{level['id']}", at, action="disable")
    assert tenant.ok("POST", "/slas/filter", {})[0]["enabled"] is False
    visitor.post(f"{at}/{level['id']}", at, action="delete")
    assert tenant.ok("POST", "/slas/filter", {}) == []
    assert f"/deployments/{id}/levels" in visitor.get(f"{tenant.ui_url}/deployments/{id}").text
