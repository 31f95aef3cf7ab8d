"""Clicks in Slack: what they do, who may, and that each is done once."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connections
from django.test import Client

from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from deployments.models import Deployment
from notifications.channels import keeping, kind_of
from notifications.models import SlackClick, SlackLink
from notifications.services import alerts, channels, due, matching, sending, slack_acting, slack_clicks, slack_teams
from notifications.services.slack_people import SlackUser, link
from notifications.wire import Message
from runs.models import Flow, FlowRun
from tests.conftest import ROOT, Servers
from tests.fakes.slack_app import APP, BOT, CHANNEL, SIGNING_SECRET, TEAM, FakeSlackApp, User, fake_slack_app
from tests.services.test_alerts import happen, make_policy
from tests.world import Tenant, make_member, make_tenant
from workspaces.models import AuditEntry

ANN, BOB, EVE = "U0ANN", "U0BOB", "U0EVE"


@pytest.fixture
def slack(quiet: Servers, settings) -> Iterator[FakeSlackApp]:
    with system_transaction():
        open_cursor().execute("UPDATE notification_slack_click SET answered = now() WHERE answered IS NULL")
        open_cursor().execute("UPDATE notification_outbox SET dead = now() WHERE delivered IS NULL AND dead IS NULL")
    with fake_slack_app() as fake:
        fake.configure(settings)
        yield fake
        assert fake.complaints == []


@pytest.fixture
def alice(slack: FakeSlackApp) -> Tenant:
    """Owner of a workspace whose Slack has the app. Slack's Ann has her address, which she has proved."""
    tenant = make_tenant("http://unused", "alice")
    verify(tenant)
    slack.users[ANN] = User(tenant.user.email)
    with workspace_transaction(tenant.workspace_id):
        slack_teams.keep_team(tenant.workspace_id, slack_teams.Installed(BOT, TEAM, "Acme", "U0BOT"))
    return tenant


def verify(tenant: Tenant, *, verified: bool = True) -> None:
    EmailAddress.objects.create(user=tenant.user, email=tenant.user.email, primary=True, verified=verified)


def make_run(tenant: Tenant, state: str = "FAILED", name: str | None = None, **details: Any) -> FlowRun:
    """A run of a deployment, in a state that the API gave it."""
    from runs.services import transitions
    from runs.wire.states import StateCreate, StateDetails

    now = datetime.now(UTC)
    with workspace_transaction(tenant.workspace_id):
        flow = Flow.objects.create(workspace_id=tenant.workspace_id, name=f"etl-{uuid4().hex[:6]}")
        deployment = Deployment.objects.create(workspace_id=tenant.workspace_id, flow_id=flow.id, name="nightly")
        run = FlowRun.objects.create(
            workspace_id=tenant.workspace_id, flow_id=flow.id, name="odd-owl", deployment_id=deployment.id
        )
        body = StateCreate(type=state, name=name, state_details=StateDetails(**details))
        transitions.propose_state(tenant.workspace_id, run.id, body, force=True, now=now)
    return run


def post_message(tenant: Tenant, slack: FakeSlackApp, run: FlowRun, state: str = "FAILED") -> str:
    """Have a message about the run sent; returns its ts."""
    kind = kind_of("slack-app")
    given = keeping.read_settings(kind, {"token": BOT, "channel": CHANNEL})
    now = datetime.now(UTC)
    message = Message(
        state_type=state, state_name=state.title(), occurred=now, received=now, flow_run_id=run.id, flow="etl",
        flow_run="odd-owl", deployment="nightly", workspace_id=tenant.workspace_id, url="https://signalbox.example/r",
    )  # fmt: skip
    return kind.deliver(given, message, "k", seconds=5).reference.partition(":")[2]


def state_of(run: FlowRun) -> tuple[str, str]:
    with workspace_transaction(run.workspace_id):
        row = FlowRun.objects.of(run.workspace_id).get(id=run.id)
    return row.state_type, row.state_name


