import re
from pathlib import Path

import pytest

from controlplane.ui import shell, states

STATIC = Path(states.__file__).parent / "static" / "ui"
ALL = [*states.TYPES.values(), *states.NAMES.values(), *states.STATUSES.values(), states.WITHOUT]


@pytest.mark.parametrize(
    ("_case", "state_type", "name", "expected"),
    [
        ("the type's own name", "FAILED", "Failed", ("failed", "cross", "Failed")),
        ("no name", "RUNNING", None, ("running", "play", "Running")),
        ("late has its own colour", "SCHEDULED", "Late", ("late", "clock-alert", "Late")),
        ("a slot", "SCHEDULED", "AwaitingConcurrencySlot", ("scheduled", "hourglass", "Waiting for slot")),
        ("submitting", "PENDING", "Submitting", ("pending", "upload", "Starting infrastructure")),
        ("a user's own name", "COMPLETED", "Shipped", ("completed", "check", "Shipped")),
        ("a known name of another type", "FAILED", "Late", ("failed", "cross", "Late")),
        ("no state", None, None, ("cancelled", "ring", "No state")),
        ("a type from the future", "DREAMING", "Dreaming", ("cancelled", "ring", "Dreaming")),
    ],
)
def test_a_state_has_colour_icon_and_word(_case, state_type, name, expected):
    found = states.look(state_type, name)
    assert (found.key, found.icon, found.word) == expected


def test_every_icon_of_a_state_is_drawn():
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    assert {look.icon for look in ALL} - drawn == set()


def test_every_state_has_its_colours():
    coloured = set(re.findall(r'\[data-state="([\w-]+)"\]', (STATIC / "css" / "states.css").read_text()))
    assert {look.key for look in ALL} - coloured == set()


@pytest.mark.parametrize(
    ("_case", "path", "section", "title"),
    [
        ("home itself", "/w/acme/prod/", "", "Home"),
        ("a page", "/w/acme/prod/runs", "", "Runs"),
        ("a page below", "/w/acme/prod/runs/1/logs", "", "Runs"),
        ("a page with a like name", "/w/acme/prod/runs-archive", "", None),
        ("elsewhere", "/w/acme/prod/blocks", "", None),
        ("named by the page", "/w/acme/prod/tasks/1", "Runs", "Runs"),
    ],
)
def test_one_entry_is_current(_case, path, section, title):
    groups = [
        shell.Group([shell.Entry("Home", "/w/acme/prod/", "home")]),
        shell.Group([shell.Entry("Runs", "/w/acme/prod/runs", "runs")], "More"),
    ]
    found = [entry.title for group in shell.marked(groups, path, section) for entry in group.entries if entry.current]
    assert found == ([title] if title else [])
