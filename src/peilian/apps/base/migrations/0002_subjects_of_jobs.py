from typing import Any

from django.db import migrations, models


def name_the_drafts(apps: Any, schema_editor: object) -> None:
    """Rehearsals are found by their draft from now on, also those that were made before."""
    Job = apps.get_model("base", "Job")
    rows = []
    for job in Job.objects.filter(kind="library.rehearse").iterator():
        job.subject = str(job.parameters.get("draft", ""))
        rows.append(job)
    Job.objects.bulk_update(rows, ["subject"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ("base", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="subject",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["kind", "subject", "-id"], name="jobs_of_a_subject"),
        ),
        migrations.RunPython(name_the_drafts, migrations.RunPython.noop, elidable=True),
    ]
