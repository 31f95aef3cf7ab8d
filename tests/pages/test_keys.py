"""API keys on the pages: shown once, used, revoked; and the command that signs in through the browser."""

import re
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.visitor import visit_as, words_of
from tests.world import make_member
from workspaces.models import ApiKey

TOKEN = re.compile(r"sbu_[0-9A-Za-z]{49}")
SECONDS_UNTIL_REFUSED = 6


def make_key(visitor, tenant, **fields):
    values = {"name": "laptop-alice", "purpose": "machine", "expires": "purpose", **fields}
    return visitor.post(f"{tenant.ui_url}/keys/new", **values)


def use(tenant, token: str) -> int:
    answer = httpx.post(f"{tenant.api_url}/flows/count", headers={"Authorization": f"Bearer {token}"}, json={})
    return answer.status_code


def is_refused(tenant, token: str) -> bool:
    """By every process of the server: each remembers callers for itself, and any of them may answer."""
    return all(use(tenant, token) == 401 for _ in range(12))


def test_a_new_key_is_shown_once_with_the_commands_and_works(tenant):
    visitor = visit_as(tenant)
    answer = make_key(visitor, tenant)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    token = TOKEN.search(answer.text)[0]
    words = words_of(answer)
    assert f'export PREFECT_CLOUD_API_URL="{tenant.url}/api"' in words
    assert f'export PREFECT_API_URL="{tenant.api_url}"' in words
    assert f'export PREFECT_API_KEY=" {token} "' in words
    assert "prefect work-pool create --type process my-pool prefect worker start --pool my-pool" in words
    assert use(tenant, token) == 200
    assert token not in visitor.get(f"{tenant.ui_url}/keys").text


def test_sending_the_form_again_shows_nothing_and_makes_nothing(tenant):
    visitor = visit_as(tenant)
    key_id = str(uuid4())
    first = make_key(visitor, tenant, key_id=key_id)
    again = make_key(visitor, tenant, key_id=key_id)
    assert TOKEN.search(first.text)
    assert (again.status_code, again.headers["cache-control"]) == (409, "no-store")
    assert TOKEN.search(again.text) is None
    assert "This key was already shown" in words_of(again)
    assert ApiKey.objects.filter(user=tenant.user, name="laptop-alice").count() == 1


def test_a_revoked_key_is_refused_within_seconds_and_leaves_the_list(tenant):
    visitor = visit_as(tenant)
    token = TOKEN.search(make_key(visitor, tenant).text)[0]
    assert use(tenant, token) == 200
    key = ApiKey.objects.get(user=tenant.user, name="laptop-alice")
    assert "Revoke this key?" in words_of(visitor.get(f"{tenant.ui_url}/keys/{key.id}/revoke"))
    assert use(tenant, token) == 200
    assert visitor.post(f"{tenant.ui_url}/keys/{key.id}/revoke").status_code == 302
    deadline = time.monotonic() + SECONDS_UNTIL_REFUSED
    while not is_refused(tenant, token) and time.monotonic() < deadline:
        pass
    assert is_refused(tenant, token)
    assert visitor.get(f"{tenant.ui_url}/keys/{key.id}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("_case", "purpose", "expires", "days"),
    [
        ("this machine", "machine", "purpose", 30),
        ("CI", "ci", "purpose", 90),
        ("a worker", "worker", "purpose", 365),
        ("chosen", "worker", "7", 7),
    ],
)
def test_the_purpose_sets_when_a_key_expires(tenant, _case, purpose, expires, days):
    make_key(visit_as(tenant), tenant, purpose=purpose, expires=expires)
    left = ApiKey.objects.get(user=tenant.user, name="laptop-alice").expires - datetime.now(UTC)
    assert round(left / timedelta(days=1)) == days


@pytest.mark.parametrize(
    ("_case", "fields"),
    [
        ("no name", {"name": ""}),
        ("a name of spaces", {"name": "   "}),
        ("a NUL in the name", {"name": "a\x00b"}),
        ("a very long name", {"name": "a" * 201}),
        ("no such purpose", {"purpose": "mining"}),
        ("no such expiry", {"expires": "100000"}),
        ("no id", {"key_id": ""}),
        ("not an id", {"key_id": "1; DROP TABLE api_key"}),
    ],
)
def test_a_form_that_cannot_be_accepted_makes_no_key(tenant, _case, fields):
    answer = make_key(visit_as(tenant), tenant, **fields)
    assert answer.status_code == 422
    assert TOKEN.search(answer.text) is None
    assert ApiKey.objects.filter(user=tenant.user).count() == 1


