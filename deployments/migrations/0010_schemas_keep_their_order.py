"""Schemas are kept as they were written. Those that are there already stay in the order that jsonb gave them."""

from django.db import migrations

from controlplane.sql.models import WrittenJSONField


class Migration(migrations.Migration):
    dependencies = [("deployments", "0009_secrets")]

    operations = [
        migrations.AlterField("deployment", "parameter_openapi_schema", WrittenJSONField(null=True)),
        migrations.AlterField("deploymentversion", "parameter_openapi_schema", WrittenJSONField(null=True)),
        migrations.AlterField("workpool", "base_job_template", WrittenJSONField(default=dict)),
    ]
