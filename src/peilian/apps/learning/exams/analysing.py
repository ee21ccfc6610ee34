"""Item statistics (题目分析) of a bank or of an exam's sitting: computed by a job, kept, and read as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count

from peilian.apps.base import api as base
from peilian.apps.learning import clock
from peilian.apps.learning.exams.sittings import led_by
from peilian.apps.learning.models import ItemStatistics, Response, Sitting, StatisticsOf
from peilian.apps.learning.statistics.gathering import (
    Gathered,
    Variant,
    by_item,
    gathered_of_bank,
    gathered_of_sitting,
)
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Reason
from peilian.engine.assessment.psychometrics import ExamAnalysis, analyse_exam

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from peilian.apps.people.api import User

ANALYSE_JOB = "learning.analyse"
_MOST_LISTED = 100
_OPEN = (base.JobState.QUEUED, base.JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Analysed:
    """What is known of a bank or a sitting: the last statistics, the job that makes others, and whether answers have
    come since."""

    of: StatisticsOf
    subject: str
    title: Mapping[str, str]
    last: ItemStatistics | None
    job: base.Job | None
    n_marked: int

    @property
    def is_stale(self) -> bool:
        """Whether there are answers that the last statistics do not know."""
        return self.n_marked > 0 and (self.last is None or self.last.body.get("n_marked", 0) != self.n_marked)


def may_see_statistics(user: User) -> bool:
    """Whether somebody sees what answers tell about questions: who writes the library, or assigns training."""
    sight = visible_to(user)
    return sight.may(Permission.WRITE_LIBRARY) or sight.may(Permission.ASSIGN_TRAINING)


def statistics_of(*, user: User, of: StatisticsOf | str, subject: str) -> Analysed:
    """What is known of a bank or a sitting that the user may see. Absent and forbidden give the same answer."""
    kind, title = _subject(user, of, subject)
    last = ItemStatistics.objects.filter(of=kind, subject=subject).first()
    job = base.jobs_of(ANALYSE_JOB, f"{kind}:{subject}").first()
    return Analysed(kind, subject, title, last, job, _n_marked(kind, subject))


def start_statistics(*, actor: User, of: StatisticsOf | str, subject: str) -> base.Job:
    """Compute the statistics anew in the background; a second click gets the job of the first."""
    kind, _title = _subject(actor, of, subject)
    with base.write(actor=actor, verb="learning.start_statistics") as audit:
        audit.unchanged()
        under_way = base.jobs_of(ANALYSE_JOB, f"{kind}:{subject}").filter(state__in=_OPEN).first()
        return under_way or base.start_job(
            actor=actor, kind=ANALYSE_JOB, parameters={"of": kind, "subject": subject}, subject=f"{kind}:{subject}"
        )  # fmt: skip


def statistics_listed(*, user: User) -> list[Analysed]:
    """Banks and sittings with marked answers that the user may look at: banks first, sittings the newest first."""
    if not may_see_statistics(user):
        raise NotVisibleError
    answered = Response.objects.filter(is_open=False, attempt__state="marked").order_by()
    n_by_item = answered.values("item").annotate(n=Count("pk")).values_list("item", "n")
    n_by_bank: Counter[str] = Counter()
    for item, n in n_by_item:
        n_by_bank[item.partition("#")[0]] += n
    n_by_sitting = dict(
        answered.values("attempt__sitting").annotate(n=Count("pk")).values_list("attempt__sitting", "n")
    )
    last = {(row.of, row.subject): row for row in ItemStatistics.objects.defer("body").order_by("id")}
    banks = library.browse(user=user, kinds=["items"]).filter(key__in=list(n_by_bank))
    sittings = _sittings(user).filter(pk__in=list(n_by_sitting)).order_by("-id")[:_MOST_LISTED]
    found = [(StatisticsOf.BANK, row.key, row.title, n_by_bank[row.key]) for row in banks]
    found += [(StatisticsOf.SITTING, str(row.pk), row.title, n_by_sitting[row.pk]) for row in sittings]
    return [Analysed(of, subject, title, last.get((of, subject)), None, n) for of, subject, title, n in found]


def _sittings(user: User) -> QuerySet[Sitting]:
    return Sitting.objects.all() if visible_to(user).may(Permission.WRITE_LIBRARY) else led_by(user)


@base.handlers.register(ANALYSE_JOB)
def analyse_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Compute and keep the statistics of a bank or a sitting."""
    of, subject = str(context.parameters["of"]), str(context.parameters["subject"])
    if context.actor is not None:
        _subject(context.actor, of, subject)
    context.progress(0, None, ANALYSE_JOB)
    n_marked = _n_marked(of, subject)
    gathered = gathered_of_bank(subject) if of == StatisticsOf.BANK else gathered_of_sitting(UUID(subject))
    context.stop_if_cancelled()
    found = analyse_exam(gathered.responses)
    with base.bookkeeping():
        row = ItemStatistics(
            of=of, subject=subject, made_at=clock.now(), made_by=context.actor, n_people=found.n_people,
            n_answers=gathered.n_answers, body=_body(found, gathered, n_marked),
        )  # fmt: skip
        row.save(force_insert=True)
    return {"answers": gathered.n_answers, "people": found.n_people}


