"""The courses there are, and one course: what it leads to, its units in order, its exams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from peilian.adapters.packs.teaching import CourseDocument, Stage
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from peilian.engine.competency.model import Dimension, Layer
from peilian.flows.wording import say
from peilian.web.learning.parts import course_lines, going_of
from peilian.web.learning.places import address_of
from peilian.web.library.editor_words import choice_name
from peilian.web.people.forms import name_in
from peilian.web.people.wordings import joined
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

OBLIGATIONS = ("compulsory", "by_post", "voluntary")
_CHOICES = {
    "obligation": OBLIGATIONS,
    "stage": get_args(Stage),
    "layer": get_args(Layer),
    "dimension": get_args(Dimension),
}


class CatalogueFilter(forms.Form):
    """Which courses. A value that is not offered shows all, so that an old address still opens."""

    obligation = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    layer = forms.ChoiceField(label=gettext_lazy("Layer"), required=False)
    dimension = forms.ChoiceField(label=pgettext_lazy("course", "Dimension"), required=False)
    post = forms.ChoiceField(label=gettext_lazy("Post"), required=False)

    def __init__(self, *arguments: Any, posts: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, values in _CHOICES.items():
            self._offer(name, [(value, choice_name(value)) for value in values])
        self._offer("post", list(posts))

    def _offer(self, name: str, values: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", _("All")), *values]  # type: ignore[attr-defined]

    def fits(self, document: CourseDocument) -> bool:
        """Whether a course is to be shown. Courses for all stages and posts fit each of them."""
        data = self.cleaned_data if self.is_valid() else {}
        return (
            data.get("obligation", "") in ("", document.obligation)
            and (not data.get("stage") or not document.stages or data["stage"] in document.stages)
            and data.get("layer", "") in ("", document.layer)
            and data.get("dimension", "") in ("", document.dimension)
            and (not data.get("post") or not document.posts or data["post"] in document.posts)
        )


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """All courses in force, and the paths that lead through them."""
    user = user_of(request)
    entries = learning.catalogue(user=user)
    named = {post.code: name_in(post.name) for post in people.Post.objects.all()}
    named |= {key: post.name.in_language(reading_language()) for key, post in record.competency_model().posts.items()}
    codes = sorted({code for one in entries for code in one.document.posts})
    form = CatalogueFilter(request.GET, posts=[(code, named.get(code, code)) for code in codes])
    shown = [one for one in entries if form.fits(one.document)]
    shown.sort(key=lambda one: (OBLIGATIONS.index(one.document.obligation), one.content.key))
    context = {
        "form": form,
        "entries": [{"entry": one, "posts": [named.get(code, code) for code in one.document.posts]} for one in shown],
        "n_all": len(entries),
        "paths": [
            {"content": content, "n": len(document.courses), "document": document, "is_on": is_on}
            for content, document, is_on in learning.paths(user=user)
        ],
        "is_learner": user.employee_id is not None,
        "is_filtered": any(request.GET.values()),
    }
    return render(request, "learning/catalogue.html", context)


@require_safe
def course(request: HttpRequest, key: str) -> HttpResponse:
    """One course as the reader has it."""
    user = user_of(request)
    if user.employee_id is None:  # who only looks reads it in the library
        return HttpResponseRedirect(reverse("library_text", args=["course", key]))
    found = learning.course_of(user=user, key=key)
    view, document = found.view, found.view.document
    assert isinstance(document, CourseDocument)
    lines = course_lines(view)
    context = {
        "trail": [
            {"label": _("Courses"), "href": reverse("courses")},
            {"label": name_in(view.title), "href": ""},
        ],
        "course": lines,
        "document": document,
        "going": going_of(found.on) if found.on is not None else None,
        "may_join": found.on is None and found.may_join,
        "step": next((unit for unit in lines.units if unit.state == "next"), None),
        "exam": next((unit for unit in lines.units if unit.unit.what == f"exam:{document.exam}"), None),
        "tests_out": bool(document.test_out) and any(
            unit.unit.kind == "lesson" and unit.state != "done" for unit in lines.units
        ),
        "requires": [
            {"title": name_in(title), "href": address_of(what)} for what, title in view.standing.plan.requires.items()
        ],
        "shown": _shown(found.tested_out),
        "waits_for": joined(one.name for one in learning.waits_for(user=user, course=key)) if document.exam else "",
    }  # fmt: skip
    return render(request, "learning/course.html", context)


@require_POST
def act(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a course, or do what its page offers."""
    user = user_of(request)
    here = reverse("course", args=[key])
    acts: dict[str, Callable[[], str]] = {
        "join": lambda: _join(request, f"course:{key}") or here,
        "test_out": lambda: _sitting(learning.start_test_out(user=user, course=key)),
        "exam": lambda: _sitting(learning.start_course_exam(user=user, course=key)),
        "read": lambda: _read(request) or here,
    }
    done = acts.get(request.POST.get("do", ""))
    if done is None:
        return HttpResponseRedirect(here)
    try:
        return HttpResponseRedirect(done())
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(here)


@require_POST
def join_path(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a path by oneself."""
    try:
        _join(request, f"path:{key}")
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(reverse("courses"))
    return HttpResponseRedirect(reverse("learn"))


def _join(request: HttpRequest, what: str) -> str:
    user = user_of(request)
    if user.employee is None:
        raise people.NotVisibleError
    learning.enrol(actor=user, employees=[user.employee], what=what, how=learning.EnrolmentHow.SELF)
    messages.success(request, _("You are on it. Your next step stands at the top."))
    return ""


def _read(request: HttpRequest) -> str:
    learning.read_done(user=user_of(request), what=request.POST.get("what", "")[:200])
    messages.success(request, _("Noted as read."))
    return ""


def _sitting(sitting: Any) -> str:
    return reverse("exam_sitting", args=[sitting.pk])


def _shown(found: learning.TestOut | None) -> list[dict[str, Any]]:
    """What the last attempt at testing out showed, lesson by lesson."""
    if found is None:
        return []
    language = reading_language()
    return [
        {
            "title": name_in(found.titles.get(one.lesson, {})),
            "is_shown": one.is_shown,
            "why": say(Reason(one.reason.key, one.reason.params), language),
        }
        for one in found.shown
    ]
