"""Bringing files in (导入), in three steps: a job reads and compares them, somebody looks at what they would change, a
job makes the drafts. What was read is kept beside the file, so that looking at it costs nothing again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from peilian.adapters.archives import packed, parts_of
from peilian.adapters.packs.uploads import Brought, enclosed_in
from peilian.apps.base import api as base
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.files import Entry, import_documents, looked_at
from peilian.apps.people.api import NotVisibleError, Permission, User
from peilian.engine._kernel import Fault, Reason
from peilian.engine.content import Change

if TYPE_CHECKING:
    from django.db.models import QuerySet

READ_JOB, BRING_IN_JOB = "library.read_files", "library.bring_in"
_ABOUT = "about.json"
_MOST_CHANGES = 200  # of one text, to be looked at
_MOST_FAULTS = 500
_FORGOTTEN_AFTER = timedelta(days=7)
_ORDER = ("refused", "changed", "new", "same")
_OPEN = (base.JobState.QUEUED, base.JobState.RUNNING, base.JobState.DONE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read, or is being read. ``counts`` are texts by what would become of them; those that a person
    has to look at come first. ``faults`` are the first of those of files that cannot be read, ``notes`` of what comes
    in otherwise than it was. ``bank`` is where questions go."""

    job: base.Job
    name: str
    bringing: base.Job | None
    counts: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    n_faults: int = 0
    look: base.StoredFile | None = None
    notes: tuple[Fault, ...] = ()
    bank: str = ""

    @property
    def n_entries(self) -> int:
        """How many texts there are."""
        return sum(self.counts.values())

    @property
    def can_be_imported(self) -> bool:
        """Whether something would change and nothing stands against it."""
        is_clean = self.look is not None and not self.n_faults and not self.counts["refused"]
        return is_clean and self.counts["new"] + self.counts["changed"] > 0

    def entries(self, start: int, stop: int) -> list[Entry]:
        """Some of the texts; only these are read."""
        numbers = range(max(0, start), min(stop, self.n_entries))
        if self.look is None or not numbers:
            return []
        return [_entry(json.loads(part)["entry"]) for part in parts_of(base.file_path(self.look), map(_part, numbers))]


def prepare_files(*, actor: User, name: str, chunks: Iterable[bytes], bank: str = "") -> base.Job:
    """Keep a file and begin to read it in the background; ``prepared_files`` tells what came of it. With ``bank``, the
    key of a question bank, it has to hold questions, and they go there."""
    permit(actor, Permission.WRITE_LIBRARY)
    _drop_leftovers()
    file = base.keep_file(actor=actor, name=name, chunks=chunks)
    parameters = {"file": str(file.pk), "name": file.name, "bank": bank}
    return base.start_job(actor=actor, kind=READ_JOB, parameters=parameters)


def prepared_files(*, user: User, pk: UUID | str) -> Prepared:
    """A file of the user's own that was prepared, by the job that reads it."""
    permit(user, Permission.WRITE_LIBRARY)
    job = base.Job.objects.filter(pk=pk, kind=READ_JOB, created_by=user).first()
    if job is None:
        raise NotVisibleError
    bringing = base.jobs_of(BRING_IN_JOB, str(job.pk)).first()
    (look,) = base.own_files(user=user, pks=[(job.result or {}).get("look", "")]) or (None,)
    counts = {action: int((job.result or {}).get(action, 0)) for action in _ORDER}
    bank = str(job.parameters.get("bank", ""))
    if look is None:
        return Prepared(job, job.parameters["name"], bringing, counts, bank=bank)
    about = json.loads(parts_of(base.file_path(look), [_ABOUT])[0])
    faults = tuple(map(_fault, about["faults"]))
    notes = tuple(map(_fault, about.get("notes", ())))
    return Prepared(job, job.parameters["name"], bringing, counts, faults, about["n_faults"], look, notes, bank)


def bring_in(*, actor: User, prepared: Prepared) -> base.Job:
    """Make drafts of a file that was looked at, in the background; a second click gives the job of the first."""
    permit(actor, Permission.WRITE_LIBRARY)
    with base.write(actor=actor, verb="library.bring_in") as audit:
        job = base.Job.objects.select_for_update().get(pk=prepared.job.pk, created_by=actor)
        audit.unchanged()
        if under_way := base.jobs_of(BRING_IN_JOB, str(job.pk)).filter(state__in=_OPEN).first():
            return under_way
        if not prepared.can_be_imported:
            raise refuse("library.upload_not_ready")
        parameters = {"read": str(job.pk), "look": str(prepared.look and prepared.look.pk), "name": prepared.name}
        return base.start_job(actor=actor, kind=BRING_IN_JOB, parameters=parameters, subject=str(job.pk))


