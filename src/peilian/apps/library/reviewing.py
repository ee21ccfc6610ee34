"""Review and publishing (审核发布): two pairs of eyes look at what people will work by."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from peilian.adapters.packs import Document
from peilian.adapters.packs.trees import document_of, tree_of
from peilian.apps.base.api import Audit, write
from peilian.apps.library.audience import unknown_codes
from peilian.apps.library.checks import permit, publishing, refuse, require_not_alone, short
from peilian.apps.library.competencies import require_losses_seen
from peilian.apps.library.drafting import require_offered
from peilian.apps.library.locking import locked, locked_draft
from peilian.apps.library.models import (
    Content,
    ContentState,
    ContentVersion,
    Draft,
    DraftState,
    LibraryMark,
    Origin,
    Revision,
    RevisionState,
)
from peilian.apps.library.reading import current_documents
from peilian.apps.library.rehearsing import REHEARSED_KINDS, has_passed
from peilian.apps.library.shelf import FACTS, describe, document, new_version
from peilian.apps.library.telling import holders, tell
from peilian.apps.people.api import Permission, User
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.content import named_files
from peilian.flows import contents


def faults_of(*, draft: Draft, is_thorough: bool = False) -> list[Fault]:
    """What keeps a draft from being submitted, by field: what does not fit its kind, what leads nowhere; with
    ``is_thorough`` also what a scenario shows to be wrong before it plays, which takes up to a second."""
    rows = Content.objects.exclude(state=ContentState.NEW).values_list("kind", "key")
    there = {f"{kind}:{key}" for kind, key in rows} | {draft.content.reference}
    absent = [(place, name) for place, name in named_files(draft.body) if name not in draft.files]
    lost = [Fault(Reason("library.file_not_there", {"name": name}), field=place) for place, name in absent]
    found = [*contents.faults_of(draft.body, there, _shelved, _in_force), *unknown_codes(draft.body), *lost]
    return found if found or not is_thorough else contents.unsound(draft.body)


def _shelved(kind: str) -> list[Document]:
    """The present wordings of a kind, whatever day they hold on."""
    rows = Content.objects.filter(kind=kind, current__isnull=False).select_related("current")
    return [document(row.current, kind) for row in rows if row.current is not None]


def _in_force(kind: str) -> list[Document]:
    return [found for _row, _version, found in current_documents(kind=kind)]


def rehearse_draft(*, user: User, draft: Draft) -> list[Fault]:
    """What a scenario shows to be wrong when it plays its own answers. Takes seconds; nothing for other kinds."""
    permit(user, Permission.WRITE_LIBRARY)
    return faults_of(draft=draft) or contents.rehearse(draft.body)


def submit(*, actor: User | None, draft: Draft, note: str = "") -> Draft:
    """Hand a draft to review. ``InputError`` carries every fault; conflicts have to be settled first."""
    permit(actor, Permission.WRITE_LIBRARY)
    note = short(note, "note")
    with write(actor=actor, verb="library.submit") as audit:
        row = locked_draft(draft)
        require_offered(row.content)
        if row.state == DraftState.IN_REVIEW:
            audit.unchanged()
            return row
        hand_to_review(audit, row, note)
    return row


def hand_to_review(audit: Audit, row: Draft, note: str) -> None:
    """Hand over a locked draft that is sound; those who publish are told. Part of the caller's transaction."""
    _require_sound(row, is_thorough=True)
    before, row.state, row.note = row.state, DraftState.IN_REVIEW, note
    row.save(update_fields=["state", "note"])
    audit.changed(row, state=before)
    tell(_reviewers(row), "inbox.library_review", row.content)


def reviewers_of(*, user: User, draft: Draft) -> list[User]:
    """Who may publish a draft; whoever wrote in it only where one pair of eyes is enough."""
    permit(user, Permission.WRITE_LIBRARY)
    return sorted(_reviewers(draft), key=lambda one: one.name)


def _reviewers(row: Draft) -> list[User]:
    return holders(publishing(row.content.kind), but=_writers(row) if needs_second_eyes() else ())


def return_draft(*, actor: User | None, draft: Draft, decision: str) -> Draft:
    """Send a draft back with a word what is missing."""
    permit(actor, publishing(draft.content.kind))
    decision = short(decision, "decision", limit=1000, is_needed=True)
    with write(actor=actor, verb="library.return_draft") as audit:
        row = locked_draft(draft)
        if row.state != DraftState.IN_REVIEW:
            raise refuse("library.not_in_review", "draft")
        before, row.state, row.decision = row.state, DraftState.RETURNED, decision
        row.decided_at, row.decided_by = timezone.now(), actor
        row.save()
        audit.changed(row, state=before)
        tell(_people(row), "inbox.library_returned", row.content, decision=decision)
    return row


