"""Writing (撰写): a draft is what will become a version; two people who write at once do not overwrite each other."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.adapters.packs.trees import content_kinds, digest, document_of, tree_of
from peilian.adapters.packs.uploads import is_address
from peilian.apps.base.api import Audit, write
from peilian.apps.library.checks import (
    ONE_OF_A_KIND,
    named,
    permit,
    publishing,
    refuse,
    require_kind,
    require_not_alone,
    short,
)
from peilian.apps.library.locking import locked, locked_draft, open_drafts
from peilian.apps.library.models import OPEN_DRAFTS, Content, ContentState, Draft, DraftState
from peilian.apps.library.shelf import FACTS, describe
from peilian.apps.library.telling import tell
from peilian.apps.people.api import NotVisibleError, Permission, User, visible_to
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.content import Conflict, LostPlaceError, take_theirs
from peilian.engine.text.typed import cleaned

if TYPE_CHECKING:
    from peilian.engine.content.values import Tree

MOST_BYTES = 2 << 20
"""Of one document."""
_DEEPEST = 20
_MOST_BITS = 63
"""Of a number: what databases and other programs can hold."""


class StaleDraftError(InputError):
    """Somebody else saved in between: ``draft`` is what is stored now, ``body`` what was to be saved over it."""

    def __init__(self, draft: Draft, body: Mapping[str, Any]) -> None:
        super().__init__(Fault(Reason("library.stale_draft"), field="edition"))
        self.draft = draft
        self.body = body


def kinds() -> tuple[str, ...]:
    """The kinds of texts that the library holds."""
    return content_kinds()


def kinds_to_begin() -> tuple[str, ...]:
    """The kinds of texts of which people begin new ones."""
    return tuple(kind for kind in content_kinds() if kind not in ONE_OF_A_KIND)


def may_write(user: User) -> bool:
    """Whether the user writes drafts."""
    return visible_to(user).may(Permission.WRITE_LIBRARY)


def may_publish(user: User, kind: str) -> bool:
    """Whether the user publishes texts of a kind."""
    return visible_to(user).may(publishing(kind))


def published_by(*, user: User) -> frozenset[str]:
    """The kinds of texts that the user publishes."""
    sight = visible_to(user)
    return frozenset(kind for kind in kinds() if sight.may(publishing(kind)))


def drafts(*, user: User, states: Collection[str] = OPEN_DRAFTS) -> QuerySet[Draft]:
    """Drafts in these states, the newest first, for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    rows = Draft.objects.filter(state__in=list(states))
    return rows.select_related("content", "author", "base", "upgrade", "decided_by")


def draft(*, user: User, pk: UUID | str) -> Draft:
    """One draft, in any state."""
    try:
        return drafts(user=user, states=DraftState.values).get(pk=UUID(str(pk)))
    except (Draft.DoesNotExist, ValueError):
        raise NotVisibleError from None


def new_content(*, actor: User | None, kind: str, key: str, title: Mapping[str, str]) -> Draft:
    """Begin a text: a content that nobody sees yet, with a draft. ``key`` is its name for good, such as
    ``own/refund-over-500``: small letters, digits and ``-_./``."""
    permit(actor, Permission.WRITE_LIBRARY)
    require_not_alone(require_kind(kind))
    names = named(title)
    name = _key(key)
    body = {"kind": kind, "schema_version": 1, "key": name, "title": names}
    with write(actor=actor, verb="library.new_content") as audit:
        about = {"title": names, "created_at": timezone.now(), "created_by": actor}
        content, is_new = Content.objects.get_or_create(kind=kind, key=name, defaults=about)
        if not is_new:
            raise refuse("library.key_taken", "key", name=f"{kind}:{name}")
        audit.created(content)
        return opened(audit, actor, content, body)


def start_draft(*, actor: User | None, content: Content) -> Draft:
    """The open draft of a content, begun from its current version when there is none."""
    permit(actor, Permission.WRITE_LIBRARY)
    with write(actor=actor, verb="library.start_draft") as audit:
        return begun(audit, actor, content)


def begun(audit: Audit, actor: User | None, content: Content) -> Draft:
    """The open draft of a content, locked; begun where there is none. Part of the caller's transaction."""
    content = locked(content)
    require_offered(content)
    found = open_drafts([content]).get(content.pk)
    if found is not None:
        audit.unchanged()
        return found
    body = content.current.body if content.current is not None else None
    skeleton = {"kind": content.kind, "schema_version": 1, "key": content.key, "title": content.title}
    return opened(audit, actor, content, body or skeleton)


def require_offered(content: Content) -> None:
    """``InputError`` when a content is retired: it is restored before anything of it is changed."""
    if content.state == ContentState.RETIRED:
        raise refuse("library.is_retired")


