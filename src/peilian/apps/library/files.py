"""Texts as files (导入导出): taken out to be edited elsewhere, and brought back as drafts, merged with what has
happened here since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from peilian.adapters.archives import packed
from peilian.adapters.banks import merged_items
from peilian.adapters.banks import template as bank_template
from peilian.adapters.media import media_type_of
from peilian.adapters.packs import PackHeader, TextField, sheets
from peilian.adapters.packs.sheets import origin_of
from peilian.adapters.packs.trees import digest, document_of
from peilian.adapters.packs.uploads import ENCLOSED, VERSIONS, Brought, Progress, Upload, enclosed_path, read_upload
from peilian.adapters.packs.writing import written, written_header
from peilian.apps.base.api import Audit, company, file_path, keep_file, write
from peilian.apps.library.attaching import MOST_FILES
from peilian.apps.library.checks import permit, refuse, require_not_alone
from peilian.apps.library.drafting import checked_body
from peilian.apps.library.installing import conflicts_as_data
from peilian.apps.library.locking import locked_all, open_drafts
from peilian.apps.library.models import OPEN_DRAFTS, Attachment, Content, ContentState, ContentVersion, Draft, Origin
from peilian.apps.library.shelf import document
from peilian.apps.people.api import Permission
from peilian.engine._kernel import Fault, InputError
from peilian.engine.content import Change, Merged, differences, merge

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_BYTES = 20 << 20
"""Of an upload."""
MOST_ENCLOSED = 16 << 20
"""Of all files of the texts that are taken out at once, so that they can be brought back."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What an upload would do to one text: ``new``, ``changed``, ``same``, or ``refused`` with ``faults``; ``files``
    are the names of those that would come with it."""

    reference: str
    title: Mapping[str, str]
    file: str
    action: str
    changes: tuple[Change, ...] = ()
    n_conflicts: int = 0
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What an upload would do; ``faults`` are those of files that cannot be read, ``notes`` tell what comes in
    otherwise than it was or stays out."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()

    @property
    def can_be_imported(self) -> bool:
        """Whether something would change and nothing stands against it."""
        is_clean = not self.faults and not any(entry.faults for entry in self.entries)
        return is_clean and any(entry.action in ("new", "changed") for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One text of an upload beside what is here; ``files`` are the hashes of those that would come with it."""

    brought: Brought
    content: Content | None
    draft: Draft | None
    ours: Mapping[str, Any]
    merged: Merged
    files: Mapping[str, str]

    @property
    def is_new(self) -> bool:
        """Whether it says anything that is not here already."""
        is_same = digest(self.merged.body) == digest(self.ours) and not self.merged.conflicts and not self.files
        return self.content is None or not is_same


@dataclass(frozen=True, slots=True)
class _There:
    """What is here of the texts of an upload: contents by kind and key, open drafts by content, and the versions that
    the upload was taken from by content and hash; and the hashes of the files of those texts by their ids."""

    contents: Mapping[tuple[str, str], Content]
    drafts: Mapping[UUID, Draft]
    bases: Mapping[tuple[UUID, str], Mapping[str, Any]]
    hashes: Mapping[str, str]

    def files(self, content: Content | None) -> dict[str, str]:
        """The hashes of what belongs to a text by now, by name."""
        row = (self.drafts.get(content.pk) or content.current) if content is not None else None
        return {name: self.hashes[pk] for name, pk in row.files.items()} if row is not None else {}

    def seen(self, brought: Brought) -> tuple[object, ...]:
        """By which one tells whether a text is still as it was when it was planned."""
        content = self.contents.get(brought.reference)
        if content is None:
            return ()
        draft = self.drafts.get(content.pk)
        return content.current_id, content.state, *((draft.pk, draft.edition) if draft is not None else ())