def publish(*, actor: User | None, draft: Draft, note: str = "", losses: Collection[str] = ()) -> ContentVersion:
    """Make a version of a draft; from now on it is what counts.

    Refused to whoever wrote in it, unless the installation is content with one pair of eyes; and while it has faults or
    conflicts. People publish a scenario that was rehearsed in the background as it is now (``start_rehearsal``); for
    the product itself it plays its own answers here, which takes seconds. ``losses`` are the competencies that a model
    no longer has and whoever publishes knows of (``lost_competencies``); it is refused while one is missing.
    """
    permit(actor, publishing(draft.content.kind))
    note = short(note, "note")
    # Before the transaction: others could not write while it plays. The edition tells whether it is still the same.
    _require_rehearsed(actor, draft)
    with write(actor=actor, verb="library.publish") as audit:
        row = locked_draft(draft)
        require_offered(row.content)
        if row.edition != draft.edition:
            raise refuse("library.draft_changed", "edition")
        _require_eyes(actor, row)
        _require_sound(row)
        require_losses_seen(row, losses)
        version = _version_of(actor, row, note or row.note)
        version.save()
        _put_on_shelf(row.content, version)
        audit.created(version)
        before, row.state = row.state, DraftState.PUBLISHED
        row.decided_at, row.decided_by, row.decision = version.made_at, actor, note
        row.save()
        audit.changed(row, state=before)
        _close_revisions(audit, actor, row.content)
        others = [user for user in _people(row) if actor is None or user.pk != actor.pk]
        tell(others, "inbox.library_published", row.content)
    return version


def retire(*, actor: User | None, content: Content, why: str) -> Content:
    """Offer a text no longer. What used it still reads it."""
    permit(actor, publishing(content.kind))
    require_not_alone(content.kind)
    why = short(why, "why", is_needed=True)
    with write(actor=actor, verb="library.retire") as audit:
        row = locked(content)
        if row.state != ContentState.PUBLISHED:
            raise refuse("library.not_published")
        before = {"state": row.state, "retired_why": row.retired_why}
        row.state, row.retired_why = ContentState.RETIRED, why
        row.retired_at, row.retired_by = timezone.now(), actor
        row.save()
        LibraryMark.renew()
        audit.changed(row, **before)
    return row


def restore(*, actor: User | None, content: Content) -> Content:
    """Offer a retired text again, as it was."""
    permit(actor, publishing(content.kind))
    with write(actor=actor, verb="library.restore") as audit:
        row = locked(content)
        if row.state != ContentState.RETIRED:
            raise refuse("library.not_retired")
        before = {"state": row.state, "retired_why": row.retired_why}
        row.state, row.retired_why, row.retired_at, row.retired_by = ContentState.PUBLISHED, "", None, None
        row.save()
        LibraryMark.renew()
        audit.changed(row, **before)
    return row


def _require_sound(row: Draft, *, is_thorough: bool = False) -> None:
    if row.conflicts:
        raise refuse("library.conflicts_left", "conflicts", number=len(row.conflicts))
    if faults := faults_of(draft=row, is_thorough=is_thorough):
        raise InputError(*faults)
    current = row.content.current
    if current is not None and row.files == current.files and tree_of(document_of(row.body)) == current.body:
        raise refuse("library.nothing_changed")


def _require_rehearsed(actor: User | None, draft: Draft) -> None:
    """What came through in the background is not played again; nobody waits for a page while it plays."""
    if draft.content.kind not in REHEARSED_KINDS or has_passed(draft):
        return
    if actor is not None:
        raise refuse("library.rehearse_first", "draft")
    if faults := contents.rehearse(draft.body):
        raise InputError(*faults)


def needs_second_eyes() -> bool:
    """Whether this installation wants texts published by somebody who did not write in them."""
    return bool(settings.LIBRARY_NEEDS_SECOND_EYES)


def _require_eyes(actor: User | None, row: Draft) -> None:
    """Two people have seen it: one who wrote, another who publishes. What a pack brought nobody here wrote."""
    if actor is None or not needs_second_eyes():
        return
    if str(actor.pk) in row.writers:
        raise refuse("library.second_eyes", "draft")
    if row.writers and row.state != DraftState.IN_REVIEW:
        raise refuse("library.not_in_review", "draft")


def _version_of(actor: User | None, row: Draft, note: str) -> ContentVersion:
    last = ContentVersion.objects.filter(content=row.content).aggregate(last=Max("number"))["last"] or 0
    return new_version(
        row.content,
        last + 1,
        tree_of(document_of(row.body)),
        origin=Origin.MERGE if row.upgrade_id else Origin(row.origin),
        made_at=timezone.now(),
        base=row.content.current,
        made_by=row.author,
        approved_by=actor,
        note=note,
        files=row.files,
    )


def _put_on_shelf(content: Content, version: ContentVersion) -> None:
    content.current, content.state, content.published_at = version, ContentState.PUBLISHED, version.made_at
    describe(content, version.body)
    content.save(update_fields=["current", "state", "published_at", *FACTS])
    LibraryMark.renew()


def _close_revisions(audit: Audit, actor: User | None, content: Content) -> None:
    """A text that was waiting to be revised for a change now is."""
    for revision in Revision.objects.filter(content=content, state=RevisionState.DUE).select_for_update():
        revision.state, revision.decided_at, revision.decided_by = RevisionState.REVISED, timezone.now(), actor
        revision.save()
        audit.changed(revision, state=RevisionState.DUE)


def _writers(row: Draft) -> list[UUID]:
    return [UUID(pk) for pk in row.writers]


def _people(row: Draft) -> list[User]:
    """Those who wrote it."""
    return list(User.objects.filter(pk__in=_writers(row)))
