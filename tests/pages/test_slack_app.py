"""Connecting the Slack app, choosing a channel and linking oneself, by a person without JavaScript."""

import json
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Channel, Rule, SlackLink, SlackTeam
from notifications.services import channel_settings, slack_people, slack_teams
from notifications.services.slack_people import SlackUser
from tests.conftest import Servers
from tests.fakes.slack_app import BOT, CHANNEL, CLIENT_ID, TEAM, FakeSlackApp, fake_slack_app
from tests.pages.test_notifications import at, browser, words_of
from tests.world import Tenant, make_member, make_tenant
from workspaces.models import AuditEntry


@pytest.fixture
def alice(quiet: Servers) -> Tenant:
    cache.clear()
    return make_tenant("http://testserver", "alice")


@pytest.fixture
def slack(settings) -> Iterator[FakeSlackApp]:
    with fake_slack_app() as fake:
        fake.configure(settings)
        settings.PUBLIC_URL = "http://testserver"
        yield fake
        assert fake.complaints == []


def teams_of(tenant: Tenant) -> list[SlackTeam]:
    with workspace_transaction(tenant.workspace_id):
        return slack_teams.list_teams(tenant.workspace_id)


def begin(client: Client, tenant: Tenant) -> dict[str, str]:
    """Press Add to Slack; returns what Slack's dialog is asked."""
    response = client.get(at(tenant, "/new/slack/install"))
    assert response.status_code == 302
    query = parse_qs(urlsplit(response["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def allow(client: Client, slack: FakeSlackApp, state: str):
    slack.codes.add("code-1")
    return client.get("/oauth/slack/callback", {"code": "code-1", "state": state})


def test_add_to_slack_connects_and_the_chosen_channel_is_tested_and_saved(alice, slack):
    client = browser(alice)
    shown = client.get(at(alice, "/new/slack"))
    assert at(alice, "/new/slack/install") in shown.content.decode()
    asked = begin(client, alice)
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, "http://testserver/oauth/slack/callback")
    assert set(asked["scope"].split(",")) >= {"chat:write", "users:read.email"}
    back = allow(client, slack, asked["state"])
    (team,) = teams_of(alice)
    assert (team.team_id, team.name, team.suggested_channel) == (TEAM, "Acme", CHANNEL)
    assert BOT.encode() not in bytes(team.secret)
    assert back["Location"] == at(alice, f"/new/slack/{team.id}")
    page = client.get(back["Location"])
    assert f'value="{CHANNEL}"' in page.content.decode()
    values = {"channel": f"https://acme.slack.com/archives/{CHANNEL}", "name": "data", "rules": ["failed"]}
    unsure = client.post(back["Location"], {**values, "action": "save"})
    assert "Save without a working test?" in words_of(unsure)
    tested = client.post(back["Location"], {**values, "action": "test"})
    assert "The test message was delivered" in words_of(tested)
    (ts,) = slack.messages
    assert slack.messages[ts]["text"].startswith("TEST · ")
    assert not [button for button in slack.buttons(ts) if button.startswith("signalbox:")]
    token = re.search(r'name="tested" value="([^"]+)"', tested.content.decode())[1]
    saved = client.post(back["Location"], {**values, "action": "save", "tested": unescape(token)})
    assert saved["Location"] == at(alice)
    with workspace_transaction(alice.workspace_id):
        (channel,) = Channel.objects.of(alice.workspace_id)
        (rule,) = Rule.objects.of(alice.workspace_id)
        kept = channel_settings.read_channel(alice.workspace_id, channel.id)
    assert (channel.kind, channel.name, channel.hint) == ("slack-app", "data", "Acme / #data-alerts")
    assert kept.settings["token"] == "********"
    assert rule.channel_ids == [channel.id]
    entry = AuditEntry.objects.using("system").get(workspace_id=alice.workspace_id, action="slack-team.connected")
    assert (entry.actor_id, entry.via, entry.target_name) == (alice.user.id, "page", "Acme")


def test_a_state_is_good_once(alice, slack):
    client = browser(alice)
    state = begin(client, alice)["state"]
    assert allow(client, slack, state).status_code == 302
    with workspace_transaction(alice.workspace_id):
        SlackTeam.objects.of(alice.workspace_id).delete()
    assert allow(client, slack, state).status_code == 400
    assert teams_of(alice) == []
    assert len(slack.of("oauth.v2.access")) == 1


@pytest.mark.parametrize("_case", ["another session", "another person", "forged", "none", "too old"])
def test_a_state_of_elsewhere_connects_nothing(alice, slack, monkeypatch, _case):
    client, state = browser(alice), ""
    if _case == "forged":
        state = signing.dumps("a-nonce", salt="something else")
    elif _case != "none":
        state = begin(client, alice)["state"]
    if _case == "another session":
        client = browser(alice)
    elif _case == "another person":
        client = browser(make_tenant("http://testserver", "eve"))
    elif _case == "too old":
        import time

        later = time.time() + 700
        monkeypatch.setattr("time.time", lambda: later)
    assert allow(client, slack, state).status_code == 400
    assert teams_of(alice) == []
    assert slack.of("oauth.v2.access") == []


def test_who_cancels_in_slack_reads_so(alice, slack):
    client = browser(alice)
    state = begin(client, alice)["state"]
    back = client.get("/oauth/slack/callback", {"error": "access_denied", "state": state})
    assert "You cancelled in Slack. Nothing was changed." in words_of(client.get(back["Location"]))
    assert teams_of(alice) == []
    assert slack.calls == []


def test_a_code_that_slack_does_not_know_is_said(alice, slack):
    client = browser(alice)
    state = begin(client, alice)["state"]
    back = client.get("/oauth/slack/callback", {"code": "made-up", "state": state})
    assert "Slack answered HTTP 200 invalid_code" in words_of(client.get(back["Location"]))
    assert teams_of(alice) == []


def test_a_role_that_was_lowered_meanwhile_connects_nothing(alice, slack):
    bob = make_member(alice, "Developer", "bob")
    client = browser(bob)
    state = begin(client, alice)["state"]
    bob.workspace.refresh_from_db()
    from workspaces.models import WorkspaceAccess

    WorkspaceAccess.objects.filter(user=bob.user, workspace=alice.workspace).update(role="Viewer")
    assert allow(client, slack, state).status_code == 403
    assert teams_of(alice) == []


def test_a_viewer_may_not_begin(alice, slack):
    client = browser(make_member(alice, "Viewer", "bob"))
    assert client.get(at(alice, "/new/slack/install")).status_code == 403
    assert client.post(at(alice, "/new/slack/token"), {"token": BOT}).status_code == 403
    assert teams_of(alice) == []


def test_over_http_the_button_says_why_and_a_token_can_be_pasted(alice, slack, settings):
    settings.SLACK_URL = "https://slack.com"
    client = browser(alice)
    shown = words_of(client.get(at(alice, "/new/slack")))
    assert "Slack leads back to https:// addresses only, and this Signalbox is at an http:// address." in shown
    assert client.get(at(alice, "/new/slack/install"))["Location"] == at(alice, "/new/slack")
    settings.SLACK_URL = slack.url
    back = client.post(at(alice, "/new/slack/token"), {"token": f" {BOT} "})
    (team,) = teams_of(alice)
    assert (team.team_id, back["Location"]) == (TEAM, at(alice, f"/new/slack/{team.id}"))


@pytest.mark.parametrize(
    ("token", "words"),
    [("xoxp-1-person", "it starts with xoxb-"), ("", "it starts with xoxb-"), ("xoxb-unknown-1", "invalid_auth")],
)
def test_a_token_that_is_none_is_refused(alice, slack, token, words):
    client = browser(alice)
    back = client.post(at(alice, "/new/slack/token"), {"token": token})
    assert words in words_of(client.get(back["Location"]))
    assert teams_of(alice) == []


def connected(tenant: Tenant) -> SlackTeam:
    with workspace_transaction(tenant.workspace_id):
        return slack_teams.keep_team(tenant.workspace_id, slack_teams.Installed(BOT, TEAM, "Acme"))


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("two words", "Give the channel's name"),
        ("#nowhere", "Slack answered HTTP 200 channel_not_found"),
        ("C0NOWHERE1", "Slack answered HTTP 200 channel_not_found"),
    ],
)
def test_a_channel_that_is_none_is_said_and_not_saved(alice, slack, channel, words):
    url = at(alice, f"/new/slack/{connected(alice).id}")
    answer = browser(alice).post(url, {"channel": channel, "name": "x", "action": "test"})
    assert words in words_of(answer)
    with workspace_transaction(alice.workspace_id):
        assert Channel.objects.of(alice.workspace_id).count() == 0


