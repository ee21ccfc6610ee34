"""The room of an exam: the questions with what stands answered, answers by a plain form, and handing in.

Pages with JavaScript answer over the WebSocket (``talk``); the form is for all others and does the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.answers import NoAnswerError, from_form, in_words, moved, names_in, to_page, to_stored
from peilian.web.exams.drilling import DrillPart, begin, confirm, part_of
from peilian.web.exams.faces import Face, face_of
from peilian.web.exams.talk import unreadable
from peilian.web.exams.wordings import KINDS, title_of
from peilian.web.shell.access import user_of
from peilian.web.shell.formats import format_score
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import as_number


@dataclass(frozen=True, slots=True)
class Choice:
    """An option, step or partner, by its place among what is shown."""

    place: int
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A piece of a stem and the gap after it, with what stands in it."""

    html: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Left:
    """What a partner is looked for, with the one that was chosen."""

    place: int
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, or a part of a case, as the page shows it. ``name`` begins the names of its fields."""

    face: Face
    name: str
    number: str
    kind: Any
    gaps: tuple[Gap, ...]
    choices: tuple[Choice, ...]
    lefts: tuple[Left, ...]
    text: str
    is_answered: bool
    drill: DrillPart | None = None
    inner: tuple[Asked, ...] = ()
    worth: str = ""
    heading: str = ""
    seq: int = 0
    notes: Sequence[str] = ()

    @property
    def label(self) -> str:
        """What it is called."""
        return _("Question %(n)s") % {"n": self.number}

    @property
    def is_plain_choice(self) -> bool:
        """Whether it is a stem with options and nothing else."""
        return self.face.form in ("one", "several") and not (self.face.before or self.face.line)


@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The questions of a running attempt; a POST stores what the form brings. One that is over leads to its review."""
    found = learning.open_attempt(user=user_of(request), attempt_id=pk)
    if found is None:
        return _over(request, pk)
    if not found.attempt.paper:  # it is set one question at a time
        return HttpResponseRedirect(reverse("exam_adaptive", args=[pk]))
    notes: dict[int, list[str]] = {}
    kept: dict[int, tuple[Any, int]] = {}
    place = ""
    if request.method == "POST":
        step = request.POST.get("move", "")
        notes, kept, is_over = _take(request, found, step)
        if is_over:
            learning.open_attempt(user=user_of(request), attempt_id=pk)  # which hands it in
            return _over(request, pk)
        if request.POST.get("do") == "hand_in" and not notes:
            return hand_in(request, pk)
        if (drill := request.POST.get("drill")) and not notes:
            return begin(request, found, drill)
        place = f"#{step.partition('.')[0]}" if step else ""
        if not notes:
            messages.success(request, _("Your answers are stored."))
            return HttpResponseRedirect(reverse("exam_room", args=[pk]) + place)
    return render(request, "exams/room.html", _context(found, notes, kept), status=409 if notes else 200)


