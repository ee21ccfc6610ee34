"""Rows of the library app.

Files are input; versions are what runs and what people were taught by, so a version is never changed and never
deleted. What is being written is a draft; publishing makes a version of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row, new_id
from peilian.engine._kernel import Text


class ContentState(models.TextChoices):
    """Where a content stands."""

    NEW = "new"  # nothing published yet
    PUBLISHED = "published"
    RETIRED = "retired"  # no longer offered; what used it still reads it


class ContentQuerySet(models.QuerySet["Content"]):
    """Contents by whether they may be used."""

    def in_force(self, day: date) -> ContentQuerySet:
        """Published ones whose validity includes ``day``."""
        return self.filter(
            models.Q(valid_from=None) | models.Q(valid_from__lte=day),
            models.Q(valid_until=None) | models.Q(valid_until__gt=day),
            state=ContentState.PUBLISHED,
        )


class Content(Row):
    """One text through all its versions (内容): a kind and a key, as its documents carry them.

    Title, summary, tags, validity and what it names are those of the current version (of the first draft, before
    there is one), kept here for lists.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=150)
    title = models.JSONField(default=dict)  # {zh, en}
    summary = models.JSONField(default=dict)
    languages = models.JSONField(default=list)  # of what it says; empty: it reads the same in all
    tags = models.JSONField(default=list)
    competencies = models.JSONField(default=list)
    covers = models.JSONField(default=list)
    related = models.JSONField(default=list)  # kind:key of other texts
    must_confirm = models.BooleanField(default=False)
    pack = models.CharField(max_length=60, blank=True, default="")  # empty: made here
    state = models.CharField(max_length=20, choices=ContentState, default=ContentState.NEW)
    current = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    review_by = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_why = models.CharField(max_length=500, blank=True, default="")

    objects = ContentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], name="one_content_a_key"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(current__isnull=False),
                name="published_content_has_a_version",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "kind"])]

    def __str__(self) -> str:
        return self.name.in_language("zh") or self.reference

    @property
    def name(self) -> Text:
        """Its title."""
        return Text(**self.title)

    @property
    def reference(self) -> str:
        """``kind:key``, as other texts name it."""
        return f"{self.kind}:{self.key}"


class Origin(models.TextChoices):
    """Where a version comes from."""

    PACK = "pack"
    USER = "user"
    FILE = "file"  # a pack that was exported, edited and brought back
    MERGE = "merge"  # a pack's change and our own, brought together


class ContentVersion(Ledger):
    """One published wording (版本): the document as data. Append-only.

    ``base`` is the version that it was written from. A pack's version that local edits keep from becoming current is
    stored too: the next merge starts from it.
    """

    content = models.ForeignKey("library.Content", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=10, choices=Origin)
    pack_version = models.CharField(max_length=40, blank=True, default="")
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    files = models.JSONField(default=dict)  # {name: id of the attachment}
    note = models.CharField(max_length=500, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["content", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["content", "number"], name="one_content_version_a_number")
        ]
        indexes: ClassVar = [models.Index(fields=["sha256"])]

    def __str__(self) -> str:
        return f"{self.content} v{self.number}"


class DraftState(models.TextChoices):
    """Where a draft stands."""

    WRITING = "writing"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    PUBLISHED = "published"
    DROPPED = "dropped"


OPEN_DRAFTS = (DraftState.WRITING, DraftState.IN_REVIEW, DraftState.RETURNED)


class Draft(Row):
    """What is being written (草稿). One content has one open draft; ``edition`` counts its savings, so that two people
    who write at once do not overwrite each other.

    ``conflicts`` are those of a pack's upgrade or of a file that was brought back, which a person has to settle:
    ``{"path", "base", "ours", "theirs"}``. ``writers`` are the ids of all users who have saved it.
    """

    content = models.ForeignKey("library.Content", on_delete=models.PROTECT, related_name="drafts")
    base = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    upgrade = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    body = models.JSONField()
    conflicts = models.JSONField(default=list)
    files = models.JSONField(default=dict)  # {name: id of the attachment}
    edition = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=20, choices=DraftState, default=DraftState.WRITING)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    writers = models.JSONField(default=list)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.USER)
    created_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=1000, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["content"],
                condition=models.Q(state__in=["writing", "in_review", "returned"]),
                name="one_open_draft_a_content",
            )
        ]

    def __str__(self) -> str:
        return f"{self.content}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether it may still become a version."""
        return self.state in OPEN_DRAFTS

    def rewritten(self, *, at: datetime, by: UUID | None = None) -> None:
        """Save it as a new edition, which nobody has reviewed yet; ``by`` is who wrote in it."""
        self.edition += 1
        self.saved_at, self.state = at, DraftState.WRITING
        if by is not None and str(by) not in self.writers:
            self.writers = [*self.writers, str(by)]
        self.save()


