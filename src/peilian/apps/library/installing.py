"""Bringing packs into the library (安装内容包): files are input, versions are what runs.

A pack is compared with what it said last time. Where nobody here changed a text, it advances; where somebody did, both
changes come together in a draft that a person looks through; what is new appears; what the pack no longer holds stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from peilian.adapters.packs import SHIPPED
from peilian.adapters.packs.trees import Pack, digest, documents_of, packs_in, tree_of
from peilian.apps.base.api import Company, company, write
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.locking import locked_all, open_drafts
from peilian.apps.library.models import (
    Content,
    ContentState,
    ContentVersion,
    Draft,
    LibraryMark,
    Origin,
    PackInstall,
)
from peilian.apps.library.shelf import FACTS, describe, new_version
from peilian.apps.library.telling import tell_of_install
from peilian.apps.people.api import Permission
from peilian.engine._kernel import Fault, InputError
from peilian.engine.content import Conflict, Merged, merge

if TYPE_CHECKING:
    from peilian.apps.people.api import User

Body = dict[str, Any]


def install_packs(*, actor: User | None = None, roots: Iterable[Path] = (SHIPPED,)) -> list[PackInstall]:
    """Bring the packs at or below ``roots`` into the library; returns those that had changed since the last time.

    The report of each tells by ``kind:key`` what is ``new``, what ``advanced``, what was ``drafted`` because it was
    edited here (with ``conflicts`` where both changed the same), and what the pack no longer holds (``gone``).
    ``InputError`` carries every fault of the packs' files; nothing of a faulty pack is taken in, the others are.
    """
    permit(actor, Permission.PUBLISH_LIBRARY)
    permit(actor, Permission.PUBLISH_POLICIES)
    installs: list[PackInstall] = []
    faults: list[Fault] = []
    for pack in packs_in(roots):
        try:
            done = None if _is_known(pack) else _install(actor, pack)
        except InputError as error:
            faults.extend(error.faults)
        else:
            installs += [done] if done is not None else []
    if faults:
        raise InputError(*faults)
    return installs


def conflicts_as_data(conflicts: Iterable[Conflict]) -> list[dict[str, Any]]:
    """Conflicts as a draft keeps them."""
    return [{**asdict(conflict), "path": list(conflict.path)} for conflict in conflicts]


def _is_known(pack: Pack) -> bool:
    last = PackInstall.objects.filter(pack=pack.header.key).order_by("-id").first()
    return last is not None and last.sha256 == pack.sha256


def _install(actor: User | None, pack: Pack) -> PackInstall | None:
    bodies = [tree_of(item.document) for item in documents_of(pack)]
    company()
    with write(actor=actor, verb="library.install_pack") as audit:
        Company.objects.select_for_update().first()  # two processes that start at once install one after the other
        if _is_known(pack):
            audit.unchanged()
            return None
        work = _Installation(actor, pack, bodies)
        work.do()
        LibraryMark.renew()
        row = PackInstall.objects.create(
            pack=pack.header.key,
            version=pack.header.version[:40],
            sha256=pack.sha256,
            at=work.now,
            by=actor,
            report={**work.lists, "same": work.n_same},
        )
        audit.created(row)
        tell_of_install(row)
    return row


class _Installation:
    """One pack on its way into the library; everything in one transaction."""

    def __init__(self, actor: User | None, pack: Pack, bodies: Sequence[Body]) -> None:
        self.actor = actor
        self.pack = pack
        self.key = pack.header.key
        self.bodies = {(str(body["kind"]), str(body["key"])): body for body in bodies}
        self.now = timezone.now()
        self.lists: dict[str, list[str]] = {name: [] for name in ("new", "advanced", "drafted", "conflicts", "gone")}
        self.n_same = 0
        kinds = {kind for kind, _ in self.bodies}
        there = Content.objects.filter(kind__in=kinds, key__in={key for _, key in self.bodies})
        self.there = {(row.kind, row.key): row for row in locked_all(there)}
        ids = [row.pk for row in self.there.values()]
        versions = ContentVersion.objects.filter(content__in=ids)
        of_pack = ContentVersion.objects.filter(content=OuterRef("content"), origin=Origin.PACK).order_by("-number")
        last = versions.filter(number=Subquery(of_pack.values("number")[:1]))
        self.last_of_pack = {row.content_id: row for row in last}
        counted = versions.order_by().values("content").annotate(last=Max("number"))
        self.numbers = {row["content"]: row["last"] for row in counted}
        self.drafts = open_drafts(self.there.values())

    def do(self) -> None:
        """Take in every document."""
        self._check_owners()
        fresh = [place for place in self.bodies if place not in self.there]
        self._add(fresh)
        for place, row in self.there.items():
            self._bring(row, self.bodies[place])
        kept = Content.objects.filter(pack=self.key).exclude(state=ContentState.RETIRED)
        self.lists["gone"] = [row.reference for row in kept if (row.kind, row.key) not in self.bodies]

    def _check_owners(self) -> None:
        for row in self.there.values():
            if row.pack not in ("", self.key):
                raise refuse("library.key_of_another_pack", "key", name=row.reference, pack=row.pack)

    def _add(self, places: Sequence[tuple[str, str]]) -> None:
        """What the library has not seen yet, published as the pack has it."""
        rows, versions = [], []
        for kind, key in places:
            body = self.bodies[kind, key]
            row = Content(
                kind=kind, key=key, pack=self.key, created_at=self.now, created_by=self.actor, published_at=self.now
            )
            describe(row, body)
            rows.append(row)
            versions.append(self._version(row, 1, body, None))
        Content.objects.bulk_create(rows)
        ContentVersion.objects.bulk_create(versions)
        for row, version in zip(rows, versions, strict=True):
            row.current, row.state = version, ContentState.PUBLISHED
        Content.objects.bulk_update(rows, ["current", "state"], batch_size=200)
        self.lists["new"] = [row.reference for row in rows]

    def _bring(self, row: Content, theirs: Body) -> None:
        """One text that is there already, by who changed it since."""
        last = self.last_of_pack.get(row.pk)
        if last is not None and last.sha256 == digest(theirs):
            self.n_same += 1
            self._adopt(row)
            return
        sha256 = digest(theirs)
        is_ours = row.current is not None and row.current.sha256 not in (sha256, last.sha256 if last else None)
        base = last if is_ours else row.current
        version = self._version(row, self.numbers.get(row.pk, 0) + 1, theirs, base)
        version.save()
        self._adopt(row)
        draft = self.drafts.get(row.pk)
        if not is_ours:
            self._advance(row, version, draft)
        else:
            self._upgrade(row, version, last, draft)

    def _adopt(self, row: Content) -> None:
        """A text that was written here first belongs to the pack from now on."""
        if row.pack != self.key:
            row.pack = self.key
            row.save(update_fields=["pack"])

    def _advance(self, row: Content, version: ContentVersion, draft: Draft | None) -> None:
        """Nobody here published a change, so the pack's wording counts; what is being written follows it. A text that
        was retired here stays so."""
        before = row.current
        row.current = version
        describe(row, version.body)
        row.published_at = self.now
        if row.state == ContentState.NEW:
            row.state = ContentState.PUBLISHED
        row.save(update_fields=["current", "published_at", "state", *FACTS])
        self.lists["advanced"].append(row.reference)
        if draft is not None:
            base = draft.base or before
            found = merge(base.body if base else {}, draft.body, version.body)
            draft.base = version
            self._redraft(draft, version, found)

    def _upgrade(self, row: Content, version: ContentVersion, last: ContentVersion | None, draft: Draft | None) -> None:
        """It was changed here and in the pack: both come together in a draft; what is published stays until then."""
        assert row.current is not None
        ours = draft.body if draft is not None else row.current.body
        found = merge(last.body if last is not None else {}, ours, version.body)
        if draft is None and not found.conflicts and digest(found.body) == row.current.sha256:
            self.n_same += 1  # all that the pack changed was changed here already
            return
        files = row.current.files
        fresh = Draft(content=row, base=row.current, files=files, edition=0, created_at=self.now)
        self._redraft(draft or fresh, version, found)

    def _redraft(self, draft: Draft, version: ContentVersion, found: Merged) -> None:
        """The merged wording into the draft. Who reviewed it has to look again; conflicts not yet settled stay."""
        fresh = conflicts_as_data(found.conflicts)
        paths = [conflict["path"] for conflict in fresh]
        draft.conflicts = fresh + [old for old in draft.conflicts if old["path"] not in paths]
        draft.body = found.body
        draft.upgrade = version
        draft.rewritten(at=self.now)
        self.lists["drafted"].append(draft.content.reference)
        if draft.conflicts:
            self.lists["conflicts"].append(draft.content.reference)

    def _version(self, row: Content, number: int, body: Body, base: ContentVersion | None) -> ContentVersion:
        """A pack says nothing of files that were added here: they stay with the text."""
        return new_version(
            row,
            number,
            body,
            origin=Origin.PACK,
            made_at=self.now,
            base=base,
            made_by=self.actor,
            pack_version=self.pack.header.version,
            files=row.current.files if row.current is not None else {},
        )
