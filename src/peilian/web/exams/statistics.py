"""What answers tell about questions (题目分析): figures with alarms, options by thirds, parameters to be frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.adapters.packs.items import ItemsDocument
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people.api import Permission, User
from peilian.engine._kernel import InputError, Language, Reason
from peilian.flows.wording import say
from peilian.web.exams.wordings import KINDS
from peilian.web.jobs.views import details
from peilian.web.library.words import GAP, GAP_IN_STEM
from peilian.web.people.forms import name_in
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.charts import Bar, bars
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

_GRAVE = ("wrong_key", "wrong_key_unseen", "key_has_wrong_part", "key_lacks_part", "harms", "second_answer")
_MOST_BARS = 20
_MODELS = (("rasch", "Rasch"), ("2pl", "2PL"))


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The banks and the occasions that have answers."""
    rows = learning.statistics_listed(user=user_of(request))
    shown = [{"row": row, "title": name_in(row.title), "is_bank": row.of == learning.StatisticsOf.BANK} for row in rows]
    return render(request, "exams/statistics.html", {"listed": shown, "page": page_of(shown, request)})


@require_http_methods(["GET", "HEAD", "POST"])
def statistics(request: HttpRequest, of: str, subject: str) -> HttpResponse:
    """The figures of the questions of a bank or an occasion; a POST has them computed anew."""
    user = user_of(request)
    if request.method == "POST":
        learning.start_statistics(actor=user, of=of, subject=subject)
        return HttpResponseRedirect(reverse("exam_statistics_of", args=[of, subject]))
    found = learning.statistics_of(user=user, of=of, subject=subject)
    language = reading_language()
    is_bank = found.of == learning.StatisticsOf.BANK
    title = name_in(found.title)
    is_leading = sight_of(request).may(Permission.ASSIGN_TRAINING)
    context: dict[str, Any] = {
        "trail": [{"label": _("Questions"), "href": reverse("exam_statistics")}, {"label": title, "href": ""}],
        "title": title,
        "found": found,
        "is_bank": is_bank,
        "occasion_href": "" if is_bank or not is_leading else reverse("exam_occasion", args=[subject]),
        "last": found.last,
        "job": found.job,
        **(details(found.job) if found.job is not None else {}),
    }
    if found.last is not None:
        context |= _told(request, found.last.body, language)
    if is_bank and sight_of(request).may(Permission.WRITE_LIBRARY):
        context |= _calibration(user, subject, sight_of(request).may(Permission.PUBLISH_LIBRARY))
    return render(request, "exams/statistics_of.html", context)


@require_POST
def propose(request: HttpRequest, bank: str) -> HttpResponse:
    """Have the parameters of a bank's questions estimated."""
    try:
        learning.propose_calibration(actor=user_of(request), bank=bank, model=request.POST.get("model", "rasch"))
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    return HttpResponseRedirect(reverse("exam_statistics_of", args=["bank", bank]) + "#parameters")


@require_POST
def freeze(request: HttpRequest, number: int, bank: str) -> HttpResponse:
    """Put proposed parameters in force."""
    try:
        learning.freeze_calibration(actor=user_of(request), bank=bank, number=number)
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    else:
        messages.success(request, _("These parameters are in force now. They do not change any more."))
    return HttpResponseRedirect(reverse("exam_statistics_of", args=["bank", bank]) + "#parameters")


