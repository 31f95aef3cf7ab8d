from django.db import migrations, models


class Migration(migrations.Migration):
    """What a run's schema marks as secret, sealed beside its masks."""

    dependencies = [("runs", "0008_flow_run_pulses")]

    operations = [
        migrations.AddField("flowrun", "secrets", models.BinaryField(null=True)),
        migrations.AddIndex(
            "flowrun",
            models.Index(
                fields=["workspace_id", "id"], condition=models.Q(secrets__isnull=False), name="flow_run_sealed"
            ),
        ),
    ]
