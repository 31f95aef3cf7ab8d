from django.db import migrations

from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions"), ("blocks", "0003_block_tables")]

    operations = [
        ProtectTable("block_type", root=True),
        ProtectTable("block_schema", {"block_type_id": "block_type"}),
        ProtectTable(
            "block_schema_reference",
            {"parent_block_schema_id": "block_schema", "reference_block_schema_id": "block_schema"},
        ),
        ProtectTable("block_document", {"block_type_id": "block_type", "block_schema_id": "block_schema"}),
        ProtectTable(
            "block_document_reference",
            {"parent_block_document_id": "block_document", "reference_block_document_id": "block_document"},
        ),
        ProtectTable("result_storage", {"block_document_id": "block_document"}),
    ]
