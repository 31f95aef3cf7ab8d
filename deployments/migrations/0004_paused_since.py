from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when a pool, a queue or a deployment is paused: nothing else about it tells."""

    dependencies = [("deployments", "0003_limited_deployments")]

    operations = [
        migrations.AddField(model, "paused_since", models.DateTimeField(null=True))
        for model in ("deployment", "workpool", "workqueue")
    ]
