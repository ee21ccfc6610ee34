"""Notices that are for those who write alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar = [("library", "0004_mark")]

    operations: ClassVar = [
        migrations.AddField(model_name="changenotice", name="is_internal", field=models.BooleanField(default=False)),
    ]
