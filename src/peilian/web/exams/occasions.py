"""Running exams: occasions with counts, one with its people, more time, more people, taking back, make-ups, results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.base.api import new_id
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.marking import agreement_words
from peilian.web.exams.wordings import GRADES, title_of
from peilian.web.people.wordings import joined
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.charts import Chart
from peilian.web.shell.charts.spread import histogram
from peilian.web.shell.downloads import table_response
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_number, id_of_click
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

P = people.Permission
S = learning.TakerState
STATES: dict[learning.TakerState, tuple[str | Promise, Tone]] = {
    S.NOT_BEGUN: (pgettext_lazy("exam", "not begun"), "neutral"),
    S.RUNNING: (pgettext_lazy("exam", "running"), "accent"),
    S.TO_MARK: (pgettext_lazy("exam", "waits for marks"), "neutral"),
    S.PASSED: (pgettext_lazy("exam", "passed"), "good"),
    S.FAILED: (pgettext_lazy("exam", "not passed"), "bad"),
    S.MISSED: (pgettext_lazy("exam", "missed"), "warn"),
}
_MAKE_UP_DAYS = 7
_BINS = 10
_FORMS = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Line:
    """A person of an occasion as the page shows them."""

    taker: learning.Taker
    words: str | Promise
    tone: Tone
    clock: str
    percent: Figure
    grade: str | Promise
    review: str
    may_extend: bool


@require_safe
def occasions(request: HttpRequest) -> HttpResponse:
    """The exams that the reader runs, with how many people are where."""
    user, sight = user_of(request), sight_of(request)
    sight.require(P.ASSIGN_TRAINING)
    page = page_of(learning.occasions_of(user=user).select_related("version"), request)
    found = learning.occasions(user=user, sittings=list(page))
    now = timezone.now()
    listed = [
        {
            "occasion": one,
            "title": title_of(one.sitting),
            "counts": [(STATES[state][0], one.counts.get(state, 0)) for state in STATES if one.counts.get(state)],
            "state": _state(one.sitting, now),
        }
        for one in found
    ]
    return render(request, "exams/occasions.html", {"page": page, "listed": listed})


def _state(sitting: learning.Sitting, now: Any) -> tuple[str, Tone]:
    if sitting.cancelled_at is not None:
        return pgettext("exam", "taken back"), "neutral"
    if sitting.opens_at > now:
        return pgettext("exam", "opens later"), "neutral"
    if sitting.closes_at is not None and sitting.closes_at <= now:
        return pgettext("exam", "closed"), "neutral"
    return pgettext("exam", "open"), "accent"


@require_safe
def occasion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One exam: who is where, with time left; results once there are some. Also as a file."""
    user = user_of(request)
    found = learning.occasion(user=user, sitting_id=pk)
    if (form := request.GET.get("form", "")) in _FORMS:
        name = f"exam-{timezone.localdate(found.sitting.opens_at):%Y-%m-%d}"
        return table_response(_table(found), name=name, form=form, language=reading_language())
    sight, now = sight_of(request), timezone.now()
    title = title_of(found.sitting)
    rest = _others(sight, found)
    context: dict[str, Any] = {
        "trail": [{"label": _("Run exams"), "href": reverse("exam_occasions")}, {"label": title, "href": ""}],
        "title": title,
        "found": found,
        "sitting": found.sitting,
        "state": _state(found.sitting, now),
        "counts": [(*STATES[state], found.counts.get(state, 0)) for state in STATES if found.counts.get(state)],
        "lines": [_line(one) for one in found.takers],
        "is_live": bool(found.counts.get(S.RUNNING) or found.counts.get(S.NOT_BEGUN)) and not found.is_closed,
        "n_make_up": len(found.to_make_up) if found.is_closed or not found.counts.get(S.RUNNING) else 0,
        "rest": rest,
        "batch": new_id(),
        "chart": _chart(found),
        "agreement": agreement_words(learning.agreement_of(user=user, sitting_id=pk)),
        "make_ups": [(one, title_of(one)) for one in found.sitting.make_ups.all()],
        "may_mark": sight.may(P.RAISE_NEEDS),
        "n_knowing": sum(one.attempt is not None and one.attempt.may_know_items for one in found.takers),
    }
    return render(request, "exams/occasion.html", context)