def _told(request: HttpRequest, body: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The figures in words, the questions that need a look first."""
    banks = _Texts(user_of(request), language)
    items = sorted((_item(one, banks, language) for one in body["items"]), key=lambda one: one["rank"])
    drawn = [one for one in items if one["discrimination"]["value"] is not None]
    drawn.sort(key=lambda one: one["discrimination"]["value"])
    picture = [
        Bar(f"{one['id']} · {one['short']}", one["discrimination"]["value"], one["discrimination"]["n"])
        for one in drawn[:_MOST_BARS]
    ]
    return {
        "n_alarming": sum(one["is_grave"] for one in items),
        "page": page_of(items, request),
        "reliability": body["reliability"],
        "why_no_reliability": _said(body["reliability"]["why_not"], language),
        "mean_share": body["mean_share"],
        "error_percent": None if body["standard_error_share"] is None else 100 * body["standard_error_share"],
        "whole_alarms": [_said(one, language) for one in body["alarms"]],
        "chart": bars(
            "discrimination", _("Discrimination by question"), picture, unit="score",
            language=language, target=0.2, note=_("discrimination, the weakest first; from 0.2 it is useful"),
        ) if picture else None,
    }  # fmt: skip


def _item(one: Mapping[str, Any], banks: _Texts, language: Language) -> dict[str, Any]:
    bank, _hash, item_id = one["item"].partition("#")
    texts = banks.of(one["versions"], item_id)
    alarms = [{"words": _said(alarm, language), "key": alarm["key"].rpartition(".")[2]} for alarm in one["alarms"]]
    n = one["facility"]["n"]
    grave = [alarm for alarm in alarms if alarm["key"] in _GRAVE]
    few = bool(alarms) and alarms[0]["key"] == "too_few_people"
    return {
        **one,
        "id": item_id,
        "bank": bank,
        "kind_name": KINDS.get(one["kind"], one["kind"]),
        "stem": texts.get("", ""),
        "short": texts.get("", "")[:18],
        "n": n,
        "alarms": alarms,
        "is_grave": bool(grave),
        "rank": (not grave, not (alarms and not few), few, item_id),
        "numbers": ", ".join(one["versions"]),
        "edit_href": reverse("library_edit", args=["items", bank]) if banks.may_write else "",
        "options": [
            {
                **option,
                "text": texts.get(option["option"], option["option"]),
                "thirds": list(zip(_thirds(), option["thirds"] or (None,) * 3, strict=True)),
            }
            for option in one["options"]
        ],
    }


def _thirds() -> tuple[str, str, str]:
    return _("weakest third"), _("middle third"), _("best third")


class _Texts:
    """Stems and options of questions, as they were written in the newest version that was answered."""

    def __init__(self, user: User, language: Language) -> None:
        self._user, self._language = user, language
        self._banks: dict[str, ItemsDocument | None] = {}
        self.may_write = library.may_write(user)

    def of(self, versions: Mapping[str, str], item_id: str) -> dict[str, str]:
        """The stem under an empty name, and options by their ids."""
        document = self._bank(list(versions.values())[-1])
        item: Any = document.item(item_id) if document is not None else None
        if item is None:
            return {}
        found = {"": GAP_IN_STEM.sub(GAP, self._said(item.stem)), "true": _("right"), "false": _("wrong")}
        return found | {option.id: self._said(option.text) for option in getattr(item, "options", ())}

    def _bank(self, pk: str) -> ItemsDocument | None:
        if pk not in self._banks:
            row = library.ContentVersion.objects.filter(pk=pk).first()
            found = library.document_of(row, user=None) if row is not None else None
            self._banks[pk] = found if isinstance(found, ItemsDocument) else None
        return self._banks[pk]

    def _said(self, text: Any) -> str:
        return str(text.to_text().in_language(self._language))


def _calibration(user: User, bank: str, may_freeze: bool) -> dict[str, Any]:
    language = reading_language()
    job = learning.calibration_job(user=user, bank=bank)
    rows = list(learning.calibrations(user=user, bank=bank))
    newest = rows[0] if rows else None
    force = learning.in_force(bank)
    return {
        "bank": bank,
        "models": _MODELS,
        "calibrations": rows,
        "newest": newest,
        "in_force": force,
        "may_freeze": may_freeze and newest is not None and newest.frozen_at is None,
        "calibration_job": job,
        "calibration_faults": details(job)["faults"] if job is not None and job.is_over else (),
        "parameters": sorted(
            ({"item": item.partition("#")[2], **one["parameters"]} for item, one in newest.items.items()),
            key=lambda one: one["difficulty"],
        ) if newest is not None else (),
        "left_out": [(item.partition("#")[2], _said(why, language)) for item, why in newest.left_out.items()]
        if newest is not None else (),
        "drifted": [(item.partition("#")[2], _said(why, language)) for item, why in newest.drifted.items()]
        if newest is not None else (),
    }  # fmt: skip


def _said(reason: Mapping[str, Any] | None, language: Language) -> str:
    return say(Reason(reason["key"], reason["params"]), language) if reason else ""
