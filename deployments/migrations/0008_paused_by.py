from django.db import migrations, models


class Migration(migrations.Migration):
    """Who paused a pool or a queue, for whoever explains why a run waits."""

    dependencies = [("deployments", "0007_push_work_pools")]

    operations = [
        migrations.AddField(model, "paused_by", models.TextField(null=True)) for model in ("workpool", "workqueue")
    ]
