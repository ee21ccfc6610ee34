"""A key that was wrong: choosing the item of an occasion, looking whom it concerns, grading it anew for all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.wordings import GRADES, title_of
from peilian.web.library.words import GAP, GAP_IN_STEM
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

HOW: dict[str, str | Promise] = {
    learning.RegradeHow.MENDED: gettext_lazy("by the mended item that is in force in the bank"),
    learning.RegradeHow.ALL_ANSWERED: gettext_lazy("whoever answered it gets all its points"),
    learning.RegradeHow.TAKEN_OUT: gettext_lazy("take it out, for everybody"),
}
_STEM = 60


@dataclass(frozen=True, slots=True)
class SetItem:
    """An item of an occasion: its name, the beginning of what it asks, in how many attempts, and the share of its
    points that was got."""

    name: str
    stem: str
    n: int
    share: float | None


@require_http_methods(["GET", "HEAD", "POST"])
def regrading(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose, look, apply."""
    user = user_of(request)
    found = learning.occasion(user=user, sitting_id=pk)
    data = request.POST
    chosen = {name: data.get(name, "") for name in ("item", "how", "reason")}
    title = title_of(found.sitting)
    context: dict[str, Any] = {
        "trail": [
            {"label": _("Run exams"), "href": reverse("exam_occasions")},
            {"label": title, "href": reverse("exam_occasion", args=[pk])},
            {"label": _("Grade a question anew"), "href": ""},
        ],
        "title": title,
        "sitting": found.sitting,
        "items": _items(user, pk),
        "hows": HOW.items(),
        "chosen": chosen,
        "regrades": [(one, HOW.get(one.how, one.how)) for one in found.sitting.regrades.select_related("actor")],
    }
    if request.method == "POST":
        try:
            if data.get("do") == "apply":
                done = learning.regrade(
                    actor=user, sitting_id=pk, item=chosen["item"], how=chosen["how"], reason=chosen["reason"]
                )
                n = len(done.changes)
                said = ngettext("%(n)d result has changed.", "%(n)d results have changed.", n) % {"n": n}
                messages.success(request, said)
                return HttpResponseRedirect(reverse("exam_occasion", args=[pk]))
            changes = learning.preview_regrade(user=user, sitting_id=pk, item=chosen["item"], how=chosen["how"])
            context["changes"] = [(one, *(GRADES.get(grade, grade) for grade in one.grade)) for one in changes]
            context["is_preview"] = True
        except InputError as error:
            context["faults"] = [say(fault.reason, reading_language()) for fault in error.faults]
    return render(request, "exams/regrading.html", context, status=422 if "faults" in context else 200)


def _items(user: Any, sitting_id: UUID) -> list[SetItem]:
    """The items that were set, the worst answered first."""
    seen: dict[str, list[Any]] = defaultdict(list)
    for one in learning.responses_of(user=user, sitting_id=sitting_id):
        seen[one.item].append(one)
    language = reading_language()
    found = []
    for name, rows in seen.items():
        of = sum(one.of for one in rows)
        share = float(sum(one.points for one in rows) / of) if of else None
        stem = GAP_IN_STEM.sub(GAP, learning.field_of_response(rows[0]).stem.to_text().in_language(language))
        found.append(SetItem(name, Truncator(stem).chars(_STEM), len(rows), share))
    return sorted(found, key=lambda one: (one.share is None, one.share, one.name))