def test_another_workspaces_team_does_not_exist(alice, slack):
    team, eve = connected(alice), make_tenant("http://testserver", "eve")
    assert browser(eve).get(at(eve, f"/new/slack/{team.id}")).status_code == 404


def test_installing_again_heals_the_channels(alice, slack):
    connected(alice)
    with workspace_transaction(alice.workspace_id):
        from notifications.services import channels

        settings = {"token": "xoxb-old-token-1", "channel": CHANNEL, "team_id": TEAM}
        made = channels.create_channel(alice.workspace_id, kind="slack-app", name="data", settings=settings)
        Channel.objects.of(alice.workspace_id).update(status="DISABLED", status_reason="token_revoked")
    connected(alice)
    with workspace_transaction(alice.workspace_id):
        row = Channel.objects.of(alice.workspace_id).get(id=made.id)
        assert (row.status, row.status_reason) == ("OK", "")
        assert channel_settings.open_settings(row).token == BOT


def test_a_person_links_their_slack_account(alice, slack):
    bob = make_member(alice, "Runner", "bob")
    url = slack_people.link_url(SlackUser(alice.workspace_id, TEAM, "U0BOB", "bob.slack"))
    address = url.removeprefix("http://testserver")
    assert Client().get(address)["Location"].startswith("/login?next=")
    client = browser(bob)
    asked = client.get(address)
    assert "bob.slack" in words_of(asked)
    with workspace_transaction(alice.workspace_id):
        assert SlackLink.objects.of(alice.workspace_id).count() == 0
    token = parse_qs(urlsplit(address).query)["token"][0]
    done = client.post("/me/slack/link", {"token": token})
    assert "It acts with your role here: Runner" in words_of(done)
    with workspace_transaction(alice.workspace_id):
        (kept,) = SlackLink.objects.of(alice.workspace_id)
    assert (kept.team_id, kept.slack_user, kept.person_id) == (TEAM, "U0BOB", bob.user.id)
    entry = AuditEntry.objects.using("system").get(workspace_id=alice.workspace_id, action="slack-user.linked")
    assert entry.actor_id == bob.user.id


