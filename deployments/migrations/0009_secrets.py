from django.db import migrations, models


class Migration(migrations.Migration):
    """What a schema marks as secret, sealed beside the masks."""

    dependencies = [("deployments", "0008_paused_by")]

    operations = [
        migrations.AddField(model, "secrets", models.BinaryField(null=True))
        for model in ("deployment", "deploymentschedule", "deploymentversion", "workpool")
    ]
