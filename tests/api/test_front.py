"""The API's front: keys, versions, spellings of a path, and what needs no key."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.client import eventually
from tests.world import CLIENT, make_member
from workspaces.services import keys


def test_what_needs_no_key(server):
    assert CLIENT.get(f"{server.url}/api/health").json() is True
    assert CLIENT.get(f"{server.url}/api/ready").json() == {"message": "OK"}
    answer = CLIENT.get(f"{server.url}/api/csrf-token?client=x")
    assert (answer.status_code, answer.json()) == (422, {"detail": "CSRF protection is disabled."})


def test_who_am_i(tenant):
    (place,) = tenant.ok("GET", "/me/workspaces")
    assert place == {
        "account_id": str(tenant.account_id),
        "account_name": tenant.account.name,
        "account_handle": tenant.account.handle,
        "workspace_id": str(tenant.workspace_id),
        "workspace_name": "dev",
        "workspace_description": "",
        "workspace_handle": "dev",
    }
    assert CLIENT.get(
        f"{tenant.url}/api//me/workspaces/", headers={"Authorization": f"bearer {tenant.key}"}
    ).json() == [place]
    assert tenant.ok("GET", "/me/")["email"] == tenant.user.email


@pytest.mark.parametrize("path", ["/flows/filter", "/flows/filter/", "//flows//filter", "/flows//filter/"])
def test_every_spelling_of_a_path_is_accepted(tenant, path):
    assert tenant.ok("POST", path, {}) == []


def test_bare_api_is_the_keys_home(tenant):
    tenant.ok("POST", "/flows/", {"name": "etl"})
    answer = CLIENT.post(f"{tenant.url}/api/flows/count", json={}, headers={"Authorization": f"Bearer {tenant.key}"})
    assert answer.json() == 1


@pytest.mark.parametrize(
    ("version", "status", "detail"),
    [
        ("0.8.4", 200, None),
        ("0.7.9", 400, "The request specified API version 0.7.9 but this server requires version 0.8.0 or higher."),
        (
            "abc",
            400,
            "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received abc",
        ),
    ],
)
def test_the_clients_api_version(tenant, version, status, detail):
    answer = tenant.call("POST", "/flows/count", {}, headers={"X-PREFECT-API-VERSION": version})
    assert answer.status_code == status
    if detail:
        assert answer.json() == {"detail": detail}


def test_an_expired_key_is_refused(tenant):
    past = datetime.now(UTC) - timedelta(seconds=1)
    tenant.key = keys.create_key(name="old", user=tenant.user, workspace=tenant.workspace, expires=past).token
    assert tenant.call("GET", "/me/workspaces").status_code == 401


def test_a_revoked_key_is_refused_within_seconds(tenant):
    made = keys.create_key(name="lost", user=tenant.user, workspace=tenant.workspace)
    tenant.key = made.token
    assert tenant.call("GET", "/me/workspaces").status_code == 200
    keys.revoke_key(made.key.id, tenant.user)
    eventually(lambda: tenant.call("GET", "/me/workspaces").status_code == 401, seconds=5, what="the refusal")


def test_a_removed_member_is_refused_within_seconds(tenant):
    bob = make_member(tenant, "Developer")
    assert bob.call("POST", "/flows/count", {}).status_code == 200
    bob.user.accesses.all().delete()
    eventually(lambda: bob.call("POST", "/flows/count", {}).status_code == 404, seconds=5, what="the refusal")


def test_a_method_that_a_route_does_not_have(tenant):
    answer = tenant.call("PUT", "/flows/filter", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_client_may_reach_us_by_any_name(tenant):
    """A worker in another network has its own name for this server; pages are stricter, since cookies depend on it."""
    answer = tenant.call("POST", "/flows/count", {}, headers={"Host": "signalbox.internal:8000"})
    assert (answer.status_code, answer.json()) == (200, 0)
    assert CLIENT.get(f"{tenant.url}/login", headers={"Host": "evil.example"}).status_code == 400