def _others(sight: people.Sight, found: learning.Occasion) -> list[people.Employee]:
    """Whom the reader could assign it to besides."""
    there = {one.employee.pk for one in found.takers if one.is_assigned}
    rows = sight.employees(P.ASSIGN_TRAINING).exclude(left_on__lte=sight.day).exclude(pk__in=there)
    return [] if found.is_closed else list(rows.distinct().order_by("number"))


def _line(taker: learning.Taker) -> Line:
    words, tone = STATES[taker.state]
    attempt, left = taker.attempt, taker.seconds_left
    marked = attempt is not None and attempt.state == learning.AttemptState.MARKED
    return Line(
        taker=taker,
        words=words,
        tone=tone,
        clock="" if left is None else f"{int(left) // 60}:{int(left) % 60:02}",
        percent=Figure(_percent(attempt), "score") if marked else Figure(None, "score", missing=str(words)),
        grade=GRADES.get(attempt.grade, attempt.grade) if marked and attempt is not None else "",
        review=reverse("exam_review", args=[attempt.pk]) if attempt is not None and not attempt.is_running else "",
        may_extend=attempt is not None and attempt.ends_at is not None,
    )


def _percent(attempt: learning.Attempt | None) -> Decimal | None:
    if attempt is None or attempt.points is None or not attempt.of:
        return None
    return (100 * attempt.points / attempt.of).quantize(Decimal("0.1"))


