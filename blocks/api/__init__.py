"""REST doors of stored configuration."""

from importlib import import_module

for noun in (
    "block_documents",
    "block_schemas",
    "block_types",
    "collections",
    "encryption",
    "result_storage",
    "variables",
):
    import_module(f"blocks.api.{noun}")
