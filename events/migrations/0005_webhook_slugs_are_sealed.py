from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_assets"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="webhook",
            name="webhook_slug_once",
        ),
        migrations.RemoveIndex(
            model_name="webhook",
            name="webhook_by_slug",
        ),
        migrations.AddField(
            model_name="webhook",
            name="sealed_slug",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="webhook",
            name="slug_hash",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="webhook",
            name="slug",
            field=models.TextField(null=True),
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(fields=["slug_hash"], name="webhook_by_slug_hash"),
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(
                condition=models.Q(("slug__isnull", False)), fields=["slug"], name="webhook_with_plain_slug"
            ),
        ),
    ]
