"""A draft as somebody reviews it: what it changes, what stands against it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.content import differences, line_pairs
from peilian.web.jobs.wordings import fault_lines, phase_name
from peilian.web.library import previewing
from peilian.web.library.drafts import described
from peilian.web.library.editor_faults import placed, told
from peilian.web.library.editor_form import PREFIX, node_of
from peilian.web.library.editor_shape import shape_of_kind
from peilian.web.library.places import folded, in_words, place_in_words, shown_changes
from peilian.web.people.wordings import joined
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language


def page(
    request: HttpRequest, user: people.User, row: library.Draft, *, decision: str = "", wrong: Sequence[str] = ()
) -> HttpResponse:
    """The draft against the current version, side by side; the whole text below. ``wrong`` is why it could not be
    returned with the ``decision`` that was typed."""
    kind, present = row.content.kind, row.base
    if row.is_open and row.content.current is not None:
        present = row.content.current
    before = present.body if present is not None else {}
    files = library.compare_files(user=user, one=present, other=row)
    changes = list(shown_changes(kind, differences(before, row.body), before, row.body)) if before else []
    faults = placed(library.faults_of(draft=row), node_of(shape_of_kind(kind), row.body, PREFIX, ""), kind, row.body)
    last = rehearsal(request, row)
    may_publish = library.may_publish(user, kind)
    is_mine = str(user.pk) in row.writers
    context = {
        **described(row, user),
        "draft": row,
        "is_new": not before,
        "changes": changes,
        "file_changes": files,
        "n_changes": len(changes) + len(files),
        "faults": faults if row.is_open else [],
        "conflicts": conflicts(row),
        "shown": previewing.shown(request, row, row.body, ""),
        "rehearsal": last,
        "may_publish": may_publish,
        "may_drop": row.is_open and (is_mine or may_publish),
        "is_barred": is_mine and library.needs_second_eyes(),
        "reviewers": joined(one.name for one in library.reviewers_of(user=user, draft=row)),
        "can_be_published": not faults and not row.conflicts and (last is None or last["has_passed"]),
        "losses": losses(user, row) if row.is_open and may_publish else [],
        "decision": decision,
        "wrong": wrong,
        "writers": joined(one.name for one in people.User.objects.filter(pk__in=row.writers)),
    }
    return render(request, "library/draft_review.html", context, status=422 if wrong else 200)


def losses(user: people.User, row: library.Draft) -> list[dict[str, Any]]:
    """The competencies that a draft of the model leaves out, and what hangs on each."""
    lost = library.lost_competencies(user=user, draft=row)
    bearing = record.bearing_of(user=user, keys=[one.key for one in lost])
    return [
        {"key": one.key, "name": one.name, "texts": one.texts, "bearing": bearing[one.key]} for one in lost
    ]  # fmt: skip


def rehearsal(request: HttpRequest, row: library.Draft) -> dict[str, Any] | None:
    """Where the rehearsal of a scenario stands; ``None`` for kinds that are not rehearsed."""
    if row.content.kind not in library.REHEARSED_KINDS:
        return None
    found = library.last_rehearsal(user=user_of(request), draft=row)
    job = found.job if found is not None else None
    is_running = job is not None and not job.is_over
    return {
        "job": job,
        "is_current": found is not None and found.is_current,
        "has_passed": found is not None and found.has_passed,
        "is_running": is_running,
        "phase": phase_name(job) if job is not None else "",
        "faults": _job_faults(job, row) if job is not None else [],
    }


def _job_faults(job: base.Job, row: library.Draft) -> list[str]:
    """What the self-test found, at the fields as the form calls them."""
    faults = [
        Fault(Reason(one["reason"]["key"], one["reason"].get("params", {})), field=one.get("field"))
        for one in job.faults
    ]  # fmt: skip
    try:
        return told(InputError(*faults), row.content.kind, row.body) if faults else []
    except KeyError:  # an old job, of whose words not all are left
        return fault_lines(job.faults, reading_language(), names_fields=True)


def conflicts(row: library.Draft) -> list[dict[str, Any]]:
    """Each conflict of an upgrade or an import: both sides, and what both were made from."""
    found = []
    for n, one in enumerate(row.conflicts):
        base, ours, theirs = (in_words(one[side]) for side in ("base", "ours", "theirs"))
        found.append(
            {
                "n": n,
                "place": place_in_words(row.content.kind, one["path"], row.body),
                "base": base,
                "ours": list(folded(line_pairs(base, ours))) if base else None,
                "theirs": list(folded(line_pairs(base, theirs))) if base else None,
                "ours_text": ours,
                "theirs_text": theirs,
            }
        )
    return found
