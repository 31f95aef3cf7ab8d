"""Who may open which door: one test over the router itself, so a new door is covered the moment it exists.

No key 401, a mistyped key 401, a stranger 404, a role without the grant 403; after every refusal nothing has changed.
"""

import psycopg
import pytest

from controlplane.wire.doors import OPEN
from tests.api.doors import DOORS, WORKSPACE_DOORS, contents, name_of, path_of
from tests.world import CLIENT, Tenant, make_flow_run, make_member, make_tenant
from workspaces.permissions import ROLES


@pytest.fixture(scope="module")
def owner(server) -> Tenant:
    tenant = make_tenant(server.url)
    make_flow_run(tenant, tags=["a"])
    return tenant


@pytest.fixture(scope="module")
def members(owner) -> dict[str, Tenant]:
    return {role: make_member(owner, role, role.lower()) for role in ("Viewer", "Runner", "Worker")}


@pytest.fixture(scope="module")
def charlie(server) -> Tenant:
    return make_tenant(server.url, "charlie")


@pytest.fixture(scope="module")
def catalogue(servers):
    with psycopg.connect(f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox") as connection:
        yield connection


@pytest.fixture
def unchanged(owner, catalogue):
    """Nothing of the owner's workspace may change during the test."""
    before = contents(catalogue, owner.workspace_id)
    yield
    assert contents(catalogue, owner.workspace_id) == before


@pytest.mark.parametrize("door", DOORS, ids=name_of)
def test_without_a_key_only_the_open_doors_answer(door, owner, unchanged):
    answer = CLIENT.request(door.method, owner.api_url + path_of(door), json={})
    if door.needs == OPEN:
        assert answer.status_code not in (401, 403, 404, 500)
    else:
        assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid authentication credentials"})


@pytest.mark.parametrize("door", WORKSPACE_DOORS, ids=name_of)
def test_a_mistyped_key_is_refused(door, owner, unchanged):
    headers = {"Authorization": f"Bearer {owner.key[:-1]}{'a' if owner.key[-1] != 'a' else 'b'}"}
    answer = CLIENT.request(door.method, owner.api_url + path_of(door), json={}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("door", WORKSPACE_DOORS, ids=name_of)
def test_to_a_stranger_the_workspace_does_not_exist(door, owner, charlie, unchanged):
    headers = {"Authorization": f"Bearer {charlie.key}"}
    answer = CLIENT.request(door.method, owner.api_url + path_of(door), json={}, headers=headers)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Workspace not found."})


@pytest.mark.parametrize("role", ["Viewer", "Runner", "Worker"])
@pytest.mark.parametrize("door", WORKSPACE_DOORS, ids=name_of)
def test_a_role_opens_what_it_grants_and_nothing_else(door, role, owner, members, catalogue):
    before = contents(catalogue, owner.workspace_id)
    answer = members[role].call(door.method, path_of(door), {})
    if door.needs in ROLES[role]:
        assert answer.status_code not in (401, 403)
        assert answer.status_code < 500
    else:
        expected = {"detail": f"Your role in this workspace does not include '{door.needs}'."}
        assert (answer.status_code, answer.json()) == (403, expected)
        assert contents(catalogue, owner.workspace_id) == before


HOSTILE = [
    ("not json", b"{"),
    ("a list where an object belongs, or the other way round", b'[{"a": [1, {}]}]'),
    ("null", b"null"),
    ("a string", b'"x"'),
    ("a number out of range", b'{"limit": 1e400, "offset": 99999999999999999999}'),
    ("NaN", b'{"limit": NaN}'),
    ("a NUL in a value", b'{"name": "a\\u0000b", "state": {"type": "RUNNING", "message": "\\u0000"}}'),
    ("a NUL in a key", b'{"parameters": {"a\\u0000b": 1}, "name": "x"}'),
    ("a lone surrogate", b'{"name": "\\ud800"}'),
    ("bad UTF-8", b'{"name": "\xff\xfe"}'),
    ("too deep", b'{"name": "x", "parameters": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}"),
    ("wrong types", b'{"name": {}, "flow_id": 7, "state": "RUNNING", "limit": "x", "flow_runs": [], "names": {}}'),
    ("empty", b""),
]


@pytest.mark.parametrize(("_case", "body"), HOSTILE, ids=[case for case, _ in HOSTILE])
def test_hostile_bodies_are_refused_by_every_door_and_change_nothing(_case, body, owner, unchanged):
    for door in WORKSPACE_DOORS:
        if door.decoder is None:
            continue
        answer = owner.call(door.method, path_of(door), content=body, headers={"Content-Type": "application/json"})
        # A door all of whose parameters are optional, or that ignores unknown keys, may take some of these.
        assert answer.status_code < 500, f"{name_of(door)}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize(
    ("_case", "path"),
    [
        ("a NUL", "/flow_runs/%00"),
        ("not an id", "/flow_runs/not-a-uuid"),
        ("named like an open door", "/flows/name/health"),
        ("path tricks", "/flow_runs/..%2f..%2fhealth"),
        ("a wildcard", "/flows/name/~"),
        ("bad UTF-8", "/flows/name/%ff%fe"),
        ("nothing there", "/nothing"),
    ],
)
def test_odd_paths_are_404_and_need_a_key(_case, path, owner, unchanged):
    assert CLIENT.get(owner.api_url + path).status_code == 401
    assert owner.call("GET", path).status_code == 404


def test_a_body_over_the_limit_is_413_and_changes_nothing(owner, unchanged):
    body = b'[{"name": "x", "message": "' + b"x" * 5_300_000 + b'"}]'
    answer = owner.call("POST", "/logs/", content=body)
    assert answer.status_code == 413
    assert answer.json() == {"detail": "The request body is larger than 5242880 bytes."}