def save_draft(
    *,
    actor: User | None,
    draft: Draft,
    body: Mapping[str, Any],
    edition: int,
    settled: Collection[int] = (),
    note: str | None = None,
) -> Draft:
    """Save a draft that was read as of ``edition``; ``settled`` are the places in its ``conflicts`` that are done with.
    ``note`` is what those who review it are to know; ``None`` leaves it as it is.

    A document that does not fit its kind may be saved, not submitted. ``StaleDraftError`` when somebody saved something
    else in between; what is stored already, word for word, may be sent again. What is in review goes back to writing:
    nobody approves what was not seen.
    """
    permit(actor, Permission.WRITE_LIBRARY)
    said = short(note, "note") if note is not None else None
    with write(actor=actor, verb="library.save_draft") as audit:
        row = locked_draft(draft)
        fresh = checked_body(row.content, body)
        is_said_anew = said is not None and said != row.note and row.edition == edition
        if digest(fresh) == digest(row.body) and not settled:
            if is_said_anew:
                row.note = said or ""
                row.save(update_fields=["note"])
                audit.changed(row)
            else:
                audit.unchanged()
            return row
        if row.edition != edition:
            raise StaleDraftError(row, body)
        kept = [conflict for n, conflict in enumerate(row.conflicts) if n not in settled]
        before = {"edition": row.edition, "state": row.state}
        row.body, row.conflicts = fresh, kept
        if said is not None:
            row.note = said
        row.rewritten(at=audit.at, by=actor.pk if actor is not None else None)
        if row.content.current is None:
            _show_title(row.content, fresh)
        audit.changed(row, **before)
    return row


def settle_conflict(
    *, actor: User | None, draft: Draft, place: int, take: Literal["ours", "theirs"], edition: int
) -> Draft:
    """Settle one conflict by keeping ours or taking theirs. ``InputError`` when its place was rewritten since."""
    if not 0 <= place < len(draft.conflicts):
        raise NotVisibleError
    body = draft.body
    if take == "theirs":
        told = draft.conflicts[place]
        try:
            body = take_theirs(body, Conflict(tuple(told["path"]), told["base"], told["ours"], told["theirs"]))
        except LostPlaceError:
            raise refuse("library.settle_by_hand", "conflicts") from None
    return save_draft(actor=actor, draft=draft, body=body, edition=edition, settled=(place,))


def drop_draft(*, actor: User | None, draft: Draft, why: str = "") -> Draft:
    """Give a draft up: one's own, or as somebody who publishes. It stays to be looked at; others who wrote in it are
    told."""
    permit(actor, Permission.WRITE_LIBRARY)
    why = short(why, "why")
    with write(actor=actor, verb="library.drop_draft") as audit:
        row = locked_draft(draft)
        if actor is not None and str(actor.pk) not in row.writers and not may_publish(actor, row.content.kind):
            raise NotVisibleError
        before = row.state
        row.state, row.decision = DraftState.DROPPED, why
        row.decided_at, row.decided_by = timezone.now(), actor
        row.save()
        audit.changed(row, state=before)
        others = User.objects.filter(pk__in=[UUID(pk) for pk in row.writers])
        others = others.exclude(pk=actor.pk) if actor is not None else others
        tell(others, "inbox.library_dropped", row.content, why=why or "–")
    return row


def checked_body(content: Content, body: Mapping[str, Any]) -> dict[str, Any]:
    """A document as it is kept: plain values without what cannot be stored, in its canonical form when it fits its
    kind. ``InputError`` when it is another document, or too large."""
    tree: dict[str, Any] = dict(_plain(body, 0, _Room(MOST_BYTES)))
    if (tree.get("kind"), tree.get("key")) != (content.kind, content.key):
        raise refuse("library.other_document", "key", name=content.reference)
    try:
        return tree_of(document_of(tree))
    except InputError:
        return tree


def opened(audit: Audit, actor: User | None, content: Content, body: Mapping[str, Any]) -> Draft:
    """A new draft of a content that has none. Part of the caller's transaction."""
    now = timezone.now()
    row = Draft.objects.create(
        content=content,
        base=content.current,
        body=dict(body),
        files=content.current.files if content.current is not None else {},
        author=actor,
        writers=[str(actor.pk)] if actor is not None else [],
        created_at=now,
        saved_at=now,
    )
    audit.created(row)
    return row


def _show_title(content: Content, body: Mapping[str, Any]) -> None:
    """Lists show what is being written by the title that it has by now."""
    try:
        document_of(body)
    except InputError:
        return
    describe(content, body)
    content.save(update_fields=list(FACTS))


def _key(key: str) -> str:
    key = short(key, "key", limit=150, is_needed=True)
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789"
    if key[0] not in allowed or not set(key) <= set(allowed + "_-./") or ".." in key or "//" in key or key[-1] in "./":
        raise refuse("library.bad_key", "key")
    if is_address(key):
        raise refuse("library.key_is_address", "key", name=key.rpartition("/")[2])
    return key


class _Room:
    """What a document may still take, about as JSON would: counted on the way, so that no giant is measured whole."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise refuse("library.document_too_large", limit=MOST_BYTES >> 20)


def _plain(value: Tree, depth: int, room: _Room) -> Tree:
    """Without empty texts, which a form sends for what was left out."""
    if depth > _DEEPEST:
        raise refuse("library.document_too_deep")
    room.take(len(value) + 4 if isinstance(value, str) else 4)
    if isinstance(value, Mapping):
        found = {}
        for name, item in value.items():
            _require_held(name)
            room.take(len(str(name)) + 4)
            found[cleaned(str(name))] = _plain(item, depth + 1, room)
        return {name: item for name, item in found.items() if item is not None and not _is_emptied(value, name, item)}
    if isinstance(value, list | tuple):
        return [item for item in (_plain(item, depth + 1, room) for item in value) if item is not None]
    if isinstance(value, str):
        return cleaned(value) if value.strip() else None
    _require_held(value)
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)  # a day, as it is written; a number that no database holds


def _require_held(value: Tree) -> None:
    """A number of thousands of digits cannot even be written down."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise refuse("library.number_too_large")


def _is_emptied(value: Mapping[Any, Any], name: str, item: Tree) -> bool:
    """Whether a mapping is empty only because all of it was left out."""
    return item == {} and bool(value.get(name))
