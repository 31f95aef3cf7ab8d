"""The integration packages from PyPI, registered, saved and loaded by the real client."""

import json
import shutil
from uuid import uuid4

import pytest

from tests.contract.client import ROOT, Client
from tests.contract.conftest import PROJECT
from tests.schema_samples import faults_of
from tests.visitor import visit_as
from tests.world import make_member, make_tenant

BIN = ROOT / ".venvs" / "prefect-3.8-integrations" / "bin"
PACKAGES = ("prefect_aws", "prefect_docker", "prefect_github", "prefect_slack")
CANARIES = [f"canary-{n}-{uuid4().hex}" for n in range(6)]


@pytest.fixture(scope="module")
def client(server, tmp_path_factory) -> Client:
    if not (BIN / "python").exists():
        pytest.skip("no integration packages here: `make test` installs them")
    folder = tmp_path_factory.mktemp("integrations")
    home = folder / "home"
    home.mkdir()
    return Client(BIN, home, make_tenant(server.url), shutil.copytree(PROJECT, folder / "project"))


@pytest.fixture(scope="module")
def registered(client) -> str:
    return "".join(client.run("prefect", "block", "register", "-m", package) for package in PACKAGES)


@pytest.fixture(scope="module")
def loaded(client, registered) -> dict[str, bool]:
    return read(client.run("python", "plant_integrations.py", "plant", *CANARIES))


def read(printed: str) -> dict:
    """The program's line; the client writes lines of its own."""
    (line,) = (line for line in printed.splitlines() if line.startswith("{"))
    return json.loads(line)


@pytest.fixture(scope="module")
def told(client, registered) -> dict:
    return read(client.run("python", "plant_integrations.py", "schemas"))


def test_every_schema_has_the_checksum_that_the_client_computes(client, told):
    own = told["checksums"]
    assert {"aws-credentials", "s3-bucket", "docker-host", "github-credentials", "slack-credentials"} <= own.keys()
    schemas = client.tenant.ok("POST", "/block_schemas/filter", {})
    ours = {(schema["block_type"]["slug"], schema["checksum"]) for schema in schemas}
    assert [slug for slug, checksum in own.items() if (slug, checksum) not in ours] == []


def test_every_block_loads_as_it_was_saved(loaded):
    assert len(loaded) == 11
    assert [name for name, equal in loaded.items() if not equal] == []


@pytest.mark.parametrize(
    ("slug", "name", "field", "inner"),
    [
        ("s3-bucket", "bucket", "credentials", "aws"),
        ("s3-bucket", "local-bucket", "credentials", "minio"),
        ("aws-secret", "secret", "aws_credentials", "aws"),
        ("github-repository", "repository", "credentials", "github"),
    ],
)
def test_credentials_inside_are_references_and_not_copies(slug, name, field, inner, client, loaded):
    document = client.tenant.ok("GET", f"/block_types/slug/{slug}/block_documents/name/{name}")
    reference = document["block_document_references"][field]["block_document"]
    assert reference["name"] == inner
    assert "canary" not in json.dumps(document)


def test_a_viewer_is_shown_masks_of_all_of_them(client, loaded):
    viewer = make_member(client.tenant, "Viewer")
    documents = viewer.ok("POST", "/block_documents/filter", {"include_secrets": True, "limit": 200})
    assert len(documents) == 11
    assert "canary" not in json.dumps(documents)


def test_every_registered_schema_makes_a_form(client, registered):
    schemas = client.tenant.ok("POST", "/block_schemas/filter", {"limit": 200})
    faults = {schema["block_type"]["slug"]: faults_of(schema["fields"]) for schema in schemas}
    assert {"aws-credentials", "s3-bucket", "aws-secret", "github-repository", "docker-host"} <= faults.keys()
    assert {slug: found for slug, found in faults.items() if found} == {}


def test_fields_stand_as_the_author_of_the_block_wrote_them(client, registered):
    schemas = client.tenant.ok("POST", "/block_schemas/filter", {"limit": 200})
    fields = next(schema["fields"] for schema in schemas if schema["block_type"]["slug"] == "aws-credentials")
    names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "profile_name", "region_name"]
    assert [name for name in fields["properties"] if name in names] == names


@pytest.mark.parametrize("kind", ["ecs", "docker"])
def test_a_workers_own_template_makes_a_form(client, told, kind):
    template = told["templates"][kind]
    client.tenant.ok("POST", "/work_pools/", {"name": f"own-{kind}", "type": kind, "base_job_template": template})
    stored = client.tenant.ok("GET", f"/work_pools/own-{kind}")["base_job_template"]
    assert (stored, list(stored["variables"]["properties"])) == (template, list(template["variables"]["properties"]))
    assert faults_of(stored["variables"]) == []
    page = visit_as(client.tenant).get(f"{client.tenant.ui_url}/pools/own-{kind}/template")
    assert (page.status_code, page.text.count('id="f-v_2f_image"')) == (200, 1)