class Use(Ledger):
    """Something that used a version (引用), such as a drill that was played or a person who was judged by it."""

    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="uses")
    used_by_kind = models.CharField(max_length=40)
    used_by_id = models.CharField(max_length=100)
    at = models.DateTimeField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "used_by_kind", "used_by_id"], name="a_use_is_noted_once")
        ]

    def __str__(self) -> str:
        return f"{self.used_by_kind} {self.used_by_id}"


class Confirmation(Ledger):
    """An employee has read a version of a policy and confirms it (阅读确认)."""

    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="confirmations")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "employee"], name="a_person_confirms_a_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.version}"


class CommentKind(models.TextChoices):
    """What a comment wants."""

    COMMENT = "comment"
    SUGGESTION = "suggestion"  # an improvement; it is accepted or declined with a word


class CommentState(models.TextChoices):
    """Where a comment stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CLOSED = "closed"


class Comment(Row):
    """A word of a reader about a text (评论与改进建议)."""

    content = models.ForeignKey("library.Content", on_delete=models.PROTECT, related_name="comments")
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=CommentKind, default=CommentKind.COMMENT)
    text = models.CharField(max_length=2000)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=CommentState, default=CommentState.OPEN)
    answer = models.CharField(max_length=2000, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class ChangeNotice(Row):
    """Something about the products or services changes on a day (变更通知), and texts have to follow.

    An internal one is for those who write alone: what texts were made of has changed, not what customers meet.
    """

    title = models.JSONField()  # {zh, en}
    text = models.CharField(max_length=4000)
    effective_on = models.DateField()
    is_internal = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-effective_on", "-id"]

    def __str__(self) -> str:
        return Text(**self.title).in_language("zh")


class RevisionState(models.TextChoices):
    """What became of a text that a change affects."""

    DUE = "due"
    REVISED = "revised"
    UNAFFECTED = "unaffected"


class Revision(Row):
    """A text that a change marks for revision (待修订)."""

    notice = models.ForeignKey("library.ChangeNotice", on_delete=models.PROTECT, related_name="revisions")
    content = models.ForeignKey("library.Content", on_delete=models.PROTECT, related_name="revisions")
    state = models.CharField(max_length=20, choices=RevisionState, default=RevisionState.DUE)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "content"], name="one_revision_a_notice_and_content")
        ]

    def __str__(self) -> str:
        return f"{self.content}: {self.state}"


class Attachment(Ledger):
    """A file that was added to a text (附件). It stays as it is; drafts and versions name the files that are theirs, so
    that a newer file of the same name takes nothing from an older wording."""

    content = models.ForeignKey("library.Content", on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey("base.StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it."""
        return self.media_type in ("image/png", "image/jpeg", "image/gif", "image/webp")


class PackInstall(Row):
    """A pack was brought into the library (内容包安装), and what that did."""

    pack = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    report = models.JSONField(default=dict)  # {"new", "advanced", "drafted", "conflicts", "gone", "same"}

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.pack} {self.version}"


class LibraryMark(Row):
    """The one row that every change of what a search shows writes anew, in the transaction of the change: whoever made
    something of the texts sees by it whether they are still the same."""

    value = models.UUIDField(default=new_id)

    THE_ONE: ClassVar = UUID(int=1)
    renewals: ClassVar[int] = 0
    """How often this process renewed it."""

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def value_now(cls) -> str:
        """The mark of the library as it is."""
        return str(cls.objects.filter(pk=cls.THE_ONE).values_list("value", flat=True).first() or "")

    @classmethod
    def renew(cls) -> None:
        """Say that texts were published, retired, restored, or changed hands."""
        cls.objects.update_or_create(pk=cls.THE_ONE, defaults={"value": new_id()})
        cls.renewals += 1


# A version stays as it is, whoever asks the database.
GUARDED = ("library_contentversion", "library_use", "library_confirmation", "library_attachment")
