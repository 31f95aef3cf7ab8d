"""The pages of the audit trail and of the data boundary."""

import re

from tests.api.test_blocks import make_document, make_schema, make_type
from tests.visitor import visit_as
from tests.world import Tenant


def at(tenant: Tenant, page: str) -> str:
    return f"{tenant.ui_url.removeprefix(tenant.url)}/{page}"


def told(html: str) -> list[str]:
    return re.findall(r'<div class="hint"><code>([^<]+)</code>', html)


def test_the_trail_names_who_did_what_newest_first(tenant):
    make_document(tenant, make_schema(tenant, make_type(tenant)), password="page-canary")
    html = visit_as(tenant).get(at(tenant, "audit")).text
    assert told(html) == ["block.created", "api-key.created", "workspace-member.added", "workspace.created"]
    assert ("leaf/doc" in html, "page-canary" in html) == (True, False)


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
