"""Rows about what was made of real conversations."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Row


class Extraction(Row):
    """A draft that was made from a real conversation (提炼), and who answers for what it tells.

    It holds places, never words: ``told`` are the places of the messages, ``hidden`` the spans that a person hid beside
    what import had masked, each by conversation in the order of ``conversations``; ``kept`` counts by kind what looked
    suspicious and was left. The draft itself does not know the conversation.
    """

    kind = models.CharField(max_length=20)
    draft = models.OneToOneField("library.Draft", on_delete=models.PROTECT, related_name="+")
    conversations = models.JSONField()  # ids
    told = models.JSONField()
    hidden = models.JSONField()
    kept = models.JSONField(default=dict)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} · {self.confirmed_at:%Y-%m-%d}"
