"""Homework: handing it in, and judging it one after another."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import Fault, InputError
from peilian.flows.wording import say, say_fault
from peilian.web.learning.wordings import HOMEWORK_STATES, HOMEWORK_TONES
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_id, as_number, id_of_click

MET, NOT_YET = "met", "not-yet"


@takes_files(Permission.SEE_LIBRARY)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: HttpRequest, key: str) -> HttpResponse:
    """Hand in the homework of a lesson, or its next version."""
    user = user_of(request)
    view = learning.lesson_of(user=user, key=key)
    if view.document.homework is None:
        raise NotVisibleError
    faults: list[str] = []
    if request.method == "POST":
        try:
            row = learning.hand_in_homework(
                actor=user, lesson=key, what=_sent(request.POST, request.FILES.getlist("files"))
            )
        except InputError as error:
            faults = [say_fault(one, reading_language()) for one in error.faults]
        else:
            messages.success(request, _("Handed in. Who leads you looks at it, and you are told."))
            return HttpResponseRedirect(reverse("homework", args=[row.pk]))
    row_before = learning.homework_in(view)
    before = learning.homework_of(user=user, pk=row_before.pk) if row_before is not None else None
    if row_before is not None and row_before.state == learning.HomeworkState.ACCEPTED:
        return HttpResponseRedirect(reverse("homework", args=[row_before.pk]))
    context = _form(request, view, before, faults)
    return render(request, "learning/homework_form.html", context, status=422 if faults else 200)


@require_safe
def homework(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Homework with all its versions, for its person and for who judges it."""
    return _shown(request, learning.homework_of(user=user_of(request), pk=pk))


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accept the version that was read, or return it; then on to the next that waits."""
    user = user_of(request)
    accepts = request.POST.get("do") == "accept"
    view = learning.homework_of(user=user, pk=pk)
    if view.is_own:
        raise NotVisibleError
    try:
        learning.decide_homework(
            actor=user, pk=pk, number=as_number(request.POST.get("number", "")),
            accepts=accepts, criteria=_criteria(request, view), note=request.POST.get("note", ""),
        )  # fmt: skip
    except InputError as error:
        return _shown(request, view, error.faults)
    messages.success(request, _("Accepted.") if accepts else _("Returned; its person is told what is missing."))
    following = learning.homework_to_judge(user=user).first()
    if following is None:
        return HttpResponseRedirect(reverse("team_homework"))
    return HttpResponseRedirect(reverse("homework", args=[following.pk]))


@require_safe
def file(request: HttpRequest, pk: UUID, name: str) -> HttpResponseBase:
    """A file. Its name in the address is for people; the id finds it."""
    opened = learning.homework_file(user=user_of(request), pk=pk)
    response = FileResponse(opened.path.open("rb"), content_type=opened.media_type)
    for header, value in opened.headers.items():
        response[header] = value
    response["Content-Disposition"] = content_disposition_header(not opened.is_inline, opened.name) or "attachment"
    response["Cache-Control"] = "private, max-age=300"
    return response


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Homework that waits for the reader, the oldest first."""
    rows = learning.homework_to_judge(user=user_of(request))
    page = page_of(rows, request)
    return render(
        request,
        "learning/homework_team.html",
        {
            "page": page,
            "n": page.paginator.count,
            "rows": [{"row": row, "title": name_in(row.round.version.content.title)} for row in page],
        },
    )


def _sent(form: QueryDict, files: list[UploadedFile[Any]]) -> learning.HandIn:
    """What the form carries; of each file a byte more than is taken tells that it is too large."""
    sent = [one for one in files if one.name]
    most = learning.MOST_HOMEWORK_BYTES + 1
    return learning.HandIn(
        client_id=id_of_click(form.get("click", "")),
        text=form.get("text", ""),
        files=[(str(one.name), one.read(most)) for one in sent[: learning.MOST_HOMEWORK_FILES + 1]],
        keep=[pk for pk in map(as_id, form.getlist("keep")) if pk is not None],
    )


def _form(
    request: HttpRequest, view: learning.LessonView, before: learning.HomeworkView | None, faults: list[str]
) -> dict[str, Any]:
    last = before.versions[0] if before is not None else None
    is_sent = request.method == "POST"
    text = request.POST.get("text", "") if is_sent else last.version.text if last is not None else ""
    kept = set(request.POST.getlist("keep")) if is_sent else {str(one.pk) for one in last.files} if last else set()
    key = view.round.lesson
    return {
        "trail": [*_lesson_trail(key, view.document), {"label": _("Homework"), "href": ""}],
        "title": name_in(view.document.title.to_text().both),
        "key": key,
        "document": view.document,
        "last": last,
        "row": before.homework if before is not None else None,
        "files": [{"file": one, "is_kept": str(one.pk) in kept} for one in (last.files if last is not None else ())],
        "text": text,
        "faults": faults,
        "locked": say(view.locked, reading_language()) if view.locked is not None else "",
        "is_over": view.is_over,
        "click": uuid4(),
        "accept": ",".join(learning.HOMEWORK_KINDS),
        "limit": learning.LONGEST_HOMEWORK,
        "most": learning.MOST_HOMEWORK_FILES,
        "megabytes": learning.MOST_HOMEWORK_BYTES >> 20,
    }


def _shown(request: HttpRequest, view: learning.HomeworkView, faults: tuple[Fault, ...] = ()) -> HttpResponse:
    row = view.homework
    title = name_in(view.document.title.to_text().both)
    before = (
        _lesson_trail(row.round.lesson, view.document) if view.is_own
        else [{"label": _("Homework"), "href": reverse("team_homework")}]
    )  # fmt: skip
    label = _("Homework") if view.is_own else f"{row.employee.name} · {title}"
    context = {
        "trail": [*before, {"label": label, "href": ""}],
        "title": title,
        "view": view,
        "row": row,
        "document": view.document,
        "state": HOMEWORK_STATES[row.state],
        "tone": HOMEWORK_TONES[row.state],
        "faults": [say_fault(one, reading_language()) for one in faults],
        "asked": [
            {
                "n": n,
                "text": one.text,
                "choice": request.POST.get(f"criterion_{n}", ""),
                "note": request.POST.get(f"word_{n}", ""),
            }
            for n, one in enumerate(view.versions[0].criteria, start=1)
        ],
        "note": request.POST.get("note", ""),
        "note_limit": learning.LONGEST_HOMEWORK_NOTE,
        "may_mend": view.is_own and row.state != learning.HomeworkState.ACCEPTED,
    }
    return render(request, "learning/homework.html", context, status=422 if faults else 200)


def _criteria(request: HttpRequest, view: learning.HomeworkView) -> list[learning.Criterion]:
    """What was chosen for each criterion; one that was left open is left out, and the door says so."""
    chosen = [
        (request.POST.get(f"criterion_{n}", ""), request.POST.get(f"word_{n}", ""))
        for n in range(1, len(view.versions[0].criteria) + 1)
    ]
    return [learning.Criterion(choice == MET, word) for choice, word in chosen if choice in (MET, NOT_YET)]


def _lesson_trail(key: str, document: Any) -> list[dict[str, str]]:
    title = name_in(document.title.to_text().both)
    return [{"label": _("Learn"), "href": reverse("learn")}, {"label": title, "href": reverse("lesson", args=[key])}]
