"""Schemas are kept as they were written. Those that are there already stay in the order that jsonb gave them."""

from django.db import migrations

from controlplane.sql.models import WrittenJSONField


class Migration(migrations.Migration):
    dependencies = [("blocks", "0005_key_versions")]

    operations = [migrations.AlterField("blockschema", "fields", WrittenJSONField())]
