"""After an exam: the result, and question by question what was answered, what it brought and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from peilian.adapters.packs.items import (
    CaseField,
    ChoiceField,
    FillField,
    MatchField,
    OrderField,
    RewriteField,
    ShortField,
    TruthField,
)
from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import Language, Reason
from peilian.flows.wording import say
from peilian.web.exams.answers import in_words
from peilian.web.exams.drilling import hrefs_of
from peilian.web.exams.faces import Face, face_of
from peilian.web.exams.points import parts_to_mark
from peilian.web.exams.wordings import KINDS, grade_name, grade_tone, title_of
from peilian.web.keeping.buttons import keeping_of
from peilian.web.library.markdown import to_html
from peilian.web.library.words import GAP
from peilian.web.shell.access import user_of
from peilian.web.shell.formats import MINUS
from peilian.web.shell.languages import HTML_CODES, reading_language


@dataclass(frozen=True, slots=True)
class Why:
    """Points of a part with the reason, and the words that show it."""

    part: str
    points: Decimal
    of: Decimal
    reason: str
    quote: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A question, or a part of a case, as it is looked back at."""

    number: str
    kind: Any
    stem: SafeString | str
    before: str
    line: str
    answer: Sequence[str]
    key: Sequence[str]
    feedback: Sequence[tuple[str, str]]
    explanation: SafeString | str
    inner: tuple[Seen, ...] = ()
    points: Decimal | None = None
    of: Decimal | None = None
    is_open: bool = False
    whys: tuple[Why, ...] = ()
    decided: Decimal | None = None
    proposed: Decimal | None = None
    notes: tuple[str, ...] = ()
    contest: learning.Contest | None = None
    fields: Sequence[Any] = ()
    drill_href: str = ""
    may_contest: bool = False
    is_reached: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether it brought all its points."""
        return self.points is not None and self.points == self.of


@require_safe
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An attempt that is over, as far as the reader may see it; one that runs leads its own person to its room."""
    user = user_of(request)
    try:
        found = learning.review_attempt(user=user, attempt_id=pk)
    except NotVisibleError:
        if user.employee_id is None:
            raise
        if learning.open_attempt(user=user, attempt_id=pk) is not None:  # looking at it hands in what is over
            return HttpResponseRedirect(reverse("exam_room", args=[pk]))
        found = learning.review_attempt(user=user, attempt_id=pk)
    attempt = found.attempt
    assert attempt.sitting is not None
    is_own = attempt.employee_id == user.employee_id
    language: Language = "en" if attempt.language == "en" else "zh"
    title = title_of(attempt.sitting)
    context = {
        "trail": [{"label": _("My exams"), "href": reverse("exams")}, {"label": title, "href": ""}],
        "title": title,
        "attempt": attempt,
        "is_own": is_own,
        "is_marked": attempt.state == learning.AttemptState.MARKED,
        "n_open": sum(one.is_open for one in found.responses.values()),
        "shows_points": found.shows_points,
        "shows_key": found.shows_key,
        "key_comes": found.key_comes,
        "percent": None if not attempt.of or attempt.points is None else 100 * attempt.points / attempt.of,
        "told": _told(attempt),
        "grade": grade_name(attempt),
        "tone": grade_tone(attempt),
        "lang": HTML_CODES[language],
        "keeping": keeping_of(request, "exam", str(attempt.pk)) if is_own and found.shows_key else None,
        "seen": [_asked(one, found, language, is_own=is_own) for one in found.asked],
        "goes_on": is_own
        and attempt.state == learning.AttemptState.MARKED
        and not attempt.is_passed
        and learning.may_take(user=user, sitting_id=attempt.sitting.pk),
    }
    return render(request, "exams/review.html", context)


def _asked(asked: learning.Asked, found: learning.Reviewed, language: Language, *, is_own: bool) -> Seen:
    """A question with what the reader may do about its points."""
    response = found.responses.get(asked.question.number)
    seen = seen_answer(asked, response, language, shows_points=found.shows_points, shows_key=found.shows_key)
    if response is None or response.is_open or not found.shows_points:
        return seen
    if is_own:
        may = seen.contest is None and not seen.is_whole and learning.may_contest(found.attempt)
        return replace(seen, may_contest=may)
    fields = parts_to_mark(learning.correctable(response), asked.field, response.number, {}, {})
    return replace(seen, fields=fields)


def _told(attempt: learning.Attempt) -> dict[str, Any] | None:
    """What an adaptive exam tells, in the numbers that its words need; ``None`` for any other."""
    found = learning.adaptive_result(attempt=attempt) if attempt.state == learning.AttemptState.MARKED else None
    if found is None or found.ability is None or found.error is None:
        return None
    return {
        "n": found.n,
        "least": found.least,
        "is_enough": found.is_enough,
        "ability": f"{found.ability:+.2f}".replace("-", MINUS),
        "error": f"{found.error:.2f}",
        "percent": found.percent,
        "why": say(found.stopped, reading_language()) if found.stopped is not None else "",
    }


def seen_answer(
    asked: learning.Asked,
    response: learning.Response | None,
    language: Language,
    *,
    shows_points: bool,
    shows_key: bool,
) -> Seen:
    """A question with what was answered, what it brought and why, as far as it may be shown."""
    face, number = face_of(asked, language), asked.question.number
    shown = response if shows_points else None
    whys: dict[str, list[Why]] = {}
    for part in shown.parts if shown is not None else ():
        inner, why = _why(asked.field, part, language)
        whys.setdefault(inner, []).append(why)
    return _side(
        face, asked.field, str(number), asked.answer, language, whys, shows_key=shows_key,
        decided={name: Decimal(one) for name, one in shown.decided.items()} if shown is not None else {},
        points=shown.points if shown is not None else None,
        of=asked.question.points if response is None else response.of,
        is_open=response is not None and response.is_open,
        proposed=shown.proposed if shown is not None else None,
        notes=_notes(shown) if shown is not None else (),
        contest=getattr(shown, "contest", None) if shown is not None else None,
        is_reached=response is None or response.is_reached,
        hrefs=hrefs_of(asked, shown),
    )  # fmt: skip


