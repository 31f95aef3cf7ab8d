"""Who asked for a state, and how: what a client's retry of a transition is known by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0006_run_indexes")]

    operations = [
        migrations.AddField(model, name, field)
        for model in ("flowrunstate", "taskrunstate")
        for name, field in (("asked", models.BinaryField(null=True)), ("refusal", models.TextField(null=True)))
    ]
