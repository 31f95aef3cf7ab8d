"""Block types, schemas and documents, and variables for the filter grammar."""

from typing import TYPE_CHECKING

from controlplane.filters import (
    FLAG,
    ID,
    NAME,
    TAGS,
    WORD,
    Branch,
    Compare,
    Counting,
    Kind,
    Listing,
    body_maker,
    by,
    entity,
    family,
    field,
)

CAPABILITIES: Kind = {
    "all_": Compare(list[str], "{c} @> {p}::text[]", "is capable of {value}", skips_empty=True, between=" and "),
}

# 2.20 clients know string variables only; the text of any other value is its JSON.
VALUE: Kind = {
    "any_": Compare(list[str], "{c} #>> '{}' = ANY({p}::text[])", "value is {value}"),
    "like_": Compare(
        str, "{c} #>> '{}' ILIKE {p}::text", "value contains {value}", value=lambda text: f"%{text}%", skips_empty=True
    ),
}


class DocumentListing(Listing):
    """`/block_documents/filter` also says whether secrets are to be shown."""

    include_secrets: bool | None = False


# --------------------------------------------------------------------------------------------------------- entities

entity(
    "block_types", "BlockTypeFilter", "block_type",
    field("name", NAME, "like_"),
    field("slug", WORD, "any_"),
    combines=False,
)  # fmt: skip

entity(
    "block_schemas", "BlockSchemaFilter", "block_schema",
    field("block_type_id", ID, "any_", label="block type"),
    field("block_capabilities", CAPABILITIES, "all_", column="block_schema.capabilities",
          struct="BlockSchemaFilterCapabilities"),
    field("id", ID, "any_"),
    field("version", WORD, "any_"),
)  # fmt: skip

entity(
    "block_documents", "BlockDocumentFilter", "block_document",
    field("id", ID, "any_"),
    field("is_anonymous", FLAG, "eq_", default={"eq_": False}, label="anonymous"),  # null shows both
    field("block_type_id", ID, "any_", label="block type"),
    field("name", NAME, "any_ like_"),
)  # fmt: skip

entity(
    "variables", "VariableFilter", "variable",
    field("id", ID, "any_"),
    field("name", NAME, "any_ like_"),
    field("value", VALUE, "any_ like_"),
    field("tags", TAGS, "all_ is_null_", combines=True),
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------- families

BLOCK_TYPES = family(
    "block_types",
    branches=(Branch("block_schemas", "block_schema.block_type_id = block_type.id"),),
    sorts={"NAME_ASC": by("block_type", "name ASC")},
    bodies={"BlockTypesFilter": Listing},
)

BLOCK_SCHEMAS = family(
    "block_schemas",
    sorts={"CREATED_DESC": by("block_schema", "created DESC")},
    bodies={"BlockSchemasFilter": Listing},
)

_type_name = (
    "(SELECT kind.name FROM block_type AS kind WHERE kind.workspace_id = block_document.workspace_id"
    " AND kind.id = block_document.block_type_id)"
)

BLOCK_DOCUMENTS = family(
    "block_documents",
    branches=(
        Branch("block_types", "block_type.id = block_document.block_type_id"),
        Branch("block_schemas", "block_schema.id = block_document.block_schema_id"),
    ),
    sort="BlockDocumentSort",
    sorts={
        "NAME_ASC": by("block_document", "name ASC"),
        "NAME_DESC": by("block_document", "name DESC"),
        "BLOCK_TYPE_AND_NAME_ASC": f"{_type_name} ASC, {by('block_document', 'name ASC')}",
    },
    bodies={"BlockDocumentsFilter": DocumentListing, "BlockDocumentsCount": Counting},
)

VARIABLES = family(
    "variables",
    sort="VariableSort",
    sorts={
        "NAME_ASC": by("variable", "name ASC"),
        "NAME_DESC": by("variable", "name DESC"),
        "CREATED_DESC": by("variable", "created DESC"),
        "UPDATED_DESC": by("variable", "updated DESC"),
    },
    bodies={"VariablesFilter": Listing, "VariablesCount": Counting},
)

if TYPE_CHECKING:
    BlockTypesFilter = Listing
    BlockSchemasFilter = Listing
    VariablesFilter = Listing
    BlockDocumentsFilter = DocumentListing
    BlockDocumentsCount = Counting
    VariablesCount = Counting
else:
    __getattr__ = body_maker(BLOCK_TYPES, BLOCK_SCHEMAS, BLOCK_DOCUMENTS, VARIABLES)