def graded_answer(
    asked: learning.Asked, answer: Any, parts: Sequence[Mapping[str, Any]], points: Decimal | None, language: Language
) -> Seen:
    """A question outside an exam with an answer to it: what it brought and why, what is right, and the explanation."""
    whys: dict[str, list[Why]] = {}
    for part in parts:
        inner, why = _why(asked.field, part, language)
        whys.setdefault(inner, []).append(why)
    return _side(
        face_of(asked, language), asked.field, str(asked.question.number), answer, language, whys, shows_key=True,
        decided={}, points=points, of=asked.question.points,
    )  # fmt: skip


def _notes(response: learning.Response) -> tuple[str, ...]:
    """What those who marked an answer wrote about it, once it is decided; nobody's name stands there."""
    if response.is_open or response.proposed is None:  # nobody was asked
        return ()
    return tuple(one.note for one in response.marks.all() if one.note and one.kind == learning.MarkKind.GIVEN)


def _side(
    face: Face,
    field: Any,
    number: str,
    answer: Any,
    language: Language,
    whys: Mapping[str, Sequence[Why]],
    *,
    shows_key: bool,
    decided: Mapping[str, Decimal],
    inner_name: str = "",
    hrefs: Mapping[str, str] | None = None,
    **more: Any,
) -> Seen:
    given = (answer or {}).get("items", {})
    inner = tuple(
        _side(
            one, item, f"{number}.{place}", given.get(item.id), language, whys, shows_key=shows_key,
            decided=decided, inner_name=item.id, hrefs=hrefs,
        )
        for place, (one, item) in enumerate(zip(face.inner, getattr(field, "items", ()), strict=False), start=1)
    )  # fmt: skip
    return Seen(
        number=number,
        kind=KINDS[face.kind],
        stem=_stem(face),
        before=face.before,
        line=face.line,
        answer=in_words(face, answer),
        key=list(_key(face, field, language)) if shows_key else (),
        feedback=list(_feedback(field, language)) if shows_key else (),
        explanation=to_html(_said(field.explanation, language)) if shows_key else "",
        inner=inner,
        whys=tuple(whys.get(inner_name, ())),
        decided=decided.get(inner_name),
        drill_href=(hrefs or {}).get(inner_name, ""),
        **more,
    )


def _stem(face: Face) -> SafeString:
    html = SafeString("")
    for piece in face.stem:
        html += piece.html
        if piece.gap is not None:
            html += SafeString(GAP if face.n_gaps == 1 else f"{GAP}<sub>{piece.gap + 1}</sub>")
    return html


def _key(face: Face, field: Any, language: Language) -> Iterator[str]:
    """What is right, in lines; for what is written an answer that has everything."""
    if isinstance(field, ChoiceField):
        yield from (_said(option.text, language) for option in field.options if option.right)
    elif isinstance(field, TruthField):
        yield from (
            text for name, text in zip(face.names, face.choices, strict=True) if (name == "true") == field.is_true
        )
    elif isinstance(field, FillField):
        for number, blank in enumerate(field.blanks, start=1):
            accepted = [*blank.accept, *([] if blank.number is None else [f"{blank.number:f}"])]
            yield f"{number}. {' / '.join(accepted)}"
    elif isinstance(field, OrderField):
        yield from (f"{number}. {_said(step.text, language)}" for number, step in enumerate(field.steps, start=1))
    elif isinstance(field, MatchField):
        yield from (f"{_said(pair.left, language)} → {_said(pair.right, language)}" for pair in field.pairs)
    elif isinstance(field, ShortField | RewriteField):
        yield from _said(field.model, language).splitlines()


def _feedback(field: Any, language: Language) -> Iterator[tuple[str, str]]:
    """What each option has to say for itself."""
    if isinstance(field, ChoiceField):
        for option in field.options:
            if option.feedback is not None:
                yield _said(option.text, language), _said(option.feedback, language)


def _why(field: Any, part: Mapping[str, Any], language: Language) -> tuple[str, Why]:
    """A part of a grade with the name of the item inside a case that it belongs to."""
    key, inner = str(part["key"]), ""
    if isinstance(field, CaseField):
        inner, _dot, key = key.partition(".")
        field = next((one for one in field.items if one.id == inner), field)
    reason = say(Reason(part["reason"]["key"], part["reason"]["params"]), reading_language())
    return inner, Why(
        _part_name(field, key, language), Decimal(part["points"]), Decimal(part["of"]), reason, part.get("quote") or ""
    )  # fmt: skip


def _part_name(field: Any, key: str, language: Language) -> str:
    if isinstance(field, FillField):
        gaps = [blank.id for blank in field.blanks]
        return _("Gap %(n)d") % {"n": gaps.index(key) + 1} if key in gaps else ""
    if isinstance(field, MatchField):
        return next((_said(pair.left, language) for pair in field.pairs if pair.id == key), "")
    if isinstance(field, ShortField | RewriteField):
        kind, _colon, names = key.partition(":")
        if kind == "point":
            return next((_said(one.label, language) for one in field.keys if one.id == names), "")
        if kind == "move":
            return say(Reason(f"finding.{names}.name"), reading_language())
    return ""


def _said(text: Any, language: Language) -> str:
    said: str = text.to_text().in_language(language)
    return said
