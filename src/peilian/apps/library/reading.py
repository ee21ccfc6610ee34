"""Looking things up: who may see which texts, their versions, and how two versions differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, QuerySet

from peilian.adapters.packs import Document
from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.apps.base.api import Argument, Prepared, today_in_company
from peilian.apps.library.checks import is_writer, require_sight, secret_to
from peilian.apps.library.models import Content, ContentState, ContentVersion
from peilian.apps.library.shelf import document, documents
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Language, Text
from peilian.engine.content import Change, differences

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_OUT = (ContentState.PUBLISHED, ContentState.RETIRED)
_INSIDE = ("scenario",)
"""Kinds whose wording is for who writes: whoever is trained with it is not to know what it looks for."""
Current = tuple[Content, ContentVersion, Document]
_Stamp = tuple[date, tuple[Any, ...]]
_STAMP = Prepared(
    lambda: (
        Content.objects.filter(kind=Argument("kind", CharField()), state=ContentState.PUBLISHED)
        .order_by("key")
        .values_list("key", "current", "valid_from", "valid_until")
    )
)
_ONE = Prepared(
    lambda: Content.objects.select_related("current").filter(
        kind=Argument("kind", CharField()), key=Argument("key", CharField())
    )
)
_EVER_OUT = Prepared(
    lambda: (
        Content.objects.filter(Argument("keys", CharField(), is_many=True).has("key"))
        .exclude(current=None)
        .values_list("kind", "key", "title", "state", "must_confirm", "current", "languages")
    )
)
_in_force: dict[str, tuple[_Stamp, tuple[InForce, ...]]] = {}


@dataclass(frozen=True, slots=True)
class InForce:
    """A text in force today. Shared by all who ask: not to be changed."""

    key: str
    version: ContentVersion
    document: Document


def browse(
    *,
    user: User,
    kinds: Collection[str] = (),
    text: str = "",
    tags: Collection[str] = (),
    competencies: Collection[str] = (),
    pack: str | None = None,
    written_in: str | None = None,
    states: Collection[str] = (ContentState.PUBLISHED,),
    day: date | None = None,
) -> QuerySet[Content]:
    """Contents by kind and key, as far as all that is given fits. ``text`` stands in title, summary, tags or key;
    ``tags`` and ``competencies`` are all there; ``day`` leaves out what does not hold then; ``pack=""`` is what was
    made here; ``written_in`` a language in which it says what it says. Who does not write sees published ones alone.
    """
    visible_to(user).require(Permission.SEE_LIBRARY)
    rows = Content.objects.filter(state__in=list(states))
    if not is_writer(user):
        rows = rows.filter(state=ContentState.PUBLISHED).exclude(kind__in=secret_to(user))
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if pack is not None:
        rows = rows.filter(pack=pack)
    if day is not None:
        rows = rows & Content.objects.in_force(day)
    if text.strip() or tags or competencies or written_in:
        words = text.casefold().split()
        found = [row.pk for row in rows if _fits(row, words, tags, competencies, written_in)]
        rows = Content.objects.filter(pk__in=found)
    return rows


def facets(*, user: User, states: Collection[str] = (ContentState.PUBLISHED,)) -> dict[str, Counter[str]]:
    """How many contents there are by ``kind``, ``tag``, ``competency`` and ``pack``."""
    found: dict[str, Counter[str]] = {name: Counter() for name in ("kind", "tag", "competency", "pack")}
    rows = browse(user=user, states=states).order_by()
    for kind, pack, tags, competencies in rows.values_list("kind", "pack", "tags", "competencies"):
        found["kind"][kind] += 1
        found["pack"][pack] += 1
        found["tag"].update(tags)
        found["competency"].update(competencies)
    return found


def content(*, user: User, kind: str, key: str) -> Content:
    """One content. Who does not write sees it once it was published, also when it is retired since."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    if "\0" in kind + key:  # not every database may be asked for it
        raise NotVisibleError
    found = _ONE.first(kind=kind, key=key)
    if found is None or (found.state not in _OUT and not is_writer(user)):
        raise NotVisibleError
    require_sight(user, found)
    return found


def version(*, user: User, pk: UUID | str) -> ContentVersion:
    """One version with its body; ``NotVisibleError`` when it does not exist or is not ``user``'s to read: who does not
    write reads what was published here, and nothing of the inside of a drill."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    try:
        found: ContentVersion = ContentVersion.objects.select_related("content", "base").get(pk=UUID(str(pk)))
    except (ContentVersion.DoesNotExist, ValueError):
        raise NotVisibleError from None
    _require_readable(user, found)
    return found


def versions(*, user: User, content: Content) -> QuerySet[ContentVersion]:
    """Every version, the newest first. Who does not write sees those that were published here, not a pack's that local
    edits kept from it, and none of a drill."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    rows = ContentVersion.objects.filter(content=content).select_related("made_by", "approved_by")
    if is_writer(user):
        return rows
    if content.state not in _OUT or not reads_versions(user=user, content=content):
        raise NotVisibleError
    return rows.filter(pk__in=[found.pk for found in published_line(content)])


def reads_versions(*, user: User, content: Content) -> bool:
    """Whether ``versions``, ``version`` and ``compare`` are for the user."""
    return is_writer(user) or content.kind not in (*_INSIDE, *secret_to(user))


