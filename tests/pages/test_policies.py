"""The editor of policies, as a signed-in person uses it, without JavaScript."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Alert, Outbox, Rule
from notifications.rules.starting_points import STARTING_POINTS
from notifications.services import matching, policies
from notifications.wire.policies import PolicyCreate
from runs.models import Flow
from tests.fakes.slack import Reply
from tests.pages.test_automations import fields_of
from tests.pages.test_notifications import alice, at, browser, connected, rows, slack, words_of
from tests.services.test_notifications import insert_event
from tests.world import make_member

__all__ = ["alice", "slack"]

HOUR = timedelta(hours=1)


@pytest.fixture
def channel(alice, slack):
    """A channel with one policy, that of failed runs."""
    return connected(browser(alice), alice, slack)


def form_of(client, path: str, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the page's form."""
    html = client.get(path).content.decode().replace('id="policy-form"', 'id="builder-form"')
    sent = fields_of(html) | {"shown_for": []}
    return {**sent, **changed}


def press(client, path: str, what: str, **changed: Any):
    return client.post(path, {**form_of(client, path, **changed), "press": what})


def make(alice, channel, **fields: Any) -> UUID:
    body = msgspec.convert({"name": "made", "channel_ids": [str(channel.id)], **fields}, PolicyCreate)
    with workspace_transaction(alice.workspace_id):
        return policies.create_policy(alice.workspace_id, body, now=datetime.now(UTC)).id


def read(alice, id: UUID) -> dict[str, Any]:
    with workspace_transaction(alice.workspace_id):
        return msgspec.to_builtins(policies.read_policy(alice.workspace_id, id))


@pytest.mark.parametrize("point", STARTING_POINTS, ids=lambda point: point.key)
def test_a_policy_starts_from_plain_words_and_is_saved_as_it_is_shown(alice, channel, point):
    client = browser(alice)
    path = at(alice, f"/policies/new?from={point.key}")
    saved = press(client, path, "save")
    assert (saved.status_code, saved["Location"]) == (302, at(alice)), words_of(saved)
    made = read(alice, rows(alice, Rule)[-1].id)
    assert (made["name"], made["channel_ids"], made["severity"]) == (point.name, [str(channel.id)], point.severity)
    assert made["watch"] == msgspec.to_builtins(point.watch)
    assert (made["enabled"], made["resolve"], made["group"]["window_seconds"]) == (True, point.resolve, 900)


EVERYTHING = {
    "severity": "critical", "enabled": False,
    "watch": {
        "state_types": ["CRASHED", "SCHEDULED"], "state_names": ["Late", "AwaitingRetry", "my, own"],
        "kinds": ["run-too-long", "sla-violation"], "longer_than_minutes": 90, "tags": ["prod", "a b"],
        "match_tags": "all", "deployment_ids": [str(uuid4())], "flow_ids": [str(uuid4())],
        "work_pools": ["gpu-*"], "names": ["etl-*", "<b>"],
    },
    "group": {"by": "tag", "window_seconds": 95, "close_after_minutes": 61}, "dedupe_seconds": 0,
    "digest": {"daily_at": "07:30", "time_zone": "Europe/Berlin"}, "reminder_minutes": 45, "resolve": "none",
    "quiet_hours": {"start": "20:00", "end": "06:15", "time_zone": "Asia/Tokyo", "days": [1, 5],
                    "holds_critical": True},
    "most_per_hour": None, "subject_template": "{{ flow.name }}!", "body_template": "one\n\n  two {{ error.text }}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "fields"),
    [
        ("as it comes", {"watch": {"state_types": ["FAILED"]}}),
        ("everything", EVERYTHING),
        ("a digest every so often", {**EVERYTHING, "digest": {"every_minutes": 30}, "quiet_hours": None}),
        ("a state of the client's own", {"watch": {"state_types": ["MADE UP"], "state_names": ["X"]}}),
    ],
)
def test_saving_what_was_not_touched_changes_nothing(alice, channel, _case, fields):
    others = {
        "escalation": {"after_minutes": 30, "channel_id": str(channel.id)},
        "fallback_channel_id": str(channel.id),
    }
    id = make(alice, channel, **fields, **(others if _case == "everything" else {}))
    before, path = read(alice, id), at(alice, f"/policies/{id}")
    saved = press(browser(alice), path, "save")
    assert saved.status_code == 302, words_of(saved)
    assert {**read(alice, id), "updated": ""} == {**before, "updated": ""}


