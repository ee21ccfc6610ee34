"""The languages that texts are written in, for lists."""

from typing import Any

from django.db import migrations, models

from peilian.adapters.packs.trees import languages_of


def tell(apps: Any, schema_editor: Any) -> None:
    """Set them from the current version; a text without one from its newest draft."""
    Content, Draft = (apps.get_model("library", name) for name in ("Content", "Draft"))
    drafts = dict(Draft.objects.filter(content__current=None).order_by("id").values_list("content", "body"))
    for pk, body in Content.objects.values_list("pk", "current__body").iterator():
        Content.objects.filter(pk=pk).update(languages=languages_of(body or drafts.get(pk) or {}))


class Migration(migrations.Migration):
    dependencies = [("library", "0005_internal_notices")]

    operations = [
        migrations.AddField("content", "languages", models.JSONField(default=list)),
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=True),
    ]
