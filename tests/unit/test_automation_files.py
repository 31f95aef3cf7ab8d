"""Automations as people paste them: JSON and YAML, and the line of what is wrong."""

import time

import pytest

from automations.forms.files import PasteForm, draft_of_paste
from automations.rules.files import LONGEST, Unreadable, find_line, read_automation, to_yaml
from tests.unit.test_automation_sentences import NO_CHOICES

WHOLE = """\
name: it
trigger:
  type: event
  posture: Reactive
  expect: [a]
actions:
  - type: do-nothing
"""
AS_JSON = '{"name": "it", "trigger": {"type": "event", "posture": "Reactive"}, "actions": []}'


def pasted(text: str) -> tuple[object, list[str]]:
    form = PasteForm({"pasted": text})
    draft = draft_of_paste(form, NO_CHOICES)
    return draft, form.errors.get("pasted", [])


@pytest.mark.parametrize(
    ("_case", "text", "inside"),
    [
        ("yaml", WHOLE, ()),
        ("json", AS_JSON, ()),
        ("what inspect prints", f"[{AS_JSON}]", (0,)),
        ("a file of one", "automations:\n- " + WHOLE.replace("\n", "\n  "), ("automations", 0)),
        ("yaml that begins like json", "{name: it, trigger: {type: event, posture: Reactive}, actions: []}", ()),
        ("with what the server says", WHOLE + "id: 3\ncreated: 2026-01-01T00:00:00Z\nowner_resource: null\n", ()),
    ],
)
def test_one_automation_is_read_wherever_it_stands(_case, text, inside):
    value, place = read_automation(text)
    assert (value["name"], sorted(value), place) == ("it", ["actions", "name", "trigger"], inside)
    assert pasted(text)[1] == []


@pytest.mark.parametrize(
    ("_case", "text", "words"),
    [
        ("json that stops", '{"name": "x",\n "trigger": {\n', "Line 3: Expecting property name"),
        ("yaml out of line", "name: x\ntrigger:\n  type: event\n posture: Reactive\n", "Line 4: "),
        ("a tab", "name: x\n\ttrigger: 1\n", "Line 2: found character '\\t' that cannot start any token."),
        ("a tag that makes things", "name: !!python/object:os.system x\n", "Line 1: could not determine a constructor"),
        ("an alias", "a: &a [1]\nb: *a\n", "Line 2: aliases (*name) are not read."),
        ("several", f"[{AS_JSON}, {AS_JSON}]", "Paste one automation: this holds 2."),
        ("a number", "7", "This is no automation"),
        ("nothing", "", "This is no automation"),
        ("too deep", "[" * 5000, "This is nested too deeply."),
        ("a wrong posture", WHOLE.replace("Reactive", "Lazy"), "Line 4: trigger"),
        ("a missing field", WHOLE.replace("  posture: Reactive\n", ""), "Line 2: trigger"),
        ("in a list", "- " + WHOLE.replace("\n", "\n  ").replace("do-nothing", "do-more"), "Line 7: actions.0"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(_case, text, words):
    draft, errors = pasted(text)
    assert draft is None
    assert words in " ".join(errors), errors


def test_a_text_that_is_too_long_is_not_read():
    with pytest.raises(Unreadable, match="longer than"):
        read_automation("x" * (LONGEST + 1))


def test_the_longest_text_is_read_in_a_moment():
    began = time.process_time()
    with pytest.raises(Unreadable):
        read_automation("- [a]\n" * (LONGEST // 6))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "name", ["plain", "yes", "2026-01-01", "a: b", "two\nlines\n", " edges ", "ü – 漢", "{{ x }}", "null", "1e3"]
)
def test_yaml_keeps_texts_as_they_are(name):
    value = {"name": name, "trigger": {"type": "event", "posture": "Reactive"}, "actions": [], "tags": [name]}
    assert read_automation(to_yaml(value))[0] == value


def test_what_was_pasted_comes_out_as_the_same_file():
    draft, errors = pasted(WHOLE)
    assert errors == []
    assert draft.when.kind == "event"
    value, _ = read_automation(WHOLE)
    again = PasteForm({"pasted": to_yaml(value)})
    assert draft_of_paste(again, NO_CHOICES).when.initial == draft.when.initial


def test_a_line_that_cannot_be_found_is_not_made_up():
    assert find_line("a: [1, 2]\nb: 3", ("b",)) == 2
    assert find_line("a: 1", ("z",)) is None
    assert find_line("{", ("a",)) is None