def forget_files(*, actor: User, prepared: Prepared) -> None:
    """Stop reading a file, and drop it with what was read of it."""
    permit(actor, Permission.WRITE_LIBRARY)
    base.cancel_job(actor=actor, job=prepared.job)
    _drop(actor, prepared.job)


@base.handlers.register(READ_JOB)
def read_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Read a file, compare its texts with what is here, and keep both for who looks at it."""
    actor, name = _actor(context), str(context.parameters["name"])
    files = base.own_files(user=actor, pks=[context.parameters["file"]])
    if not files:
        raise refuse("library.upload_gone")

    def told(done: int, total: int) -> None:
        context.progress(done, total, READ_JOB)
        context.stop_if_cancelled()

    data, bank = base.file_path(files[0]).read_bytes(), str(context.parameters.get("bank", ""))
    preview, documents = looked_at(user=actor, name=name, data=data, bank=bank, progress=told)
    lines = sorted(zip(preview.entries, documents, strict=True), key=lambda line: _rank(line[0]))
    parts = {_part(number): _line(entry, brought) for number, (entry, brought) in enumerate(lines)}
    faults = [base.fault_as_json(fault) for fault in preview.faults]
    notes = [base.fault_as_json(note) for note in preview.notes[:_MOST_FAULTS]]
    parts[_ABOUT] = _json({"n_faults": len(faults), "faults": faults[:_MOST_FAULTS], "notes": notes})
    look = base.keep_file(actor=actor, name=f"{name}.read.zip", chunks=[packed(parts)])
    actions = [entry.action for entry in preview.entries]
    return {"look": str(look.pk), "faults": len(faults), **{action: actions.count(action) for action in _ORDER}}


@base.handlers.register(BRING_IN_JOB)
def bring_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Make drafts of what was read; the file is dropped once they are there."""
    actor = _actor(context)
    files = base.own_files(user=actor, pks=[context.parameters["look"]])
    if not files:
        raise refuse("library.upload_gone")
    context.progress(0, None, BRING_IN_JOB)
    read = (json.loads(part) for part in parts_of(base.file_path(files[0])) if part)
    documents = [Brought(**line["brought"]) for line in read if "brought" in line]
    read_job = base.Job.objects.get(pk=context.parameters["read"])
    enclosed: dict[str, bytes] = {}
    if any(one.files for one in documents):
        for file in base.own_files(user=actor, pks=[read_job.parameters["file"]]):
            enclosed = enclosed_in(file.name, base.file_path(file).read_bytes())
    name = str(context.parameters["name"])
    drafts = import_documents(actor=actor, name=name, documents=documents, enclosed=enclosed)
    _drop(actor, read_job)
    return {"drafts": len(drafts)}


def _actor(context: base.JobContext) -> User:
    if context.actor is None:
        raise NotVisibleError
    return context.actor


def _rank(entry: Entry) -> tuple[int, int]:
    return _ORDER.index(entry.action), -entry.n_conflicts


def _part(number: int) -> str:
    return f"{number:06}.json"


def _line(entry: Entry, brought: Brought) -> bytes:
    told = asdict(entry) | {"changes": [asdict(change) for change in entry.changes[:_MOST_CHANGES]]}
    told["faults"] = [base.fault_as_json(fault) for fault in entry.faults]
    return _json({"entry": told, "brought": asdict(brought)})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _entry(told: Mapping[str, Any]) -> Entry:
    changes = tuple(Change(**{**change, "path": tuple(change["path"])}) for change in told["changes"])
    return Entry(
        **{**told, "changes": changes, "faults": tuple(map(_fault, told["faults"])), "files": tuple(told["files"])}
    )


def _fault(told: Mapping[str, Any]) -> Fault:
    return Fault(**{**told, "reason": Reason(told["reason"]["key"], told["reason"]["params"])})


def _drop(actor: User | None, job: base.Job) -> None:
    owner = job.created_by
    pks = [str(job.parameters["file"]), str((job.result or {}).get("look", ""))]
    for file in base.own_files(user=owner, pks=pks) if owner is not None else ():
        base.drop_file(actor=actor, row=file)


def _drop_leftovers() -> None:
    """Files that were read and that nobody brought in."""
    before = timezone.now() - _FORGOTTEN_AFTER
    forgotten: QuerySet[base.Job] = base.Job.objects.filter(kind=READ_JOB, created_at__lt=before)
    for job in forgotten.exclude(created_by=None).select_related("created_by").order_by("-id")[:20]:
        _drop(None, job)
