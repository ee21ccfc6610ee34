"""Papers: sheets, rankings and plans as PDF, workbook or a page for printing."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import company, company_zone
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record.api import competency_model
from peilian.engine._kernel import Language, Text
from peilian.flows.wording import say
from peilian.web.appraisal.printing import documents as papers
from peilian.web.appraisal.printing import files, pages, pdf, workbooks
from peilian.web.appraisal.printing.numerals import points_text
from peilian.web.appraisal.told import Line, ToldSheet
from peilian.web.appraisal.wordings import period_name
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.downloads import attachment
from peilian.web.shell.formats import format_moment
from peilian.web.shell.languages import reading_language

_SHORT = 12  # characters of a hash that a paper shows


@require_safe
def sheet(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """One sheet as a file."""
    document = sheet_document(_view(request, pk), reading_language())
    if _is_workbook(form):
        return attachment(workbooks.sheet_xlsx(document), name=files.file_name(document), form="xlsx")
    if (unable := _unable(request, reverse("appraisal_print", args=[pk]))) is not None:
        return unable
    return attachment(pdf.sheets_pdf([document]), name=files.file_name(document), form="pdf")


@require_safe
def printed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One sheet as a page for the browser's own printing."""
    document = sheet_document(_view(request, pk), reading_language())
    return HttpResponse(
        pages.sheet_html(document, layout=pages.SheetLayout(is_dense=True), stylesheet=static("appraisal-print.css"))
    )


