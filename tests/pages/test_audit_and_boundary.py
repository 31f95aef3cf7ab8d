"""The pages of the audit trail and of the data boundary."""

import csv
import io
import re

from tests.api.test_blocks import make_document, make_schema, make_type
from tests.visitor import Visitor, visit_as
from tests.world import Tenant, make_member


def at(tenant: Tenant, page: str) -> str:
    return f"{tenant.ui_url.removeprefix(tenant.url)}/{page}"


def told(html: str) -> list[str]:
    return re.findall(r'<div class="hint"><code>([^<]+)</code>', html)


def test_the_trail_names_who_did_what_newest_first(tenant):
    make_document(tenant, make_schema(tenant, make_type(tenant)), password="page-canary")
    html = visit_as(tenant).get(at(tenant, "audit")).text
    assert told(html) == [
        "block.created", "api-key.created", "workspace-member.added", "workspace.created", "account-member.added",
    ]  # fmt: skip
    assert ("leaf/doc" in html, "page-canary" in html) == (True, False)


PASSWORD = "a sentence that nobody guesses"


def test_signing_in_and_out_and_a_wrong_password_are_in_the_trail(tenant):
    """Of the organisation: whoever runs it reads that in each of its workspaces, and another owner does not."""
    other = make_member(tenant, "Owner", "other")
    other.user.set_password(PASSWORD)
    other.user.save()
    visitor = Visitor(tenant.url)
    for password in ("wrong-canary-1", PASSWORD):
        visitor.post("/login", login=other.user.email, password=password)
    Visitor(tenant.url).post("/login", login="nobody-at-all@example.com", password="wrong-canary-2")
    visitor.post("/logout")
    html = visit_as(tenant).get(at(tenant, "audit?kind=person,workspace,api-key,service-account,team")).text
    assert told(html)[:3] == ["person.signed-out", "person.signed-in", "person.sign-in-refused"]
    assert "wrong-canary" not in html
    assert not {"person.signed-in"} & set(told(visit_as(other).get(at(tenant, "audit")).text))
    found = tenant.ok("POST", "/audit_log/filter", {})
    assert "person.signed-in" not in {entry["action"] for entry in found}  # its key is of the workspace alone


def test_the_trail_is_exported_as_it_is_filtered(tenant):
    kind = make_schema(tenant, make_type(tenant))
    for n in range(3):
        make_document(tenant, kind, f"doc-{n}", password="page-canary")
    tenant.ok("POST", "/variables", {"name": "v", "value": 1})
    settings = {"url": "https://hooks.slack.com/services/T00000000/B00000000/pagecanary"}
    tenant.ok("POST", "/notification_channels", {"kind": "slack", "name": "=1+1", "settings": settings})
    answer = visit_as(tenant).get(at(tenant, "audit/export.csv?words=.created"))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [(row["action"], row["target_name"]) for row in rows[:5]] == [
        ("notification-channel.created", "'=1+1"), ("variable.created", "v"),
        *(("block.created", f"leaf/doc-{n}") for n in (2, 1, 0)),
    ]  # fmt: skip
    assert ("page-canary" in answer.text, "pagecanary" in answer.text) == (False, False)
    assert visit_as(tenant).get(at(tenant, "audit/export.csv?since=soon")).status_code == 422
    viewer = make_member(tenant, "Viewer")
    assert visit_as(viewer).get(at(tenant, "audit/export.csv")).status_code == 403


def test_the_trail_is_filtered_by_the_address(tenant):
    visitor = visit_as(tenant)
    assert told(visitor.get(at(tenant, "audit?words=API-KEY")).text) == ["api-key.created"]
    assert told(visitor.get(at(tenant, "audit?until=2020-01-01")).text) == []
    assert visitor.get(at(tenant, "audit?since=soon")).status_code == 422


def test_only_owners_see_the_trail_and_its_name(tenant, viewer):
    visitor = visit_as(viewer)
    assert visitor.get(at(tenant, "audit")).status_code == 403
    assert "Audit log" not in visitor.get(at(tenant, "data-boundary")).text
    assert "Audit log" in visit_as(tenant).get(at(tenant, "data-boundary")).text


def test_an_owner_draws_the_boundary(tenant):
    visitor, page = visit_as(tenant), at(tenant, "data-boundary")
    form = {
        "parameters": "refuse", "logs": "store", "least_log_level": "20", "artifacts": "store",
        "largest_inline_result": "4096", "event_payloads": "drop",
    }  # fmt: skip
    assert visitor.post(page, **form).status_code == 302
    expected = {**form, "least_log_level": 20, "largest_inline_result": 4096, "mask_secrets_in_logs": False}
    assert tenant.ok("PATCH", "/data_boundary", {}) == expected
    wrong = visitor.post(page, **{**form, "largest_inline_result": "-1"})
    assert (wrong.status_code, tenant.ok("PATCH", "/data_boundary", {})) == (422, expected)


def test_a_viewer_sees_the_boundary_and_does_not_move_it(tenant, viewer):
    visitor, page = visit_as(viewer), at(tenant, "data-boundary")
    assert "Only owners of this workspace change this" in visitor.get(page).text
    answer = visitor.post(page, parameters="refuse", logs="drop")
    assert (answer.status_code, tenant.ok("PATCH", "/data_boundary", {})["logs"]) == (403, "store")
