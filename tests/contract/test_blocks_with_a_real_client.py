"""Blocks as an unmodified Prefect 3.8 saves and loads them, and where their secrets are not."""

import json
from uuid import uuid4

import psycopg
import pytest

from tests.contract.client import Client
from tests.world import make_member

CANARIES = [f"canary-{n}-{uuid4().hex}" for n in range(24)]
SAVED = {
    "company/company", "keeper/keeper", "local-file-system/folder", "login/login", "project-of-ours/project",
    "secret/structured",
    "secret/text", "slack-webhook/slack", "webhook/hook",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(client: Client) -> list[str]:
    """What the client loaded back after it had saved everything."""
    return harvest(client.run("python", "plant_blocks.py", "plant", *CANARIES))


def harvest(printed: str) -> list[str]:
    """The program's line; the client writes lines of its own."""
    (line,) = (line for line in printed.splitlines() if line.startswith("["))
    return json.loads(line)


def test_every_secret_comes_back(client, planted):
    c = CANARIES
    # 0, 15 and 16 were overwritten by 17 to 19.
    expected = [c[17], *c[1:7], c[7], c[7], c[8], *c[9:11], c[11], *c[12:14], *c[18:20], c[16], *c[20:]]
    assert planted == expected


def test_a_role_that_may_not_see_secrets_loads_masks(client, planted, tmp_path):
    runner = Client(client.bin, tmp_path, make_member(client.tenant, "Runner"), client.folder)
    program = (
        "from prefect.blocks.system import Secret; from plant_blocks import Login;"
        "print(Secret.load('text').get(), Secret.load('structured').get(),"
        "Login.load('login').password.get_secret_value(), Login.load('login').user)"
    )
    assert runner.run("python", "-c", program).splitlines()[0] == "******** ******** ******** me"


def test_the_cli_lists_shows_and_deletes_them(client, planted):
    listed = client.run("prefect", "block", "ls")
    assert {slug for slug in SAVED if f" {slug} " in listed} == SAVED
    shown = client.run("prefect", "block", "inspect", "project-of-ours/project")
    assert "********" in shown
    assert "canary" not in shown
    client.run("python", "-c", "from prefect.blocks.system import Secret; Secret(value='x').save('short-lived')")
    assert "Deleted Block 'secret/short-lived'." in client.run("prefect", "block", "delete", "secret/short-lived")
    assert client.tenant.call("GET", "/block_types/slug/secret/block_documents/name/short-lived").status_code == 404


def test_registering_again_finds_what_is_there(client, planted):
    before = schemas_of(client)
    for _ in range(2):
        printed = client.run("prefect", "block", "register", "--file", "plant_blocks.py")
        assert "Successfully registered 9 blocks" in printed
    assert schemas_of(client) == before


def schemas_of(client: Client) -> list[tuple[str, str]]:
    return [(schema["id"], schema["checksum"]) for schema in client.tenant.ok("POST", "/block_schemas/filter", {})]


def test_a_protected_type_cannot_be_deleted(client, planted):
    printed = client.run("prefect", "--no-prompt", "block", "type", "delete", "secret", check=False)
    assert "is a protected block" in printed


def test_results_go_to_the_default_storage(client, planted):
    client.run("prefect", "experimental", "result-storage", "set", "local-file-system/folder")
    document = client.tenant.ok("GET", "/block_types/slug/local-file-system/block_documents/name/folder")
    assert client.tenant.ok("GET", "/admin/storage") == {"default_result_storage_block_id": document["id"]}
    program = "from prefect import flow, task\n@flow\ndef main(): task(persist_result=True)(lambda: 41)()\nmain()"
    client.run("python", "-c", program)
    stored = [path.read_text() for path in (client.folder / "results").iterdir()]
    records = [json.loads(text) for text in stored if text.startswith("{")]
    assert [record["metadata"]["storage_block_id"] for record in records] == [document["id"]]
    client.run("prefect", "experimental", "result-storage", "clear")
    assert client.tenant.ok("GET", "/admin/storage") == {"default_result_storage_block_id": None}


def test_no_secret_is_in_the_database_the_events_or_the_logs(client, planted, servers):
    dump = []
    with psycopg.connect(f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox") as database:
        tables = database.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'").fetchall()
        for (table,) in tables:
            dump += [row[0] for row in database.execute(f"SELECT t::text FROM {table} AS t").fetchall()]
    assert sum("prefect.block-document." in row for row in dump) >= len(SAVED), "the dump misses the events"
    dump += [path.read_text(errors="replace") for path in servers.folder.rglob("*.log")]
    text = "\n".join(dump)
    assert [canary for canary in CANARIES if canary in text or canary.encode().hex() in text] == []


def test_no_answer_shows_a_secret_that_was_not_asked_for(client, planted):
    tenant = client.tenant
    documents = tenant.ok("POST", "/block_documents/filter", {})
    assert {f"{d['block_type']['slug']}/{d['name']}" for d in documents} == SAVED
    answers = [json.dumps(documents), tenant.call("POST", "/events/filter", {"filter": {}}).text]
    for document in documents:
        slug = f"/block_types/slug/{document['block_type']['slug']}/block_documents"
        answers += [
            tenant.call("GET", path).text
            for path in (f"/block_documents/{document['id']}", slug, f"{slug}/name/{document['name']}")
        ]
    text = "\n".join(answers)
    assert text.count("********") > len(CANARIES)
    assert "canary" not in text