def audit_of(tenant: Tenant, *kinds: str) -> list[tuple[str, str, UUID | None, str]]:
    rows = AuditEntry.objects.using("system").filter(workspace_id=tenant.workspace_id, via="slack").order_by("id")
    return [(row.action, row.actor_type, row.actor_id, row.client) for row in rows]


def click(slack: FakeSlackApp, ts: str, action: str, user: str = ANN) -> dict[str, Any]:
    payload = slack.click(ts, action, user)
    assert slack_clicks.receive(payload) is True
    slack_acting.work()
    return payload


def lines_under(slack: FakeSlackApp, ts: str) -> list[str]:
    blocks = slack.messages[ts]["attachments"][0]["blocks"]
    return [block["elements"][0]["text"] for block in blocks if block["type"] == "context"][1:]


@pytest.mark.parametrize(
    ("action", "before", "after", "words", "entry"),
    [
        ("retry", "FAILED", ("SCHEDULED", "AwaitingRetry"), "retried the run.", "flow-run.retried"),
        ("cancel", "SCHEDULED", ("CANCELLED", "Cancelled"), "cancelled the run.", "flow-run.cancelled"),
        ("cancel", "RUNNING", ("CANCELLING", "Cancelling"), "cancelled the run.", "flow-run.cancelled"),
        ("reject", "PAUSED", None, "rejected the paused run: it is cancelled.", "flow-run.rejected"),
    ],
)
def test_a_click_changes_the_run_and_the_message_says_who_did_it(alice, slack, action, before, after, words, entry):
    run = make_run(alice, before)
    ts = post_message(alice, slack, run, before)
    click(slack, ts, action)
    assert state_of(run) == after if after else state_of(run)[0] in ("CANCELLED", "CANCELLING")
    said = f"{alice.user} {words}"
    assert lines_under(slack, ts) == [said]
    assert f"signalbox:{action}" not in slack.buttons(ts)
    assert [(call.body["thread_ts"], call.body["text"]) for call in slack.of("chat.postMessage")[1:]] == [(ts, said)]
    assert audit_of(alice) == [(entry, "USER", alice.user.id, "Slack")]


def test_a_click_pauses_the_schedule(alice, slack):
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    click(slack, ts, "pause")
    with workspace_transaction(alice.workspace_id):
        assert Deployment.objects.of(alice.workspace_id).get(id=run.deployment_id).paused is True
    assert lines_under(slack, ts) == [f"{alice.user} paused the deployment: it starts no more runs by itself."]
    assert audit_of(alice) == [("deployment.paused", "USER", alice.user.id, "Slack")]


def test_an_alert_is_acknowledged_and_its_message_rewritten(alice, slack):
    settings = {"token": BOT, "channel": CHANNEL}
    with workspace_transaction(alice.workspace_id):
        channel = channels.create_channel(alice.workspace_id, kind="slack-app", name="app", settings=settings)
    make_policy(alice, channel.id)
    happen(alice, uuid4())
    matching.match_new_events()
    sending.send_due_messages()
    (ts,) = slack.messages
    assert "signalbox:acknowledge" in slack.buttons(ts)
    click(slack, ts, "acknowledge")
    with workspace_transaction(alice.workspace_id):
        (alert,) = alerts.list_alerts(alice.workspace_id, alerts.AlertListing())
    assert (alert.state, alert.acknowledged_by) == ("ACKNOWLEDGED", str(alice.user))
    assert lines_under(slack, ts) == [f"{alice.user} acknowledged the alert."]
    assert audit_of(alice) == [("alert.acknowledged", "USER", alice.user.id, "Slack")]
    due.do_what_is_due(datetime.now(UTC))
    sending.send_due_messages()
    assert "signalbox:acknowledge" not in slack.buttons(ts)


def ephemeral(slack: FakeSlackApp) -> dict[str, Any]:
    (call,) = slack.of("chat.postEphemeral")
    return call.body


