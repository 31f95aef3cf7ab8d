"""The builder loses nothing: each kind of trigger and action comes back as it went in."""

import json
from datetime import datetime
from uuid import UUID

import msgspec
import pytest
from django.http import QueryDict

from automations.forms.draft import draft_of_automation, draft_of_point, draft_of_request, without_ids
from automations.forms.then import KINDS
from automations.rules.sentences import read_trigger, say
from automations.rules.starting_points import STARTING_POINTS
from automations.wire.automations import Automation, AutomationCreate
from automations.wire.triggers import Trigger
from controlplane.ids import uuid7
from controlplane.wire.lengths import format_length, parse_length

ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
NO_CHOICES = {key: [] for key in ("flow", "deployment", "pool", "queue", "schedule", "automation", "channel", "hook")}
EVENT = {"type": "event", "posture": "Reactive", "expect": ["x.y"]}
RUN = {"prefect.resource.id": "prefect.flow-run.*"}
OF = {"prefect.resource.role": "deployment", "prefect.resource.id": f"prefect.deployment.{ID}"}
TAGGED = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.prod"}
FAILED = {**EVENT, "match": RUN, "expect": ["prefect.flow-run.Failed"]}
STAYS = {
    "type": "event", "posture": "Proactive", "match": RUN, "after": ["prefect.flow-run.Running"],
    "expect": ["prefect.flow-run.*"], "for_each": ["prefect.resource.id"], "within": 90.5,
}  # fmt: skip
METRIC = {
    "type": "metric",
    "match": RUN,
    "metric": {"name": "lateness", "threshold": 5, "operator": ">=", "range": 600},
}
NOTE = {"type": "send-notification", "block_document_id": ID, "subject": "a ", "body": "\n b\nc "}


def fields_of(form) -> list[tuple[str, str]]:
    """What a browser sends of a form as it is shown."""
    sent: list[tuple[str, str]] = []
    for bound in form:
        value = bound.field.prepare_value(bound.initial) if bound.initial is not None else bound.initial
        if isinstance(value, bool):
            sent += [(bound.html_name, "on")] if value else []
        elif isinstance(value, list):
            sent += [(bound.html_name, str(one)) for one in value]
        elif value is not None:
            sent.append((bound.html_name, str(value).replace("\n", "\r\n")))
    return sent


def saved_again(automation: Automation) -> AutomationCreate:
    """The automation opened in the builder and saved without a change."""
    shown = draft_of_automation(automation, NO_CHOICES)
    return made_of(shown)


def made_of(shown) -> AutomationCreate:
    data = QueryDict(mutable=True)
    pairs = [("kind", shown.when.kind), *(("actions", form.kind) for form in shown.then)]
    for form in (shown.head, shown.when, *shown.then):
        pairs += fields_of(form)
    for key, value in pairs:
        data.appendlist(key, value)
    again = draft_of_request(data, NO_CHOICES)
    made = again.body()
    assert made is not None, [form.errors for form in (again.head, again.when, *again.then)]
    return made[0]


def automation(trigger=EVENT, actions=(), **fields) -> Automation:
    body = msgspec.convert({"name": "n", "trigger": trigger, "actions": list(actions), **fields}, AutomationCreate)
    raw = {name: msgspec.Raw(msgspec.json.encode(getattr(body, name))) for name in
           ("trigger", "actions", "actions_on_trigger", "actions_on_resolve")}  # fmt: skip
    moment = msgspec.convert("2026-01-01T00:00:00Z", type=datetime)
    return Automation(
        name=body.name, description=body.description, enabled=body.enabled, tags=body.tags, id=uuid7(),
        created=moment, updated=moment, **raw,
    )  # fmt: skip


def shape(body) -> dict:
    value = json.loads(msgspec.json.encode(body))
    value.pop("owner_resource", None)
    for name in ("id", "created", "updated"):
        value.pop(name, None)
    return {**value, "trigger": without_ids(value["trigger"])}