def document_of(version: ContentVersion, *, user: User | None) -> Document:
    """The document of a version, as its schema has it; of a drill only what its trainees are told, for who does not
    write. ``user=None`` is an engine, which needs all of it."""
    found = document(version)
    if user is None:
        return found
    visible_to(user).require(Permission.SEE_LIBRARY)
    if isinstance(found, ScenarioDocument) and not is_writer(user):
        if not Content.objects.filter(state__in=_OUT, current=version.pk).exists():
            raise NotVisibleError
        return found.as_told()
    _require_readable(user, version)
    return found


def current_documents(*, kind: str, day: date | None = None) -> list[Current]:
    """What is in force of a kind on ``day`` (default: today), by key: for engines, without a user.

    Where the current version does not hold yet, the one before it does.
    """
    day = day or today_in_company()
    rows = Content.objects.filter(kind=kind, state=ContentState.PUBLISHED).select_related("current")
    rows = rows.defer("current__body").order_by("key")
    found = []
    for row in rows:
        held = next((one for one in published_line(row) if _holds(row, one, day)), None)
        if held is not None:
            found.append((row, held))
    made = documents([held for _row, held in found], kind)
    return [(row, held, one) for (row, held), one in zip(found, made, strict=True)]


def in_force(*, kind: str) -> tuple[InForce, ...]:
    """What is in force of a kind today, by key: for engines, without a user. It is the same object as long as nothing
    of the kind is published or retired and no text begins or ends to hold."""
    stamp = _stamp(kind)
    kept = _in_force.get(kind)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    rows = current_documents(kind=kind, day=stamp[0])
    made = tuple(InForce(row.key, version, document) for row, version, document in rows)
    if _stamp(kind) == stamp:  # nothing was published meanwhile
        _in_force[kind] = (stamp, made)
    return made


def _stamp(kind: str) -> _Stamp:
    return today_in_company(), tuple(_STAMP(kind=kind))


def ever_out(keys: Collection[str]) -> list[tuple[str, str, Any, str, bool, UUID, list[Language]]]:
    """``(kind, key, title, state, must_confirm, current, languages)`` of the texts with one of some keys that were ever
    published: for engines, without a user."""
    return _EVER_OUT(keys=keys)


def titles(*, user: User, names: Collection[str]) -> dict[str, Text]:
    """The titles of published texts by ``kind:key``, as far as the user sees them."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    hidden = secret_to(user)
    return {
        f"{kind}:{key}": Text(**title)
        for kind, key, title, state, *_more in ever_out({name.partition(":")[2] for name in names})
        if state == ContentState.PUBLISHED and kind not in hidden and f"{kind}:{key}" in names
    }


def former_documents(*, kind: str, key: str) -> list[Document]:
    """Every wording of a text that counted, the newest first: for engines, without a user."""
    row = Content.objects.select_related("current").filter(kind=kind, key=key, current__isnull=False).first()
    return documents(list(published_line(row)), kind) if row is not None else []


def held_keys(*, kind: str) -> frozenset[str]:
    """The keys of a kind that the library answers for, also where nothing is in force: whoever loads files of that kind
    leaves these out."""
    return frozenset(Content.objects.filter(kind=kind, current__isnull=False).values_list("key", flat=True))


def compare(*, user: User, one: ContentVersion, other: ContentVersion) -> list[Change]:
    """What ``other`` changed of ``one``, down to the smallest part."""
    for each in (one, other):
        version(user=user, pk=each.pk)
    return differences(one.body, other.body)


def published_line(content: Content) -> Iterable[ContentVersion]:
    """The versions that were current, the newest first: each names the one it was written from."""
    here = content.current
    while here is not None:
        yield here
        here = here.base


def _require_readable(user: User, found: ContentVersion) -> None:
    """``NotVisibleError`` unless ``user`` writes, or the version was published here and its kind has no inside."""
    if is_writer(user):
        return
    content = found.content
    was_here = content.state in _OUT and any(one.pk == found.pk for one in published_line(content))
    if not was_here or not reads_versions(user=user, content=content):
        raise NotVisibleError


def days_of(row: Content, held: ContentVersion) -> tuple[date | None, date | None]:
    """From which day a version of ``row`` holds, and from which no more, as far as it says so."""
    if held.pk == row.current_id:
        return row.valid_from, row.valid_until
    stated = held.body.get("valid_from") or (row.kind == "policy" and held.body.get("effective_from"))
    until = held.body.get("valid_until")
    return date.fromisoformat(stated) if stated else None, date.fromisoformat(until) if until else None


def _holds(row: Content, held: ContentVersion, day: date) -> bool:
    first, last = days_of(row, held)
    return (first is None or first <= day) and (last is None or last > day)


def _fits(
    row: Content, words: Collection[str], tags: Collection[str], competencies: Collection[str], written_in: str | None
) -> bool:
    if written_in and row.languages and written_in not in row.languages:
        return False
    if not set(tags) <= set(row.tags) or not set(competencies) <= set(row.competencies):
        return False
    said = " ".join([*row.title.values(), *row.summary.values(), *row.tags, row.key]).casefold()
    return all(word in said for word in words)
