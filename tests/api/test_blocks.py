"""Block types, schemas and documents over HTTP. The answers themselves are compared with a real server's elsewhere."""

from uuid import uuid4

import pytest

from tests.world import Tenant, make_member

MASK = "********"
PROTECTED = ["local-file-system", "secret", "webhook"]


def make_type(tenant: Tenant, slug: str = "leaf", **fields):
    return tenant.ok("POST", "/block_types/", {"name": slug.title(), "slug": slug, **fields})


def schema_fields(slug: str, secret_fields=(), references=None, definitions=None, **properties):
    return {
        "title": slug.title(),
        "type": "object",
        "properties": properties or {"user": {"type": "string"}},
        "secret_fields": list(secret_fields),
        "block_type_slug": slug,
        "block_schema_references": references or {},
        **({"definitions": definitions} if definitions else {}),
    }


def make_schema(tenant: Tenant, block_type, fields=None, **rest):
    fields = schema_fields(block_type["slug"], ["password"]) if fields is None else fields
    return tenant.ok("POST", "/block_schemas/", {"block_type_id": block_type["id"], "fields": fields, **rest})


def make_document(tenant: Tenant, schema, name="doc", *, method: str = "POST", **data):
    body = {"name": name, "data": data, "block_schema_id": schema["id"], "block_type_id": schema["block_type_id"]}
    return tenant.ok(method, "/block_documents/", body)


@pytest.fixture
def leaf(tenant):
    """A schema with a secret field, of a type `leaf`."""
    return make_schema(tenant, make_type(tenant), capabilities=["write-path"])


@pytest.fixture
def holder(tenant, leaf):
    """A schema whose field `leaf` holds a block."""
    reference = {"block_type_slug": "leaf", "block_schema_checksum": leaf["checksum"]}
    fields = schema_fields(
        "holder", ["leaf.password"], {"leaf": reference}, {"Leaf": schema_fields("leaf", ["password"])},
        leaf={"$ref": "#/definitions/Leaf"}, note={"type": "string"},
    )  # fmt: skip
    return make_schema(tenant, make_type(tenant, "holder"), fields)


def ref(document) -> dict:
    return {"$ref": {"block_document_id": document["id"]}}


def read(tenant: Tenant, document, **query):
    return tenant.ok("GET", f"/block_documents/{document['id']}", params=query)


def with_secrets(tenant: Tenant, document):
    return read(tenant, document, include_secrets="true")


# ------------------------------------------------------------------------------------------------------------- types


def test_a_type_keeps_its_words_as_they_are(tenant):
    made = make_type(tenant, description="a < b & c")
    assert made["description"] == "a < b & c"
    assert tenant.ok("GET", "/block_types/slug/leaf") == made
    assert tenant.call("PATCH", f"/block_types/{made['id']}", {"description": None}).status_code == 204
    assert tenant.ok("GET", f"/block_types/{made['id']}")["description"] is None


def test_a_patch_that_says_nothing_new_writes_nothing(tenant):
    made = make_type(tenant, description="same")
    assert tenant.call("PATCH", f"/block_types/{made['id']}", {"description": "same"}).status_code == 204
    assert tenant.ok("GET", f"/block_types/{made['id']}") == made


@pytest.mark.parametrize(
    ("_case", "body", "status", "where"),
    [
        ("reserved", {"name": "PreFect x", "slug": "x"}, 403, None),
        ("capitals in the slug", {"name": "X", "slug": "X"}, 422, ["body", "slug"]),
        ("a relative logo", {"name": "X", "slug": "x", "logo_url": "logo.png"}, 422, ["body", "logo_url"]),
        ("an empty address", {"name": "X", "slug": "x", "documentation_url": ""}, 422, ["body", "documentation_url"]),
    ],
)
def test_a_type_that_is_refused(tenant, _case, body, status, where):
    answer = tenant.call("POST", "/block_types/", body)
    assert answer.status_code == status
    if where:
        assert [finding["loc"] for finding in answer.json()["exception_detail"]] == [where]
    assert tenant.ok("POST", "/block_types/filter", {}) == []


