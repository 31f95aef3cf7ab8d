"""Taking care of channels: secrets removed, Slack disconnected, people unlinked, what is lost. No JavaScript."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from automations.models import Automation
from blocks.services import sealing
from controlplane.sql.transactions import workspace_transaction
from notifications.models import Channel, Outbox, Rule, SlackLink, SlackTeam
from notifications.services import channel_settings, channels
from tests.fakes.slack import Reply
from tests.fakes.slack_app import BOT, CHANNEL, TEAM
from tests.pages.test_channel_pages import SECRET, opened_alert
from tests.pages.test_delivery_pages import FAR, KINDS, make_channel, make_message
from tests.pages.test_notifications import alice, at, browser, connected, rows, slack, words_of
from tests.pages.test_slack_app import connected as connected_team
from tests.world import Tenant, make_member, make_tenant
from workspaces.models import AuditEntry

__all__ = ["alice", "slack"]

WEBHOOK = {"url": "https://hooks.example.com/x", "signing_secret": SECRET, "previous_secret": SECRET,
           "headers": {"X-Key": "abc"}}  # fmt: skip


def settings_of(channel: Channel):
    with workspace_transaction(channel.workspace_id):
        return channel_settings.open_settings(Channel.objects.of(channel.workspace_id).get(id=channel.id))


def audit_of(tenant: Tenant, action: str) -> list[dict]:
    entries = AuditEntry.objects.using("system").filter(workspace_id=tenant.workspace_id, action=action)
    return [entry.changes for entry in entries]


def test_an_optional_secret_is_removed_by_its_box_and_the_needed_one_has_none(alice):
    channel, client = make_channel(alice, "webhook", WEBHOOK), browser(alice)
    path = at(alice, f"/channels/{channel.id}")
    page = client.get(path)
    assert "Remove the stored previous secret" in words_of(page)
    assert "Remove the stored signing secret" not in words_of(page)
    kept = {"action": "save_untested", "name": channel.name, "settings-url": "", "settings-signing_secret": ""}
    assert client.post(path, {**kept, "remove-previous_secret": "on"}).status_code == 302
    after = settings_of(channel)
    assert (after.signing_secret, after.previous_secret, after.headers) == (SECRET, "", {"X-Key": "abc"})
    assert client.post(path, {**kept, "remove-headers": "on"}).status_code == 302
    assert settings_of(channel).headers == {}
    assert audit_of(alice, "notification-channel.updated") == [
        {"settings": "changed", "removed": [["previous_secret"], []]},
        {"settings": "changed", "removed": [["headers"], []]},
    ]
    assert "Remove the stored" not in words_of(client.get(path))


def test_the_page_of_a_channel_opens_in_a_process_that_has_no_key_yet(alice):
    channel, client = make_channel(alice, "webhook", WEBHOOK), browser(alice)
    sealing.ring.forget()
    assert client.get(at(alice, f"/channels/{channel.id}")).status_code == 200
    sealing.ring.forget()
    values = {"action": "save_untested", "name": "renamed"}
    assert client.post(at(alice, f"/channels/{channel.id}"), values).status_code == 302


def test_what_is_typed_counts_more_than_the_box(alice):
    channel, client = make_channel(alice, "webhook", WEBHOOK), browser(alice)
    values = {"action": "save_untested", "name": channel.name, "settings-headers": "X-New: 1", "remove-headers": "on"}
    assert client.post(at(alice, f"/channels/{channel.id}"), values).status_code == 302
    assert settings_of(channel).headers == {"X-New": "1"}


def test_the_channels_page_shows_what_a_test_looks_like_and_what_slack_answered(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    path = at(alice, f"/channels/{channel.id}")
    assert "TEST · ❌ example-flow / example-run failed" in words_of(client.get(path))
    slack.replies = [Reply(404, "no_service"), Reply(200, "ok")]
    answers = [words_of(client.post(path, {"action": "test", "name": channel.name})) for _ in range(2)]
    assert "Not delivered : Slack answered HTTP 404 no_service." in answers[0]
    assert "Answer : 200 ok" in answers[1]
    shown, posted = client.get(path).context["rendered"].body, slack.posts[0].body
    # The example fails now: only the moment is another.
    assert [shown[part] for part in ("text", "blocks")] == [posted[part] for part in ("text", "blocks")]


def use_everywhere(alice: Tenant, channel: Channel, other: Channel) -> None:
    def rule(name: str, **fields) -> None:
        Rule(workspace_id=alice.workspace_id, name=name, **fields).save(force_insert=True)

    with workspace_transaction(alice.workspace_id):
        Rule.objects.of(alice.workspace_id).delete()
        rule("alone", channel_ids=[channel.id])
        rule("both", channel_ids=[other.id, channel.id], fallback_channel_id=channel.id)
        rule("late", channel_ids=[other.id], escalation={"channel_id": str(channel.id), "after_minutes": 5})
        rule("elsewhere", channel_ids=[other.id])
        actions = [{"type": "send-notification", "block_document_id": str(channel.id), "subject": "", "body": ""}]
        Automation(workspace_id=alice.workspace_id, name="page me", trigger={}, actions=actions).save(force_insert=True)


def test_the_question_before_deleting_says_what_uses_the_channel_and_what_goes_with_it(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    other = make_channel(alice, *KINDS[2][:2])
    use_everywhere(alice, channel, other)
    make_message(alice, channel.id, next_attempt=FAR)
    path = at(alice, f"/channels/{channel.id}/delete")
    asked = words_of(client.get(path))
    assert "It takes 1 policy with it that tells nobody else, and the list of its deliveries." in asked
    assert "1 message that waits, for it is not sent." not in asked
    assert "1 message that waits for it is not sent." in asked
    listed = [(use.what, use.name, use.how, use.is_lost) for use in client.get(path).context["uses"]]
    assert listed == [
        ("Policy", "alone", "tells it alone", True),
        ("Policy", "both", "tells it, and others", False),
        ("Policy", "both", "falls back to it", False),
        ("Policy", "late", "escalates to it", False),
        ("Automation", "page me", "sends to it, and will fail", False),
    ]
    assert len(rows(alice, Channel)) == 2
    client.post(path)
    left = {rule.name: (rule.channel_ids, rule.escalation, rule.fallback_channel_id) for rule in rows(alice, Rule)}
    assert left == {name: ([other.id], None, None) for name in ("both", "late", "elsewhere")}


def team_with_channel(alice: Tenant) -> tuple[SlackTeam, Channel]:
    team = connected_team(alice)
    with workspace_transaction(alice.workspace_id):
        settings = {"token": BOT, "channel": CHANNEL, "team_id": TEAM, "team": "Acme"}
        made = channels.create_channel(alice.workspace_id, kind="slack-app", name="data", settings=settings)
    return team, made


def link_of(tenant: Tenant, person: Tenant, slack_user: str) -> SlackLink:
    with workspace_transaction(tenant.workspace_id):
        made: SlackLink = SlackLink.objects.create(
            workspace_id=tenant.workspace_id, team_id=TEAM, slack_user=slack_user, person_id=person.user.id
        )
    return made


def test_disconnecting_slack_forgets_its_token_everywhere_and_connecting_again_heals(alice):
    client = browser(alice)
    team, channel = team_with_channel(alice)
    elsewhere = make_channel(alice, "slack-app", {"token": BOT, "channel": CHANNEL, "team_id": "T0THER"})
    link_of(alice, alice, "U0ALICE")
    waiting = make_message(alice, channel.id, next_attempt=FAR)
    path = at(alice, f"/slack/{team.id}/disconnect")
    asked = words_of(client.get(path))
    assert ("Disconnect Acme ? Its token is forgotten here" in asked, "data" in asked) == (True, True)
    assert len(rows(alice, SlackTeam)) == 1
    assert client.post(path)["Location"] == at(alice)
    assert (rows(alice, SlackTeam), rows(alice, SlackLink)) == ([], [])
    kept = {row.name: (row.status, settings_of(row).token) for row in rows(alice, Channel)}
    assert kept == {"data": ("DISABLED", "xoxb-disconnected"), elsewhere.name: ("OK", BOT)}
    (message,) = (row for row in rows(alice, Outbox) if row.id == waiting.id)
    assert (message.dead is not None, message.answer.partition(". ")[0]) == (True, "Not sent: the channel was disabled")
    assert audit_of(alice, "slack-team.disconnected") == [
        {"token": "changed", "channels": [["data"], []], "people": [1, 0]}
    ]
    assert client.post(path).status_code == 404
    connected_team(alice)
    healed = {row.name: (row.status, settings_of(row).token) for row in rows(alice, Channel)}
    assert healed["data"] == ("OK", BOT)


@pytest.mark.parametrize(
    ("_case", "who", "whose", "status", "left"),
    [
        ("a developer removes anybody's", "Developer", "alice", 302, 0),
        ("a viewer removes their own", "Viewer", "own", 302, 0),
        ("a viewer does not remove another's", "Viewer", "alice", 403, 1),
        ("a stranger finds nothing", "", "alice", 404, 1),
    ],
)
def test_a_persons_slack_link_is_removed_by_themselves_or_by_who_manages_channels(
    alice, _case, who, whose, status, left
):
    team, _ = team_with_channel(alice)
    person = make_member(alice, who) if who else make_tenant("http://testserver", "charlie")
    link = link_of(alice, person if whose == "own" else alice, "U0ALICE")
    client = browser(person)
    assert client.post(at(alice, f"/slack/{team.id}/people/{link.id}/remove")).status_code == status
    assert len(rows(alice, SlackLink)) == left
    assert len(audit_of(alice, "slack-user.unlinked")) == 1 - left
    if who:
        shown = words_of(client.get(at(alice, f"/slack/{team.id}")))
        assert ("U0ALICE" in shown, "Acme" in shown) == (bool(left), True)


def test_a_viewer_may_not_disconnect(alice):
    team, channel = team_with_channel(alice)
    client = browser(make_member(alice, "Viewer"))
    assert client.post(at(alice, f"/slack/{team.id}/disconnect")).status_code == 403
    assert (len(rows(alice, SlackTeam)), settings_of(channel).token) == (1, BOT)


@pytest.mark.parametrize(
    ("_case", "kind", "given", "has_app", "leads"),
    [
        ("a pasted secret", "pagerduty", KINDS[2][1], True, "/channels/{0}"),
        ("Slack's dialog", "slack-app", KINDS[0][1], True, "/new/slack/install"),
        ("a pasted token", "slack-app", KINDS[0][1], False, "/new/slack"),
    ],
)
def test_the_banner_leads_to_where_the_channel_is_mended(alice, settings, _case, kind, given, has_app, leads):
    settings.SLACK_CLIENT_ID = settings.SLACK_CLIENT_SECRET = "x" if has_app else ""
    settings.SLACK_URL = "http://127.0.0.1:1"
    channel = make_channel(alice, kind, given)
    with workspace_transaction(alice.workspace_id):
        Channel.objects.of(alice.workspace_id).update(status="DISABLED", failing_since=datetime.now(UTC))
    banner = f'href="{at(alice, leads.format(channel.id))}" data-kind="small" aria-label="Reconnect {channel.name}"'
    owner, viewer = browser(alice), browser(make_member(alice, "Viewer"))
    assert banner in owner.get(at(alice, "/alerts")).content.decode()
    seen = viewer.get(at(alice, "/alerts"))
    assert ("was disabled" in words_of(seen), "Reconnect" in words_of(seen)) == (True, False)


def home_of(tenant: Tenant) -> str:
    return f"/w/{tenant.account.handle}/{tenant.workspace.handle}/"


def test_home_lists_what_is_open_and_counts_the_messages_of_a_day(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    alert = opened_alert(alice, channel)  # with a message that was given up
    now = datetime.now(UTC)
    make_message(alice, channel.id, delivered=now, latency_seconds=0.4)
    make_message(alice, channel.id, next_attempt=FAR)
    make_message(alice, channel.id, dead=now, attempts=0)
    old = make_message(alice, channel.id, delivered=now)
    with workspace_transaction(alice.workspace_id):
        Outbox.objects.of(alice.workspace_id).filter(id=old.id).update(created=datetime(2020, 1, 1, tzinfo=UTC))
    alice_flow(alice)
    response = client.get(home_of(alice))
    words = words_of(response)
    assert "Open alerts 1 All alerts Open TEST" not in words
    assert at(alice, f"/alerts/{alert.id}") in response.content.decode()
    assert "Deliveries last 24 h Log 1 sent 1 failed 1 waiting 1 not sent Usually 400 ms after it happened." in words
    for result in ("DELIVERED", "FAILED", "WAITING", "NOT_SENT"):
        link = at(alice, f"/deliveries?when=24h&result={result}")
        assert link.replace("&", "&amp;") in response.content.decode()
        content = client.get(link).content.decode().replace(at(alice, "/deliveries/retry"), "")
        assert content.count(at(alice, "/deliveries/")) == 1, result
    worker = browser(make_member(alice, "Worker")).get(home_of(alice))
    assert ("Open alerts" in words_of(worker), "Deliveries last 24 h" in words_of(worker)) == (False, False)


def alice_flow(alice: Tenant) -> None:
    """Home is about more than setting up once a run has come."""
    from runs.models import Flow, FlowRun

    flow = uuid4()
    with workspace_transaction(alice.workspace_id):
        Flow(id=flow, workspace_id=alice.workspace_id, name="etl").save(force_insert=True)
        FlowRun(
            workspace_id=alice.workspace_id, flow_id=flow, name="one", state_type="COMPLETED", state_name="Completed"
        ).save(force_insert=True)
