"""Jobs in words: kinds, states, phases, faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from peilian.apps.base.api import Job
from peilian.engine._kernel import Fault, Language, Reason
from peilian.flows.wording import say_fault
from peilian.web.shell.tables import Tone

Label = str | Promise

KINDS: dict[str, Label] = {
    "appraisal.follow": _("Let results speak for competencies"),
    "appraisal.collect": _("Collect the data of an appraisal"),
    "appraisal.freeze": _("Make the results of an appraisal final"),
    "contacts.import": _("Import conversations"),
    "contacts.read": _("Read conversations"),
    "contacts.snapshots": _("Take KPI snapshots"),
    "contacts.table": _("Import a business table"),
    "contacts.tidy": _("Clear away uploaded files"),
    "learning.analyse": _("Look at what answers tell about questions"),
    "learning.apply_rule": _("Assign by a rule"),
    "learning.calibrate": _("Estimate the parameters of questions"),
    "learning.handbook_pdf": _("Write my handbook as PDF"),
    "library.bring_in": _("Bring texts in as drafts"),
    "library.index": _("Bring the search index up to date"),
    "library.read_files": _("Read a file with texts"),
    "library.rehearse": _("Rehearse a drill scenario"),
}
STATES: dict[str, tuple[Label, Tone]] = {
    "queued": (_("waiting"), "neutral"),
    "running": (_("running"), "accent"),
    "done": (_("done"), "good"),
    "failed": (_("failed"), "bad"),
    "cancelled": (_("cancelled"), "warn"),
}
PHASES: dict[str, Label] = {
    "appraisal.follow": _("Passing results on"),
    "appraisal.collect": _("Reading figures"),
    "appraisal.freeze": _("Computing results"),
    "import.wait": _("Waiting for another job that writes"),
    "import.check": _("Checking the files"),
    "import.stage": _("Taking the files in"),
    "import.assemble": _("Putting conversations together"),
    "import.write": _("Storing conversations"),
    "library.bring_in": _("Making drafts"),
    "library.index": _("Taking texts into the search index"),
    "library.read_files": _("Reading and comparing texts"),
    "learning.analyse": _("Computing figures of questions"),
    "learning.apply_rule": _("Assigning by the rule"),
    "learning.calibrate": _("Estimating parameters"),
    "learning.handbook_pdf": _("Setting pages"),
    "library.rehearse": _("Playing good and bad answers"),
    "read": _("Reading the conversations"),
    "snapshots": _("Taking snapshots"),
    "tables.check": _("Checking the rows"),
    "tables.write": _("Storing the rows"),
}
RESULTS: dict[str, Label] = {
    "read": _("read"),
    "stored": _("stored"),
    "duplicate": _("already known"),
    "rejected": _("rejected"),
    "conversations": _("conversations"),
    "messages": _("messages"),
    "snapshots": _("snapshots"),
    "texts": _("texts"),
    "drafts": _("drafts"),
    "refused": _("refused"),
    "faults": _("faults"),
    "uploads": _("uploads"),
    "people": _("people"),
    "new": _("new"),
    "changed": _("changed"),
    "same": _("as before"),
    "left_out": _("left out"),
    "assigned": _("assigned"),
    "failed": _("failed"),
    "entries": _("entries"),
}


def kind_name(kind: str) -> str:
    """What the job does; one that this page does not know keeps its key."""
    return str(KINDS.get(kind, kind))


def state_badge(job: Job) -> dict[str, str]:
    """The job's state as a badge: words and tone."""
    words, tone = STATES[job.state]
    if job.is_cancel_requested and not job.is_over:
        words, tone = _("stopping"), "warn"
    return {"words": str(words), "tone": tone}


def phase_name(job: Job) -> str:
    """What the job is doing right now."""
    if job.state == "queued":
        return gettext("Waiting for its turn")
    return str(PHASES.get(job.phase, "")) or gettext("Working")


def way_on(job: Job) -> str:
    """Where what the job was started for goes on; empty when its own page says all."""
    about = {"library.read_files": str(job.pk), "library.bring_in": job.subject}.get(job.kind)
    if job.kind == "learning.apply_rule":
        return reverse("learning_rule", args=[job.subject])
    return reverse("library_import", args=[about]) if about else ""


def cancel_question(job: Job) -> str:
    """What is asked before a job is stopped."""
    return gettext("Stop %(job)s? What it has done so far may have to be done again.") % {"job": kind_name(job.kind)}


def fault_lines(faults: Iterable[Mapping[str, Any]], language: Language, *, names_fields: bool = False) -> list[str]:
    """A job's faults in words. A reason that has lost its words (an old job) is shown by its key.

    Without a file, a field is what a form calls something and no word of the page, unless the page ``names_fields``.
    """
    lines = []
    for item in faults:
        reason = Reason(item["reason"]["key"], item["reason"].get("params", {}))
        is_named = names_fields or item.get("file") or item.get("row") is not None
        field = item.get("field") if is_named else None
        fault = Fault(reason, item.get("file"), item.get("row"), field, item.get("conversation_id"))
        try:
            lines.append(say_fault(fault, language))
        except KeyError:
            lines.append(reason.key)
    return lines


def result_facts(job: Job) -> list[tuple[str, int]]:
    """The whole numbers of a job's result, with what they count."""
    result: Mapping[str, Any] = job.result or {}
    return [
        (str(RESULTS.get(name, name)), value)
        for name, value in result.items()
        if isinstance(value, int) and not isinstance(value, bool)
    ]
