from django.db import migrations, models


class Migration(migrations.Migration):
    """What actions give to runs where the deployment's schema marks it as secret, sealed beside the masks."""

    dependencies = [("automations", "0006_incidents_and_alerts")]

    operations = [migrations.AddField("automation", "secrets", models.BinaryField(null=True))]