@pytest.mark.parametrize(("_case", "status"), [("a stranger", 404), ("a forged token", 422)])
def test_others_link_nothing(alice, slack, _case, status):
    token = parse_qs(urlsplit(slack_people.link_url(SlackUser(alice.workspace_id, TEAM, "U0EVE"))).query)["token"][0]
    client = browser(make_tenant("http://testserver", "eve") if _case == "a stranger" else alice)
    token = token if _case == "a stranger" else token[:-3] + "abc"
    assert client.get("/me/slack/link", {"token": token}).status_code == status
    assert client.post("/me/slack/link", {"token": token}).status_code == status
    with workspace_transaction(alice.workspace_id):
        assert SlackLink.objects.of(alice.workspace_id).count() == 0


@pytest.mark.parametrize(
    ("url", "is_socket", "request_url"),
    [
        ("https://signalbox.example", False, "https://signalbox.example/slack/interactions"),
        ("http://10.0.0.7:8000", True, None),
    ],
)
def test_the_operator_gets_a_manifest(alice, slack, settings, url, is_socket, request_url):
    settings.PUBLIC_URL, settings.SLACK_APP_TOKEN = url, ""
    page = browser(alice).get("/slack/app").content.decode()
    found = unescape(re.search(r"<code[^>]*>(\{.*?\})\s*</code>", page, re.DOTALL)[1])
    manifest = json.loads(found)
    assert manifest["settings"]["socket_mode_enabled"] is is_socket
    assert manifest["settings"]["interactivity"].get("request_url") == request_url
    assert manifest["oauth_config"]["scopes"]["bot"] == list(slack_teams.SCOPES)
    assert not any(value in page for value in slack.environment().values() if "secret" in value)