def test_the_first_use_ticks_and_then_the_page_stops_asking(tenant):
    visitor = visit_as(tenant)
    token = TOKEN.search(make_key(visitor, tenant).text)[0]
    address = f"{tenant.ui_url}/keys/{ApiKey.objects.get(user=tenant.user, name='laptop-alice').id}/use"
    waiting = visitor.get(address, headers={"HX-Request": "true"})
    assert (waiting.status_code, "Waiting for your machine" in words_of(waiting)) == (200, True)
    use(tenant, token)
    used = visitor.get(address, headers={"HX-Request": "true"})
    assert (used.status_code, "Connected" in words_of(used)) == (286, True)


def test_a_viewer_has_own_keys_that_may_only_look(tenant, viewer):
    token = TOKEN.search(make_key(visit_as(viewer), viewer).text)[0]
    assert use(viewer, token) == 200
    answer = httpx.post(f"{viewer.api_url}/flows/", headers={"Authorization": f"Bearer {token}"}, json={"name": "f"})
    assert answer.status_code == 403


def test_nobody_sees_or_revokes_the_key_of_another(tenant, viewer):
    key = ApiKey.objects.get(user=tenant.user)
    visitor = visit_as(viewer)
    assert str(key.id) not in visitor.get(f"{tenant.ui_url}/keys").text
    assert visitor.get(f"{tenant.ui_url}/keys/{key.id}/use").status_code == 404
    answer = visitor.post(f"{tenant.ui_url}/keys/{key.id}/revoke", form_at=f"{tenant.ui_url}/keys/new")
    assert answer.status_code == 404
    key.refresh_from_db()
    assert key.revoked is None


@pytest.mark.parametrize("path", ["/", "/keys", "/keys/new", "/palette?q=x"])
def test_a_workspace_of_others_does_not_exist(tenant, stranger, path):
    assert visit_as(stranger).get(f"{tenant.ui_url}{path}").status_code == 404
    anonymous = httpx.get(f"{tenant.ui_url}{path}")
    assert anonymous.status_code == 302
    assert anonymous.headers["location"].startswith("/login?next=/w/")


def test_a_worker_sees_the_keys_but_a_removed_member_nothing(tenant):
    bob = make_member(tenant, "Worker")
    assert visit_as(bob).get(f"{tenant.ui_url}/keys").status_code == 200
    bob.user.accesses.all().delete()
    assert visit_as(bob).get(f"{tenant.ui_url}/keys").status_code == 404


@pytest.mark.parametrize(
    ("_case", "callback", "status"),
    [
        ("localhost", "http://localhost:43211", 200),
        ("127.0.0.1", "http://127.0.0.1:43211", 200),
        ("with a slash", "http://localhost:43211/", 200),
        ("none", "", 400),
        ("another host", "http://elsewhere.example:80", 400),
        ("a host that begins alike", "http://localhost.elsewhere.example:80", 400),
        ("a user before the host", "http://localhost:80@elsewhere.example", 400),
        ("no port", "http://localhost", 400),
        ("no such port", "http://localhost:70000", 400),
        ("a path", "http://localhost:80/steal", 400),
        ("https", "https://localhost:80", 400),
        ("a script", "javascript:alert(1)", 400),
        ("more directives", "http://localhost:80; script-src *", 400),
    ],
)
def test_only_programs_of_this_computer_may_ask_for_a_key(tenant, _case, callback, status):
    answer = visit_as(tenant).get("/auth/client", params={"callback": callback})
    assert answer.status_code == status
    assert "localhost" not in answer.headers["content-security-policy"]


def test_approving_makes_a_key_of_thirty_days_that_the_page_hands_over(tenant):
    visitor = visit_as(tenant)
    address = "/auth/client?callback=http%3A//localhost%3A43211"
    key_id = str(uuid4())
    answer = visitor.post(address, answer="approve", key_id=key_id)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "connect-src 'self' http://localhost:43211;" in answer.headers["content-security-policy"] + ";"
    assert 'data-callback="http://localhost:43211/success"' in answer.text
    assert use(tenant, TOKEN.search(answer.text)[0]) == 200
    key = ApiKey.objects.get(id=key_id)
    assert (key.user_id, key.workspace_id) == (tenant.user.id, None)
    assert round((key.expires - datetime.now(UTC)) / timedelta(days=1)) == 30
    again = visitor.post(address, answer="approve", key_id=key_id)
    assert (again.status_code, TOKEN.search(again.text)) == (409, None)


def test_denying_makes_no_key_and_says_so_to_the_command(tenant):
    answer = visit_as(tenant).post("/auth/client?callback=http%3A//127.0.0.1%3A43211", answer="deny")
    assert answer.status_code == 200
    assert 'data-callback="http://127.0.0.1:43211/failure"' in answer.text
    assert ApiKey.objects.filter(user=tenant.user).count() == 1


def test_a_command_may_ask_only_somebody_who_is_signed_in(server):
    answer = httpx.get(f"{server.url}/auth/client?callback=http%3A//localhost%3A43211")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/login?next=/auth/client%3Fcallback%3Dhttp%253A//localhost%253A43211"