@require_POST
def hand_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand the attempt in; what was handed in before stays so. An unfinished drill of it is told first."""
    try:
        learning.hand_in(user=user_of(request), attempt_id=pk, ends_drills=request.POST.get("ends_drills") == "1")
    except InputError:
        return confirm(request, pk)
    return HttpResponseRedirect(reverse("exam_review", args=[pk]))


def _over(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method == "POST":
        messages.info(request, _("The time was up: what you had answered until then is handed in."))
    return HttpResponseRedirect(reverse("exam_review", args=[pk]))


def _take(
    request: HttpRequest, found: learning.Room, step: str
) -> tuple[dict[int, list[str]], dict[int, tuple[Any, int]], bool]:
    """Store what differs from what stands; what is to be said by question, what was not stored, whether it is over."""
    user, language = user_of(request), _language(found.attempt)
    faces = {asked.question.number: (face_of(asked, language), asked) for asked in found.asked}
    notes: dict[int, list[str]] = {}
    kept: dict[int, tuple[Any, int]] = {}
    for number in names_in(request.POST):
        if number not in faces:
            continue
        face, asked = faces[number]
        try:
            answer = to_stored(face, sent_in(face, request.POST, f"q{number}", step))
        except NoAnswerError:
            notes[number] = [unreadable()]
            continue
        if answer == asked.answer:
            continue
        try:
            saved = learning.save_answer(
                user=user, attempt_id=found.attempt.pk, number=number, answer=answer,
                known=_known(request.POST, number), client_id=uuid4(),
            )  # fmt: skip
        except InputError as error:
            notes[number], kept[number] = [say(error.faults[0].reason, reading_language())], (answer, asked.seq)
            continue
        if saved.fault is not None and saved.fault.key == "learning.time_is_up":
            return notes, kept, True
        if saved.fault is not None:
            notes[number], kept[number] = _elsewhere(face, saved), (answer, saved.seq)
    return notes, kept, False


def _elsewhere(face: Face, saved: learning.Saved) -> list[str]:
    assert saved.fault is not None
    there = in_words(face, saved.answer)
    return [
        say(saved.fault, reading_language()),
        _("There it says: %(answer)s") % {"answer": " / ".join(there) or _("Not answered")},
        _("Below stands what you have here. Save once more to keep it."),
    ]


def sent_in(face: Face, data: QueryDict, name: str, step: str) -> Any:
    """What a form says of a question, after the move of a step where one is asked for."""
    return moved(face, data, name, step) if step.startswith(f"{name}.") else from_form(face, data, name)


def _known(data: QueryDict, number: int) -> int:
    return as_number(data.get(f"known{number}", ""))


def _language(attempt: learning.Attempt) -> Language:
    return "en" if attempt.language == "en" else "zh"


def _context(found: learning.Room, notes: dict[int, list[str]], kept: dict[int, tuple[Any, int]]) -> dict[str, Any]:
    attempt = found.attempt
    assert attempt.sitting is not None
    language = _language(attempt)
    heading = _("Question %(n)s of %(of)s")
    drills = {one.question.number: {each.inner: part_of(each, language) for each in one.drills} for one in found.asked}
    asked = [
        replace(
            asked_of(
                face_of(one, language), f"q{n}", str(n), *_stands(one, kept), _worth(one.question.points), drills[n]
            ),
            heading=heading % {"n": n, "of": len(found.asked)},
            notes=notes.get(n, ()),
        )
        for n, one in enumerate(found.asked, start=1)
    ]
    left = found.seconds_left
    return {
        "attempt": attempt,
        "title": title_of(attempt.sitting),
        "lang": HTML_CODES[language],
        "asked": asked,
        # The same below every question; put together once.
        "conflict": render_to_string("exams/_conflict.html"),
        "foot": render_to_string("exams/_foot.html"),
        "said_answered": f", {_('answered')}",
        "said_open": f", {_('not answered')}",
        "n_open": sum(not one.is_answered for one in asked),
        "ends_at": timezone.localtime(attempt.ends_at) if attempt.ends_at is not None else None,
        "clock": "" if left is None else f"{int(left) // 60}:{int(left) % 60:02}",
        # Times on the page are those of the company, wherever the device stands.
        "zone": timezone.get_current_timezone_name(),
        "left_ms": "" if left is None else round(left * 1000),
    }


def _worth(points: Decimal) -> str:
    n = format_score(points)
    return ngettext("%(n)s point", "%(n)s points", 1 if points == 1 else 2) % {"n": n}


def _stands(one: learning.Asked, kept: dict[int, tuple[Any, int]]) -> tuple[Any, int]:
    """What the page is to show of a question: what stands stored, or what was not taken."""
    return kept.get(one.question.number, (one.answer, one.seq))


def asked_of(
    face: Face, name: str, number: str, stored: Any, seq: int = 0, worth: str = "",
    drills: Mapping[str, DrillPart] | None = None,
) -> Asked:  # fmt: skip
    """A question as a page shows it, with what stands answered; the names of its fields begin with ``name``. ``drills``
    are those that it holds, by name inside a case."""
    parts = drills or {}
    page = to_page(face, stored) or {}
    chosen = page.get("chosen", page.get("order", []))
    order = page.get("order") or range(len(face.choices))
    partners = page.get("partners") or [None] * len(face.lefts)
    texts = page.get("gaps") or [""] * face.n_gaps
    given = (stored or {}).get("items", {})
    return Asked(
        face=face,
        name=name,
        number=number,
        kind=KINDS[face.kind],
        gaps=tuple(
            Gap(piece.html, piece.gap + 1, texts[piece.gap]) if piece.gap is not None else Gap(piece.html, 0, "")
            for piece in face.stem
        ),
        choices=tuple(Choice(place, face.choices[place], place in chosen) for place in order),
        lefts=tuple(
            Left(
                place, text, tuple(Choice(at, said, at == partners[place]) for at, said in enumerate(face.choices))
            )
            for place, text in enumerate(face.lefts)
        ) if face.form == "match" else (),
        text=page.get("text", ""),
        is_answered=stored is not None or any(part.tried for part in parts.values()),
        drill=parts.get(""),
        inner=tuple(
            asked_of(
                one, f"{name}.{place}", f"{number}.{place + 1}",
                given.get(face.names[place]), drills=_inside(parts, face.names[place]),
            )
            for place, one in enumerate(face.inner)
        ),
        worth=worth,
        seq=seq,
    )  # fmt: skip


def _inside(parts: Mapping[str, DrillPart], name: str) -> dict[str, DrillPart]:
    return {"": parts[name]} if name in parts else {}