def test_the_system_types_are_installed_once_and_stay(tenant):
    for _ in range(2):
        assert tenant.ok("POST", "/block_types/install_system_block_types") is None
    types = tenant.ok("POST", "/block_types/filter", {})
    assert [(kind["slug"], kind["is_protected"]) for kind in types] == [(slug, True) for slug in PROTECTED]
    schemas = tenant.ok("POST", "/block_schemas/filter", {})
    assert sorted(schema["block_type"]["slug"] for schema in schemas) == PROTECTED
    assert tenant.call("DELETE", f"/block_types/{types[0]['id']}").status_code == 403
    assert tenant.call("DELETE", f"/block_schemas/{schemas[0]['id']}").status_code == 403


def test_a_system_type_is_there_for_whoever_asks_for_it(tenant, viewer):
    assert tenant.ok("POST", "/block_types/filter", {}) == []
    found = viewer.ok("GET", "/block_types/slug/secret")
    assert (found["slug"], found["is_protected"]) == ("secret", True)
    assert tenant.ok("GET", "/block_types/slug/secret") == found
    (schema,) = tenant.ok(
        "POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [found["id"]]}}}
    )
    document = make_document(tenant, schema, value="s3cret")
    assert (document["data"], with_secrets(tenant, document)["data"]) == ({"value": MASK}, {"value": "s3cret"})
    assert tenant.call("GET", "/block_types/slug/none").status_code == 404


def test_a_system_type_is_protected_even_when_a_client_comes_first(tenant):
    made = make_type(tenant, "secret", description="the client's words")
    assert made["is_protected"] is True
    tenant.ok("POST", "/block_types/install_system_block_types")
    assert tenant.ok("GET", "/block_types/slug/secret") == made


def test_deleting_a_type_deletes_what_is_made_of_it(tenant, leaf):
    document = make_document(tenant, leaf)
    assert tenant.call("DELETE", f"/block_types/{leaf['block_type_id']}").status_code == 204
    assert tenant.call("GET", f"/block_schemas/{leaf['id']}").status_code == 404
    assert tenant.call("GET", f"/block_documents/{document['id']}").status_code == 404


def test_another_tenant_has_types_of_its_own(tenant, stranger, leaf):
    document = make_document(tenant, leaf, password="s3cret")
    for path in (f"/block_types/{leaf['block_type_id']}", f"/block_schemas/{leaf['id']}"):
        assert stranger.call("GET", path).status_code == 404
    assert stranger.call("GET", f"/block_documents/{document['id']}?include_secrets=true").status_code == 404
    assert stranger.call("GET", f"/block_schemas/checksum/{leaf['checksum']}").status_code == 404
    assert make_type(stranger)["slug"] == "leaf"


# ----------------------------------------------------------------------------------------------------------- schemas


def test_a_nested_schema_is_read_as_it_was_sent(tenant, leaf, holder):
    read = tenant.ok("GET", f"/block_schemas/checksum/{holder['checksum']}?version=non-versioned")
    assert read == holder
    assert read["fields"]["definitions"] == {"Leaf": leaf["fields"]}


def test_a_child_that_is_only_defined_is_made(tenant, leaf):
    fields = schema_fields(
        "holder", [], {"leaf": {"block_type_slug": "leaf", "block_schema_checksum": "sha256:unknown"}},
        {"Other": schema_fields("leaf", [], other={"type": "integer"})}, leaf={"$ref": "#/definitions/Other"},
    )  # fmt: skip
    made = make_schema(tenant, make_type(tenant, "holder"), fields)
    checksum = made["fields"]["block_schema_references"]["leaf"]["block_schema_checksum"]
    child = tenant.ok("GET", f"/block_schemas/checksum/{checksum}")
    assert child["fields"]["properties"] == {"other": {"type": "integer"}}
    assert child["block_type_id"] == leaf["block_type_id"]


@pytest.mark.parametrize(
    ("_case", "references", "definitions", "status"),
    [
        ("of no type", {"x": {"block_type_slug": "none", "block_schema_checksum": "a"}}, {}, 409),
        ("without a definition", {"x": {"block_type_slug": "leaf", "block_schema_checksum": "a"}}, {}, 409),
        (
            "that holds itself",
            {"x": {"block_type_slug": "leaf", "block_schema_checksum": "a"}},
            {
                "L": schema_fields(
                    "leaf", [], {"x": {"block_type_slug": "leaf", "block_schema_checksum": "b"}},
                    x={"$ref": "#/definitions/L"},
                )
            },
            409,
        ),
        ("that is no reference", {"x": "leaf"}, {}, 400),
    ],
)  # fmt: skip
def test_a_child_that_is_refused(tenant, leaf, _case, references, definitions, status):
    top = make_type(tenant, "top")
    body = {"block_type_id": top["id"], "fields": schema_fields("top", [], references, definitions)}
    assert tenant.call("POST", "/block_schemas/", body).status_code == status
    assert tenant.ok("POST", "/block_schemas/filter", {}) == [leaf]


