"""Change notices (变更通知): something about products or services changes, and texts have to follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.base.api import send, today_in_company, write
from peilian.apps.library.checks import is_writer, named, permit, publishing, refuse, require_sight, short
from peilian.apps.library.locking import locked_all, open_drafts
from peilian.apps.library.models import (
    ChangeNotice,
    Content,
    ContentState,
    DraftState,
    Revision,
    RevisionState,
)
from peilian.apps.library.reviewing import return_draft
from peilian.apps.library.telling import HOME, holders, tell
from peilian.apps.library.using import following
from peilian.apps.people.api import Permission

if TYPE_CHECKING:
    from peilian.apps.people.api import User
    from peilian.engine._kernel import Text


def affected_by(
    *,
    user: User,
    tags: Collection[str] = (),
    competencies: Collection[str] = (),
    contents: Collection[Content] = (),
) -> list[Content]:
    """The texts in use that a change may touch: those named, those with one of the tags or competencies, and what
    follows them because it names one of them as related."""
    permit(user, Permission.WRITE_LIBRARY)
    return _affected(tags, competencies, contents)


def announce_change(
    *,
    actor: User | None,
    title: Mapping[str, str],
    text: str,
    effective_on: date,
    tags: Collection[str] = (),
    competencies: Collection[str] = (),
    contents: Collection[Content] = (),
) -> ChangeNotice:
    """Tell everybody inside of a change, and mark the texts that it touches for revision."""
    permit(actor, Permission.WRITE_LIBRARY)
    names = named(title)
    text = short(text, "text", limit=4000, is_needed=True)
    with write(actor=actor, verb="library.announce_change") as audit:
        row = ChangeNotice.objects.create(
            title=names, text=text, effective_on=effective_on, made_at=timezone.now(), made_by=actor
        )
        audit.created(row)
        for content in _affected(tags, competencies, contents):
            audit.created(Revision.objects.create(notice=row, content=content))
        for user in holders(Permission.SEE_LIBRARY, but=[actor.pk if actor else None]):
            language = user.reading_language
            params = {"title": names.get(language) or str(row), "day": effective_on.isoformat()}
            send(recipient=user, key="inbox.library_change", params=params, link=HOME)
    return row


def ask_revision(*, title: Text, text: Text, contents: Iterable[Content]) -> ChangeNotice:
    """The product asks for another look at texts because of what they were made of. Who wrote their drafts and who
    publishes is told, nobody else sees the notice; what is in review goes back to writing."""
    day = today_in_company()
    with write(actor=None, verb="library.ask_revision") as audit:
        row = ChangeNotice.objects.create(
            title={"zh": title.zh, "en": title.en},
            text=f"{text.zh}\n{text.en}",
            effective_on=day,
            is_internal=True,
            made_at=timezone.now(),
        )
        audit.created(row)
        wanted = locked_all(Content.objects.filter(pk__in={content.pk for content in contents}))
        drafts = open_drafts(wanted)  # as they are now, and as they stay until the end
        for content in wanted:
            audit.created(Revision.objects.create(notice=row, content=content))
            draft = drafts.get(content.pk)
            language = draft.author.reading_language if draft is not None and draft.author is not None else "zh"
            if draft is not None and draft.state == DraftState.IN_REVIEW:
                return_draft(actor=None, draft=draft, decision=text.in_language(language))
            told = {user.pk: user for user in holders(publishing(content.kind))}
            if draft is not None and draft.author is not None:
                told[draft.author.pk] = draft.author
            for user in told.values():
                tell([user], "inbox.library_revision", content, why=title.in_language(user.reading_language))
    return row


def change_notices(*, user: User) -> QuerySet[ChangeNotice]:
    """Every notice that was not withdrawn, the latest first. Internal ones are for who writes."""
    permit(user, Permission.SEE_LIBRARY)
    rows = ChangeNotice.objects.filter(withdrawn_at=None).select_related("made_by")
    return rows if is_writer(user) else rows.filter(is_internal=False)


def withdraw_change(*, actor: User | None, notice: ChangeNotice) -> ChangeNotice:
    """The change does not come; what was still due because of it is unaffected."""
    permit(actor, Permission.WRITE_LIBRARY)
    now = timezone.now()
    with write(actor=actor, verb="library.withdraw_change") as audit:
        row = ChangeNotice.objects.select_for_update().get(pk=notice.pk)
        if row.withdrawn_at is not None:
            audit.unchanged()
            return row
        row.withdrawn_at = now
        row.save()
        audit.changed(row, withdrawn_at=None)
        for revision in row.revisions.filter(state=RevisionState.DUE).select_for_update():
            revision.state, revision.decided_at, revision.decided_by = RevisionState.UNAFFECTED, now, actor
            revision.save()
            audit.changed(revision, state=RevisionState.DUE)
    return row


def revisions_due(*, user: User, notice: ChangeNotice | None = None) -> QuerySet[Revision]:
    """Texts that still have to follow a change, the soonest first. Publishing a text settles it too; one that is
    retired waits for nothing until it is restored."""
    permit(user, Permission.WRITE_LIBRARY)
    rows = Revision.objects.filter(state=RevisionState.DUE, notice__withdrawn_at=None)
    rows = rows.exclude(content__state=ContentState.RETIRED)
    if notice is not None:
        rows = rows.filter(notice=notice)
    return rows.select_related("notice", "content").order_by("notice__effective_on", "content__kind", "content__key")


def being_revised(*, user: User, content: Content) -> list[ChangeNotice]:
    """The changes that a text does not follow yet, the latest announced first: for its readers, who are not told of
    internal ones."""
    permit(user, Permission.SEE_LIBRARY)
    require_sight(user, content)
    due = Q(revisions__content=content, revisions__state=RevisionState.DUE)
    return list(change_notices(user=user).filter(due).distinct().order_by("-made_at", "-pk"))


def settle_revision(*, actor: User | None, revision: Revision, state: RevisionState | str, note: str = "") -> Revision:
    """A text follows the change by now, or is not touched by it."""
    permit(actor, Permission.WRITE_LIBRARY)
    if state not in (RevisionState.REVISED, RevisionState.UNAFFECTED):
        raise refuse("library.unknown_choice", "state", known="revised, unaffected")
    note = short(note, "note")
    with write(actor=actor, verb="library.settle_revision") as audit:
        row = Revision.objects.select_for_update().get(pk=revision.pk)
        before = {"state": row.state, "note": row.note}
        row.state, row.note, row.decided_at, row.decided_by = str(state), note, timezone.now(), actor
        row.save()
        audit.changed(row, **before)
    return row


def reviews_due(*, user: User, day: date | None = None) -> QuerySet[Content]:
    """Published texts that were to be looked at again by ``day`` (default: today), the longest waiting first."""
    permit(user, Permission.WRITE_LIBRARY)
    rows = Content.objects.filter(state=ContentState.PUBLISHED, review_by__lte=day or today_in_company())
    return rows.order_by("review_by", "kind", "key")


def _affected(tags: Collection[str], competencies: Collection[str], contents: Collection[Content]) -> list[Content]:
    named_ids = {content.pk for content in contents}
    found = [
        row
        for row in Content.objects.filter(state=ContentState.PUBLISHED)
        if row.pk in named_ids or set(tags).intersection(row.tags) or set(competencies).intersection(row.competencies)
    ]
    found += following(found)
    return sorted(found, key=lambda row: (row.kind, row.key))