def test_the_role_of_the_clicker_decides(alice, slack):
    bob = make_member(alice, "Viewer", "bob")
    verify(bob)
    slack.users[BOB] = User(bob.user.email)
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    before = dict(slack.messages[ts])
    click(slack, ts, "retry", BOB)
    assert state_of(run) == ("FAILED", "Failed")
    assert (slack.messages[ts], audit_of(alice)) == (before, [])
    told = ephemeral(slack)
    assert (told["user"], told["channel"]) == (BOB, CHANNEL)
    assert told["text"] == ("Nothing was changed. Your role here is Viewer; this needs the Runner role. Ask an owner.")


@pytest.mark.parametrize(
    ("_case", "is_member", "is_verified", "flags"),
    [
        ("a stranger with an account of their own", False, True, {}),
        ("an address that was not proved", True, False, {}),
        ("a guest of another company", True, True, {"is_stranger": True}),
        ("nobody here has the address", None, True, {}),
    ],
)
def test_who_is_not_known_changes_nothing_and_gets_a_link(alice, slack, _case, is_member, is_verified, flags):
    email = "nobody@example.com"
    if is_member is not None:
        eve = make_member(alice, "Owner", "eve") if is_member else make_tenant("http://unused", "eve")
        verify(eve, verified=is_verified)
        email = eve.user.email
    slack.users[EVE] = User(email, flags=flags)
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    click(slack, ts, "retry", EVE)
    assert state_of(run) == ("FAILED", "Failed")
    assert audit_of(alice) == []
    assert "/me/slack/link?token=" in ephemeral(slack)["text"]
    assert [call.method for call in slack.calls] == ["chat.postMessage", "users.info", "chat.postEphemeral"]


def test_who_has_linked_is_not_looked_up_by_address(alice, slack):
    link(alice.user, SlackUser(alice.workspace_id, TEAM, EVE, "eve"))
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    click(slack, ts, "retry", EVE)
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")
    assert slack.of("users.info") == []
    with workspace_transaction(alice.workspace_id):
        (kept,) = SlackLink.objects.of(alice.workspace_id)
        assert (kept.slack_user, kept.person_id) == (EVE, alice.user.id)


def test_who_has_left_changes_nothing(alice, slack):
    bob = make_member(alice, "Owner", "bob")
    link(bob.user, SlackUser(alice.workspace_id, TEAM, BOB))
    alice.workspace.accesses.filter(user=bob.user).delete() if hasattr(alice.workspace, "accesses") else leave(bob)
    run = make_run(alice)
    click(slack, post_message(alice, slack, run), "retry", BOB)
    assert state_of(run) == ("FAILED", "Failed")
    assert "does not know who you are" in ephemeral(slack)["text"]


def leave(bob: Tenant) -> None:
    from workspaces.models import WorkspaceAccess

    WorkspaceAccess.objects.filter(user=bob.user, workspace=bob.workspace).delete()


def test_a_click_that_comes_too_late_says_why(alice, slack):
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    click(slack, ts, "retry")
    slack.messages[ts]["attachments"][0]["blocks"][-2]["elements"].append(
        {"type": "button", "action_id": "signalbox:retry", "value": slack.button(ts, "pause")["value"]}
    )
    click(slack, ts, "retry")
    assert ephemeral(slack)["text"] == ("Nothing was changed. Only a failed, crashed or cancelled run can be retried.")
    assert len(audit_of(alice)) == 1


def test_a_click_from_another_slack_workspace_or_with_another_value_is_dropped(alice, slack):
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    elsewhere = slack.click(ts, "retry", ANN) | {"team": {"id": "T0OTHER1"}}
    forged = slack.click(ts, "retry", ANN)
    forged["actions"][0]["value"] = forged["actions"][0]["value"].replace(str(run.id), str(uuid4()))
    for payload in (elsewhere, forged, {}, [], {"type": "block_actions", "actions": "x"}, {"type": "view_submission"}):
        assert slack_clicks.receive(payload) is False
    with workspace_transaction(alice.workspace_id):
        assert SlackClick.objects.of(alice.workspace_id).count() == 0