def test_capabilities_are_listed_once(tenant, leaf):
    make_schema(tenant, make_type(tenant, "b"), schema_fields("b"), capabilities=["read-path", "write-path"])
    assert tenant.ok("GET", "/block_capabilities/") == ["read-path", "write-path"]


# --------------------------------------------------------------------------------------------------------- documents


def test_secrets_are_masked_until_they_are_asked_for(tenant, leaf):
    made = make_document(tenant, leaf, user="u", password="s3cret")
    assert made["data"] == {"user": "u", "password": MASK}
    assert read(tenant, made) == made
    assert with_secrets(tenant, made)["data"] == {"user": "u", "password": "s3cret"}


@pytest.mark.parametrize(("role", "shown"), [("Viewer", MASK), ("Runner", MASK), ("Worker", "s3cret")])
def test_only_a_role_that_may_see_secrets_is_shown_them(tenant, leaf, role, shown):
    document = make_document(tenant, leaf, password="s3cret")
    member = make_member(tenant, role)
    answers = [
        with_secrets(member, document),
        member.ok("GET", "/block_types/slug/leaf/block_documents/name/doc?include_secrets=true"),
        member.ok("GET", "/block_types/slug/leaf/block_documents?include_secrets=true")[0],
        member.ok("POST", "/block_documents/filter", {"include_secrets": True})[0],
    ]
    assert [answer["data"]["password"] for answer in answers] == [shown] * 4


def test_secrets_in_lists_and_objects_are_masked_too(tenant):
    fields = schema_fields("deep", ["many.token", "tokens", "headers.*"])
    data = {"many": [{"token": "t1", "n": 1}], "tokens": {"a": "t2"}, "headers": {"b": {"c": "t3"}}}
    document = make_document(tenant, make_schema(tenant, make_type(tenant, "deep"), fields), **data)
    assert document["data"] == {
        "many": [{"token": MASK, "n": 1}],
        "tokens": MASK,
        "headers": {"b": {"c": MASK}},
    }
    tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": document["data"]})
    assert with_secrets(tenant, document)["data"] == data


def test_what_only_the_schema_marks_is_masked_too(tenant, viewer):
    """As of a type that was registered by hand, without a list of its secret fields."""
    part = {"type": "object", "properties": {"token": {"type": "string", "format": "password"}, "n": {}}}
    fields = schema_fields(
        "marked", [], None, {"Part": part},
        password={"type": "string", "format": "password"}, once={"type": "integer", "writeOnly": True},
        part={"anyOf": [{"$ref": "#/definitions/Part"}, {"type": "null"}]},
        parts={"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/definitions/Part"}}},
        open={"type": "string"},
    )  # fmt: skip
    schema = make_schema(tenant, make_type(tenant, "marked"), fields)
    data = {
        "password": "t1", "once": 5, "part": {"token": "t2", "n": 1}, "parts": {"a": [{"token": "t3", "n": 2}]},
        "open": "o",
    }  # fmt: skip
    masked = {
        "password": MASK, "once": MASK, "part": {"token": MASK, "n": 1}, "parts": {"a": [{"token": MASK, "n": 2}]},
        "open": "o",
    }  # fmt: skip
    document = make_document(tenant, schema, **data)
    assert (document["data"], with_secrets(viewer, document)["data"]) == (masked, masked)
    tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": {**masked, "open": "changed"}})
    assert with_secrets(tenant, document)["data"] == {**data, "open": "changed"}


