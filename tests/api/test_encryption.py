"""How secrets are sealed, over HTTP: the server's own worker does what was asked."""

import time

from tests.api.test_blocks import make_document, make_schema, make_type, read


def test_a_rotation_is_started_watched_and_ends_with_every_secret_readable(tenant, viewer):
    document = make_document(tenant, make_schema(tenant, make_type(tenant)), user="u", password="pw")
    before = tenant.ok("GET", "/encryption")
    assert [(key["number"], key["retired"]) for key in before["keys"]] == [(1, None)]
    assert (before["customer_key"], before["rotations"], before["keys"][0]["provider"][:5]) == ("", [], "file:")
    started = tenant.ok("POST", "/encryption/rotations", {})
    assert (started["kind"], started["total"], started["finished"]) == ("reseal", 1, None)
    again = tenant.call("POST", "/encryption/rotations", {})
    assert (again.status_code, len(tenant.ok("GET", "/encryption")["rotations"])) == (409, 1)
    path, deadline = f"/encryption/rotations/{started['id']}", time.monotonic() + 30
    while (now := viewer.ok("GET", path))["done"] < 1:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert (now["done"], now["total"], now["error"]) == (1, 1, "")
    assert read(tenant, document, include_secrets=True)["data"]["password"] == "pw"
    assert [key["number"] for key in tenant.ok("GET", "/encryption")["keys"]] == [2, 1]
    actions = [entry["action"] for entry in tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["key-rotation"]})]
    assert actions == ["encryption.reseal-started"]


def test_a_key_that_is_no_key_is_refused_and_changes_nothing(tenant):
    answer = tenant.call("PUT", "/encryption/customer_key", {"key_arn": "arn:aws:kms:us-east-1:1:key/x"})
    assert (answer.status_code, answer.json()["detail"][:25]) == (422, "Give the ARN of a key: ar")
    assert tenant.ok("GET", "/encryption")["customer_key"] == ""
