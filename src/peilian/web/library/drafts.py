"""Drafts: one's own, what waits for a review, what a pack brought; beginning a text, or a draft of one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from peilian.adapters.packs.assigning import ASSIGNED
from peilian.adapters.packs.certificates import ATTESTED
from peilian.adapters.packs.teaching import UNITS
from peilian.adapters.packs.uploads import key_of
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.engine.text.typed import cleaned
from peilian.web.library.editor_faults import told
from peilian.web.library.editor_words import KINDS, kind_name
from peilian.web.library.naming import questions
from peilian.web.library.worklists import NAMES, listed, worklists
from peilian.web.people.forms import DirectoryForm
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Tone

_MOST, _MOST_DONE = 20, 10
_LONGEST = 100
_NAMED: Mapping[str, tuple[str, ...]] = {"any": (), "unit": UNITS, "ground": ATTESTED, "assigned": ASSIGNED}
"""The kinds that fields name as kind:key; empty are all."""

STATES: dict[str, tuple[Any, Tone]] = {
    "writing": (gettext_lazy("being written"), "neutral"),
    "in_review": (gettext_lazy("in review"), "accent"),
    "returned": (gettext_lazy("returned"), "warn"),
    "published": (gettext_lazy("published"), "good"),
    "dropped": (gettext_lazy("dropped"), "neutral"),
}


class NewTextForm(DirectoryForm):
    """What is written, and what it is called."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What it is"),
        choices=[(one, KINDS[one]) for one in library.kinds_to_begin()],
        widget=forms.RadioSelect,
    )
    zh = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=200, required=False)
    en = forms.CharField(label=gettext_lazy("Title in English"), max_length=200, required=False)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("Its name for good, such as own/refund-over-500. Left empty, one is made."),
    )
    fields_of_door: ClassVar = {"title": "zh"}


@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """Every open draft, by what it wants of the reader."""
    user = user_of(request)
    lists, asked = worklists(user), request.GET.get("list", "")
    context: dict[str, Any] = {}
    if asked in NAMES:
        context["page"] = page_of(lists.named(asked), request)
        groups = [(asked, NAMES[asked], context["page"].paginator.count, list(context["page"]))]
    else:
        asked = ""
        counted = [(name, words, lists.named(name)) for name, words in NAMES.items()]
        groups = [(name, words, rows.count(), list(rows[:_MOST])) for name, words, rows in counted]
        done = listed(library.drafts(user=user, states=("published", "dropped")))[:_MOST_DONE]
        context["done"] = [described(row, user, lists.published_by) for row in done]
    context["groups"] = [
        {
            "name": name,
            "heading": words,
            "n": n,
            "lines": [described(row, user, lists.published_by) for row in rows],
            "has_more": not asked and n > len(rows),
        }
        for name, words, n, rows in groups
        if rows
    ]
    return render(request, "library/drafts.html", context | {"list": asked})


@require_safe
def references(request: HttpRequest) -> HttpResponse:
    """What a field may name (``of``, see ``editor_shape.NAMING``), by words of its title or key, to be chosen from."""
    user, of = _writer(request), request.GET.get("of", "any")
    typed = next((str(value) for name, value in request.GET.items() if name != "of"), "")[:_LONGEST]
    if of == "item":
        options = _items(user, cleaned(typed).casefold().split())
    else:
        rows = library.browse(user=user, kinds=_NAMED.get(of, (of,)))
        for word in cleaned(typed).rpartition(":")[2].split():
            rows = rows.filter(Q(key__icontains=word) | Q(title__zh__icontains=word) | Q(title__en__icontains=word))
        found = rows.order_by("kind", "key").only("kind", "key", "title")[:_MOST]
        names = ((row.reference if of in _NAMED else row.key, row.name) for row in found)
        options = [(name, title.in_language(reading_language())) for name, title in names]
    return render(request, "library/editor/_options.html", {"options": options})


def _items(user: people.User, words: list[str]) -> list[tuple[str, str]]:
    """Questions of the banks in use in whose words, or whose names, all these words stand."""
    language = reading_language()
    fitting = (
        (name, stem.to_text().in_language(language)[:_LONGEST])
        for name, stem in questions(user)
        if all(word in f"{name} {stem.zh or ''} {stem.en or ''}".casefold() for word in words)
    )
    return list(islice(fitting, _MOST))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a text."""
    user = _writer(request)
    form = NewTextForm(request.POST or None, initial={"kind": request.GET.get("kind", "article")})
    made: list[library.Draft] = []

    def save() -> None:
        data = form.cleaned_data
        title = {"zh": data["zh"], "en": data["en"]}
        key = data["key"] or _free_key(user, data["kind"], key_of(data["en"] or data["zh"]))
        made.append(library.new_content(actor=user, kind=data["kind"], key=key, title=title))

    if request.method == "POST" and form.saved(save):
        return HttpResponseRedirect(reverse("library_draft", args=[made[0].pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "library/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Lead to the open draft of a text; a POST begins one where there is none."""
    user = _writer(request)
    content = library.content(user=user, kind=kind, key=key)
    found = library.drafts(user=user).filter(content=content).first()
    if request.method == "POST" and found is None:
        try:
            found = library.start_draft(actor=user, content=content)
        except InputError as error:
            for line in told(error):
                messages.error(request, line)
            return HttpResponseRedirect(text_href(content))
    if found is not None:
        return HttpResponseRedirect(reverse("library_draft", args=[found.pk]))
    return render(request, "library/edit_start.html", {"content": content, "kind": kind_name(kind)})


def described(row: library.Draft, user: people.User, published_by: frozenset[str] | None = None) -> dict[str, Any]:
    """A draft as a list shows it; ``published_by`` are the kinds that the user publishes, where that is known."""
    words, tone = STATES[row.state]
    is_mine = str(user.pk) in row.writers
    kinds = library.published_by(user=user) if published_by is None else published_by
    title = row.said_title if hasattr(row, "said_title") else (row.body.get("title") or row.body.get("name"))
    may_publish = row.content.kind in kinds
    return {
        "row": row,
        "content": row.content,
        "kind": kind_name(row.content.kind),
        "title": title if isinstance(title, dict) else row.content.title,
        "words": words,
        "tone": tone,
        "is_mine": is_mine,
        "waits_for_me": row.state == "in_review" and may_publish and not (is_mine and library.needs_second_eyes()),
        "is_upgrade": row.upgrade_id is not None,
    }


def text_href(content: library.Content) -> str:
    """The page on which a text is read."""
    return reverse("library_text", args=[content.kind, content.key])


def _free_key(user: people.User, kind: str, key: str) -> str:
    """``key``, with a number when a text of that name is there already."""
    rows = library.browse(user=user, kinds=[kind], states=library.ContentState.values)
    taken = set(rows.values_list("key", flat=True))
    numbered = (f"{key}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in (key, *numbered) if one not in taken)


def _writer(request: HttpRequest) -> people.User:
    user = user_of(request)
    if not library.may_write(user):
        raise people.NotVisibleError
    return user