@pytest.mark.parametrize(
    ("_case", "change", "status"),
    [
        ("a missing schema", {"block_schema_id": str(uuid4())}, 409),
        ("a missing type", {"block_type_id": str(uuid4())}, 409),
        ("no name", {"name": None}, 422),
        ("capitals", {"name": "A"}, 422),
        ("a reference that is text", {"data": {"x": {"$ref": "text"}}}, 400),
        ("a reference to text", {"data": {"x": {"$ref": {"block_document_id": "text"}}}}, 400),
        ("a reference to nothing", {"data": {"x": {"$ref": {"block_document_id": str(uuid4())}}}}, 409),
    ],
)
def test_a_document_that_is_refused(tenant, leaf, _case, change, status):
    body = {"name": "a", "data": {}, "block_schema_id": leaf["id"], "block_type_id": leaf["block_type_id"], **change}
    assert tenant.call("POST", "/block_documents/", body).status_code == status
    assert tenant.ok("POST", "/block_documents/count", {"block_documents": {"is_anonymous": None}}) == 0


@pytest.mark.parametrize(
    ("_case", "sent", "answered"),
    [
        ("another field is wrong", {"name": "Bad Name", "data": {"p": "s3cret"}}, {"name": "Bad Name", "data": MASK}),
        ("the data are no object", {"name": "a", "data": ["s3cret"]}, {"name": "a", "data": MASK}),
        ("a field is missing", {"data": {"p": "s3cret"}, "x": 1}, {"data": MASK, "x": 1}),
        ("a list", ["s3cret"], None),
        ("text", "s3cret", None),
    ],
)
def test_a_refusal_does_not_repeat_the_data(tenant, _case, sent, answered):
    """A client writes the whole answer to the logs of its run."""
    for method, path in (("POST", "/block_documents/"), ("PATCH", f"/block_documents/{uuid4()}")):
        answer = tenant.call(method, path, sent)
        assert answer.status_code == 422
        assert answer.json()["request_body"] == answered
        assert "s3cret" not in answer.text
    broken = tenant.call("POST", "/block_documents/", content=b'{"data": {"p": "s3cret"')
    assert (broken.status_code, "s3cret" in broken.text) == (422, False)


def test_a_document_may_not_refer_to_another_tenants(tenant, stranger, holder):
    theirs = make_document(stranger, make_schema(stranger, make_type(stranger)), password="s3cret")
    body = {
        "name": "a", "data": {"leaf": ref(theirs)}, "block_schema_id": holder["id"],
        "block_type_id": holder["block_type_id"],
    }  # fmt: skip
    assert tenant.call("POST", "/block_documents/", body).status_code == 409


def test_a_reference_is_filled_with_what_it_refers_to(tenant, leaf, holder):
    child = make_document(tenant, leaf, "child", user="u", password="s3cret")
    parent = make_document(tenant, holder, "parent", leaf=ref(child), note="n")
    assert parent["data"] == {"leaf": {"user": "u", "password": MASK}, "note": "n"}
    assert with_secrets(tenant, parent)["data"]["leaf"] == {"user": "u", "password": "s3cret"}
    place = parent["block_document_references"]["leaf"]["block_document"]
    assert (place["id"], place["name"], place["block_type"]["slug"]) == (child["id"], "child", "leaf")
    tenant.ok("PATCH", f"/block_documents/{child['id']}", {"data": {"user": "v"}})
    assert read(tenant, parent)["data"]["leaf"]["user"] == "v"
    tenant.ok("DELETE", f"/block_documents/{child['id']}")
    assert (read(tenant, parent)["data"], read(tenant, parent)["block_document_references"]) == ({"note": "n"}, {})


def test_a_merge_keeps_the_references_that_it_does_not_mention(tenant, leaf, holder):
    """A real server loses them."""
    child = make_document(tenant, leaf, "child", user="u")
    parent = make_document(tenant, holder, "parent", leaf=ref(child), note="n")
    tenant.ok("PATCH", f"/block_documents/{parent['id']}", {"data": {"note": "o"}})
    assert read(tenant, parent)["data"] == {"leaf": {"user": "u"}, "note": "o"}
    tenant.ok("PATCH", f"/block_documents/{parent['id']}", {"data": {"note": "p"}, "merge_existing_data": False})
    assert read(tenant, parent)["data"] == {"note": "p"}


def test_a_circle_of_references_is_refused(tenant, leaf, holder):
    documents = [make_document(tenant, holder, name) for name in ("a", "b", "c")]
    ids = [document["id"] for document in documents]
    for parent, child in ((0, 1), (1, 2)):
        tenant.ok("PATCH", f"/block_documents/{ids[parent]}", {"data": {"leaf": ref(documents[child])}})
    for child in documents:
        answer = tenant.call("PATCH", f"/block_documents/{ids[2]}", {"data": {"leaf": ref(child), "note": "lost"}})
        assert answer.status_code == 400
        assert "would introduce a cycle" in answer.json()["detail"]
    assert read(tenant, documents[2])["data"] == {}


