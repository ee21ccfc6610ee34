"""The lesson player: goals first, the matter, a check with an answer to every answer, a line to say better, a drill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.faces import face_of
from peilian.web.exams.reviews import Seen, graded_answer
from peilian.web.exams.rooms import Asked, asked_of
from peilian.web.keeping.buttons import keeping_of
from peilian.web.learning.answering import take_in
from peilian.web.learning.feedback import feedback_of
from peilian.web.learning.places import address_of
from peilian.web.learning.wordings import HOMEWORK_STATES, HOMEWORK_TONES, PARTS, Label
from peilian.web.library.naming import titles_in
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import as_number, id_of_click

REWRITE = 0
"""The number of the line to say better, among the questions of a lesson."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """A question of the lesson: to be answered, or with what the last answer brought. ``is_whole``: a try brought all
    the points; ``again``: it may be answered once more."""

    number: int
    asked: Asked
    seen: Seen | None
    is_whole: bool
    again: bool
    n_tries: int
    note: str
    click: UUID
    is_opened: bool = False


@dataclass(frozen=True, slots=True)
class PartLine:
    """What a lesson ends in, with whether it is done and what is missing."""

    part: str
    label: Label
    is_done: bool
    why: str


@require_safe
def lesson(request: HttpRequest, key: str) -> HttpResponse:
    """A lesson, begun or gone on with. Who is no employee reads it in the library."""
    user = user_of(request)
    if user.employee_id is None:
        return HttpResponseRedirect(reverse("library_text", args=["lesson", key]))
    view = learning.lesson_of(user=user, key=key)
    return render(
        request, "learning/lesson.html", _context(request, view, as_number(request.GET.get("again", ""), REWRITE))
    )


@require_POST
def answer(request: HttpRequest, key: str) -> HttpResponse:
    """An answer to a question of the check, or the line said better; answered at once with what it brought."""
    user = user_of(request)
    number = as_number(request.POST.get("n", ""), REWRITE)
    view = learning.lesson_of(user=user, key=key)
    tried = _tried(view, number)
    if tried is None:
        return HttpResponseRedirect(reverse("lesson", args=[key]))
    click = id_of_click(request.POST.get("click", ""))
    given = take_in(
        face_of(tried.asked, view.language), request.POST, f"q{number}",
        lambda stored: _store(user, key, number, stored, click),
    )  # fmt: skip
    if given.is_open:
        return _once_more(request, view, number, given.stored, given.note)
    if not getattr(request, "htmx", False):
        return HttpResponseRedirect(f"{reverse('lesson', args=[key])}#q{number}")
    fresh = learning.lesson_of(user=user, key=key)
    return render(request, "learning/_answered.html", _after(request, fresh, number))


@require_POST
def act(request: HttpRequest, key: str) -> HttpResponse:
    """Write a reflection, give feedback, say that it is read, or learn it again."""
    user = user_of(request)
    here = reverse("lesson", args=[key])
    do, click = request.POST.get("do"), id_of_click(request.POST.get("click", ""))
    try:
        if do == "reflect":
            learning.reflect(user=user, lesson=key, text=request.POST.get("text", ""), client_id=click)
            messages.success(request, _("Kept. Only you see it."))
            here += "#reflection"
        elif do == "feedback":
            return _feedback(request, key)
        elif do == "read":
            learning.read_lesson(user=user, lesson=key, client_id=click)
            here += "#end"
        elif do == "again":
            learning.learn_again(user=user, lesson=key)
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    return HttpResponseRedirect(here)


def _feedback(request: HttpRequest, key: str) -> HttpResponse:
    """Keep what was said; what is refused stands in the page with what was typed."""
    user = user_of(request)
    clarity, text = request.POST.get("clarity", ""), request.POST.get("text", "")
    try:
        learning.give_feedback(actor=user, lesson=key, clarity=clarity, text=text)
    except InputError as error:
        context = _context(request, learning.lesson_of(user=user, key=key), REWRITE)
        if context["feedback"] is not None:
            faults = [say(one.reason, reading_language()) for one in error.faults]
            context["feedback"] |= {"faults": faults, "sent": {"clarity": clarity, "text": text}}
        return render(request, "learning/lesson.html", context, status=422)
    messages.success(request, _("Thank you. Compare your answer with what matters here."))
    return HttpResponseRedirect(f"{reverse('lesson', args=[key])}#feedback")


def _store(user: Any, key: str, number: int, sent: Any, click: UUID) -> None:
    if number == REWRITE:
        text = str((sent or {}).get("text", ""))
        learning.rewrite(user=user, lesson=key, text=text, client_id=click)
    else:
        learning.answer_check_item(user=user, lesson=key, number=number, answer=sent, client_id=click)


def _once_more(request: HttpRequest, view: learning.LessonView, number: int, sent: Any, note: str) -> HttpResponse:
    """The question with what was typed, and why it was not taken; or with its steps in another order."""
    status = 422 if note else 200
    item = _item(view, number, is_again=True, stored=sent, note=note)
    if getattr(request, "htmx", False):
        context = {"item": item, "lang": HTML_CODES[view.language], "key": view.round.lesson}
        return render(request, "learning/_item.html", context)  # htmx shows answers of 200 alone
    return render(request, "learning/lesson.html", _context(request, view, number, item), status=status)


def _after(request: HttpRequest, view: learning.LessonView, number: int) -> dict[str, Any]:
    """What changes on the page after an answer: its question, the next one, what is left."""
    following = number + 1 if number != REWRITE and number < len(view.check) else None
    is_first = number != REWRITE and len(view.check[number - 1].tries) == 1  # else the next one stands there already
    is_new = is_first and following is not None and not view.check[following - 1].tries
    context = _context(request, view, 0)
    return context | {
        # Only the answer that makes the question stand there brings it: later ones must not take away what is typed.
        "brings_feedback": is_first and all(one.tries for one in view.check),
        "item": _item(view, number, is_opened=True),
        "following": _item(view, following) if is_new and following is not None else None,
    }


def _context(
    request: HttpRequest, view: learning.LessonView, again: int, item: ItemView | None = None
) -> dict[str, Any]:
    """``again`` is the number of a question that is to be answered once more; ``item`` stands in its place."""
    document, user = view.document, user_of(request)
    shown = {number: _item(view, number, is_again=number == again) for number in _visible(view)}
    if item is not None:
        shown[item.number] = item
    titles = titles_in(user, document)
    content = library.content(user=user, kind="lesson", key=view.round.lesson)
    course = request.GET.get("course", "")[:150] or _course_of(view)
    drill = titles.get(f"scenario:{document.drill}") if view.plan.drill_pass is not None else None
    return {
        "trail": _trail(view, course),
        "title": name_in(content.title),
        "key": view.round.lesson,
        "document": document,
        "view": view,
        "lang": HTML_CODES[view.language],
        "files": {
            one.name: reverse("library_attachment", args=[one.pk, one.name])
            for one in library.attachments_of(user=user, of=view.round.version)
        },
        "items": [one for number, one in sorted(shown.items()) if number != REWRITE],
        "n_items": len(view.check),
        "line": shown.get(REWRITE),
        "drill": {"title": drill.in_language(reading_language()), "href": address_of(f"scenario:{document.drill}")}
        if drill is not None else None,
        "parts": [
            PartLine(one.part, PARTS[one.part], one.is_done, say(one.reason, reading_language()))
            for one in view.standing.parts
        ],
        "homework": _homework(view),
        "feedback": feedback_of(view),
        "keeping": keeping_of(request, learning.KeptFrom.TEXT, f"lesson:{view.round.lesson}"),
        "must_read": "read" in view.plan.parts,
        "locked": say(view.locked, reading_language()) if view.locked is not None else "",
        "course": course,
        "next": _next(view, course),
        "click": uuid4(),
    }  # fmt: skip


def _homework(view: learning.LessonView) -> dict[str, Any] | None:
    """What was handed in for this round, and where it stands."""
    row = learning.homework_in(view)
    if row is None:
        return None
    return {"row": row, "state": HOMEWORK_STATES[row.state], "tone": HOMEWORK_TONES[row.state]}


def _visible(view: learning.LessonView) -> list[int]:
    """The questions that stand on the page: those answered, the first one that is not, and the line."""
    answered = [n for n, one in enumerate(view.check, start=1) if one.tries]
    first = next((n for n, one in enumerate(view.check, start=1) if not one.tries), None)
    listed = [*answered, *([first] if first is not None and view.locked is None and not view.is_over else [])]
    return [*listed, *([REWRITE] if view.rewrite is not None and view.locked is None else [])]


def _item(
    view: learning.LessonView,
    number: int,
    *,
    is_again: bool = False,
    stored: Any = None,
    note: str = "",
    is_opened: bool = False,
) -> ItemView:
    tried = _tried(view, number)
    assert tried is not None
    last = tried.tries[-1] if tried.tries else None
    seen = None
    if last is not None and not (is_again and not view.is_over):
        seen = graded_answer(tried.asked, last.answer, last.parts, last.points, view.language)
    kept = stored if stored is not None else last.answer if last is not None and number == REWRITE else None
    return ItemView(
        number=number,
        asked=asked_of(face_of(tried.asked, view.language), f"q{number}", str(number), kept),
        seen=seen,
        is_whole=tried.is_whole,
        again=not view.is_over and not tried.is_whole,
        n_tries=len(tried.tries),
        note=note,
        click=uuid4(),
        is_opened=is_opened,
    )


def _tried(view: learning.LessonView, number: int) -> learning.Tried | None:
    if number == REWRITE:
        return view.rewrite
    return view.check[number - 1] if 1 <= number <= len(view.check) else None


def _course_of(view: learning.LessonView) -> str:
    """The course that the lesson is learnt for, when there is one."""
    what = f"lesson:{view.round.lesson}"
    return next(
        (
            course.key for one in view.on for course in one.courses
            if course.what.startswith("course:") and any(unit.what == what for unit in course.units)
        ),
        "",
    )  # fmt: skip


def _trail(view: learning.LessonView, course: str) -> list[dict[str, str]]:
    trail = [{"label": _("Learn"), "href": reverse("learn")}]
    href = address_of(f"course:{course}") if course else ""
    if href:
        title = next((name_in(one.title) for each in view.on for one in each.courses if one.key == course), _("Course"))
        trail.append({"label": title, "href": href})
    return [*trail, {"label": name_in(view.document.title.to_text().both), "href": ""}]


def _next(view: learning.LessonView, course: str) -> dict[str, str] | None:
    """Where one goes on after the lesson: the next unit of the course."""
    for one in view.on:
        for each in one.courses:
            unit = each.next
            if each.key == course and unit is not None and unit.what != f"lesson:{view.round.lesson}":
                return {"title": name_in(unit.title) or unit.key, "href": address_of(unit.what, course)}
    return None