def export_pack(*, user: User, contents: Iterable[Content]) -> bytes:
    """The present wording of texts as a pack in an archive, to be edited and brought back; for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    files: dict[str, bytes] = {}
    versions: dict[str, str] = {}
    contents = [content for content in contents if content.current is not None]
    for content in contents:
        assert content.current is not None
        made = written(document(content.current))
        path = made.path
        if path in files:  # two packs may use one name
            folder, _, _ = path.rpartition("/")
            path = f"{folder}/{content.key.replace('/', '-')}.{path.rpartition('.')[2]}"
        files[path] = made.text.encode()
        versions[content.reference] = content.current.sha256
    if not files:
        raise refuse("library.nothing_to_export")
    title = TextField(**(company().name or {"zh": "资料库", "en": "Library"}))
    header = PackHeader(
        kind="pack", schema_version=1, key="own", title=title,
        version=timezone.localdate().isoformat(), licence="Proprietary",
    )  # fmt: skip
    files["pack.yaml"] = written_header(header).text.encode()
    files[VERSIONS] = json.dumps(versions, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return packed(files | _enclosed(contents))


def _enclosed(contents: Iterable[Content]) -> dict[str, bytes]:
    """The files of texts as they are now, with a list of their hashes; nothing where there are none."""
    ids = {pk for content in contents if content.current is not None for pk in content.current.files.values()}
    rows = list(Attachment.objects.filter(pk__in=ids).select_related("file", "content"))
    if sum(row.file.size for row in rows) > MOST_ENCLOSED:
        raise refuse("library.export_too_large", limit=MOST_ENCLOSED >> 20)
    hashes: dict[str, dict[str, str]] = {}
    found: dict[str, bytes] = {}
    for row in rows:
        hashes.setdefault(row.content.reference, {})[row.name] = row.file.sha256
        found[enclosed_path(row.content.kind, row.content.key, row.name)] = file_path(row.file).read_bytes()
    if found:
        found[ENCLOSED] = json.dumps(hashes, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return found


def sheet_template(*, kind: str) -> bytes:
    """An empty table of articles, phrases or questions with its headings and an example, as XLSX."""
    if kind == "items":
        return bank_template()
    if kind not in sheets.COLUMNS:
        raise refuse("library.unknown_choice", "kind", known=", ".join([*sheets.COLUMNS, "items"]))
    return sheets.template(kind)


def preview_files(*, user: User, name: str, data: bytes) -> Preview:
    """What an upload (``.zip`` of a pack, ``.yaml``, ``.md``, ``.xlsx``) would change; nothing is stored."""
    return looked_at(user=user, name=name, data=data)[0]


def looked_at(
    *, user: User, name: str, data: bytes, bank: str = "", progress: Progress | None = None
) -> tuple[Preview, list[Brought]]:
    """What an upload would change, and the documents of it, one for each entry."""
    permit(user, Permission.WRITE_LIBRARY)
    upload = read_files(name, data, bank, progress)
    plans, faults = _planned(upload.documents, _there(upload.documents))
    preview = Preview(tuple(map(_entry, plans)), (*upload.faults, *faults), tuple(upload.notes))
    return preview, [plan.brought for plan in plans]


def import_files(*, actor: User, name: str, data: bytes) -> list[Draft]:
    """Bring an upload in as drafts, all of it or, with any fault, nothing.

    What was changed here since the files were taken out is merged with what they say; where both changed the same,
    ours stays and the draft tells the conflict.
    """
    permit(actor, Permission.WRITE_LIBRARY)
    upload = read_files(name, data)
    if upload.faults:
        raise InputError(*upload.faults, *_planned(upload.documents, _there(upload.documents))[1])
    return import_documents(actor=actor, name=name, documents=upload.documents, enclosed=upload.enclosed)


def read_files(name: str, data: bytes, bank: str = "", progress: Progress | None = None) -> Upload:
    """The documents of an upload; questions go into ``bank``. ``InputError`` when it is larger than is read at all."""
    if len(data) > MOST_BYTES:
        raise refuse("library.file_too_large", "file", limit=MOST_BYTES >> 20)
    return read_upload(name, data, bank=bank, progress=progress)


def import_documents(
    *, actor: User, name: str, documents: Sequence[Brought], enclosed: Mapping[str, bytes]
) -> list[Draft]:
    """Documents that were read from the file ``name``, as drafts; ``enclosed`` are their files by hash. They are merged
    before anything is locked; what somebody changed in between is merged once more."""
    permit(actor, Permission.WRITE_LIBRARY)
    before = _there(documents)
    plans, faults = _planned(documents, before)
    _refuse(plans, faults)
    with write(actor=actor, verb="library.import_files") as audit:
        now = _there(documents, is_locked=True)
        moved = [one for one in documents if now.seen(one) != before.seen(one)]
        again, faults = _planned(moved, now)
        _refuse(again, faults)
        stale = {one.reference for one in moved}
        plans = [plan for plan in plans if plan.brought.reference not in stale] + again
        made = _drafted(audit, actor, [plan for plan in plans if plan.is_new], now, enclosed)
        for row in made:
            audit.note(row, {"file": [None, name], "edition": [None, row.edition]})
        if not made:
            audit.unchanged()
    return made


def _refuse(plans: Iterable[_Plan], faults: Iterable[Fault]) -> None:
    found = [*faults, *(fault for plan in plans for fault in _entry(plan).faults)]
    if found:
        raise InputError(*found)


def _there(documents: Iterable[Brought], *, is_locked: bool = False) -> _There:
    """What is here, in three queries however many documents there are."""
    documents = list(documents)
    names = {one.reference for one in documents}
    found = Content.objects.filter(kind__in={kind for kind, _key in names}, key__in={key for _kind, key in names})
    rows = locked_all(found) if is_locked else list(found.select_related("current"))
    contents = {(row.kind, row.key): row for row in rows if (row.kind, row.key) in names}
    if is_locked:
        drafts = open_drafts(contents.values())
    else:
        ids = [row.pk for row in contents.values()]
        drafts = {row.content_id: row for row in Draft.objects.filter(content__in=ids, state__in=OPEN_DRAFTS)}
    taken = {one.base for one in documents if one.base and not one.is_part}
    versions = ContentVersion.objects.filter(content__in=[row.pk for row in contents.values()], sha256__in=taken)
    bases = {(pk, sha256): body for pk, sha256, body in versions.order_by().values_list("content", "sha256", "body")}
    wordings: list[Draft | ContentVersion] = [
        *drafts.values(),
        *(row.current for row in contents.values() if row.current is not None),
    ]
    enclosed = {pk for wording in wordings for pk in wording.files.values()}
    held = Attachment.objects.filter(pk__in=enclosed).values_list("pk", "file__sha256") if enclosed else ()
    return _There(contents, drafts, bases, {str(pk): sha256 for pk, sha256 in held})


def _planned(documents: Iterable[Brought], there: _There) -> tuple[list[_Plan], list[Fault]]:
    plans: list[_Plan] = []
    faults: list[Fault] = []
    for brought in documents:
        try:
            plans.append(_plan(brought, there))
        except InputError as error:
            faults.extend(Fault(fault.reason, brought.file, fault.row, fault.field) for fault in error.faults)
    return plans, faults


def _plan(brought: Brought, there: _There) -> _Plan:
    content = there.contents.get(brought.reference)
    draft = there.drafts.get(content.pk) if content is not None else None
    current = content.current if content is not None else None
    known = current.body if current is not None else {}
    ours = draft.body if draft is not None else known
    theirs = dict(brought.tree)
    is_known = False
    if content is None:
        require_not_alone(theirs["kind"])
    stand_in = content or Content(kind=theirs["kind"], key=theirs["key"])
    if brought.is_part:
        theirs = _completed(theirs, ours)
        base: Mapping[str, Any] = ours
    else:
        taken = there.bases.get((content.pk, brought.base)) if content is not None and brought.base else None
        base, is_known = taken if taken is not None else known or ours, taken is not None
    theirs = checked_body(stand_in, theirs)
    merged = merge(base, ours, theirs) if ours else Merged(theirs, ())
    return _Plan(brought, content, draft, ours, merged, _new_files(brought, there.files(content), is_known))


def _new_files(brought: Brought, held: Mapping[str, str], is_known: bool) -> dict[str, str]:
    """The hashes of the files that an upload changes. Files that were changed or taken away here since it was taken
    out stay so; where both changed one, somebody has to choose. What another installation says counts as it is."""
    found = {}
    for name, sha256 in brought.files.items():
        have = held.get(name)
        base = brought.file_bases.get(name) if is_known else have
        if sha256 in (have, base):
            continue
        if have not in (None, base):
            raise refuse("library.file_changed_here", "files", name=name)
        found[name] = sha256
    if len({*held, *found}) > MOST_FILES:
        raise refuse("library.too_many_files", "files", limit=MOST_FILES)
    return found


def _completed(part: dict[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """A table's part of a document in what is here: fields of the table win, phrases and questions are told apart by
    their id."""
    if "items" in part and ours:
        return {**ours, "items": merged_items(ours.get("items", ()), part["items"])}
    made = {**ours, **part}
    for name in ("title", "summary", "body"):
        if name in part:
            made[name] = {**ours.get(name, {}), **part[name]}
    if "phrases" in part:
        by_id = {phrase["id"]: phrase for phrase in ours.get("phrases", ())}
        for phrase in part["phrases"]:
            by_id[phrase["id"]] = {**by_id.get(phrase["id"], {}), **phrase}
        made["phrases"] = list(by_id.values())
    return made


def _located(fault: Fault, plan: _Plan) -> Fault:
    """A fault where whoever brings the file finds it: of a table, in its row and below its heading."""
    origin = origin_of(plan.brought.places, plan.merged.body, fault.field or "")
    row, place = origin if origin is not None else (fault.row, fault.field)
    return Fault(fault.reason, plan.brought.file, row, place)


def _entry(plan: _Plan) -> Entry:
    faults: list[Fault] = []
    try:
        document_of(plan.merged.body)
    except InputError as error:
        faults = [_located(fault, plan) for fault in error.faults]
    if plan.content is not None and plan.content.state == ContentState.RETIRED:
        faults.append(refuse("library.is_retired").faults[0])
    changes = tuple(differences(plan.ours, plan.merged.body)) if plan.ours else ()
    is_same = plan.content is not None and not (changes or plan.merged.conflicts or plan.files)
    action = "refused" if faults else "same" if is_same else "new" if plan.content is None else "changed"
    tree = plan.brought.tree
    return Entry(
        f"{tree['kind']}:{tree['key']}", tree.get("title") or tree.get("name") or {}, plan.brought.file, action,
        changes, len(plan.merged.conflicts), tuple(faults), tuple(sorted(plan.files)),
    )  # fmt: skip


def _drafted(
    audit: Audit, actor: User, plans: Iterable[_Plan], there: _There, enclosed: Mapping[str, bytes]
) -> list[Draft]:
    """The plans as drafts, new ones in few queries; ``there`` holds the locked rows."""
    contents: list[Content] = []
    attached: list[Attachment] = []
    fresh: list[Draft] = []
    changed: list[Draft] = []
    for plan in plans:
        content = there.contents.get(plan.brought.reference)
        if content is None:
            kind, key = plan.brought.reference
            title = plan.merged.body.get("title", {})
            content = Content(kind=kind, key=key, title=title, created_at=audit.at, created_by=actor)
            contents.append(content)
        row = there.drafts.get(content.pk)
        if row is None:
            files = content.current.files if content.current is not None else {}
            row = Draft(
                content=content, base=content.current, files=files, author=actor, writers=[str(actor.pk)],
                origin=Origin.FILE, created_at=audit.at, saved_at=audit.at,
            )  # fmt: skip
            fresh.append(row)
        else:
            changed.append(row)
        told = conflicts_as_data(plan.merged.conflicts)
        paths = [one["path"] for one in told]
        row.conflicts = told + [old for old in row.conflicts if old["path"] not in paths]
        row.body = plan.merged.body
        added = [_attached(audit, actor, content, name, enclosed.get(sha)) for name, sha in plan.files.items()]
        row.files = row.files | {one.name: str(one.pk) for one in added}
        attached += added
    Content.objects.bulk_create(contents)
    Attachment.objects.bulk_create(attached)
    Draft.objects.bulk_create(fresh, batch_size=_BATCH)
    for row in changed:
        row.rewritten(at=audit.at, by=actor.pk)
    return [*fresh, *changed]


def _attached(audit: Audit, actor: User, content: Content, name: str, data: bytes | None) -> Attachment:
    """A file of an upload as one of a text that may not be stored yet."""
    media_type = media_type_of(data) if data is not None else None
    if data is None or media_type is None:
        raise refuse("library.upload_gone")
    file = keep_file(actor=actor, name=name, chunks=[data])
    return Attachment(content=content, file=file, name=name, media_type=media_type, added_at=audit.at, added_by=actor)
