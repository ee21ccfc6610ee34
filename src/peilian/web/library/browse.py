"""The library as a list: what there is, found by words and narrowed down by choices that stay in the address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from peilian.apps.library import api as library
from peilian.apps.people.api import User
from peilian.engine.text.typed import cleaned
from peilian.web.conversations.filters import Chip, without
from peilian.web.library.editor_words import kind_name
from peilian.web.library.searched import FACETS, Found, Hit, Query, searched
from peilian.web.library.words import STATES, pack_name, trained_name
from peilian.web.shell.access import user_of
from peilian.web.shell.paging import page_of

_HERE = "own"  # the pack of what was made here, in an address
_MOST_TAGS = 60
_LONGEST = 200
ORDERS = (("recent", gettext_lazy("Latest first")),)


def found(user: User, query: Query) -> Found:
    """What fits the query, as far as the user may see it. Words are looked up in the index; what it does not have, such
    as the key of a text or what was never published, is looked for in the list."""
    if query.text and query.state != library.ContentState.NEW:
        result = searched(user, query)
        if len(result.hits):
            return result
    return _listed(user, query)


def _listed(user: User, query: Query) -> Found:
    seen: dict[Query, list[library.Content]] = {}

    def rows_of(asked: Query) -> list[library.Content]:
        if asked not in seen:
            seen[asked] = _rows(user, asked)
        return seen[asked]

    counts = {name: _counted(name, rows_of(_without(query, name))) for name in FACETS}
    rows = rows_of(query)
    if query.order == "recent":
        rows = sorted(
            rows, key=lambda row: (row.current.made_at if row.current else row.created_at, row.key), reverse=True
        )
    return Found([Hit(row) for row in rows], counts)


def _without(query: Query, name: str) -> Query:
    return {
        "kind": replace(query, kind=""),
        "tag": replace(query, tag=""),
        "competency": replace(query, competency=""),
        "pack": replace(query, pack=None),
    }[name]


def _rows(user: User, query: Query) -> list[library.Content]:
    rows = library.browse(
        user=user,
        kinds=(query.kind,) if query.kind else (),
        text=query.text,
        tags=(query.tag,) if query.tag else (),
        competencies=(query.competency,) if query.competency else (),
        pack=query.pack,
        states=(query.state,),
    )
    return list(rows.select_related("current").defer("current__body"))


def _counted(name: str, rows: Iterable[library.Content]) -> Counter[str]:
    many = {"tag": "tags", "competency": "competencies"}
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(getattr(row, many[name]) if name in many else [getattr(row, name)])
    return counts


class BrowseForm(forms.Form):
    """The choices. A value that is not offered is left out rather than refused, so an old address still opens."""

    q = forms.CharField(label=gettext_lazy("Find a text"), required=False, max_length=_LONGEST)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    competency = forms.ChoiceField(label=gettext_lazy("Trains"), required=False)
    pack = forms.ChoiceField(label=pgettext_lazy("origin", "From"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    order = forms.ChoiceField(label=gettext_lazy("Order"), required=False)
    kind = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, query: Query, counts: dict[str, Counter[str]], *, is_writer: bool) -> None:
        super().__init__(
            {
                "q": query.text,
                "tag": query.tag,
                "competency": query.competency,
                "pack": _HERE if query.pack == "" else query.pack or "",
                "state": "" if query.state == library.ContentState.PUBLISHED else query.state,
                "order": query.order,
                "kind": query.kind,
            }
        )
        if not query.kind:
            del self.fields["kind"]
        tags = counts["tag"].most_common(_MOST_TAGS)
        self._offer("tag", _("All tags"), [(tag, tag, n) for tag, n in tags], query.tag)
        trained = sorted(((key, trained_name(key), n) for key, n in counts["competency"].items()), key=lambda c: c[1])
        self._offer("competency", _("All competencies"), trained, query.competency)
        packs = [(pack or _HERE, pack_name(pack), n) for pack, n in counts["pack"].most_common()]
        self._offer("pack", _("All sources"), packs, _HERE if query.pack == "" else query.pack or "")
        self._choices("order", [("", _("Best first") if query.text else _("By kind and name")), *ORDERS])
        if is_writer:
            self._choices("state", [("", STATES["published"]), *((key, STATES[key]) for key in ("new", "retired"))])
        else:
            del self.fields["state"]

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
    result = found(user, query)
    page = page_of(result.hits, request)
    form = BrowseForm(query, result.counts, is_writer=is_writer)
    context = {
        "form": form,
        "query": query,
        "kinds": _kinds(request, query, result.counts["kind"]),
        "chips": list(_chips(request, query)),
        "page": page,
        "total": page.paginator.count,
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
    if query.tag:
        yield Chip(query.tag, without(request.GET, "tag"))
    if query.competency:
        yield Chip(trained_name(query.competency), without(request.GET, "competency"))
    if query.pack is not None:
        yield Chip(pack_name(query.pack), without(request.GET, "pack"))
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
