"""Importing a roster: choose a file, look at what it would change, confirm."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.roster import RosterRow, read_roster
from peilian.flows.wording import say_fault
from peilian.web.people.forms import RosterUploadForm
from peilian.web.people.wordings import CHANGES, joined
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_day

MOST_SHOWN = 200
TEMPLATE = {
    "zh": (
        "工号,姓名,子账号,平台,团队,岗位,客服类型,入职日期,阶段,主管,导师,店铺,登录名,角色,开始,结束\r\n"
        "1001,林小禾,云杉:小禾,天猫,售后一组,售后客服,售后,2024-05-06,骨干,,,旗舰店,,,,\r\n"
    ),
    "en": (
        "number,employee,author,platform,team,post,agent_kind,hired_on,stage,supervisor,mentor,shop,username,role,"
        "from,to\r\n"
        "1001,Lin Xiaohe,spruce:lin,web chat,After-sale 1,After-sale agent,after_sale,2024-05-06,backbone,,,Shop,"
        ",,,\r\n"
    ),
}


def steps() -> list[dict[str, str]]:
    """The steps, for the stepper."""
    return [
        {"label": _("Choose a file"), "href": reverse("roster_import")},
        {"label": _("Look at the changes"), "href": ""},
    ]


@takes_files(people.Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """First step: the file is kept, then looked at."""
    _permit(request)
    form = RosterUploadForm(request.POST or None, request.FILES or None, initial={"default_from": _first_day()})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        kept = base.keep_file(actor=user_of(request), name=file.name, chunks=file.chunks())
        query = urlencode({"file": str(kept.pk), "from": form.cleaned_data["default_from"].isoformat()})
        return HttpResponseRedirect(f"{reverse('roster_check')}?{query}")
    context = {"form": form, "steps": steps()}
    return render(request, "people/roster_upload.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Second step: what would change, or what stands in the way; a POST imports or forgets the file."""
    _permit(request)
    user = user_of(request)
    data = request.POST if request.method == "POST" else request.GET
    files, day = base.own_files(user=user, pks=data.getlist("file")[:1]), as_day(data.get("from", ""))
    if not files or day is None:
        return HttpResponseRedirect(reverse("roster_import"))
    file = files[0]
    if request.POST.get("do") == "forget":
        base.drop_file(actor=user, row=file)
        return HttpResponseRedirect(reverse("roster_import"))
    context: dict[str, Any] = {"steps": steps(), "file": file, "from_day": day}
    try:
        rows = _rows(file)
        if request.method == "POST":
            report = people.import_roster(actor=user, rows=rows, default_from=day)
            base.drop_file(actor=user, row=file)
            messages.success(request, _said(report))
            return HttpResponseRedirect(reverse("team"))
        report = people.preview_roster(actor=user, rows=rows, default_from=day)
    except InputError as error:
        context["faults"] = [say_fault(fault, reading_language()) for fault in error.faults]
        context |= {"shown": context["faults"][:MOST_SHOWN], "unsaid": max(0, len(context["faults"]) - MOST_SHOWN)}
        return render(request, "people/roster_check.html", context, status=422)
    context |= {"report": report, "is_idle": not report.changes, "rows": len(rows)}
    context["changes"] = [
        {"change": change, "what": joined(CHANGES[what] for what in change.what)}
        for change in report.changes[:MOST_SHOWN]
    ]
    context["unsaid"] = max(0, len(report.changes) - MOST_SHOWN)
    return render(request, "people/roster_check.html", context)


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """An empty roster with headers and one example, in the reader's language."""
    _permit(request)
    return HttpResponse(
        TEMPLATE[reading_language()].encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="roster.csv"'},
    )


def _permit(request: HttpRequest) -> None:
    if not sight_of(request).reaches_company(people.Permission.MANAGE_PEOPLE):
        raise people.NotVisibleError


def _rows(file: base.StoredFile) -> list[RosterRow]:
    """The roster of a kept file; it lies under its hash, but a spreadsheet is known by its ending."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"roster{Path(file.name).suffix.lower()}"
        shutil.copyfile(base.file_path(file), copy)
        return read_roster(copy, name=file.name)


def _first_day() -> date:
    """The first import usually covers the year; later ones say what changes today."""
    today = base.today_in_company()
    return today if people.Employee.objects.exists() else today.replace(month=1, day=1)


def _said(report: people.RosterReport) -> str:
    added = ngettext("%(n)d person added", "%(n)d people added", report.added) % {"n": report.added}
    changed = _("%(n)d changed") % {"n": report.changed}
    unchanged = _("%(n)d as before") % {"n": report.unchanged}
    return joined((added, changed, unchanged))
