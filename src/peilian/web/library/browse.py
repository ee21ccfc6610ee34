"""The library as a list: what there is, found by words and narrowed down by choices that stay in the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from peilian.adapters.packs.authored import Channel, Customer, Entry, Seniority
from peilian.apps.library import api as library
from peilian.engine.text.typed import cleaned
from peilian.web.conversations.filters import Chip, without
from peilian.web.library.editor_words import choice_name, kind_name
from peilian.web.library.searched import SITUATION, Query, searched
from peilian.web.library.words import LANGUAGES, STATES, pack_name, trained_name
from peilian.web.shell.access import user_of
from peilian.web.shell.paging import page_of

_HERE = "own"  # the pack of what was made here, in an address
_MOST_TAGS = 60
_LONGEST = 200
ORDERS = (("recent", gettext_lazy("Latest first")),)
PIECES = (("", gettext_lazy("Whole texts")), ("1", gettext_lazy("Single phrases and passages")))
DAYS = (("", gettext_lazy("In force today")), ("any", gettext_lazy("Also what is over or comes later")))
VALUES = dict(zip(SITUATION, map(get_args, (Channel, Customer, Entry, Seniority)), strict=True))
_FURTHER = ("pieces", *SITUATION, "days", "state")  # fields that most people never need


class BrowseForm(forms.Form):
    """The choices. A value that is not offered is left out rather than refused, so an old address still opens."""

    q = forms.CharField(label=gettext_lazy("Find a text"), required=False, max_length=_LONGEST)
    written_in = forms.ChoiceField(label=gettext_lazy("Written in"), required=False)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    competency = forms.ChoiceField(label=gettext_lazy("Trains"), required=False)
    pack = forms.ChoiceField(label=pgettext_lazy("origin", "From"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    order = forms.ChoiceField(label=gettext_lazy("Order"), required=False)
    pieces = forms.ChoiceField(label=gettext_lazy("Look for"), required=False)
    channel = forms.ChoiceField(label=pgettext_lazy("library", "Channel"), required=False)
    customer = forms.ChoiceField(label=pgettext_lazy("library", "Customers"), required=False)
    entry = forms.ChoiceField(label=pgettext_lazy("library", "Where the customer stands"), required=False)
    seniority = forms.ChoiceField(label=pgettext_lazy("library", "For whom"), required=False)
    days = forms.ChoiceField(label=gettext_lazy("Validity"), required=False)
    kind = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, query: Query, counts: dict[str, Counter[str]], *, is_writer: bool) -> None:
        super().__init__(
            {
                "q": query.text,
                "written_in": query.written_in or "",
                "tag": query.tag,
                "competency": query.competency,
                "pack": _HERE if query.pack == "" else query.pack or "",
                "state": "" if query.state == library.ContentState.PUBLISHED else query.state,
                "order": query.order,
                "kind": query.kind,
                "pieces": "1" if query.pieces else "",
                "days": "any" if query.any_day else "",
                **{name: getattr(query, name) for name in SITUATION},
            }
        )
        if not query.kind:
            del self.fields["kind"]
        written = [(key, str(name), counts["language"][key]) for key, name in LANGUAGES.items()]
        self._offer("written_in", _("All languages"), written, "")
        tags = counts["tag"].most_common(_MOST_TAGS)
        self._offer("tag", _("All tags"), [(tag, tag, n) for tag, n in tags], query.tag)
        trained = sorted(((key, trained_name(key), n) for key, n in counts["competency"].items()), key=lambda c: c[1])
        self._offer("competency", _("All competencies"), trained, query.competency)
        packs = [(pack or _HERE, pack_name(pack), n) for pack, n in counts["pack"].most_common()]
        self._offer("pack", _("All sources"), packs, _HERE if query.pack == "" else query.pack or "")
        self._choices("order", [("", _("Best first")), *ORDERS] if query.text else [("", ORDERS[0][1])])
        self._choices("pieces", PIECES)
        self._choices("days", DAYS)
        for name, values in VALUES.items():
            self._choices(name, [("", _("All")), *((value, choice_name(value)) for value in values)])
        if is_writer:
            self._choices("state", [("", STATES["published"]), *((key, STATES[key]) for key in ("new", "retired"))])
        else:
            del self.fields["state"]

    def first_fields(self) -> list[forms.BoundField]:
        """The choices that stand beside the words."""
        return [field for field in self.visible_fields() if field.name not in ("q", *_FURTHER)]

    def further_fields(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in _FURTHER if name in self.fields]

    def has_further(self) -> bool:
        """Whether one of the others is chosen."""
        return any(self.data.get(name) for name in _FURTHER)

    def _offer(self, name: str, nothing: str, values: Iterable[tuple[str, str, int]], chosen: str) -> None:
        offered = [(key, f"{label} ({n})") for key, label, n in values]
        if chosen and chosen not in dict(offered):
            offered.append((chosen, _CHOSEN[name](chosen)))
        self._choices(name, [("", nothing), *offered])

    def _choices(self, name: str, values: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(values)


_CHOSEN: dict[str, Callable[[str], str]] = {
    "tag": str,
    "competency": trained_name,
    "pack": lambda pack: pack_name("" if pack == _HERE else pack),
}


@dataclass(frozen=True, slots=True)
class KindLink:
    """A kind of text as a choice above the list."""

    label: str
    n: int
    query: str
    is_current: bool


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """The list."""
    user = user_of(request)
    is_writer = library.may_write(user)
    query = query_of(request, is_writer=is_writer)
    result = searched(user, query)
    page = page_of(result.hits, request)
    form = BrowseForm(query, result.counts, is_writer=is_writer)
    context = {
        "form": form,
        "query": query,
        "kinds": _kinds(request, query, result.counts["kind"]),
        "chips": list(_chips(request, query)),
        "page": page,
        "total": page.paginator.count,
        "remark": result.remark,
        "instead": [(words, _with(request, q=words)) for words in result.instead],
        "is_writer": is_writer,
        "new_href": _new() if is_writer else "",
    }
    return render(request, "library/browse.html", context)


def query_of(request: HttpRequest, *, is_writer: bool) -> Query:
    """What the address asks for."""
    asked = {name: cleaned(request.GET.get(name, "")[:_LONGEST]).strip() for name in request.GET}
    state = asked.get("state", "")
    pack = asked.get("pack", "")
    return Query(
        text=asked.get("q", ""),
        kind=asked.get("kind", ""),
        tag=asked.get("tag", ""),
        competency=asked.get("competency", ""),
        pack=None if not pack else "" if pack == _HERE else pack,
        state=state if is_writer and state in STATES else library.ContentState.PUBLISHED,
        order=asked.get("order", "") if asked.get("order", "") in dict(ORDERS) else "",
        written_in=next((key for key in LANGUAGES if key == asked.get("written_in")), None),
        pieces=asked.get("pieces") == "1",
        any_day=asked.get("days") == "any",
        **{name: asked[name] for name in SITUATION if asked.get(name) in VALUES[name]},
    )


def _kinds(request: HttpRequest, query: Query, counts: Counter[str]) -> list[KindLink]:
    """Every kind that something was found of, and the one that is chosen."""
    known = [kind for kind in library.kinds() if counts.get(kind) or kind == query.kind]
    links = [KindLink(_("All"), sum(counts.values()), without(request.GET, "kind"), not query.kind)]
    return links + [
        KindLink(kind_name(kind), counts[kind], _with(request, kind=kind), kind == query.kind) for kind in known
    ]


def _chips(request: HttpRequest, query: Query) -> Iterable[Chip]:
    """Every choice in words, each with the way to take it away."""
    if query.text:
        yield Chip(f"“{query.text}”", without(request.GET, "q"))
    if query.kind:
        yield Chip(kind_name(query.kind), without(request.GET, "kind"))
    if query.written_in:
        yield Chip(str(LANGUAGES[query.written_in]), without(request.GET, "written_in"))
    if query.tag:
        yield Chip(query.tag, without(request.GET, "tag"))
    if query.competency:
        yield Chip(trained_name(query.competency), without(request.GET, "competency"))
    if query.pack is not None:
        yield Chip(pack_name(query.pack), without(request.GET, "pack"))
    for name in SITUATION:
        if value := getattr(query, name):
            yield Chip(choice_name(value), without(request.GET, name))
    if query.pieces:
        yield Chip(str(PIECES[1][1]), without(request.GET, "pieces"))
    if query.any_day:
        yield Chip(str(DAYS[1][1]), without(request.GET, "days"))
    if query.state != library.ContentState.PUBLISHED:
        yield Chip(str(STATES[query.state]), without(request.GET, "state"))


def _with(request: HttpRequest, **changes: str) -> str:
    """The address parameters with some changed, from the first page on."""
    asked = request.GET.copy()
    for name in ("page", "at"):
        asked.pop(name, None)
    for name, value in changes.items():
        asked[name] = value
    return asked.urlencode()


def _new() -> str:
    try:
        return reverse("library_new")
    except NoReverseMatch:
        return ""
