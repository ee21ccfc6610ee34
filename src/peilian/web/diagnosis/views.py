"""The diagnosis report."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.conversations.periods import Period, last_days
from peilian.web.conversations.staff import Staff
from peilian.web.diagnosis import report
from peilian.web.diagnosis.forms import DiagnosisForm
from peilian.web.kpis.questions import last_day
from peilian.web.shell.access import sight_of
from peilian.web.shell.languages import reading_language


@require_safe
def diagnosis(request: HttpRequest) -> HttpResponse:
    """Ranked pain points of the conversations the reader may diagnose, each with quotes and agents."""
    sight_of(request).require(people.Permission.SEE_DIAGNOSIS)
    user, language = request.user, reading_language()
    assert isinstance(user, people.User)
    offers = contacts.choices(user=user, permission=people.Permission.SEE_DIAGNOSIS)
    if contacts.is_empty():
        may_import = sight_of(request).may(people.Permission.IMPORT)
        return render(request, "diagnosis/empty.html", {"may_import": may_import})
    staff = Staff.today()
    form = DiagnosisForm(request.GET, teams=staff.teams(offers.agents))
    form.is_valid()
    period = _period(form, last_day(offers, company_zone(), today_in_company()))
    found = contacts.diagnosis(
        user=user, from_day=period.first, to_day=period.last, team=form.cleaned_data.get("team") or None
    )
    names = {account: staff.name(account) for account in offers.agents}
    points = report.sections(found, names, language)
    context = {
        "form": form,
        "period": period,
        "found": found,
        "points": points,
        "top": points[0] if points else None,
        "notes": report.notes(found, language),
        "ranking": report.ranking(found, language),
        "asked": report.asked(found, language),
        "groups": report.groups_chart(found, language) if points else None,
        "quiet": [point.name for point in found.quiet if point.rate.n],
        **report.summary(found),
    }
    return render(request, "diagnosis/report.html", context)


def _period(form: DiagnosisForm, until: date) -> Period:
    chosen = form.cleaned_data.get("period") or "90"
    if chosen == "custom":
        return Period(form.cleaned_data.get("from_"), form.cleaned_data.get("to"))
    return last_days(chosen, until)