@pytest.mark.parametrize(
    ("_case", "changed", "field", "words"),
    [
        ("nothing to be told of", {"states": []}, "states", "Choose at least one state or kind"),
        ("nobody to tell", {"channels": []}, "channels", "Choose at least one channel."),
        ("no name", {"name": " "}, "name", "Give the policy a name."),
        ("too long, but how long", {"kinds": ["run-too-long"]}, "longer_than", "Say after how many minutes"),
        ("a length that is none", {"window": "soon"}, "window", "Write a length of time"),
        ("a length over the limit", {"window": "2 d"}, "window", "less than or equal to 86400"),
        ("half a minute", {"reminder": "90 s"}, "reminder", "In whole minutes."),
        ("no such zone", {"quiet": "on", "quiet_zone": "Mars/Base"}, "quiet_zone", "is not a time zone"),
        ("no such time", {"quiet": "on", "quiet_start": "26:00"}, "quiet_start", "Write a time of day as HH:MM"),
        ("quiet from nothing", {"quiet": "on", "quiet_end": ""}, "quiet_end", "Say when."),
        ("quiet on no day", {"quiet": "on", "quiet_days": []}, "quiet_days", "Choose at least one day."),
        ("a digest without a time", {"digest": "daily", "digest_at": ""}, "digest_at", "Say when."),
        ("a digest every", {"digest": "every"}, "digest_every", "Give either every_minutes or daily_at."),
        ("escalation to nobody", {"escalate_after": "10 min"}, "escalate_to", "Choose whom to tell."),
        ("no limit at all", {"most_per_hour": "0"}, "most_per_hour", "greater than or equal to 1"),
        ("an unknown name", {"subject_template": "{{ nope }}"}, "subject_template", "There is nothing called nope."),
        ("no template", {"body_template": "a\n{% for"}, "body_template", "Line 2:"),
        ("another workspace's channel", {"fallback": str(uuid4())}, "fallback", "Select a valid choice."),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_is_stored(alice, channel, _case, changed, field, words):
    before = rows(alice, Rule)
    path = f"/policies/{before[0].id}" if field == "window" else "/policies/new"
    response = press(browser(alice), at(alice, path), "save", **changed)
    assert response.status_code == 422
    found = response.context["form"].errors
    assert list(found) == [field]
    assert words in found[field][0]
    assert f'id="id_{field}_error"' in response.content.decode()
    assert [(row.id, row.updated) for row in rows(alice, Rule)] == [(row.id, row.updated) for row in before]


def test_a_template_is_faulted_beside_other_fields(alice, channel):
    wrong = {"name": "", "window": "soon", "subject_template": "{{ nope }}"}
    found = press(browser(alice), at(alice, "/policies/new"), "save", **wrong).context["form"].errors
    assert list(found) == ["window", "name", "subject_template"]
    assert len(rows(alice, Rule)) == 1


def test_preview_says_shows_and_counts_and_stores_nothing(alice, channel, slack):
    client, path = browser(alice), at(alice, "/policies/new")
    # Of two policies the worker of a running server would carry out the one that is stored.
    client.post(at(alice, f"/policies/{rows(alice, Rule)[0].id}/change"), {"action": "disable"})
    for _ in range(3):
        insert_event(alice)
    own = {"subject_template": "LOOK {{ flow.name }}", "body_template": "{{ error.text }}", "group_by": "none"}
    response = press(client, path, "preview", most_per_hour="2", quiet="on", **own)
    words = words_of(response)
    assert response.status_code == 200
    assert "When a run fails or crashes, tell data-alerts." in words
    assert "Quiet from 22:00 to 07:00 (UTC), unless critical." in words
    assert "Would have sent" in words
    assert "3 events in 3 alerts" in words
    assert "LOOK example-flow" in words
    assert "&quot;LOOK example-flow" in response.content.decode()  # the payload, as Slack would have it
    assert (len(rows(alice, Rule)), rows(alice, Outbox), slack.posts) == (1, [], [])


def test_the_live_pane_is_a_fragment_with_the_faults_for_the_form(alice, channel):
    client, path = browser(alice), at(alice, "/policies/new")
    sent = form_of(client, path, subject_template="{{ 1 / 0 }}")
    response = client.post(f"{path}?pane=1", sent, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert (response.status_code, "<form" in html) == (200, False)
    assert 'id="fault-subject_template" class="policy-fault" hx-swap-oob="true"><p class="field-error">' in html
    assert "ZeroDivisionError" in words_of(response)
    missing = client.post(f"{path}?pane=1", {**sent, "channels": [], "subject_template": ""})
    assert "Not complete yet: Channels:" in words_of(missing)
    shown = press(client, path, "preview", subject_template="{{ 1 / 0 }}")
    assert (shown.status_code, "ZeroDivisionError" in str(shown.context["form"].errors)) == (422, True)


def test_a_test_message_has_the_words_that_are_not_saved_yet(alice, channel, slack):
    client, path = browser(alice), at(alice, "/policies/new")
    response = press(client, path, "test", subject_template="LOOK {{ flow.name }}", name="")
    assert "The test message was delivered" in words_of(response)
    assert [post.body["text"].partition(":")[0] for post in slack.posts] == ["TEST · LOOK example-flow"]
    assert [row.delivered is not None for row in rows(alice, Outbox)] == [True]
    slack.replies = [Reply(404, "no_service")]
    assert "HTTP 404 no_service" in words_of(press(client, path, "test"))
    assert press(client, path, "test", body_template="{{ nope").status_code == 422
    assert (len(slack.posts), len(rows(alice, Rule))) == (2, 1)


def test_the_list_says_each_policy_and_pauses_mutes_clones_and_deletes(alice, channel):
    client = browser(alice)
    (rule,) = rows(alice, Rule)
    page = at(alice, f"/policies/{rule.id}")
    assert "When a run fails or crashes, tell data-alerts." in words_of(client.get(at(alice)))
    assert client.post(f"{page}/change", {"action": "disable"})["Location"] == at(alice)
    assert "Nobody is told when runs fail." in words_of(client.get(at(alice)))
    assert client.post(f"{page}/change", {"action": "enable", "back": "policy"})["Location"] == page
    began = datetime.now(UTC)
    client.post(f"{page}/change", {"action": "mute", "hours": "8"})
    (muted,) = rows(alice, Rule)
    assert began + 8 * HOUR <= muted.muted_until <= datetime.now(UTC) + 8 * HOUR
    assert "Muted" in words_of(client.get(at(alice)))
    assert "Silent; that ends" in words_of(client.get(page))
    until = (began + 30 * HOUR).replace(second=0, microsecond=0)
    client.post(f"{page}/change", {"action": "mute", "hours": "", "until": f"{until:%Y-%m-%dT%H:%M}"})
    assert rows(alice, Rule)[0].muted_until == until
    for wrong in ({"hours": "7"}, {"until": "2020-01-01T00:00"}, {"until": "9999-12-31T23:59"}, {"until": "x"}, {}):
        client.post(f"{page}/change", {"action": "mute", **wrong})
        assert rows(alice, Rule)[0].muted_until == until
    client.post(f"{page}/change", {"action": "unmute"})
    assert (rows(alice, Rule)[0].muted_until, rows(alice, Rule)[0].enabled) == (None, True)
    copy = press(client, at(alice, f"/policies/new?copy={rule.id}"), "save")
    assert copy.status_code == 302
    assert [(row.name, row.watch) for row in rows(alice, Rule)] == [
        (rule.name, rule.watch), (f"{rule.name} (copy)", rule.watch),
    ]  # fmt: skip
    assert "Its alerts go with it" in words_of(client.get(f"{page}/delete"))
    assert len(rows(alice, Rule)) == 2
    assert client.post(f"{page}/delete")["Location"] == at(alice)
    assert [row.name for row in rows(alice, Rule)] == [f"{rule.name} (copy)"]


def test_a_policy_made_in_the_editor_is_quiet_when_it_should_be(alice, channel, slack):
    """Made with every hour of the day quiet: what happens is an alert that is held, and no message."""
    client = browser(alice)
    client.post(at(alice, f"/policies/{rows(alice, Rule)[0].id}/delete"))
    quiet = {"quiet": "on", "quiet_start": "00:00", "quiet_end": "00:00"}
    assert press(client, at(alice, "/policies/new"), "save", **quiet).status_code == 302
    insert_event(alice)
    matching.match_new_events()
    (alert,) = rows(alice, Alert)
    assert (alert.count, alert.told, alert.held, rows(alice, Outbox)) == (1, 0, True, [])


def test_what_a_policy_watches_is_named_however_much_there_is(alice, channel):
    with workspace_transaction(alice.workspace_id):
        flows = Flow.objects.bulk_create(
            Flow(workspace_id=alice.workspace_id, name=f"flow-{number:03}") for number in range(501)
        )
    last, gone = flows[-1].id, uuid4()
    watch = {"state_types": ["FAILED"], "flow_ids": [str(last), str(gone)]}
    client, made = browser(alice), make(alice, channel, watch=watch)
    for path in (f"/policies/{made}", f"/policies/new?copy={made}"):
        words = words_of(client.get(at(alice, path)))
        assert (f"flow-500 {gone} (gone) flow-000" in words, "flow-499" in words) == (True, True)


def test_a_viewer_sees_a_policy_and_changes_nothing(alice, channel):
    (rule,) = rows(alice, Rule)
    other = browser(make_member(alice, "Viewer"))
    page = other.get(at(alice, f"/policies/{rule.id}"))
    assert page.status_code == 200
    assert "this needs the Developer role" in words_of(page)
    assert (b"hx-post" in page.content.partition(b'id="pane"')[2], b'name="press"' in page.content) == (False, False)
    assert page.content.count(b"disabled") > 20
    assert "When a run fails or crashes" in words_of(page)
    for path, values in (("", {"press": "save"}), ("?pane=1", {}), ("/change", {"action": "mute", "hours": "1"}),
                         ("/delete", {})):  # fmt: skip
        assert other.post(at(alice, f"/policies/{rule.id}{path}"), values).status_code == 403
    assert other.get(at(alice, "/policies/new")).status_code == 403
    (after,) = rows(alice, Rule)
    assert (after.updated, after.muted_until) == (rule.updated, None)


def test_what_people_write_is_text_and_not_html(alice, channel):
    evil = "<script>alert(1)</script>"
    id = make(alice, channel, name=evil, watch={"state_types": ["FAILED"], "tags": [evil], "state_names": [evil]},
              subject_template=evil, body_template=evil)  # fmt: skip
    client = browser(alice)
    for path in ("", f"/policies/{id}", f"/policies/{id}/delete", f"/policies/new?copy={id}"):
        assert b"<script>alert" not in client.get(at(alice, path)).content


def test_without_a_channel_the_page_says_so(alice):
    response = browser(alice).get(at(alice, "/policies/new"))
    assert "There is no channel yet" in words_of(response)
    for wrong in ("copy=x", f"copy={uuid4()}", "from=nope", "channel=1"):
        assert browser(alice).get(at(alice, f"/policies/new?{wrong}")).status_code in (200, 404)