@pytest.mark.parametrize(
    ("_case", "trigger", "kind"),
    [
        ("run enters", FAILED, "run"),
        ("of a deployment", {**FAILED, "match_related": OF}, "run"),
        ("of a deployment with a tag", {**FAILED, "match_related": [OF, TAGGED]}, "run"),
        ("three times", {**FAILED, "threshold": 3, "within": 600}, "run"),
        ("stays", STAYS, "run"),
        ("does not enter", {**STAYS, "after": [], "expect": ["prefect.flow-run.Completed"]}, "run"),
        ("a pool", {**EVENT, "match": {"prefect.resource.id": f"prefect.work-pool.{ID}"},
                    "expect": ["prefect.work-pool.not-ready"]}, "pool"),
        ("a queue", {**EVENT, "match": {"prefect.resource.id": "prefect.work-queue.*"},
                     "expect": ["prefect.work-queue.ready"]}, "queue"),
        ("a custom event", EVENT, "event"),
        ("an event after another", {**EVENT, "after": ["a", "b"], "posture": "Proactive", "within": 20}, "event"),
        ("metric", METRIC, "metric"),
        ("metric of all", {**METRIC, "match": {}}, None),
        ("odd labels", {**EVENT, "match": {"a": ["b", "!c"]}, "match_related": [{"x": "y"}]}, None),
        ("odd for_each", {**EVENT, "for_each": ["a", "b"]}, None),
        ("compound", {"type": "compound", "require": 1, "within": None, "triggers": [FAILED, METRIC]}, None),
        ("sequence", {"type": "sequence", "within": 5, "triggers": [EVENT, {"type": "compound", "require": "any",
                      "within": 9, "triggers": [EVENT]}]}, None),
    ],
)  # fmt: skip
def test_a_trigger_comes_back_from_the_builder_as_it_was(_case, trigger, kind):
    before = automation(trigger)
    found = read_trigger(msgspec.convert(trigger, Trigger))
    assert (found.kind if found else None) == kind
    assert shape(saved_again(before)) == shape(before)


TARGETED = {"deployment_id", "work_pool_id", "work_queue_id", "automation_id"}
PLAIN = [
    {"type": kind} for kind, struct in KINDS.items()
    if not struct.__struct_fields__
]  # fmt: skip
SELECTED = [
    {"type": kind, name: ID} for kind, struct in KINDS.items() for name in TARGETED & set(struct.__struct_fields__)
]
INFERRED = [{"type": one["type"], "source": "inferred"} for one in SELECTED]
SPECIAL = [
    NOTE,
    {"type": "call-webhook", "block_document_id": ID, "payload": {"a": "{{ x }}"}},
    {"type": "change-flow-run-state", "state": "FAILED", "name": "Odd", "message": "why", "force": True},
    {"type": "change-flow-run-state", "state": "PAUSED"},
    {"type": "run-deployment", "deployment_id": ID, "parameters": {"a": [1, "{{ b }}"]}, "job_variables": {"c": 1},
     "schedule_after": 90},
    {"type": "run-deployment", "deployment_id": ID, "parameters": {}},
    {"type": "send-email-notification", "emails": ["a@example.com", "b@example.com"], "subject": "s", "body": "b\nc"},
    {"type": "pause-schedule", "schedule_id": ID},
    {"type": "resume-schedule", "schedule_id": ID},
]  # fmt: skip


def test_every_kind_of_action_comes_back_from_the_builder_as_it_was():
    actions = [*PLAIN, *SELECTED, *INFERRED, *SPECIAL]
    assert {one["type"] for one in actions} == set(KINDS)
    before = automation(
        actions=actions, actions_on_trigger=[NOTE], actions_on_resolve=SELECTED[:2], tags=["a", "b, c"],
        description=" two\nlines", enabled=False,
    )  # fmt: skip
    assert shape(saved_again(before)) == shape(before)


@pytest.mark.parametrize("point", STARTING_POINTS, ids=lambda point: point.key)
def test_each_starting_point_is_a_sound_sentence(point):
    made = made_of(draft_of_point(point, "do-nothing", NO_CHOICES))
    assert read_trigger(made.trigger) == point.sentence
    assert say(made.trigger)


@pytest.mark.parametrize(
    ("_case", "seconds", "text"),
    [("days", 172_800.0, "2 d"), ("minutes", 900.0, "15 min"), ("a fraction", 90.5, "90.5 s"), ("none", 0.0, "0 s")],
)
def test_a_length_is_written_exactly(_case, seconds, text):
    assert (format_length(seconds), parse_length(text)) == (text, seconds)
    assert UUID(ID)
