"""House law that no tool checks for us."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("workspaces", "events", "blocks", "runs", "deployments", "notifications", "automations")
SOURCES = [
    path
    for folder in ("controlplane", *ROOMS)
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
NAMED_BY_DJANGO = ROOT / "controlplane" / "sql" / "engine" / "base.py"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "core", "misc"}


def test_no_file_is_over_the_limit():
    assert [str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text().splitlines()) > 400] == []


def test_no_room_has_a_drawer_for_everything():
    drawers = {path for path in SOURCES if path.stem in FORBIDDEN_NAMES} - {NAMED_BY_DJANGO}
    assert sorted(str(path.relative_to(ROOT)) for path in drawers) == []


@pytest.mark.parametrize("pattern", [r"from django\.dispatch", r"def save\(self", r"\.objects\.raw\("])
def test_what_the_house_forbids_is_not_there(pattern):
    found = [str(path.relative_to(ROOT)) for path in SOURCES if re.search(pattern, path.read_text())]
    assert found == []


def test_only_the_charts_say_what_is_safe():
    """They write SVG from numbers, and escape the words they are given."""
    found = {path.parent.name for path in SOURCES if "mark_safe(" in path.read_text()}
    assert found <= {"charts"}


def test_broad_excepts_live_only_where_they_must():
    allowed = {
        "controlplane/wire/endpoint.py",
        "controlplane/front.py",
        "controlplane/embedded",
        "controlplane/sockets",
        "controlplane/sql/transactions.py",
        "controlplane/streams",
        "controlplane/live",
        "controlplane/budget/child.py",
        "controlplane/sandbox/templates.py",
        "automations/services/executing.py",
        "deployments/services/push/following.py",
        "notifications/services/sending.py",
        "notifications/services/slack_socket.py",
    }
    found = [str(path.relative_to(ROOT)) for path in SOURCES if re.search(r"except (Base)?Exception", path.read_text())]
    assert [path for path in found if not any(path.startswith(place) for place in allowed)] == []


def test_the_map_has_a_line_for_every_room_and_floor_package():
    text = (ROOT / "docs" / "map.md").read_text()
    packages = [path.name for path in (ROOT / "controlplane").iterdir() if (path / "__init__.py").exists()]
    wanted = {*ROOMS, *(f"controlplane/{name}" for name in packages if name not in ("management",))}
    assert {name for name in wanted if f"`{name}/`" not in text} == set()


def test_every_setting_is_documented():
    sources = [ROOT / "controlplane" / "settings.py", ROOT / "controlplane" / "embedded" / "wishes.py"]
    names = {name for source in sources for name in re.findall(r'"(SIGNALBOX_[A-Z_]+)"', source.read_text())}
    text = (ROOT / "docs" / "operations.md").read_text()
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_the_repository_names_no_registry_and_no_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    hosts = re.compile(r"https?://[a-z.]*(pypi|pythonhosted|npmjs|registry\.npm|deb\.debian)\.")
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm)/[a-z]")
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".png", ".svg") or not path.is_file() or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        if hosts.search(text) or machine.search(text):
            found.append(name)
    assert found == []


def test_the_import_contracts_are_kept():
    run = subprocess.run([str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_rules_and_wire_are_pure(room):
    """They may not reach Django, the database, Redis, Celery or the clock."""
    impure = re.compile(
        r"^\s*(from|import) (django|psycopg|redis|celery|rest_framework)\b|datetime\.now\(|time\.time\(", re.MULTILINE
    )
    files = [
        path for path in SOURCES if path.is_relative_to(ROOT / room) and {"rules", "wire"} & {path.stem, *path.parts}
    ]
    assert [str(path.relative_to(ROOT)) for path in files if impure.search(path.read_text())] == []


def test_every_door_is_in_the_printed_list():
    """`make routes` prints the list; docs/routes.txt is its copy, so that a changed permission shows in review."""
    import_module("controlplane.api")
    from controlplane.wire.doors import REGISTRY

    rows = sorted((door.route, door.method, str(door.needs), door.name) for door in REGISTRY)
    printed = "".join(f"{method:6} /{route:60} {needs:32} {name}\n" for route, method, needs, name in rows)
    assert (ROOT / "docs" / "routes.txt").read_text() == printed
