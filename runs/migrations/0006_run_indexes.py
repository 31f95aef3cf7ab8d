"""Indexes for the pages of a flow, for a deployment's waiting runs, and a late sweep that no poll is taken for."""

from django.db import migrations, models

SCHEDULED = models.Q(("state_type", "SCHEDULED"))
NOT_LATE_YET = models.Q(("state_name", "Scheduled"), ("state_type", "SCHEDULED"))


def index(name: str, *fields: str, condition: models.Q | None = None) -> migrations.AddIndex:
    return migrations.AddIndex("flowrun", models.Index(fields=list(fields), condition=condition, name=name))


class Migration(migrations.Migration):
    dependencies = [("runs", "0005_task_workers")]

    operations = [
        migrations.RemoveIndex(model_name="flowrun", name="flow_run_sweep"),
        index("flow_run_by_flow", "workspace_id", "flow_id", "expected_start_time"),
        index("flow_run_waiting", "workspace_id", "deployment_id", "next_scheduled_start_time", condition=SCHEDULED),
        index("flow_run_late_sweep", "next_scheduled_start_time", condition=NOT_LATE_YET),
    ]
