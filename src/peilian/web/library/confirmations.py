"""Who has read and confirmed a policy, and who has not; reminding those who have not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.web.people.forms import unit_path, with_parents
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.formats import format_moment
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table

P = people.Permission
_FORMS = ("csv", "xlsx")


@require_safe
def confirmations(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Everybody whom the reader leads, by whether they have confirmed; also as a file."""
    user = user_of(request)
    content = library.content(user=user, kind=kind, key=key)
    units = {str(one.pk): one for one in with_parents(sight_of(request).units(P.SEE_CONFIRMATIONS))}
    unit = _unit(units, request.GET.get("unit", ""))
    found = library.confirmations(user=user, content=content, unit=unit)
    places = _places([one.employee for one in found.done] + list(found.missing))
    if (form := request.GET.get("form", "")) in _FORMS:
        name = f"confirmations-{content.key.replace('/', '-')}"
        return table_response(_table(found, places), name=name, form=form, language=reading_language())
    n_done, n_missing = len(found.done), len(found.missing)
    context: dict[str, Any] = {
        "content": content,
        "found": found,
        "table": _table(found, places),
        "units": [(one.pk, unit_path(one)) for one in units.values()],
        "unit": unit,
        "n_done": n_done,
        "n_missing": n_missing,
        "n": n_done + n_missing,
    }
    return render(request, "library/confirmations.html", context)


@require_POST
def remind(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """A message to everybody who has not confirmed yet."""
    user = user_of(request)
    content = library.content(user=user, kind=kind, key=key)
    units = {str(one.pk): one for one in sight_of(request).units(P.SEE_CONFIRMATIONS)}
    unit = _unit(units, request.POST.get("unit", ""))
    n = library.remind_to_confirm(actor=user, content=content, unit=unit)
    if n:
        said = ngettext("%(n)d person has been reminded.", "%(n)d people have been reminded.", n) % {"n": n}
        messages.success(request, said)
    else:
        messages.info(request, _("Nobody was left to remind: the last message is still unread, or nobody can sign in."))
    query = f"?{urlencode({'unit': str(unit.pk)})}" if unit is not None else ""
    return HttpResponseRedirect(f"{reverse('library_confirmations', args=[kind, key])}{query}")


def _unit(units: dict[str, people.Unit], text: str) -> people.Unit | None:
    if not text:
        return None
    if text not in units:
        raise people.NotVisibleError
    return units[text]


def _places(employees: list[people.Employee]) -> dict[UUID, str]:
    """In which unit each of them is today."""
    rows = people.Membership.objects.on(timezone.localdate()).filter(employee__in=[one.pk for one in employees])
    return {row.employee_id: unit_path(row.unit) for row in rows.select_related("unit__parent__parent__parent")}


def _table(found: library.Confirmed, places: dict[UUID, str]) -> Table:
    language, now = reading_language(), timezone.localtime(timezone.now())

    def line(employee: people.Employee, *last: Cell) -> Row:
        return Row((Cell(employee.name), Cell(employee.number), Cell(places.get(employee.pk, "–")), *last))

    rows = [line(one, Cell(_("not yet"), tone="warn"), Cell("–")) for one in found.missing]
    for done in found.done:
        at = format_moment(timezone.localtime(done.at), language, now)
        rows.append(line(done.employee, Cell(_("confirmed"), tone="good"), Cell(at)))
    heads = (_("Person"), _("Number"), _("Team"), _("State"), _("When"))
    return Table("confirmations", _("Who has confirmed"), tuple(Column(head) for head in heads), tuple(rows))
