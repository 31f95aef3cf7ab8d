"""The notification pages, as a signed-in person uses them, without JavaScript."""

import re
from collections.abc import Iterator
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Channel, Outbox, Rule
from notifications.services import deliveries
from tests.conftest import Servers
from tests.fakes.slack import FakeSlack, Reply, fake_slack
from tests.world import Tenant, make_member, make_tenant


@pytest.fixture
def alice(quiet: Servers) -> Tenant:
    """Nothing else sends what is due: what was not pressed has not happened."""
    return make_tenant("http://testserver", "alice")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as fake:
        yield fake


def browser(tenant: Tenant) -> Client:
    client = Client()
    client.force_login(tenant.user)
    return client


def at(tenant: Tenant, path: str = "") -> str:
    return f"/w/{tenant.account.handle}/{tenant.workspace.handle}/notifications{path}"


def words_of(response) -> str:
    """What a person reads."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def connect(client: Client, tenant: Tenant, action: str, address: str, **fields):
    values = {"action": action, "address": address, "name": "data-alerts", "rules": ["failed"], **fields}
    return client.post(at(tenant, "/new/slack"), values)


def connected(client: Client, tenant: Tenant, slack: FakeSlack) -> Channel:
    assert connect(client, tenant, "save_untested", slack.url).status_code == 302
    with workspace_transaction(tenant.workspace_id):
        return Channel.objects.of(tenant.workspace_id).get()


def rows(tenant: Tenant, model) -> list:
    with workspace_transaction(tenant.workspace_id):
        return list(model.objects.of(tenant.workspace_id).order_by("created"))


def test_an_empty_page_says_that_nobody_is_told_and_leads_to_slack(alice):
    response = browser(alice).get(at(alice))
    assert response.status_code == 200
    assert "Nobody is told when runs fail." in words_of(response)
    assert at(alice, "/new/slack") in response.content.decode()


def test_a_test_message_shows_slacks_words_and_stores_nothing(alice, slack):
    client = browser(alice)
    slack.replies = [Reply(404, "no_service")]
    response = connect(client, alice, "test", slack.url)
    assert response.status_code == 200
    assert "Slack answered HTTP 404 no_service. The webhook was removed" in words_of(response)
    assert response["Cache-Control"] == "no-store"
    assert slack.posts[0].body["text"].startswith("TEST · ❌ example-flow / example-run failed")
    assert rows(alice, Channel) == []


def test_a_delivered_test_allows_save_and_the_address_is_not_shown_again(alice, slack):
    client = browser(alice)
    tested = connect(client, alice, "test", slack.url)
    assert "The test message was delivered" in words_of(tested)
    token = re.search(r'name="tested" value="([^"]+)"', tested.content.decode())[1]
    saved = connect(client, alice, "save", slack.url, tested=token)
    assert (saved.status_code, saved["Location"]) == (302, at(alice))
    shown = client.get(at(alice)).content.decode()
    assert slack.url not in shown
    assert "•••xxx" in shown
    assert [rule.watch["state_types"] for rule in rows(alice, Rule)] == [["FAILED", "CRASHED"]]
    assert "Nobody is told" not in shown


@pytest.mark.parametrize(
    ("_case", "address_of_test"),
    [("never tested", None), ("another address was tested", "http://127.0.0.1:1/services/T1/B1/x")],
)
def test_saving_an_untested_address_asks_first(alice, slack, _case, address_of_test):
    client = browser(alice)
    token = ""
    if address_of_test:
        tested = connect(client, alice, "test", slack.url).content.decode()
        token = re.search(r'name="tested" value="([^"]+)"', tested)[1]
    response = connect(client, alice, "save", address_of_test or slack.url, tested=token)
    assert "Save without a working test?" in words_of(response)
    assert rows(alice, Channel) == []


@pytest.mark.parametrize(
    ("_case", "address", "says"),
    [
        ("nothing", "", "Paste the webhook's address."),
        ("another host", "https://127.0.0.2.example/services/T1/B1/x", "is not Slack"),
        ("cut off", "https://hooks.slack.com/services/T1", "incomplete or not a webhook"),
        ("no address", "hello", "must begin with https://"),
    ],
)
@pytest.mark.parametrize("action", ["test", "save_untested"])
def test_a_wrong_address_is_a_422_with_the_reason(alice, _case, address, says, action):
    response = connect(browser(alice), alice, action, address)
    assert response.status_code == 422
    assert says in words_of(response)
    assert rows(alice, Channel) == []


def test_a_name_that_is_taken_or_missing_is_a_422(alice, slack):
    client = browser(alice)
    connected(client, alice, slack)
    taken = connect(client, alice, "save_untested", slack.url)
    missing = connect(client, alice, "save_untested", slack.url, name=" ")
    assert (taken.status_code, missing.status_code) == (422, 422)
    assert "There is a channel called data-alerts already." in words_of(taken)
    assert "Give the channel a name" in words_of(missing)
    assert len(rows(alice, Channel)) == 1


def test_testing_a_channel_is_a_delivery_in_slacks_words(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    slack.replies = [Reply(410, "channel_is_archived")]
    response = client.post(at(alice, f"/channels/{channel.id}/test"), follow=True)
    assert words_of(response).count("HTTP 410 channel_is_archived") == 3  # toast, channel, delivery
    assert "Disabled" in words_of(response)
    assert "Nobody is told when runs fail." in words_of(response)


def test_a_delivery_has_a_page_and_can_be_resent(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    client.post(at(alice, f"/channels/{channel.id}/test"))
    (sent,) = rows(alice, Outbox)
    page = client.get(at(alice, f"/deliveries/{sent.id}"))
    assert "TEST · ❌ example-flow / example-run failed" in words_of(page)
    assert '"Open run"' in words_of(page)
    assert sent.key in words_of(page)
    client.post(at(alice, f"/deliveries/{sent.id}/resend"), {"press": page.context["press"]})
    assert [post.body for post in slack.posts] == [slack.posts[0].body] * 2
    assert len(rows(alice, Outbox)) == 2


def test_what_a_client_named_is_text_and_not_html(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    client.post(at(alice, f"/channels/{channel.id}/test"))
    (sent,) = rows(alice, Outbox)
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    with workspace_transaction(alice.workspace_id):
        payload = {**sent.payload, "flow": evil, "flow_run": evil, "state_message": evil, "deployment": evil}
        Outbox.objects.of(alice.workspace_id).filter(id=sent.id).update(payload=payload, answer=evil)
    for path in ("", f"/deliveries/{sent.id}"):
        shown = client.get(at(alice, path)).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "&lt;script&gt;alert(1)" in shown


def test_deleting_a_channel_asks_first(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    path = at(alice, f"/channels/{channel.id}/delete")
    assert "It takes 1 policy with it that tells nobody else, and the list of its deliveries." in words_of(
        client.get(path)
    )
    assert len(rows(alice, Channel)) == 1
    client.post(path)
    assert rows(alice, Channel) == rows(alice, Rule) == []


def test_an_htmx_test_gets_the_form_alone(alice, slack):
    values = {"action": "test", "address": slack.url, "name": "x"}
    response = browser(alice).post(at(alice, "/new/slack"), values, headers={"HX-Request": "true"})
    assert response.content.decode().lstrip().startswith("<form")
    assert "The test message was delivered" in words_of(response)


def test_tests_are_limited_to_ten_a_minute(alice, slack):
    client = browser(alice)
    cache.set(f"notification-tests:{alice.user.id}", 10, 60)
    response = connect(client, alice, "test", slack.url)
    assert response.status_code == 422
    assert "ten test messages in a minute" in words_of(response)
    assert slack.posts == []


def refused_requests(channel: UUID, rule: UUID, delivery: UUID) -> list[tuple[str, dict[str, str]]]:
    return [
        ("/new/slack", {"action": "save_untested", "address": "https://hooks.slack.com/services/T1/B1/x", "name": "x"}),
        (f"/channels/{channel}/test", {}),
        (f"/channels/{channel}/delete", {}),
        (f"/policies/{rule}", {"press": "save"}),
        (f"/policies/{rule}/change", {"action": "disable"}),
        (f"/policies/{rule}/delete", {}),
        (f"/deliveries/{delivery}/resend", {}),
    ]


@pytest.mark.parametrize(("_case", "role", "status"), [("a viewer", "Viewer", 403), ("a stranger", "", 404)])
def test_who_may_not_change_notifications_changes_nothing(alice, slack, _case, role, status):
    owner = browser(alice)
    channel = connected(owner, alice, slack)
    owner.post(at(alice, f"/channels/{channel.id}/test"))
    before = [rows(alice, model) for model in (Channel, Rule, Outbox)]
    other = browser(make_member(alice, role) if role else make_tenant("http://testserver", "charlie"))
    for path, values in refused_requests(channel.id, before[1][0].id, before[2][0].id):
        assert (path, other.post(at(alice, path), values).status_code) == (path, status)
    assert [rows(alice, model) for model in (Channel, Rule, Outbox)] == before
    assert len(slack.posts) == 1
    assert other.get(at(alice)).status_code == (200 if role else 404)


def test_another_workspaces_objects_are_not_found(alice, slack):
    owner = browser(alice)
    channel = connected(owner, alice, slack)
    owner.post(at(alice, f"/channels/{channel.id}/test"))
    before = [rows(alice, model) for model in (Channel, Rule, Outbox)]
    charlie = make_tenant("http://testserver", "charlie")
    other = browser(charlie)
    for path, values in refused_requests(channel.id, before[1][0].id, before[2][0].id)[1:]:
        assert (path, other.post(at(charlie, path), values).status_code) == (path, 404)
    assert other.get(at(charlie, f"/deliveries/{before[2][0].id}")).status_code == 404
    assert [rows(alice, model) for model in (Channel, Rule, Outbox)] == before
    assert len(slack.posts) == 1


@pytest.mark.parametrize("path", ["/channels/{0}/test", "/policies/{0}/change", "/deliveries/{0}/resend"])
def test_what_changes_something_is_not_a_link(alice, path):
    assert browser(alice).get(at(alice, path.format(uuid4()))).status_code == 405


def test_a_visitor_is_asked_to_sign_in(alice):
    response = Client().get(at(alice))
    assert (response.status_code, response["Location"].partition("?")[2]) == (302, f"next={at(alice)}")


def test_the_list_ends_after_fifty_deliveries(alice, slack):
    assert deliveries.LISTED == 50
    client = browser(alice)
    channel = connected(client, alice, slack)
    client.post(at(alice, f"/channels/{channel.id}/test"))
    (sent,) = rows(alice, Outbox)
    with workspace_transaction(alice.workspace_id):
        for number in range(55):
            Outbox.objects.create(
                workspace_id=alice.workspace_id,
                key=f"test:{number}",
                channel_id=channel.id,
                payload=sent.payload,
                next_attempt=sent.next_attempt,
                delivered=sent.delivered,
                attempts=1,
            )
    assert client.get(at(alice)).content.decode().count(at(alice, "/deliveries/")) == 50


def test_every_page_says_that_a_channel_was_disabled_until_it_works(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    slack.replies = [Reply(404, "no_service")]
    client.post(at(alice, f"/channels/{channel.id}/test"))
    home = f"/w/{alice.account.handle}/{alice.workspace.handle}/"
    assert "Messages do not arrive data-alerts was disabled" in words_of(client.get(home, follow=True))
    client.post(at(alice, f"/channels/{channel.id}/test"))
    assert "Messages do not arrive" not in words_of(client.get(home, follow=True))
