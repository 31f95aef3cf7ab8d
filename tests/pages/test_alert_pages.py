"""Alerts where people look: on the page of a run, on their own page, and on Home. Without JavaScript."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from controlplane.sql.transactions import open_cursor, workspace_transaction
from notifications.models import Alert, AlertRun, Outbox
from notifications.services import channels
from tests.pages.test_channel_pages import opened_alert
from tests.pages.test_live import Ear, follow
from tests.pages.test_notifications import alice, at, browser, connected, rows, slack, words_of
from tests.visitor import visit_as
from tests.visitor import words_of as read_words
from tests.world import Tenant, make_flow_run, make_member, make_tenant, set_state

__all__ = ["alice", "slack"]


def told_tenant(tenant: Tenant, slack) -> UUID:
    """A channel that hears of failures, with the running server."""
    with workspace_transaction(tenant.workspace_id):
        made = channels.create_channel(
            tenant.workspace_id, kind="slack", name="data-alerts", settings={"url": slack.url}
        )
    watch = {"state_types": ["FAILED"]}
    body = {"name": "Failures", "channel_ids": [str(made.id)], "watch": watch}
    tenant.ok("POST", "/notification_policies", body)
    return made.id


def test_the_page_of_a_run_says_by_itself_who_was_told_that_it_failed(tenant, slack):
    told_tenant(tenant, slack)
    run = make_flow_run(tenant, "RUNNING")
    page = f"{tenant.ui_url}/runs/{run['id']}"
    assert "Who was told" not in visit_as(tenant).get(page).text
    with follow(tenant, f"/runs/{run['id']}/live?tab=none") as response:
        ear = Ear(response)
        set_state(tenant, run["id"], "FAILED", message="ValueError: no")
        ear.until("run-parts", "Delivered")
    visitor = visit_as(tenant)
    with workspace_transaction(tenant.workspace_id):
        (alert,), (message,) = Alert.objects.of(tenant.workspace_id), Outbox.objects.of(tenant.workspace_id)
    shown = visitor.get(page)
    assert f"notifications/alerts/{alert.id}" in shown.text
    assert f"notifications/deliveries/{message.id}" in shown.text
    assert "Open" in read_words(shown)
    assert "Delivered First message data-alerts" in read_words(shown)
    of_alert = read_words(visitor.get(f"{tenant.ui_url}/notifications/alerts/{alert.id}"))
    assert f"Runs 1 Run Then Now Since Last Events {run['name']} Failed Failed" in of_alert
    assert "First message" in of_alert


@pytest.mark.parametrize(
    ("_case", "seconds", "role", "words"),
    [
        ("nobody wants to hear of it", 60, "", "Nobody was told: no policy that is on wants to hear of this run."),
        ("it is not decided yet", 0, "", ""),
        ("a worker may not see who is told", 60, "Worker", ""),
    ],
)
def test_a_failed_run_that_nobody_hears_of_says_so(tenant, _case, seconds, role, words):
    run = make_flow_run(tenant, "FAILED")
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    with workspace_transaction(tenant.workspace_id):
        open_cursor().execute(
            "UPDATE flow_run SET state_timestamp = %s WHERE workspace_id = %s AND id = %s",
            [then, tenant.workspace_id, run["id"]],
        )
    person = make_member(tenant, role) if role else tenant
    shown = read_words(visit_as(person).get(f"{tenant.ui_url}/runs/{run['id']}"))
    assert ("Nobody was told" in shown, words in shown) == (bool(words), True)


def runs_of_alert(tenant: Tenant, alert: Alert, count: int) -> None:
    now = datetime.now(UTC)
    with workspace_transaction(tenant.workspace_id):
        for number in range(count):
            AlertRun.objects.create(
                workspace_id=tenant.workspace_id, alert_id=alert.id, flow_run_id=uuid4(), flow_run=f"run-{number}",
                state_type="FAILED", state_name="Failed", first_event=now, last_event=now + timedelta(seconds=number),
            )  # fmt: skip


def test_the_runs_of_an_alert_are_listed_in_pages_and_those_that_are_gone_are_named(alice, slack):
    client = browser(alice)
    alert = opened_alert(alice, connected(client, alice, slack))
    runs_of_alert(alice, alert, 53)
    path = at(alice, f"/alerts/{alert.id}")
    first, second = client.get(path), client.get(f"{path}?page=2")
    assert "Runs 53" in words_of(first)
    assert [f"run-{number} deleted" in words_of(first) for number in (52, 3, 2)] == [True, True, False]
    assert [f"run-{number} deleted" in words_of(second) for number in (3, 2, 0)] == [False, True, True]
    assert ('href="?page=2"' in first.content.decode(), 'href="?page=1"' in second.content.decode()) == (True, True)
    stranger = browser(make_tenant("http://testserver", "charlie"))
    assert stranger.get(path).status_code == 404


def test_an_alert_says_who_silenced_it_and_until_when(alice, slack):
    client = browser(alice)
    alert = opened_alert(alice, connected(client, alice, slack))
    path = at(alice, f"/alerts/{alert.id}")
    for _ in range(2):
        assert client.post(f"{path}/change", {"action": "snooze", "hours": "4"}).status_code == 302
    (kept,) = rows(alice, Alert)
    assert (kept.snoozed_by, kept.snoozed_until - kept.snoozed) == (str(alice.user), timedelta(hours=4))
    assert f"{alice.user} silenced it" in words_of(client.get(path))
    client.post(f"{path}/change", {"action": "acknowledge"})
    shown = words_of(client.get(path))
    assert f"{alice.user} acknowledged it" in shown
    client.post(f"{path}/change", {"action": "resolve"})
    assert f"Resolved By {alice.user}" in words_of(client.get(path))
