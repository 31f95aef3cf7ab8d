"""The page of a workspace's keys."""

from uuid import uuid4

from tests.contract.client import eventually
from tests.visitor import visit_as, words_of
from tests.world import Tenant


def store_secret(tenant: Tenant) -> str:
    kind = tenant.ok("POST", "/block_types/", {"name": f"Vault {uuid4().hex[:6]}", "slug": f"vault-{uuid4().hex[:6]}"})
    fields = {"type": "object", "properties": {"value": {"type": "string"}}, "secret_fields": ["value"]}
    schema = tenant.ok("POST", "/block_schemas/", {"fields": fields, "block_type_id": kind["id"]})
    body = {"name": "one", "block_type_id": kind["id"], "block_schema_id": schema["id"], "data": {"value": "hidden"}}
    return str(tenant.ok("POST", "/block_documents/", body)["id"])


def test_an_owner_changes_the_key_and_every_secret_can_still_be_read(tenant: Tenant) -> None:
    document = store_secret(tenant)
    path = f"{tenant.ui_url}/encryption"
    visitor = visit_as(tenant)
    assert "1 the key of this installation" in words_of(visitor.get(path))

    answer = visitor.post(f"{path}/rotate", form_at=path)
    assert (answer.status_code, answer.headers["location"]) == (302, path.removeprefix(tenant.url))
    # The old key stays a minute longer, for whoever is still reading: until then the page shows how far it came.
    eventually(lambda: "1 of 1 sealed" in words_of(visitor.get(path)), seconds=60, what="the last secret")
    assert "A change of keys is under way" in visitor.get(path).text
    assert "2 the key of this installation" in words_of(visitor.get(path))
    shown = tenant.ok("GET", f"/block_documents/{document}", params={"include_secrets": "true"})
    assert shown["data"] == {"value": "hidden"}


def test_a_viewer_sees_the_keys_and_changes_nothing(tenant: Tenant, viewer: Tenant) -> None:
    store_secret(tenant)
    path = f"{tenant.ui_url}/encryption"
    visitor = visit_as(viewer)
    assert "Only owners of this workspace change its keys" in visitor.get(path).text
    assert visitor.post(f"{path}/rotate", form_at=path).status_code == 403
    assert tenant.ok("GET", "/encryption")["rotations"] == []


def test_what_is_no_key_is_said_at_the_field(tenant: Tenant) -> None:
    path = f"{tenant.ui_url}/encryption"
    answer = visit_as(tenant).post(f"{path}/key", form_at=path, key_arn="nonsense", role_arn="")
    assert answer.status_code == 422
    assert "Give the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>." in words_of(answer)
    assert tenant.ok("GET", "/encryption")["customer_key"] == ""