def _chart(found: learning.Occasion) -> Chart | None:
    """How results are spread, in tenths of the points; none below five results."""
    percents = [float(one) for taker in found.takers if (one := _percent(taker.attempt)) is not None]
    if len(percents) < 5:
        return None
    counts = [0] * _BINS
    for percent in percents:
        counts[min(_BINS - 1, int(percent // (100 / _BINS)))] += 1
    edges = [100 / _BINS * step for step in range(_BINS + 1)]
    return histogram(
        "exam-results", _("Results in percent of the points"), edges, counts, unit="score",
        language=reading_language(), median=median(percents), target=float(found.exam.cuts.qualified),
    )  # fmt: skip


def _table(found: learning.Occasion) -> Table:
    heads = (
        (_("Number"), False), (_("Person"), False), (_("State"), False), (_("Attempts"), True), (_("Answered"), True),
        (_("Points"), True), (_("Of"), True), (_("Percent"), True), (_("Grade"), False), (_("Handed in"), False),
        (_("May read question banks"), False),
    )  # fmt: skip
    rows = []
    for one in found.takers:
        line, attempt = _line(one), one.attempt
        handed_in = timezone.localtime(attempt.handed_in_at) if attempt is not None and attempt.handed_in_at else None
        cells = (
            Cell(one.employee.number),
            Cell(one.employee.name),
            Cell(str(line.words)),
            Cell(figure=Figure(one.n_attempts, "count")),
            Cell(figure=Figure(one.n_answered, "count")),
            Cell(figure=Figure(attempt.points if attempt else None, "score")),
            Cell(figure=Figure(attempt.of if attempt else None, "score")),
            Cell(figure=line.percent),
            Cell(str(line.grade)),
            Cell(f"{handed_in:%Y-%m-%d %H:%M}" if handed_in else ""),
            Cell(_("yes") if attempt is not None and attempt.may_know_items else ""),
        )
        rows.append(Row(cells))
    columns = tuple(Column(label, is_number) for label, is_number in heads)
    return Table("exam-people", title_of(found.sitting), columns, tuple(rows))


# -- what can be done -------------------------------------------------------------------------------------------------


def _done(request: HttpRequest, pk: UUID, do: Callable[[], str]) -> HttpResponse:
    """Do something about an occasion and say what came of it."""
    try:
        if said := do():
            messages.success(request, said)
    except InputError as error:
        for fault in error.faults:
            messages.error(request, say(fault.reason, reading_language()))
    return HttpResponseRedirect(reverse("exam_occasion", args=[pk]))


@require_POST
def extend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give more time to those who were ticked, or to all whose time runs."""
    user = user_of(request)
    found = learning.occasion(user=user, sitting_id=pk)
    chosen = set(request.POST.getlist("attempt"))
    named = {
        one.attempt.pk: one.employee.name
        for one in found.takers
        if one.attempt is not None and one.attempt.ends_at is not None
        if (not chosen and one.attempt.is_running) or str(one.attempt.pk) in chosen
    }

    def do() -> str:
        done = learning.extend(
            actor=user, attempts=list(named), minutes=as_number(request.POST.get("minutes", "")),
            reason=request.POST.get("reason", ""),
        )  # fmt: skip
        longer = {one.pk for one in done}
        left = [name for attempt, name in named.items() if attempt not in longer]
        if left:
            messages.warning(request, _not_extended(left))
        if not done:
            return "" if left else _("Nobody was given time: nobody is in the middle of the exam.")
        return ngettext("%(n)d person has more time.", "%(n)d people have more time.", len(done)) % {"n": len(done)}

    return _done(request, pk, do)


def _not_extended(names: Sequence[str]) -> str:
    return _(
        "No more time for %(names)s: what a person handed in, what was marked, and what the clock ended more than "
        "%(hours)d hours ago stays as it is."
    ) % {"names": joined(names), "hours": learning.REOPENED_HOURS}


@require_POST
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Assign it to more people."""
    user, sight = user_of(request), sight_of(request)
    found = learning.occasion(user=user, sitting_id=pk)
    chosen = set(request.POST.getlist("person"))
    more = [one for one in _others(sight, found) if str(one.pk) in chosen]

    def do() -> str:
        rows = learning.add_people(actor=user, sitting_id=pk, employees=more)
        return ngettext("Assigned to %(n)d person.", "Assigned to %(n)d people.", len(rows)) % {"n": len(rows)}

    return _done(request, pk, do)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take it back."""
    user = user_of(request)
    learning.occasion(user=user, sitting_id=pk)

    def do() -> str:
        learning.cancel_sitting(actor=user, sitting_id=pk, reason=request.POST.get("reason", ""))
        return _("The exam is taken back; whoever is in the middle of it may go on to the end.")

    return _done(request, pk, do)


@require_POST
def make_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a make-up for those who missed or failed it, for a week."""
    user = user_of(request)
    batch = id_of_click(request.POST.get("batch", ""))
    closes_at = timezone.now() + timedelta(days=_MAKE_UP_DAYS)
    try:
        opened = learning.open_make_up(actor=user, sitting_id=pk, closes_at=closes_at, batch=batch, note=_("Make-up"))
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(reverse("exam_occasion", args=[pk]))
    messages.success(request, _("The make-up is open for a week; those who missed or failed it find it."))
    return HttpResponseRedirect(reverse("exam_occasion", args=[opened.pk]))


@require_POST
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the marks stand that there are, where nobody else can mark."""
    user = user_of(request)
    learning.occasion(user=user, sitting_id=pk)

    def do() -> str:
        waiting = learning.waiting_halfway(user=user, sitting_id=pk)
        for response in waiting:
            learning.settle_marks(actor=user, response_id=response, reason=request.POST.get("reason", ""))
        n = len(waiting)
        return ngettext("%(n)d answer is settled.", "%(n)d answers are settled.", n) % {"n": n}

    return _done(request, pk, do)
