"""The block types that come with the server.

Their schemas are ours, in our words: a client registers its own beside them, since it looks for its own checksum.
"""

from typing import Any

from msgspec import Struct

from blocks.wire.blocks import BlockTypeCreate


class SystemType(Struct, frozen=True):
    type: BlockTypeCreate
    fields: dict[str, Any]
    capabilities: list[str]


def system_type(
    name: str, title: str, description: str, *, imported: str, properties: dict[str, Any], required: list[str],
    secret_fields: list[str], capabilities: list[str], documentation_url: str,
) -> SystemType:  # fmt: skip
    slug = name.lower().replace(" ", "-")
    example = f'```python\nfrom {imported} import {title}\n\nblock = {title}.load("my-{slug}")\n```'
    return SystemType(
        BlockTypeCreate(
            name=name,
            slug=slug,
            description=description,
            documentation_url=documentation_url,
            code_example=example,
        ),
        {
            "title": title,
            "type": "object",
            "description": description,
            "properties": properties,
            **({"required": required} if required else {}),
            "secret_fields": secret_fields,
            "block_type_slug": slug,
            "block_schema_references": {},
        },
        capabilities,
    )


SECRET = system_type(
    "Secret",
    "Secret",
    "A value that only those may read who are allowed to see secrets.",
    imported="prefect.blocks.system",
    properties={
        "value": {
            "title": "Value",
            "description": "The secret: text or any JSON.",
            "format": "password",
            "writeOnly": True,
            "position": 0,
        }
    },
    required=["value"],
    secret_fields=["value"],
    capabilities=[],
    documentation_url="https://docs.prefect.io/latest/develop/blocks",
)

WEBHOOK = system_type(
    "Webhook",
    "Webhook",
    "An address to call over HTTP.",
    imported="prefect.blocks.webhook",
    properties={
        "method": {
            "title": "Method",
            "description": "The HTTP method.",
            "type": "string",
            "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"],
            "default": "POST",
            "position": 0,
        },
        "url": {
            "title": "Webhook URL",
            "description": "Where to send the request.",
            "type": "string",
            "format": "password",
            "writeOnly": True,
            "position": 1,
        },
        "headers": {
            "title": "Webhook Headers",
            "description": "Headers to send with it.",
            "type": "object",
            "position": 2,
        },
        "allow_private_urls": {
            "title": "Allow Private Urls",
            "description": "Whether the address may be on a private network.",
            "type": "boolean",
            "default": True,
            "position": 3,
        },
        "verify": {
            "title": "Verify",
            "description": "Whether the certificate of the other side is checked.",
            "type": "boolean",
            "default": True,
            "position": 4,
        },
    },
    required=["url"],
    secret_fields=["url", "headers.*"],
    capabilities=[],
    documentation_url="https://docs.prefect.io/latest/automate/events/webhook-triggers",
)

LOCAL_FILE_SYSTEM = system_type(
    "Local File System",
    "LocalFileSystem",
    "A folder on the machine on which a flow runs.",
    imported="prefect.filesystems",
    properties={
        "basepath": {
            "title": "Basepath",
            "description": "The folder; without one, the client's own.",
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "default": None,
            "position": 0,
        }
    },
    required=[],
    secret_fields=[],
    capabilities=["read-path", "write-path", "get-directory", "put-directory"],
    documentation_url="https://docs.prefect.io/latest/develop/results#specifying-a-default-filesystem",
)

SYSTEM_TYPES = {system.type.slug: system for system in (SECRET, WEBHOOK, LOCAL_FILE_SYSTEM)}
