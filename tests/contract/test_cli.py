"""Every command of an unmodified Prefect 3.8 CLI that talks to the API."""

import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.client import Client
from tests.contract.commands import CHAPTERS, Step
from tests.contract.commands_cloud import CLOUD_CHAPTERS
from tests.contract.playing import dig, fill
from tests.world import make_flow, make_flow_run

ALL = {**CHAPTERS, **CLOUD_CHAPTERS}
ENDED = {"state": {"type": {"any_": ["COMPLETED"]}}}
BLOCKS = """\
from prefect.blocks.core import Block

class Door(Block):
    width: int = 1
"""


@pytest.fixture(scope="module")
def world(client: Client) -> dict[str, Any]:
    """What there is before the first command, and what the commands are given."""
    tenant = client.tenant
    (client.folder / "blocks.py").write_text(BLOCKS)
    client.run("python", "-c", "from prefect.blocks.system import Secret; Secret(value={'a': 1}).save('front')\n"
        "from prefect.filesystems import LocalFileSystem; LocalFileSystem(basepath='x').save('files')\n"
        "import flows; flows.main(3)")  # fmt: skip
    tenant.ok("POST", "/work_pools/", {"name": "world", "type": "process"})
    client.run("prefect", "--no-prompt", "deploy", "flows.py:main", "--name", "world", "--pool", "world")
    deployment = tenant.ok("GET", "/deployments/name/main/world")
    (run,) = tenant.ok("POST", "/flow_runs/filter", {"flows": {"name": {"any_": ["main"]}}, "flow_runs": ENDED})
    task = tenant.ok("POST", "/task_runs/filter", {"task_runs": {"name": {"like_": "extract"}}})[0]
    due = tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})
    artifacts = [
        tenant.ok("POST", "/artifacts/", {"key": key, "type": "markdown", "data": "sunny"})
        for key in ("weather", "weather", "report")
    ]
    tenant.ok("POST", "/events", [made_asset("s3://lake/orders"), made_asset("s3://lake/customers")])
    trigger = {"type": "event", "posture": "Reactive", "expect": ["a"]}
    automation = {"name": "quiet", "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    return {
        "deployment": deployment["id"],
        "run": run["id"],
        "task": task["id"],
        "flow": make_flow(tenant, name="empty")["id"],
        "scheduled": make_flow_run(tenant, "SCHEDULED")["id"],
        "due": due["id"],
        "artifact": artifacts[0]["id"],
        "block": tenant.ok("GET", "/block_types/slug/secret/block_documents/name/front")["id"],
        "account": str(tenant.account_id),
        "workspace": str(tenant.workspace_id),
        "nothing": "00000000-0000-0000-0000-000000000001",
        "handle": f"{tenant.account.handle}/{tenant.workspace.handle}",
        "made": json.dumps(automation),
        "changed": json.dumps({**automation, "name": "louder"}),
        "payload": '{"total": 3}',
        "template": '{"event": "a", "resource": {"prefect.resource.id": "b"}}',
        "named": '{"name": "by-api"}',
        "nothing_asked": "{}",
    }


def made_asset(key: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.asset.materialization.succeeded",
        "resource": {"prefect.resource.id": key},
    }


@pytest.mark.parametrize("chapter", ALL)
def test_each_command_does_what_it_says(chapter: str, client: Client, world: dict[str, Any]) -> None:
    names = dict(world)
    problems = [f"{step.command}: {problem}" for step in ALL[chapter] for problem in play(step, client, names)]
    assert not problems, "\n".join(problems)


def play(step: Step, client: Client, names: dict[str, Any]) -> Iterator[str]:
    """What is not as it should be, after a command."""
    words = [fill(word, names) for word in shlex.split(step.command)]
    status, output = client.end_of(["prefect", *words], step.typed)
    if status != step.status:
        yield f"exit status {status}\n{output}"
    said = " ".join(output.split())
    for wanted in step.says:
        if fill(wanted, names) not in said:
            yield f"does not say {wanted!r}\n{output}"
    for request, expected in step.holds.items():
        answer = ask(client, fill(request, names))
        wanted = fill(expected, names)
        if not (answer.status_code == wanted if isinstance(wanted, int) else part_of(wanted, answer.json())):
            yield f"{request}: {answer.status_code} {answer.text}"
    for name, (request, place) in step.save.items():
        names[name] = dig(ask(client, fill(request, names)).json(), place)


def ask(client: Client, request: str) -> Any:
    method, path = request.split(" ", 1)
    return client.tenant.call(method, path, {} if method == "POST" else None)


def part_of(expected: Any, given: Any) -> bool:
    """Whether everything expected is in what is given, place by place; a tuple of one thing: some item is like it."""
    if isinstance(expected, dict) and isinstance(given, dict):
        return all(key in given and part_of(value, given[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(given, list):
        return len(expected) == len(given) and all(map(part_of, expected, given))
    if isinstance(expected, tuple):
        return any(part_of(expected[0], each) for each in given)
    return bool(expected == given)
