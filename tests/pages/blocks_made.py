# ruff: noqa: E501 (a schema is a line a field)
"""A block type whose schema has every kind of field, as a client registers it."""

from typing import Any

from tests.world import Tenant

PART = {
    "title": "Retries", "type": "object", "required": ["attempts"],
    "properties": {
        "attempts": {"title": "Attempts", "type": "integer", "minimum": 1, "maximum": 9},
        "token": {"title": "Token", "type": "string", "format": "password", "writeOnly": True},
    },
}  # fmt: skip
EMAIL = {
    "title": "By e-mail", "type": "object", "required": ["kind", "to"],
    "properties": {"kind": {"const": "email"}, "to": {"title": "To", "type": "string", "format": "email"}},
}  # fmt: skip
CALL = {
    "title": "By call", "type": "object", "required": ["kind", "number"],
    "properties": {"kind": {"const": "call"}, "number": {"title": "Number", "type": "string"}},
}  # fmt: skip
EVERYTHING = {
    "title": "Everything", "type": "object", "block_type_slug": "everything", "required": ["title", "password", "level"],
    "properties": {
        "title": {"title": "Title", "type": "string", "maxLength": 20, "description": "What it is called."},
        "password": {"title": "Password", "type": "string", "format": "password", "writeOnly": True},
        "level": {"title": "Level", "enum": ["low", "middle", "high"]},
        "text": {"title": "Text", "type": "string", "format": "textarea"},
        "active": {"title": "Active", "type": "boolean", "default": True},
        "limit": {"title": "Limit", "type": "integer", "minimum": 0, "default": 5},
        "ratio": {"title": "Ratio", "anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        "tags": {"title": "Tags", "type": "array", "items": {"type": "string"}},
        "retries": {"$ref": "#/definitions/Retries"},
        "steps": {"title": "Steps", "type": "array", "items": {"$ref": "#/definitions/Retries"}},
        "headers": {"title": "Headers", "type": "object", "additionalProperties": {"type": "string"}},
        "told": {"title": "Told", "oneOf": [EMAIL, CALL]},
        "storage": {"title": "Storage", "allOf": [{"$ref": "#/definitions/Place"}]},
        "since": {"title": "Since", "type": "string", "format": "date-time"},
        "day": {"title": "Day", "type": "string", "format": "date"},
        "wait": {"title": "Wait", "type": "number", "format": "time-delta"},
        "free": {"title": "Free"},
    },
    "definitions": {"Retries": PART},
    "secret_fields": ["password", "retries.token", "steps.token", "headers.*"],
}  # fmt: skip
PLACE = {
    "title": "Place", "type": "object", "block_type_slug": "place",
    "properties": {"path": {"title": "Path", "type": "string"}}, "secret_fields": [], "block_schema_references": {},
}  # fmt: skip


def make_types(tenant: Tenant) -> dict[str, str]:
    """The types `everything` and `place`, and one block `here` of the latter. Its id, and those of the schemas."""
    made: dict[str, str] = {}
    for slug in ("place", "everything"):
        kind = tenant.ok("POST", "/block_types/", {"name": slug.capitalize(), "slug": slug})
        made[f"{slug}_type"] = kind["id"]
        fields = with_place(made) if slug == "everything" else PLACE
        schema = tenant.ok("POST", "/block_schemas/", {"fields": fields, "block_type_id": kind["id"]})
        made[f"{slug}_schema"], made[f"{slug}_checksum"] = schema["id"], schema["checksum"]
    made["here"] = make_block(tenant, made, "place", "here", {"path": "/tmp"})
    return made


def with_place(made: dict[str, str]) -> dict[str, Any]:
    reference = {"block_type_slug": "place", "block_schema_checksum": made.get("place_checksum", "")}
    return {
        **EVERYTHING, "definitions": {"Retries": PART, "Place": PLACE}, "block_schema_references": {"storage": reference}
    }  # fmt: skip


def make_block(tenant: Tenant, made: dict[str, str], slug: str, name: str, data: dict[str, Any]) -> str:
    body = {
        "name": name,
        "block_type_id": made[f"{slug}_type"],
        "block_schema_id": made[f"{slug}_schema"],
        "data": data,
    }
    return str(tenant.ok("POST", "/block_documents/", body)["id"])
