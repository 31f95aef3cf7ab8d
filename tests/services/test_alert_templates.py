"""A policy's own words, rendered when a message is sent; and what its messages will look like."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from controlplane.errors import NotFound
from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.structs import BadField
from notifications.services import previews
from notifications.tasks import notify
from notifications.wire.policies import PolicyCreate, PreviewRequest, Watch
from tests.services.test_alerts import happen, headlines, make_policy, slack_channel
from tests.services.test_notifications import insert_event

HEAD = "{{ deployment.name }} broke {{ counts.events }}x: {{ state.name }}"


def test_a_policys_own_words_are_sent_with_our_facts(alice, slack):
    body = "{% for line in error.lines %}{{ line }}{% endfor %}{{ state.message }} in {{ policy.name }}"
    make_policy(alice, slack_channel(alice, slack), subject_template=HEAD, body_template=body)
    happen(alice, uuid4(), count=2)
    notify()
    assert headlines(slack) == ["nightly broke 2x: Failed"]
    blocks = slack.posts[0].body["attachments"][0]["blocks"]
    assert blocks[0]["text"]["text"] == "ValueError: Matrix is singular\nTraceback in failures"
    assert "Workspace" in blocks[1]["elements"][0]["text"]


def test_a_template_that_cannot_be_rendered_loses_nothing(alice, slack):
    endless = "{% for a in range(99) %}{% for b in range(99) %}{{ 'x' * 99999 }}{% endfor %}{% endfor %}"
    make_policy(alice, slack_channel(alice, slack), subject_template=HEAD, body_template=endless)
    happen(alice, uuid4())
    notify()
    assert headlines(slack) == ["❌ etl / strange-sawfly failed"]
    assert "Template *could not be rendered" in str(slack.posts[0].body)


def test_what_a_client_sends_is_never_a_template(alice, slack):
    make_policy(
        alice,
        slack_channel(alice, slack),
        subject_template="{{ deployment.name }}",
        body_template="{{ state.message }}",
    )
    labels = {"prefect.resource.id": "x", "prefect.state-type": "FAILED", "prefect.state-message": "{{ 7 * 7 }}"}
    insert_event(alice, resource=msgspec.Raw(msgspec.json.encode(labels)))
    notify()
    assert slack.posts[0].body["attachments"][0]["blocks"][0]["text"]["text"] == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("_case", "template", "words"),
    [
        ("not Jinja", "one\n{{ two", "Line 2: unexpected end of template"),
        ("an unknown name", "one\n\n{{ flow_rum.name }}", "Line 3: There is nothing called flow_rum."),
        ("too many loops", "{% for a in b %}{% endfor %}" * 11, "Contains 11 for loops."),
    ],
)
def test_a_template_that_cannot_be_is_refused_with_its_line(_case, template, words):
    with pytest.raises(BadField) as refused:
        PolicyCreate(name="x", watch=Watch(state_types=["FAILED"]), channel_ids=[uuid4()], body_template=template)
    assert refused.value.field == "body_template"
    assert str(refused.value).startswith(words)


def test_a_preview_shows_a_sample_in_every_layout(alice):
    now = datetime.now(UTC)
    with workspace_transaction(alice.workspace_id):
        shown = previews.preview(
            alice.workspace_id, PreviewRequest(subject_template=HEAD, count=3), account="a", handle="w", now=now
        )
        with pytest.raises(NotFound):
            previews.preview(alice.workspace_id, PreviewRequest(flow_run_id=uuid4()), account="a", handle="w", now=now)
    assert shown.headline == "nightly broke 3x: Failed"
    assert ["Parameters", "api_token=•••, day=2026-01-31"] in shown.facts
    assert shown.text.startswith("nightly broke 3x: Failed\n")
    assert shown.slack["blocks"][0]["text"]["text"] == "*nightly broke 3x: Failed*"
    assert "hidden" not in str(shown)
