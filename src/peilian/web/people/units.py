"""The tree of units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from peilian.apps.people import api as people
from peilian.web.people.forms import UnitForm
from peilian.web.people.wordings import UNIT_KINDS, Label
from peilian.web.shell.access import sight_of, user_of

P = people.Permission
# Within one unit: first what leads, then teams in the order in which they came, then shops and sites.
_ORDER = {kind: place for place, kind in enumerate(UNIT_KINDS)}


@dataclass
class Branch:
    """A unit as the tree shows it, with who belongs to it itself."""

    unit: people.Unit
    kind: Label
    members: set[UUID]
    below: list[Branch] = field(default_factory=list)

    @property
    def everybody(self) -> set[UUID]:
        """Who belongs to this unit or to one below it; somebody in a team and at a shop is one person."""
        return self.members.union(*(branch.everybody for branch in self.below))


@require_http_methods(["GET", "HEAD", "POST"])
def tree(request: HttpRequest) -> HttpResponse:
    """The units of one's sight; who manages people adds one here."""
    sight = sight_of(request)
    sight.require(P.SEE_PEOPLE)
    may_manage = sight.reaches_company(P.MANAGE_PEOPLE)
    if request.method == "POST" and not may_manage:
        raise people.NotVisibleError
    form = UnitForm(request.POST or None) if may_manage else None
    if request.method == "POST" and form is not None and form.save(user_of(request)):
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("units"))
    branches = _branches(sight)
    context = {"branches": branches, "form": form, "may_manage": may_manage, "is_open": request.method == "POST"}
    return render(request, "people/units.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Rename a unit or hang it elsewhere."""
    sight = sight_of(request)
    if not sight.reaches_company(P.MANAGE_PEOPLE):
        raise people.NotVisibleError
    found = sight.unit(P.MANAGE_PEOPLE, pk)
    form = UnitForm(request.POST or None, unit=found)
    if request.method == "POST" and form.save(user_of(request)):
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("units"))
    context = {"unit": found, "kind": UNIT_KINDS[found.kind], "form": form}
    return render(request, "people/unit.html", context, status=422 if request.method == "POST" else 200)


def _branches(sight: people.Sight) -> list[Branch]:
    """The visible units as trees; one whose parent is out of sight is a root."""
    units = sorted(sight.units(P.SEE_PEOPLE).filter(closed_on=None), key=lambda row: (_ORDER[row.kind], row.pk))
    members: dict[UUID, set[UUID]] = defaultdict(set)
    places = people.Membership.objects.on(sight.day).exclude(employee__left_on__lte=sight.day)
    for unit_id, employee_id in places.values_list("unit_id", "employee_id"):
        members[unit_id].add(employee_id)
    branches = {row.pk: Branch(row, UNIT_KINDS[row.kind], members[row.pk]) for row in units}
    roots: list[Branch] = []
    for row in units:
        above = branches.get(row.parent_id) if row.parent_id else None
        (above.below if above else roots).append(branches[row.pk])
    return roots
