# Two indexes are dropped and nothing else. Left to itself, Django would copy the whole table on SQLite, twice, and the
# copy would have lost the triggers that keep it append-only.

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "learning_attemptevent"
FIELDS = ("actor", "attempt")


def drop_indexes(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    columns = [[f"{field}_id"] for field in FIELDS]
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, TABLE)
    for name, one in found.items():
        if one["index"] and not one["unique"] and not one["primary_key"] and one["columns"] in columns:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def make_indexes(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("learning", "AttemptEvent")
    for field in FIELDS:
        column = model._meta.get_field(field)
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[column]))


class Migration(migrations.Migration):

    dependencies = [
        ('learning', '0015_drills_before_panels'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes, make_indexes)],
            state_operations=[
                migrations.AlterField(
                    model_name='attemptevent',
                    name='actor',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='attemptevent',
                    name='attempt',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='learning.attempt'),
                ),
            ],
        ),
    ]
