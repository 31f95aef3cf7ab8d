"""Which operations the differential scenarios play, and with which outcome they are meant to end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from controlplane.management.commands.wire_map import read_operations

SCENARIOS = Path(__file__).parent / "scenarios"
PARAMETER = re.compile(r"\{[^}]+\}")

NO_INPUT = "takes nothing that could be wrong; without a key it is 401 here (tests/api/test_door_matrix.py)"
ANY_WORD = "every id of a resource is one, known or not"
ACCEPTED_GAPS: dict[str, tuple[list[str], str]] = {
    "GET /admin/settings": (["success", "error"], "the settings of a server; ours are in tests/api/test_admin.py"),
    "DELETE /admin/storage": (["error"], NO_INPUT),
    "GET /admin/storage": (["error"], NO_INPUT),
    "GET /admin/version": (["error"], NO_INPUT),
    "DELETE /automations/owned-by/{resource_id}": (["error"], ANY_WORD),
    "GET /automations/related-to/{resource_id}": (["error"], ANY_WORD),
    "GET /block_capabilities/": (["success", "error"], "those of the types that happen to be installed; tests/api"),
    "POST /block_types/install_system_block_types": (["error"], NO_INPUT),
    "GET /collections/views/{view}": (["success"], "a catalogue that each release changes; tests/contract/test_cli.py"),
    "GET /csrf-token": (["success"], "there is none while CSRF is off, which both say"),
    "GET /events/filter/next": (["success"], "a token is good on its own server only; tests/api/test_events.py"),
    "GET /health": (["error"], NO_INPUT),
    "GET /hello": (["error"], NO_INPUT),
    "GET /ready": (["error"], NO_INPUT),
    "GET /version": (["error"], NO_INPUT),
}
"""Outcomes of an operation that cannot be compared, and why."""


def pattern(path: str) -> re.Pattern[str]:
    segments = ("[^/]+" if PARAMETER.search(part) else re.escape(part) for part in path.strip("/").split("/"))
    return re.compile("/".join(segments))


def steps_by_operation() -> Iterator[tuple[str, str]]:
    """Each step of every scenario: the operation, and `file: step`."""
    # Literal paths first: `/flow_runs/filter` is no run.
    operations = sorted(read_operations(), key=lambda operation: operation[1].count("{"))
    table = [(method, path, pattern(path)) for method, path in operations]
    for file in sorted(SCENARIOS.glob("*.json")):
        for step in json.loads(file.read_text()):
            method, _, address = step["call"].partition(" ")
            route = address.partition("?")[0].strip("/")
            for wanted, path, spelled in table:
                if wanted == method and spelled.fullmatch(route):
                    yield f"{method} {path}", f"{file.stem}: {step['name']}"
                    break
