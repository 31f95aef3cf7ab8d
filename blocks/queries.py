"""The statements of stored configuration, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from blocks.models import DataKey
from blocks.rules.schemas import Link
from blocks.wire.blocks import BlockType
from blocks.wire.variables import Variable
from controlplane.sql.statements import Statements


class SchemaRow(Struct, frozen=True):
    """A schema as it is stored."""

    id: UUID
    created: datetime
    updated: datetime
    checksum: str
    fields: Raw
    block_type_id: UUID
    capabilities: list[str]
    version: str


class DocumentRow(Struct, frozen=True):
    """A document as it is stored: `data` are sealed."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    data: bytes
    block_schema_id: UUID
    block_type_id: UUID
    is_anonymous: bool


class GivenToRuns(Struct, frozen=True):
    """The secrets of a deployment, a schedule or a pool, sealed."""

    table: str
    id: UUID
    secrets: bytes


class Found(Struct, frozen=True):
    id: UUID


variables = Statements(Path(__file__).parent / "sql" / "variables.sql")

create_variable = variables.one("create_variable", Variable)
read_variable = variables.one("read_variable", Variable)
read_variable_by_name = variables.one("read_variable_by_name", Variable)
read_variables = variables.all("read_variables", Variable)
count_variables = variables.scalar("count_variables")
update_variable = variables.one("update_variable", Variable)
delete_variable = variables.one("delete_variable", Variable)

blocks = Statements(Path(__file__).parent / "sql" / "blocks.sql")

create_block_type = blocks.one("create_block_type", BlockType)
read_block_types = blocks.all("read_block_types", BlockType)
find_block_types = blocks.all("find_block_types", BlockType)
update_block_type = blocks.one("update_block_type", BlockType)

create_block_schema = blocks.scalar("create_block_schema")
link_block_schemas = blocks.do("link_block_schemas")
find_block_schema = blocks.scalar("find_block_schema")
list_block_schemas = blocks.all("list_block_schemas", Found)
read_schema_links = blocks.all("read_schema_links", Link)
read_block_schemas = blocks.all("read_block_schemas", SchemaRow)
read_block_capabilities = blocks.scalar("read_block_capabilities")

create_block_document = blocks.scalar("create_block_document")
lock_references = blocks.do("lock_references")
link_block_documents = blocks.do("link_block_documents")
read_document_links = blocks.all("read_document_links", Link)
list_block_documents = blocks.all("list_block_documents", DocumentRow)
count_block_documents = blocks.scalar("count_block_documents")
find_block_documents = blocks.all("find_block_documents", DocumentRow)
find_block_document_by_name = blocks.one("find_block_document_by_name", DocumentRow)
find_block_documents_of_slug = blocks.all("find_block_documents_of_slug", DocumentRow)
lock_block_document = blocks.one("lock_block_document", DocumentRow)
read_documents_stamp = blocks.scalar("read_documents_stamp")
read_secrets_given_to_runs = blocks.all("read_secrets_given_to_runs", GivenToRuns)
read_recent_documents = blocks.all("read_recent_documents", DocumentRow)
update_block_document = blocks.do("update_block_document")

set_result_storage = blocks.do("set_result_storage")

keys = Statements(Path(__file__).parent / "sql" / "keys.sql")

lock_current_key = keys.one("lock_current_key", DataKey)