@require_safe
def ranking(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """The ranking of a cycle: as a PDF alone, as a workbook with every sheet that the reader may see."""
    user, language = user_of(request), reading_language()
    cycle = appraisal.cycle(user=user, pk=pk)
    document = ranking_document(user, cycle, language)
    if _is_workbook(form):
        seen = appraisal.appraisees(user=user, cycle=cycle)
        views = (appraisal.sheet(user=user, appraisee=row) for row in seen)
        sheets = [sheet_document(view, language) for view in views if view.stored]
        body = workbooks.team_xlsx(document, sheets)
        return attachment(body, name=files.file_name(document), form="xlsx")
    if (unable := _unable(request, reverse("appraisal_ranking", args=[pk]))) is not None:
        return unable
    return attachment(pdf.ranking_pdf(document), name=files.file_name(document), form="pdf")


@require_safe
def plan(request: HttpRequest, pk: UUID, form: str) -> HttpResponse:
    """The record of a talk with its plan."""
    user, language = user_of(request), reading_language()
    talk = get_object_or_404(appraisal.talks_of(user=user), pk=pk)
    result = talk.appraisal
    view = appraisal.sheet(user=user, appraisee=result.appraisee, version=result.version)
    document = plan_document(talk, view, language)
    if _is_workbook(form):
        return attachment(workbooks.plan_xlsx(document), name=files.file_name(document), form="xlsx")
    if (unable := _unable(request, reverse("appraisal_sheet", args=[result.appraisee_id]))) is not None:
        return unable
    return attachment(pdf.plan_pdf(document), name=files.file_name(document), form="pdf")


def sheet_document(view: appraisal.SheetView, language: Language) -> papers.SheetDocument:
    """A sheet as it is printed."""
    told = ToldSheet(view, language)
    cycle, result = view.cycle, view.appraisal
    zone = company_zone()
    published = cycle.published_at if cycle.is_public else None
    if published is not None and result is not None:
        published = max(published, result.made_at)  # a later version is public from its own moment on
    ends = appraisal.appeal_ends_at(appraisal=result) if result is not None and cycle.is_public else None
    return papers.SheetDocument(
        language=language,
        company=_company(language),
        title=told.said["title"],
        period=period_name(cycle, language),
        person=_person(view.appraisee),
        groups=tuple(
            papers.SheetGroup(
                label=group.label,
                lines=tuple(_line(line) for line in group.lines),
                points=_decimal(group.points.value) if group.points else None,
            )
            for group in told.groups
        ),
        raw=Decimal(str(told.said["raw"])),
        most=Decimal(str(told.said["max"])),
        normalised=None if told.said["normalised"] is None else Decimal(str(told.said["normalised"])),
        grade=told.grade,
        adjustments=tuple(
            papers.Adjustment(one["text"], Decimal(str(one["points"])))
            for one in (*told.said["limits"], *told.said["gates"])
        ),
        warnings=tuple(told.said["warnings"]),
        self_remark=_remarks(view.remarks, "self"),
        supervisor_remark=_remarks(view.remarks, "supervisor"),
        version=view.version or 1,
        corrections=tuple(
            _correction(one, language)
            for one in view.versions
            if one.appraisal.cause != appraisal.AppraisalCause.FREEZE
        ),
        published_at=None if published is None else published.astimezone(zone),
        appeal_until=ends.astimezone(zone).date() if ends is not None else None,
        inputs_hash=result.inputs_sha256[:_SHORT] if result is not None else "",
    )


def ranking_document(user: Any, cycle: appraisal.Cycle, language: Language) -> papers.RankingDocument:
    """The ranking as far as ``user`` sees it, as it is printed."""
    rows = appraisal.ranking(user=user, cycle=cycle)
    stored = {row.appraisee_id: row.result for row in appraisal.results(cycle=cycle)}
    card_groups = list(dict.fromkeys(one["group"] for result in stored.values() for one in result["groups"]))
    labels: dict[str, dict[str, str]] = next(iter(stored.values()))["labels"].get("group", {}) if stored else {}
    people = []
    for row in rows:
        sums = {one["group"]: Decimal(one["points"]) for one in stored[row.appraisee.pk]["groups"]}
        people.append(
            papers.RankedPerson(
                person=_person(row.appraisee),
                subtotals=tuple(sums.get(group) for group in card_groups),
                raw=row.raw,
                normalised=row.normalised,
                grade=_grade(cycle, row.grade, language),
                rank=row.rank,
            )
        )
    return papers.RankingDocument(
        language=language,
        company=_company(language),
        title=str(cycle.template_version.template.name.in_language(language)),
        period=period_name(cycle, language),
        unit=Text(**cycle.unit.name).in_language(language),
        groups=tuple(Text(**labels.get(group, {})).in_language(language) or group for group in card_groups),
        people=tuple(people),
        most=max((row.max for row in rows), default=Decimal(0)),
        published_at=cycle.published_at.astimezone(company_zone()) if cycle.published_at else None,
    )


def plan_document(talk: appraisal.Talk, view: appraisal.SheetView, language: Language) -> papers.PlanDocument:
    """A talk as it is printed."""
    told = ToldSheet(view, language)
    model = competency_model()
    return papers.PlanDocument(
        language=language,
        company=_company(language),
        title=_("Feedback talk and improvement plan"),
        period=period_name(view.cycle, language),
        person=_person(view.appraisee),
        normalised=None if told.said["normalised"] is None else Decimal(str(told.said["normalised"])),
        grade=told.grade,
        held_on=talk.held_on,
        strengths=talk.strengths,
        to_improve=talk.to_improve,
        steps=tuple(
            papers.PlanStep(
                goal=item.goal,
                ability=model.competencies[item.competency].name.in_language(language)
                if item.competency in model.competencies
                else "",
                due_on=item.due_on,
                state=_("done") if item.done_at else "",
            )
            for item in talk.items.all()
        ),
        answer=talk.answer,
        acknowledged_on=talk.acknowledged_at.astimezone(company_zone()).date() if talk.acknowledged_at else None,
    )


def _is_workbook(form: str) -> bool:
    """Whether a workbook is asked for; what is neither that nor PDF is no page."""
    if form not in ("pdf", "xlsx"):
        raise NotVisibleError
    return form == "xlsx"


def _view(request: HttpRequest, pk: UUID) -> appraisal.SheetView:
    user = user_of(request)
    view = appraisal.sheet(user=user, appraisee=appraisal.appraisee(user=user, pk=pk))
    if not view.stored or view.is_totals_only:
        raise NotVisibleError
    return view


def _unable(request: HttpRequest, instead: str) -> HttpResponse | None:
    """Where PDF cannot be made: a word why, and the page that can be printed instead."""
    reason = pdf.why_no_pdf()
    if reason is None:
        return None
    messages.warning(request, say(reason, reading_language()))
    return HttpResponseRedirect(instead)


def _line(line: Line) -> papers.SheetLine:
    measured = "；".join(
        f"{origin.label} {origin.value}" if len(line.origins) > 1 else origin.value for origin in line.origins
    )
    return papers.SheetLine(
        label=line.label,
        standard=line.standard,
        weight=cast("Decimal", line.weight.value),
        points=_decimal(line.points.value),
        measured=measured,
        reasons=tuple(text for text, _points in line.reasons) or (line.reason,),
        note="；".join((*dict.fromkeys(note for origin in line.origins for note in origin.notes), *line.left_behind)),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _remarks(remarks: Iterable[appraisal.Remark], kind: str) -> str:
    return "\n".join(one.text for one in remarks if one.kind == kind and not one.line)


def _correction(one: appraisal.VersionView, language: Language) -> str:
    changes = "；".join(
        f"{change.label.in_language(language)} {_said(change.before)} → {_said(change.after)}" for change in one.changes
    )
    at = format_moment(one.appraisal.made_at.astimezone(company_zone()), language, timezone.now())
    return f"v{one.version} · {at} · {changes} · {one.appraisal.note}".rstrip(" ·")


def _said(points: Decimal | None) -> str:
    return points_text(points)


def _grade(cycle: appraisal.Cycle, key: str, language: Language) -> str:
    found = next((item for item in cycle.grades if item["key"] == key), None)
    return Text(found["label"].get("zh"), found["label"].get("en")).in_language(language) if found else key


def _person(row: appraisal.Appraisee) -> papers.PrintedPerson:
    return papers.PrintedPerson(
        name=row.employee.name,
        number=row.employee.number,
        team=name_in(row.unit.name),
        post=name_in(row.post.name) if row.post else "",
        supervisor=pgettext("list", ", ").join(appraisal.supervisors_named(appraisee=row)),
    )


def _company(language: Language) -> str:
    name = company().name
    return Text(name.get("zh"), name.get("en")).in_language(language)