def _subject(user: User, of: StatisticsOf | str, subject: str) -> tuple[StatisticsOf, Mapping[str, str]]:
    if not may_see_statistics(user):
        raise NotVisibleError
    if of == StatisticsOf.BANK:
        return StatisticsOf.BANK, library.content(user=user, kind="items", key=subject).title
    try:
        pk = UUID(subject)
    except ValueError:
        raise NotVisibleError from None
    found = _sittings(user).filter(pk=pk).first() if of == StatisticsOf.SITTING else None
    if found is None:
        raise NotVisibleError
    return StatisticsOf.SITTING, found.title


def _n_marked(of: str, subject: str) -> int:
    """How many answers are marked, whoever gave them: by that one sees whether there are others than before."""
    rows = Response.objects.filter(is_open=False, attempt__state="marked")
    rows = (
        rows.filter(item__startswith=f"{subject}#")
        if of == StatisticsOf.BANK
        else rows.filter(attempt__sitting_id=UUID(subject))
    )
    return int(rows.count())


def _body(found: ExamAnalysis, gathered: Gathered, n_marked: int) -> dict[str, Any]:
    newest = {listed[0].name for listed in by_item(gathered.variants.values()).values()}
    return {
        "n_marked": n_marked,
        "length": found.length,
        "mean_share": _figure(found.mean_share),
        "reliability": _figure(found.reliability),
        "standard_error": found.standard_error,
        "standard_error_share": found.standard_error_share,
        "alarms": [_reason(one) for one in found.alarms],
        "items": [
            _item(one, gathered.variants[one.figures.item], one.figures.item in newest) for one in found.items
        ],
    }  # fmt: skip


def _item(one: Any, variant: Variant, is_newest: bool) -> dict[str, Any]:
    figures = one.figures
    return {
        "item": variant.item,
        "kind": variant.kind,
        "versions": {str(number): str(pk) for number, pk in sorted(variant.versions.items())},
        "is_newest": is_newest,
        "facility": _figure(figures.facility),
        "discrimination": _figure(figures.discrimination),
        "upper_lower": _figure(figures.upper_lower),
        "empty": figures.empty,
        "options": [
            {
                "option": option.option, "is_key": option.is_key, "n": option.n, "share": option.share,
                "thirds": list(option.thirds) if option.thirds is not None else None,
            }
            for option in figures.options
        ],
        "alarms": [_reason(alarm) for alarm in one.alarms],
    }  # fmt: skip


def _figure(figure: Any) -> dict[str, Any]:
    why_not = None if figure.why_not is None else _reason(figure.why_not)
    return {"value": figure.value, "n": figure.n, "low": figure.low, "high": figure.high, "why_not": why_not}


def _reason(reason: Reason) -> dict[str, Any]:
    return {"key": reason.key, "params": dict(reason.params)}
