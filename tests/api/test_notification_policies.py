"""Notification policies and alerts over HTTP, at work behind real web, Celery and PostgreSQL."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from blocks.services import sealing
from controlplane.sql.transactions import workspace_transaction
from notifications.services import channels
from runs.models import FlowRun
from tests.api.deploying import make_deployment, run
from tests.conftest import Servers
from tests.fakes.receivers import Receivers, fake_receivers
from tests.fakes.slack import FakeSlack, fake_slack
from tests.world import Tenant, set_state

WATCH = {"state_types": ["FAILED", "CRASHED"]}


@pytest.fixture(autouse=True)
def master_key(servers: Servers, settings) -> Iterator[None]:
    """The key of the test server, whose worker has to open what is sealed here."""
    settings.KEY_FILE = servers.folder / "up" / "master.key"
    sealing.ring.forget()
    yield
    sealing.ring.forget()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as fake:
        yield fake


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with fake_receivers() as fake:
        yield fake


def make_channel(tenant: Tenant, kind: str, url: str) -> str:
    with workspace_transaction(tenant.workspace_id):
        channel = channels.create_channel(
            tenant.workspace_id, kind=kind, name=f"{kind}-{uuid4()}", settings={"url": url}
        )
    return str(channel.id)


def make_policy(tenant: Tenant, *channel_ids: str, **fields) -> dict:
    body = {"name": "failures", "watch": WATCH, "channel_ids": list(channel_ids), **fields}
    return tenant.ok("POST", "/notification_policies", body)


def fail(tenant: Tenant, deployment: dict, state_type: str = "FAILED") -> None:
    made = run(tenant, deployment, state={"type": "RUNNING"})
    set_state(tenant, made["id"], state_type, message="ValueError: Matrix is singular", force=True)


def wait_until(seconds: float, question) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not question():
        time.sleep(0.1)
    assert question()


def test_a_policy_is_kept_with_every_default_filled_in(tenant, slack):
    channel = make_channel(tenant, "slack", slack.url)
    made = make_policy(tenant, channel)
    assert {name: value for name, value in made.items() if name not in ("id", "created", "updated")} == {
        "name": "failures",
        "enabled": True,
        "severity": "warning",
        "watch": {
            "state_types": ["FAILED", "CRASHED"], "state_names": [], "kinds": [], "longer_than_minutes": None,
            "tags": [], "match_tags": "any", "deployment_ids": [], "flow_ids": [], "work_pools": [], "names": [],
        },
        "channel_ids": [channel],
        "group": {"by": "deployment", "window_seconds": 900, "close_after_minutes": 1440},
        "dedupe_seconds": 60,
        "digest": None,
        "reminder_minutes": None,
        "resolve": "edit",
        "quiet_hours": None,
        "escalation": None,
        "fallback_channel_id": None,
        "most_per_hour": 60,
        "muted_until": None,
        "subject_template": None,
        "body_template": None,
    }  # fmt: skip
    path = f"/notification_policies/{made['id']}"
    assert tenant.ok("GET", path) == made
    assert tenant.ok("POST", "/notification_policies/filter", {}) == [made]
    changed = tenant.ok("PATCH", path, {"reminder_minutes": 30, "quiet_hours": {"start": "22:00", "end": "07:00"}})
    assert (changed["reminder_minutes"], changed["quiet_hours"]["days"]) == (30, [1, 2, 3, 4, 5, 6, 7])
    assert tenant.ok("POST", f"{path}/mute", {"until": "2099-01-01T00:00:00Z"})["muted_until"] == "2099-01-01T00:00:00Z"
    assert tenant.ok("POST", f"{path}/mute", {"until": None})["muted_until"] is None
    assert tenant.call("DELETE", path).status_code == 204
    assert tenant.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("_case", "fields", "place"),
    [
        ("nothing to watch", {"watch": {}}, "watch"),
        ("no channel", {"channel_ids": []}, "channel_ids"),
        ("a channel that is not there", {"channel_ids": [str(uuid4())]}, "channel_ids"),
        (
            "no such time zone",
            {"quiet_hours": {"start": "22:00", "end": "07:00", "time_zone": "Moon/Sea"}},
            "time_zone",
        ),
        ("no such time", {"digest": {"daily_at": "25:00"}}, "daily_at"),
        ("two digests", {"digest": {"daily_at": "09:00", "every_minutes": 5}}, "every_minutes"),
        ("too long without how long", {"watch": {"kinds": ["run-too-long"]}}, "longer_than_minutes"),
        ("a broken template", {"body_template": "a\n{{ b"}, "body_template"),
        ("an unknown field", {"colour": "red"}, "colour"),
        ("a word for a number", {"most_per_hour": "many"}, "most_per_hour"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tenant, slack, _case, fields, place):
    body = {"name": "x", "watch": WATCH, "channel_ids": [make_channel(tenant, "slack", slack.url)], **fields}
    answer = tenant.call("POST", "/notification_policies", body)
    assert answer.status_code == 422
    assert place in answer.text
    assert tenant.ok("POST", "/notification_policies/filter", {}) == []


def test_another_workspace_sees_no_policy_and_no_alert(tenant, stranger, slack):
    policy = make_policy(tenant, make_channel(tenant, "slack", slack.url))
    assert stranger.call("GET", f"/notification_policies/{policy['id']}").status_code == 404
    assert stranger.call("PATCH", f"/notification_policies/{policy['id']}", {"name": "y"}).status_code == 404
    assert stranger.ok("POST", "/notification_policies/filter", {}) == []
    assert stranger.ok("POST", "/alerts/filter", {}) == []


def test_a_preview_shows_what_a_template_will_say(tenant):
    shown = tenant.ok("POST", "/notification_policies/preview", {"subject_template": "{{ flow.name }} broke"})
    assert shown["headline"] == "example-flow broke"
    answer = tenant.call("POST", "/notification_policies/preview", {"body_template": "a\n\n{{ nobody }}"})
    assert answer.status_code == 422
    assert "Line 3: There is nothing called nobody." in answer.text


def test_a_preview_is_laid_out_as_the_channel_would_send_it(tenant, stranger, receivers):
    secret = f"{receivers.url}/api/webhooks/1/discord-secret-1"
    body = {"subject_template": "{{ flow.name | upper }} broke", "channel_id": make_channel(tenant, "discord", secret)}
    answer = tenant.call("POST", "/notification_policies/preview", body)
    shown = answer.json()["channel"]
    assert (shown["kind"], shown["body"]["embeds"][0]["title"]) == ("discord", r"EXAMPLE\-FLOW broke")
    assert "discord-secret-1" not in answer.text
    assert stranger.call("POST", "/notification_policies/preview", body).status_code == 404


def test_500_failures_in_a_minute_are_one_message_and_its_edits(tenant, slack, receivers):
    """Slack's webhook cannot edit: it gets one follow-up. Discord's can: its one message counts along."""
    discord = f"{receivers.url}/api/webhooks/1/discord-secret-1"
    to = [make_channel(tenant, "slack", slack.url), make_channel(tenant, "discord", discord)]
    make_policy(tenant, *to, group={"window_seconds": 30}, resolve="message")
    deployment = make_deployment(tenant, name="nightly")
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fail(tenant, deployment), range(500)))
    took = time.monotonic() - began
    assert took < 29, "the machine is too slow for this test: the window is over"
    (alert,) = tenant.ok("POST", "/alerts/filter", {})
    wait_until(20, lambda: tenant.ok("GET", f"/alerts/{alert['id']}")["count"] == 500)
    posts = slack.wait(2, 45)
    texts = [post.body["text"].split(":")[0] for post in posts]
    assert len(posts) == 2
    assert "failed" in texts[0]
    told = int(texts[1].split(" since")[0].split(", ")[1].replace(",", ""))
    assert " / nightly failed 500 times, " in texts[1]
    assert 400 <= told <= 499
    wait_until(20, lambda: receivers.got[-1].json["embeds"][0]["title"].endswith("failed 500 times"))
    methods = [one.method for one in receivers.got]
    assert methods[0] == "POST"
    assert set(methods[1:]) == {"PATCH"}
    assert 1 <= len(methods[1:]) <= 6, "at most one edit in ten seconds"
    assert len({one.headers["webhook-id"] for one in receivers.got}) == len(methods)
    assert tenant.ok("POST", "/alerts/count", {"state": ["OPEN"]}) == 1
    fail(tenant, deployment, "COMPLETED")
    posts = slack.wait(3, 20)
    assert len(posts) == 3
    assert posts[2].body["text"].startswith("✅ ")
    assert "500 runs failed" in posts[2].body["text"]
    assert tenant.ok("GET", f"/alerts/{alert['id']}")["state"] == "RESOLVED"
    assert receivers.complaints == []


def test_an_alert_is_handled_by_people(tenant, viewer, slack):
    make_policy(tenant, make_channel(tenant, "slack", slack.url))
    deployment = make_deployment(tenant)
    fail(tenant, deployment)
    assert len(slack.wait(1, 20)) == 1
    (alert,) = tenant.ok("POST", "/alerts/filter", {"alerts": {"deployment_id": deployment["id"]}})
    assert (alert["state"], alert["count"], alert["told"]) == ("OPEN", 1, 1)
    assert alert["last"]["state_message"] == "ValueError: Matrix is singular"
    path = f"/alerts/{alert['id']}"
    assert viewer.call("POST", f"{path}/acknowledge").status_code == 403
    assert tenant.ok("GET", path) == alert
    taken = tenant.ok("POST", f"{path}/acknowledge")
    assert (taken["state"], taken["acknowledged_by"] != "") == ("ACKNOWLEDGED", True)
    assert tenant.ok("POST", f"{path}/snooze", {"until": "2099-01-01T00:00:00Z"})["state"] == "SNOOZED"
    assert tenant.call("POST", f"{path}/snooze", {"until": "2001-01-01T00:00:00Z"}).status_code == 422
    closed = tenant.ok("POST", f"{path}/resolve")
    assert (closed["state"], closed["resolved_by"]) == ("RESOLVED", taken["acknowledged_by"])
    assert tenant.call("POST", f"{path}/acknowledge").status_code == 409


def test_a_policy_is_tried_on_the_last_days_and_nothing_is_kept(tenant, viewer, slack):
    channel = make_channel(tenant, "slack", slack.url)
    deployment = make_deployment(tenant)
    for _ in range(3):
        fail(tenant, deployment)
    body = {"name": "tried", "watch": WATCH, "channel_ids": [channel], "group": {"by": "none"}, "most_per_hour": 2}
    report = tenant.ok("POST", "/notification_policies/dry-run", body)
    counts = {name: report[name] for name in ("is_complete", "events", "alerts", "messages", "edits")}
    assert counts == {"is_complete": True, "events": 3, "alerts": 3, "messages": 2, "edits": 0}
    assert [
        (one["what"], one["channels"], one["url"].rpartition("/")[2] == one["flow_run_id"]) for one in report["first"]
    ] == [
        ("opened", 1, True),
        ("opened", 1, True),
    ]
    narrower = {**body, "watch": {**WATCH, "deployment_ids": [str(uuid4())]}}
    assert tenant.ok("POST", "/notification_policies/dry-run", narrower)["messages"] == 0
    assert viewer.call("POST", "/notification_policies/dry-run", body).status_code == 403
    for wrong, place in (({"days": 8}, "days"), ({"watch": {}}, "state_types"), ({"channel_ids": [str(uuid4())]}, "")):
        answer = tenant.call("POST", "/notification_policies/dry-run", {**body, **wrong})
        assert (answer.status_code, place in answer.text) == (422, True)
    assert tenant.ok("POST", "/notification_policies/filter", {}) == []
    assert slack.posts == []


def test_a_run_that_takes_too_long_is_tried_too(tenant, slack):
    channel = make_channel(tenant, "slack", slack.url)
    made = run(tenant, make_deployment(tenant), state={"type": "RUNNING"})
    with workspace_transaction(tenant.workspace_id):
        FlowRun.objects.of(tenant.workspace_id).filter(id=made["id"]).update(
            start_time=datetime.now(UTC) - timedelta(minutes=90)
        )
    body = {"name": "long", "channel_ids": [channel], "watch": {"kinds": ["run-too-long"], "longer_than_minutes": 60}}
    report = tenant.ok("POST", "/notification_policies/dry-run", body)
    assert (report["messages"], report["first"][0]["flow_run_id"]) == (1, made["id"])
    body["watch"]["longer_than_minutes"] = 120
    assert tenant.ok("POST", "/notification_policies/dry-run", body)["messages"] == 0
