"""What is refused of an automation, and which ones older clients can read."""

import pytest
from msgspec import convert

from automations.rules.checking import INFERRED_LOOP, SELECTED_LOOP, find_loop
from automations.rules.older_clients import fits_2, fits_client
from automations.rules.templates import find_fault
from automations.wire.actions import Action, CallWebhook
from automations.wire.triggers import Trigger

INFERRED = {"type": "run-deployment", "source": "inferred"}
SELECTED = {"type": "run-deployment", "deployment_id": "00000000-0000-0000-0000-000000000001"}
RESUME = {"type": "resume-flow-run"}
ANY_RUN = {"prefect.resource.id": ["prefect.flow-run.*"]}
ONE_FLOW = {"prefect.resource.id": "prefect.flow.x"}


def event(*expect, **fields):
    return {"type": "event", "posture": "Reactive", "expect": list(expect), **fields}


def sequence(*triggers):
    return {"type": "sequence", "within": 1, "triggers": list(triggers)}


RUNS = event("prefect.flow-run.Running", "x")


@pytest.mark.parametrize(
    ("_case", "trigger", "action", "loop"),
    [
        ("inferred", RUNS, INFERRED, INFERRED_LOOP),
        ("inferred, however narrow", {**RUNS, "match_related": ONE_FLOW}, INFERRED, INFERRED_LOOP),
        ("selected", RUNS, SELECTED, SELECTED_LOOP),
        ("selected by every run", {**RUNS, "match": ANY_RUN}, SELECTED, SELECTED_LOOP),
        ("selected, related wide once", {**RUNS, "match_related": [ONE_FLOW, {}]}, SELECTED, SELECTED_LOOP),
        ("selected, matched narrowly", {**RUNS, "match": {**ANY_RUN, "a": "b"}}, SELECTED, None),
        ("selected, related narrowly", {**RUNS, "match_related": ONE_FLOW}, SELECTED, None),
        ("a pattern of all states", event("prefect.flow-run.*"), INFERRED, INFERRED_LOOP),
        ("a state that a run need not reach", event("prefect.flow-run.Failed"), INFERRED, None),
        ("something else", event("x"), INFERRED, None),
        ("absence", {**RUNS, "posture": "Proactive"}, INFERRED, None),
        ("one of several", sequence(RUNS), INFERRED, None),
        ("another action", RUNS, {"type": "cancel-flow-run"}, None),
    ],
)
def test_an_automation_that_triggers_itself_is_found(_case, trigger, action, loop):
    read, actions = convert(trigger, Trigger), [convert(action, Action)]
    assert find_loop(enabled=True, trigger=read, actions=actions) == loop
    assert find_loop(enabled=False, trigger=read, actions=actions) is None


@pytest.mark.parametrize(
    ("_case", "source", "line", "message"),
    [
        ("unfinished", "a\nb {{ c", 2, "unexpected end of template, expected 'end of print statement'."),
        ("eleven loops", "{% for i in a %}{% endfor %}" * 11, 0,
         "Contains 11 for loops. Templates can contain no more than 10 for loops."),
        ("three deep", "{% for i in a %}" * 3 + "{% endfor %}" * 3, 0,
         "Contains nested for loops at a depth of 3. Templates can nest for loops no more than 2 loops deep."),
        ("too long", "{{ a }}" + " " * 65_530, 0, "Templates can contain no more than 65536 characters."),
        ("too deep", "{{ " + "(" * 9000 + ")" * 9000 + " }}", 0, "Templates can not be nested this deeply."),
    ],
)  # fmt: skip
def test_a_template_has_limits(_case, source, line, message):
    fault = find_fault(source)
    assert (fault.line, fault.message, fault.source) == (line, message, source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "plain",
        "}} %}",
        "{{ a.b.c }}",
        "{{ a | unknown }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% for i in a %}{% endfor %}" * 10,
    ],
)
def test_a_sound_template_has_no_fault_and_is_not_rendered(source):
    assert find_fault(source) is None


@pytest.mark.parametrize(
    ("_case", "trigger", "actions", "fits"),
    [
        ("an old one", event("x"), [INFERRED], True),
        ("an action of 3.x", event("x"), [INFERRED, RESUME], False),
        ("several sets of related labels", event("x", match_related=[ONE_FLOW]), [INFERRED], False),
        ("several, deep inside", sequence(event("y"), sequence(event("x", match_related=[]))), [INFERRED], False),
    ],
)
def test_clients_of_2_are_spared_what_they_cannot_read(_case, trigger, actions, fits):
    assert fits_2(convert(trigger, Trigger), convert(actions, list[Action])) is fits


@pytest.mark.parametrize(
    ("_case", "action", "fits"),
    [
        ("one of theirs", {"type": "declare-incident"}, True),
        ("an e-mail", {"type": "send-email-notification", "emails": ["a@example.com"], "body": ""}, False),
        ("a schedule", {"type": "resume-schedule", "schedule_id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}, False),
    ],
)
def test_python_clients_are_spared_actions_of_cloud_only(_case, action, fits):
    given = convert(event("x"), Trigger), convert([action], list[Action])
    assert fits_client(*given, is_2=False) is fits


def test_an_object_for_a_webhook_is_written_out():
    action = convert(
        {"type": "call-webhook", "block_document_id": SELECTED["deployment_id"], "payload": {"a": [1]}}, Action
    )
    assert isinstance(action, CallWebhook)
    assert action.payload == '{\n  "a": [\n    1\n  ]\n}'
