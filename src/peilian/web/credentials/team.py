"""Certificates of the team: who has one, whose ends before long, who lacks it; and those of others that wait."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.web.credentials.mine import external_line
from peilian.web.credentials.wordings import STANDING_TONES, STANDINGS
from peilian.web.people.forms import UnitFilter
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language

P = people.Permission
_MOST_OTHERS = 200


class TeamFilter(UnitFilter):
    """Which certificate, whose, and how they stand."""

    field_order = ("certificate", "unit", "show")

    certificate = forms.ChoiceField(label=gettext_lazy("Certificate"), required=False)
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[
            ("", gettext_lazy("everybody")),
            ("valid", gettext_lazy("who has it")),
            ("soon", gettext_lazy("whose ends within 60 days")),
            ("missing", gettext_lazy("who lacks it")),
            ("doubt", gettext_lazy("whose is in doubt")),
        ],
    )

    def __init__(self, *arguments: Any, offered: list[learning.Offered], **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = reading_language()
        titles = [(one.key, one.document.title.to_text().in_language(language)) for one in offered]
        self.fields["certificate"].choices = titles  # type: ignore[attr-defined]


@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """Everybody whose record the reader may see, for one certificate."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    held = learning.n_holders(user=user)
    # What people have is looked at more often than what nobody has yet.
    offered = sorted(learning.offered_certificates(), key=lambda one: -held.get(one.key, 0))
    form = TeamFilter(request.GET, sight=sight, offered=offered)
    chosen = form.cleaned_data if form.is_valid() else {}
    key = chosen.get("certificate") or (offered[0].key if offered else "")
    lines = learning.team_certificates(user=user, key=key, unit=chosen.get("unit")) if key else []
    counts = {show: sum(_fits(line, show) for line in lines) for show in ("valid", "soon", "missing", "doubt")}
    listed = sorted((line for line in lines if _fits(line, chosen.get("show") or "")), key=_urgency)
    others = [external_line(row) for row in learning.externals_of_team(user=user)[:_MOST_OTHERS]]
    context: dict[str, Any] = {
        "form": form,
        "n": len(lines),
        "counts": counts,
        "lines": [
            {"line": line, "words": STANDINGS[line.standing], "tone": STANDING_TONES[line.standing]} for line in listed
        ],
        "waiting": [one for one in others if one["row"].state == learning.ExternalState.SUBMITTED],
        "others": [one for one in others if one["row"].state == learning.ExternalState.CONFIRMED],
        "is_filtered": bool(request.GET),
        "has_certificates": bool(offered),
    }
    return render(request, "credentials/team.html", context)


def _urgency(line: learning.HolderLine) -> int:
    """What is to be done first stands first; within that people stand by number."""
    return 0 if line.is_in_doubt else 1 if line.ends_soon else {"expired": 2, "valid": 3}.get(line.standing, 4)


def _fits(line: learning.HolderLine, show: str) -> bool:
    match show:
        case "valid":
            return line.standing == "valid"
        case "soon":
            return line.ends_soon
        case "missing":
            return line.standing != "valid"
        case "doubt":
            return line.is_in_doubt
        case _:
            return True