def test_a_redelivered_click_acts_once(alice, slack):
    run = make_run(alice)
    payload = slack.click(post_message(alice, slack, run), "retry", ANN)
    assert [slack_clicks.receive(payload) for _ in range(3)] == [True, False, False]
    assert slack_acting.work() == 1
    assert slack_clicks.receive(payload) is False
    assert slack_acting.work() == 0
    assert audit_of(alice) == [("flow-run.retried", "USER", alice.user.id, "Slack")]


def test_a_click_waits_while_slack_does_not_say_who_it_was(alice, slack):
    run = make_run(alice)
    slack.replies["users.info"] = ["internal_error"]
    click(slack, post_message(alice, slack, run), "retry")
    assert state_of(run) == ("FAILED", "Failed")
    with system_transaction():
        open_cursor().execute("UPDATE notification_slack_click SET next_attempt = now()")
    slack_acting.work()
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")


SCHEMA = {
    "title": "Approval",
    "type": "object",
    "required": ["reason", "amount", "when", "size", "sure"],
    "properties": {
        "reason": {"type": "string", "title": "Reason", "description": "Why?"},
        "amount": {"type": "integer", "minimum": 1},
        "when": {"type": "string", "format": "date"},
        "size": {"$ref": "#/definitions/Size"},
        "sure": {"type": "boolean", "default": True},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "definitions": {"Size": {"enum": ["small", "large"], "type": "string"}},
}
KEYSET = {"schema": "run-schema", "response": "run-response", "description": "run-description"}


def paused_run(alice: Tenant) -> FlowRun:
    from runs.services import inputs
    from runs.wire.inputs import InputCreate

    run = make_run(alice, "PAUSED", "Suspended", run_input_keyset=KEYSET, pause_reschedule=True)
    with workspace_transaction(alice.workspace_id):
        inputs.create_input(alice.workspace_id, run.id, InputCreate(key="run-schema", value=json.dumps(SCHEMA)))
        inputs.create_input(alice.workspace_id, run.id, InputCreate(key="run-description", value='"Shall we?"'))
    return run


def chosen(number: int) -> dict[str, Any]:
    return {"type": "static_select", "selected_option": {"value": str(number)}}


FILLED = {
    "reason": {"type": "plain_text_input", "value": "because"},
    "amount": {"type": "number_input", "value": "3"},
    "when": {"type": "datepicker", "selected_date": "2026-11-23"},
    "size": chosen(1),
    "sure": chosen(0),
    "note": {"type": "plain_text_input", "value": None},
}


def test_a_paused_run_is_answered_in_a_modal(alice, slack):
    from runs.services import inputs

    run = paused_run(alice)
    ts = post_message(alice, slack, run, "PAUSED")
    click(slack, ts, "answer")
    (opened,) = slack.of("views.open")
    view = opened.body["view"]
    fields = [(block["block_id"], block["element"]["type"]) for block in view["blocks"] if block["type"] == "input"]
    assert fields == [
        ("reason", "plain_text_input"), ("amount", "number_input"), ("when", "datepicker"), ("size", "static_select"),
        ("sure", "static_select"), ("note", "plain_text_input"),
    ]  # fmt: skip
    assert "Shall we?" in json.dumps(view["blocks"])
    assert state_of(run) == ("PAUSED", "Suspended")
    assert slack_clicks.receive(slack.submit(view, ANN, FILLED)) is True
    slack_acting.work()
    assert state_of(run) == ("SCHEDULED", "Resuming")
    with workspace_transaction(alice.workspace_id):
        kept = json.loads(inputs.read_input(alice.workspace_id, run.id, "run-response"))
        left = [row.payload for row in SlackClick.objects.of(alice.workspace_id).filter(action="resume")]
    assert kept == {"reason": "because", "amount": 3, "when": "2026-11-23", "size": "large", "sure": True}
    assert left == [{}]
    assert lines_under(slack, ts) == [f"{alice.user} answered, and the run goes on."]
    assert slack.buttons(ts)[0] == "signalbox:pause"
    assert audit_of(alice) == [("flow-run.resumed", "USER", alice.user.id, "Slack")]


def test_an_answer_that_does_not_fit_changes_nothing(alice, slack):
    run = paused_run(alice)
    click(slack, post_message(alice, slack, run, "PAUSED"), "answer")
    view = slack.of("views.open")[0].body["view"]
    slack_clicks.receive(slack.submit(view, ANN, {**FILLED, "amount": {"type": "number_input", "value": "0"}}))
    slack_acting.work()
    assert state_of(run) == ("PAUSED", "Suspended")
    assert ephemeral(slack)["text"].startswith("Nothing was changed. Reason:")
    assert audit_of(alice) == []


def test_a_viewer_gets_no_modal(alice, slack):
    bob = make_member(alice, "Viewer", "bob")
    link(bob.user, SlackUser(alice.workspace_id, TEAM, BOB))
    click(slack, post_message(alice, slack, paused_run(alice), "PAUSED"), "answer", BOB)
    assert slack.of("views.open") == []
    assert "needs the Runner role" in ephemeral(slack)["text"]


# ----------------------------------------------------------------------------------------------------------- over HTTP


def post(slack: FakeSlackApp, payload: dict[str, Any], monkeypatch, **options: Any) -> int:
    """As `FakeSlackApp.post`, to the door in this process."""
    import httpx

    def send(url: str, *, content: str, headers: dict[str, str], timeout: int) -> Any:
        kind = headers.pop("Content-Type")
        response = Client().post("/slack/interactions", content, content_type=kind, headers=headers)
        return SimpleNamespace(status_code=response.status_code)

    monkeypatch.setattr(httpx, "post", send)
    return slack.post("", payload, **options).status_code


def test_a_signed_click_over_http_is_done(alice, slack, monkeypatch):
    run = make_run(alice)
    payload = slack.click(post_message(alice, slack, run), "retry", ANN)
    assert [post(slack, payload, monkeypatch) for _ in range(2)] == [200, 200]
    assert slack_acting.work() == 1
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")
    assert len(audit_of(alice)) == 1


@pytest.mark.parametrize(
    ("_case", "options"),
    [
        ("forged", {"secret": "another-secret"}),
        ("old", {"ago": 301}),
        ("from the future", {"ago": -400}),
    ],
)
def test_what_slack_has_not_signed_now_is_refused(alice, slack, monkeypatch, _case, options):
    run = make_run(alice)
    payload = slack.click(post_message(alice, slack, run), "retry", ANN)
    assert post(slack, payload, monkeypatch, **options) == 401
    assert slack_acting.work() == 0
    assert state_of(run) == ("FAILED", "Failed")
    with workspace_transaction(alice.workspace_id):
        assert SlackClick.objects.of(alice.workspace_id).count() == 0


@pytest.mark.parametrize(
    ("_case", "headers"),
    [
        ("unsigned", {}),
        ("no number", {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=1"}),
        ("other digits", {"X-Slack-Request-Timestamp": "١٢٣", "X-Slack-Signature": "v0=1"}),
        ("no ASCII", {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=é"}),
    ],
)
def test_odd_signatures_are_refused(slack, _case, headers):
    assert Client().post("/slack/interactions", {"payload": "{}"}, headers=headers).status_code == 401


def test_without_a_signing_secret_nothing_is_taken(alice, slack, settings, monkeypatch):
    settings.SLACK_SIGNING_SECRET = ""
    assert post(slack, {}, monkeypatch, secret="") == 401


def test_a_signed_body_that_is_no_click_is_refused(slack, settings, monkeypatch):
    assert post(slack, {"type": "shortcut"}, monkeypatch) == 200
    assert Client().get("/slack/interactions").status_code == 405
    assert SIGNING_SECRET == settings.SLACK_SIGNING_SECRET


# ---------------------------------------------------------------------------------------------------- over Socket Mode


@pytest.fixture
def listening(quiet: Servers, slack: FakeSlackApp) -> Iterator[Any]:
    """Starts `manage.py slack_socket`; a test may kill it and start it again."""
    started: list[subprocess.Popen[bytes]] = []
    log = (quiet.folder / "slack.log").open("ab")

    def start() -> "subprocess.Popen[bytes]":
        environment = quiet.environment(**slack.environment(), SIGNALBOX_KEY_FILE=str(quiet.folder / "master.key"))
        command = [sys.executable, "manage.py", "slack_socket"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        started.append(process)
        slack.wait(lambda: slack.sockets, 30)
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    log.close()


def wait_until_answered(tenant: Tenant, seconds: float = 15.0) -> SlackClick:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with workspace_transaction(tenant.workspace_id):
            row = SlackClick.objects.of(tenant.workspace_id).exclude(answered=None).first()
        if row is not None:
            return row
        time.sleep(0.05)
    pytest.fail("The click was not answered in time")


def test_a_click_over_socket_mode_is_acknowledged_and_done_once(alice, slack, listening):
    process = listening()
    run = make_run(alice)
    payload = slack.click(post_message(alice, slack, run), "retry", ANN)
    began = time.monotonic()
    envelope = slack.deliver(payload)
    slack.wait(lambda: envelope in slack.acks, 3)
    assert time.monotonic() - began < 3
    wait_until_answered(alice)
    slack.deliver(payload, envelope)
    other = slack.deliver(payload)
    slack.wait(lambda: slack.acks.count(envelope) == 2 and other in slack.acks)
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")
    assert audit_of(alice) == [("flow-run.retried", "USER", alice.user.id, "Slack")]
    # Slack asks for another connection now and then.
    first = slack.sockets[0]
    first.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
    slack.wait(lambda: slack.sockets and slack.sockets[0] is not first)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert [call.token for call in slack.of("apps.connections.open")] == [APP, APP]


def test_a_process_that_is_killed_after_the_acknowledgement_loses_nothing(alice, slack, listening):
    from tests.fakes.slack import Reply

    process = listening()
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    slack.replies["users.info"] = [Reply(seconds=60)]
    envelope = slack.deliver(slack.click(ts, "retry", ANN))
    slack.wait(lambda: envelope in slack.acks and slack.of("users.info"))
    process.kill()
    process.wait()
    slack.wait(lambda: not slack.sockets)
    assert state_of(run) == ("FAILED", "Failed")
    with system_transaction():
        # Its claim ends by itself after 20 s.
        open_cursor().execute("UPDATE notification_slack_click SET next_attempt = now() WHERE answered IS NULL")
    listening()
    wait_until_answered(alice)
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")
    assert audit_of(alice) == [("flow-run.retried", "USER", alice.user.id, "Slack")]
    assert lines_under(slack, ts) == [f"{alice.user} retried the run."]


def test_a_process_that_is_killed_after_the_act_does_not_act_again(alice, slack):
    """Done, but nobody could be told: the next one tells, and does not act."""
    run = make_run(alice)
    ts = post_message(alice, slack, run)
    slack.replies["chat.update"] = ["internal_error"]
    click(slack, ts, "retry")
    assert state_of(run) == ("SCHEDULED", "AwaitingRetry")
    assert lines_under(slack, ts) == []
    with system_transaction():
        open_cursor().execute("UPDATE notification_slack_click SET next_attempt = now()")
    slack_acting.work()
    assert lines_under(slack, ts) == [f"{alice.user} retried the run."]
    assert len(audit_of(alice)) == 1
    connections.close_all()
