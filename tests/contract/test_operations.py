"""Which of Prefect's operations we answer: the document says it, and it is as the doors are."""

from importlib import import_module
from pathlib import Path

from controlplane.management.commands.wire_map import (
    describe,
    describe_rules,
    doors_of,
    read_operations,
    read_rules,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "wire.md"


def test_the_document_is_what_the_doors_are():
    import_module("controlplane.api")
    written = describe(read_operations()) + describe_rules(read_rules())
    assert DOCUMENT.read_text() == written, "manage.py wire_map > docs/wire.md"


def test_every_operation_that_clients_call_in_a_run_has_a_door():
    import_module("controlplane.api")
    first = ("flows", "flow_runs", "task_runs", "flow_run_states", "task_run_states", "logs", "saved_searches")
    missing = [
        f"{method} {path}"
        for method, path in read_operations()
        if path.strip("/").split("/")[0] in first and not doors_of(method, path)
    ]
    assert missing == []


def test_no_operation_is_listed_twice():
    operations = read_operations()
    assert len(operations) == len(set(operations)) == 187
