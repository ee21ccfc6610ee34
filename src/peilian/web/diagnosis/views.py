"""The diagnosis report."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.conversations.staff import Staff
from peilian.web.diagnosis import report, tables
from peilian.web.diagnosis.forms import DiagnosisForm
from peilian.web.diagnosis.ways import Ways
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.languages import reading_language


@require_safe
def diagnosis(request: HttpRequest) -> HttpResponse:
    """Ranked pain points of the conversations the reader may diagnose, each with quotes and agents.

    ``?as=csv|xlsx`` takes the ranking home.
    """
    sight, user, language = sight_of(request), user_of(request), reading_language()
    sight.require(people.Permission.SEE_DIAGNOSIS)
    may_import = sight.may(people.Permission.IMPORT)
    if contacts.is_empty():
        return render(request, "diagnosis/empty.html", {"may_import": may_import})
    offers = contacts.choices(user=user, permission=people.Permission.SEE_DIAGNOSIS)
    staff = Staff.today()
    form = DiagnosisForm(request.GET.dict(), teams=staff.teams(offers.agents))
    period = form.days(offers, company_zone(), today_in_company())
    team = form.values.get("team")
    asked: dict[str, Any] = {"user": user, "from_day": period.first, "to_day": period.last, "team": team}
    found = contacts.known_diagnosis(**asked)
    if found is None and not _waits(request):
        return render(request, "diagnosis/waiting.html", {"form": form})
    found = found or contacts.diagnosis(**asked)
    may_open = sight.may(people.Permission.SEE_CONVERSATIONS)
    ways = Ways(period, team, staff, offers.agents, may_open, _assignable(sight))
    ranking = tables.ranking(found, language)
    if request.GET.get("as") in ("csv", "xlsx"):
        return table_response(ranking, name="diagnosis", form=request.GET["as"], language=language)
    points = report.sections(found, ways, staff, language)
    # What nobody answered belongs to no team, so who sees teams only cannot be told that there is none of it.
    hides_unowned = bool(team) or not sight.reaches_company(people.Permission.SEE_DIAGNOSIS)
    context = {
        "form": form,
        "period": period,
        "found": found,
        "may_import": may_import,
        "may_assign": sight.may(people.Permission.ASSIGN_TRAINING),
        "may_see_needs": sight.may(people.Permission.SEE_PEOPLE) and sight.may(people.Permission.SEE_RECORD),
        "points": points,
        "top": points[0] if points else None,
        "notes": report.notes(found, language, hides_unowned=hides_unowned),
        "ranking": ranking,
        "asked": tables.asked(found, language),
        "groups": tables.groups_chart(found, language) if points else None,
        "quiet": report.quiet(found, hides_unowned=hides_unowned),
        "balance": report.balance(found),
    }
    return render(request, "diagnosis/report.html", context)


def _assignable(sight: people.Sight) -> dict[str, people.Employee] | None:
    """Whom the reader may assign training to, by the accounts that they use."""
    if not sight.may(people.Permission.ASSIGN_TRAINING):
        return None
    listed = sight.employees(people.Permission.ASSIGN_TRAINING).exclude(left_on__lte=sight.day)
    uses = people.AgentAccount.objects.filter(employee__in=listed).select_related("employee").order_by("starts_at")
    return {use.account: use.employee for use in uses}


def _waits(request: HttpRequest) -> bool:
    """Whether the reader is told already that the answer takes a while: by the page that asks for the report."""
    return "HX-Request" in request.headers or "now" in request.GET or "as" in request.GET
