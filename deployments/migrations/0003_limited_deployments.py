from django.db import migrations, models


class Migration(migrations.Migration):
    """A poll asks which deployments have a limit: usually none, and that must cost nothing."""

    dependencies = [("deployments", "0002_protect")]

    operations = [
        migrations.AddIndex(
            "deployment",
            models.Index(
                fields=["workspace_id", "concurrency_limit_id"],
                condition=models.Q(concurrency_limit_id__isnull=False),
                name="deployment_limited",
            ),
        )
    ]
