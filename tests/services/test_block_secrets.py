"""Block documents below the doors: what row security cannot see, and what two requests can do to each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connections

from blocks.models import BlockDocument
from blocks.services import block_documents, block_schemas, block_types
from blocks.services.sealing import CannotOpen
from blocks.wire.blocks import BlockDocumentCreate, BlockDocumentUpdate, BlockSchemaCreate, BlockTypeCreate
from controlplane.errors import BadRequest, Refused
from controlplane.sql.transactions import workspace_transaction
from tests.world import Tenant

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def schema(alice: Tenant):
    with workspace_transaction(alice.workspace_id):
        kind = block_types.create_block_type(alice.workspace_id, BlockTypeCreate(name="Leaf", slug="leaf"), now=NOW)
        body = BlockSchemaCreate(block_type_id=kind.id, fields={"secret_fields": ["password"]})
        return block_schemas.create_block_schema(alice.workspace_id, body)[0]


def make(tenant: Tenant, schema, name: str, **data) -> UUID:
    body = BlockDocumentCreate(name=name, data=data, block_schema_id=schema.id, block_type_id=schema.block_type_id)
    with workspace_transaction(tenant.workspace_id):
        return block_documents.create_block_document(tenant.workspace_id, body, now=NOW).id


def update(tenant: Tenant, document: UUID, *, may_see_secrets: bool = True, **fields) -> None:
    with workspace_transaction(tenant.workspace_id):
        block_documents.update_block_document(
            tenant.workspace_id, document, BlockDocumentUpdate(**fields), may_see_secrets=may_see_secrets, now=NOW
        )


def read(tenant: Tenant, document: UUID) -> dict:
    with workspace_transaction(tenant.workspace_id):
        return block_documents.read_block_document(tenant.workspace_id, document, show_secrets=True).data


def test_a_schema_without_secret_fields_is_no_way_to_read_them(alice, schema):
    document = make(alice, schema, "a", password="s3cret")
    body = BlockSchemaCreate(block_type_id=schema.block_type_id, fields={"secret_fields": []}, version="2")
    with workspace_transaction(alice.workspace_id):
        bare = block_schemas.create_block_schema(alice.workspace_id, body)[0]
    with pytest.raises(Refused):
        update(alice, document, may_see_secrets=False, block_schema_id=bare.id)
    update(alice, document, may_see_secrets=True, block_schema_id=bare.id)
    assert read(alice, document) == {"password": "s3cret"}


def test_data_copied_onto_another_document_do_not_open(alice, schema):
    theirs, mine = make(alice, schema, "theirs", password="s3cret"), make(alice, schema, "mine")
    with workspace_transaction(alice.workspace_id):
        rows = BlockDocument.objects.of(alice.workspace_id)
        rows.filter(id=mine).update(data=rows.get(id=theirs).data)
    with pytest.raises(CannotOpen):
        read(alice, mine)
    assert read(alice, theirs) == {"password": "s3cret"}


def test_two_changes_at_once_do_not_close_a_circle(alice, schema):
    pairs = [(make(alice, schema, f"a{n}"), make(alice, schema, f"b{n}")) for n in range(10)]

    def refer(parent: UUID, child: UUID) -> str:
        try:
            update(alice, parent, data={"x": {"$ref": {"block_document_id": str(child)}}})
        except BadRequest:
            return "refused"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as threads:
        for a, b in pairs:
            assert sorted(threads.map(refer, (a, b), (b, a))) == ["done", "refused"]
