"""The mark by which the search index sees that texts have changed."""

import peilian.apps.base.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0003_files_of_versions")]

    operations = [
        migrations.CreateModel(
            name="LibraryMark",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=peilian.apps.base.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("value", models.UUIDField(default=peilian.apps.base.models.new_id)),
            ],
            options={"abstract": False},
        ),
    ]
