"""The audit trail: runtime roles may add to it and nothing else; triggers hold even its owner back."""

import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ROLE_APP, ROLE_SYSTEM, ProtectTable

ROW = [
    ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
    ("workspace_id", models.UUIDField()),
    ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
]
# The owner may drop the triggers, but not by accident; what he does then shows in the chain.
ONLY_ADD = f"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER only_add BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_empty BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_add BEFORE UPDATE OR DELETE ON audit_link FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_empty BEFORE TRUNCATE ON audit_link FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE ALL ON audit_entry, audit_link FROM {ROLE_APP}, {ROLE_SYSTEM};
GRANT INSERT (id, workspace_id, account_id, actor_type, actor_id, actor_name, key_id, action, target_kind, target_id,
    target_name, changes, via, address, client) ON audit_entry TO {ROLE_APP}, {ROLE_SYSTEM};
GRANT SELECT ON audit_entry TO {ROLE_SYSTEM};
GRANT SELECT, INSERT ON audit_link TO {ROLE_SYSTEM};
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions")]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                *ROW,
                ("account_id", models.UUIDField()),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
                ("key_id", models.UUIDField(null=True)),
                ("action", models.TextField()),
                ("target_kind", models.TextField()),
                ("target_id", models.TextField()),
                ("target_name", models.TextField()),
                ("changes", models.JSONField(default=dict)),
                ("via", models.TextField()),
                ("address", models.TextField()),
                ("client", models.TextField()),
            ],
            options={"db_table": "audit_entry"},
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                *ROW,
                ("account_id", models.UUIDField()),
                ("number", models.BigIntegerField()),
                ("seal", models.BinaryField()),
            ],
            options={"db_table": "audit_link"},
        ),
        migrations.AddIndex("auditentry", models.Index(fields=["created"], name="audit_entry_young")),
        migrations.AddIndex("auditlink", models.Index(fields=["account_id", "number"], name="audit_link_chain")),
        migrations.AddIndex("auditlink", models.Index(fields=["created"], name="audit_link_young")),
        ProtectTable("audit_entry"),
        ProtectTable("audit_link"),
        migrations.RunSQL(ONLY_ADD, "DROP FUNCTION refuse_change CASCADE"),
    ]