def test_a_document_moves_to_another_version_of_its_schema_only(tenant, leaf, holder):
    document = make_document(tenant, leaf, user="u")
    newer = tenant.ok("POST", "/block_schemas/", {**{k: leaf[k] for k in ("fields", "block_type_id")}, "version": "2"})
    path = f"/block_documents/{document['id']}"
    tenant.ok("PATCH", path, {"block_schema_id": newer["id"]})
    assert (read(tenant, document)["block_schema_id"], read(tenant, document)["data"]) == (newer["id"], {"user": "u"})
    assert tenant.call("PATCH", path, {"block_schema_id": holder["id"]}).status_code == 400
    assert tenant.call("PATCH", path, {"block_schema_id": str(uuid4())}).status_code == 409


def test_put_makes_a_document_or_replaces_it(tenant, leaf):
    first = make_document(tenant, leaf, method="PUT", user="u", password="s3cret")
    second = make_document(tenant, leaf, method="PUT", password=MASK)
    assert second["id"] == first["id"]
    assert with_secrets(tenant, first)["data"] == {"password": "s3cret"}


def test_anonymous_documents_are_left_out_unless_asked_for(tenant, leaf):
    body = {"data": {}, "block_schema_id": leaf["id"], "block_type_id": leaf["block_type_id"], "is_anonymous": True}
    name = tenant.ok("POST", "/block_documents/", body)["name"]
    assert name.startswith("anonymous-")
    make_document(tenant, leaf)
    for filter, count in ((None, 1), ({}, 1), ({"is_anonymous": None}, 2), ({"is_anonymous": {"eq_": True}}, 1)):
        assert tenant.ok("POST", "/block_documents/count", {"block_documents": filter}) == count
    assert [d["name"] for d in tenant.ok("POST", "/block_documents/filter", {})] == ["doc"]


def test_events_name_documents_and_never_say_what_is_in_them(tenant, leaf):
    document = make_document(tenant, leaf, user="somebody", password="s3cret")
    tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": {"password": "s3cret-2"}})
    tenant.ok("DELETE", f"/block_documents/{document['id']}")
    page = tenant.call("POST", "/events/filter", {"filter": {"event": {"prefix": ["prefect.block"]}, "order": "ASC"}})
    events = page.json()["events"]
    assert [event["event"] for event in events] == [
        "prefect.block-type.created",
        "prefect.block-document.created",
        "prefect.block-document.updated",
        "prefect.block-document.deleted",
    ]
    assert events[1]["resource"] == {
        "prefect.resource.id": f"prefect.block-document.{document['id']}",
        "prefect.resource.name": "doc",
    }
    assert [related["prefect.resource.role"] for related in events[1]["related"]] == ["block-type", "block-schema"]
    assert "s3cret" not in page.text
    assert "somebody" not in page.text


# ------------------------------------------------------------------------------------------------- default storage


def test_the_default_storage_is_set_and_cleared(tenant, viewer, leaf, holder):
    able, unable = make_document(tenant, leaf, "able"), make_document(tenant, holder, "unable")
    key = "default_result_storage_block_id"
    assert tenant.ok("GET", "/admin/storage") == {key: None}
    assert tenant.call("PUT", "/admin/storage", {key: unable["id"]}).status_code == 422
    assert tenant.call("PUT", "/admin/storage", {key: str(uuid4())}).status_code == 404
    assert tenant.ok("PUT", "/admin/storage", {key: able["id"]}) == {key: able["id"]}
    assert viewer.ok("GET", "/admin/storage") == {key: able["id"]}
    assert viewer.call("DELETE", "/admin/storage").status_code == 403
    assert tenant.call("DELETE", "/admin/storage").status_code == 204
    assert tenant.ok("GET", "/admin/storage") == {key: None}
    tenant.ok("PUT", "/admin/storage", {key: able["id"]})
    tenant.ok("DELETE", f"/block_documents/{able['id']}")
    assert tenant.ok("GET", "/admin/storage") == {key: None}
