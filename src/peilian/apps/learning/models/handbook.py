"""Rows of the personal handbook: what somebody keeps, and what of it was proposed to all."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from peilian.apps.base.models import Row


class KeptFrom(models.TextChoices):
    """Where an entry of a handbook comes from."""

    TEXT = "text"
    DRILL = "drill"
    EXAM = "exam"
    OWN = "own"


class HandbookEntry(Row):
    """Something that a person keeps for the own work (个人手册条目); nobody else reads it.

    ``text`` is what was kept, ``note`` what the person wrote to it, both Markdown. ``source`` is ``kind:key`` of a text
    or the id of a drill or an attempt, ``place`` where in it the passage stands; ``version`` the wording of the text
    that it was kept from. ``position`` orders the handbook. One that was deleted can be brought back for a while.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="handbook")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=80, blank=True, default="")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list)
    kept_from = models.CharField(max_length=10, choices=KeptFrom)
    source = models.CharField(max_length=200, blank=True, default="")
    place = models.CharField(max_length=100, blank=True, default="")
    content = models.ForeignKey("library.Content", null=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    client_id = models.UUIDField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee", "source", "place"],
                condition=models.Q(deleted_at=None) & ~models.Q(source=""),
                name="a_passage_is_kept_once",
            ),
            models.UniqueConstraint(fields=["employee", "client_id"], name="a_note_sent_twice_is_one"),
            models.CheckConstraint(
                condition=~models.Q(text="") | ~models.Q(note=""), name="a_handbook_entry_says_something"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "deleted_at", "position"])]

    def __str__(self) -> str:
        return str(self.title)


class HandbookProposal(Row):
    """An entry that its person proposed to all as best practice (最佳实践推荐). The draft tells what became of it; the
    entry may be gone."""

    entry = models.ForeignKey("learning.HandbookEntry", null=True, on_delete=models.SET_NULL, related_name="proposals")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="handbook_proposals")
    content = models.OneToOneField("library.Content", on_delete=models.PROTECT, related_name="+")
    draft = models.ForeignKey("library.Draft", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["employee", "proposed_at"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.content}"
