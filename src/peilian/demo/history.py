"""What the demo company has behind it: a season of contacts, imported and read, and what they say about people."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from peilian.apps.contacts import api as contacts
from peilian.apps.record import api as record
from peilian.demo.schedule import FIRST_DAY, LAST_DAY
from peilian.demo.season import write_season

Say = Callable[[str], None]
FILES = ["season_messages.csv", "season_conversations.csv"]
_TOLD_EVERY = 500  # contacts


def bring_in_season(folder: Path, *, contacts_wanted: int, say: Say) -> None:
    """Play the season into ``folder``, import and read it; nothing when that was done before."""
    if not any(done.file_names == FILES and done.report for done in contacts.ConversationImport.objects.all()):
        folder.mkdir(parents=True, exist_ok=True)
        paths = write_season(folder, contacts=contacts_wanted, told=_Steps("Contacts played", say))
        contacts.import_now(actor=None, paths=paths, progress=_Phases(say))
    shutil.rmtree(folder, ignore_errors=True)


def write_evidence(say: Say) -> None:
    """What the months of the season show of people, month after month, unless the last was written before."""
    months = _months()
    written = record.Evidence.objects.filter(source_kind="contacts.month", source_id=f"{months[-1]:%Y-%m}")
    if written.exists():
        return
    for month in months:
        n_pieces = contacts.write_work_evidence(actor=None, month=month)
        say(f"Evidence of {month:%Y-%m}: {n_pieces} pieces")


def _months() -> list[date]:
    months = [FIRST_DAY.replace(day=1)]
    while (following := _following(months[-1])) <= LAST_DAY:
        months.append(following)
    return months


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


class _Steps:
    """Tells a count every so often, and at the end."""

    def __init__(self, what: str, say: Say) -> None:
        self.what, self.say, self.told = what, say, 0

    def __call__(self, done: int, total: int) -> None:
        if done - self.told >= _TOLD_EVERY or (done == total and self.told != total):
            self.told = done
            self.say(f"{self.what}: {done} of {total}")


class _Phases:
    """Tells each phase of an import once it begins, and how far the reading is."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.phase = ""
        self.reading = _Steps("Conversations read", say)

    def __call__(self, done: int, total: int | None, phase: str) -> None:
        if phase == "read" and total is not None:
            self.reading(done, total)
        elif phase != self.phase:
            self.say(f"Importing the season: {phase.rpartition('.')[2]}")
        self.phase = phase
