"""The editor: a draft as a form made from the schema of its kind, or as the source of a file.

Everything that is sent is kept, also what does not fit yet. When somebody else saved in between, both are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.request import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.adapters.packs.source import source_of, tree_of_source
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.web.library import previewing, reviewing, stale
from peilian.web.library.drafts import described
from peilian.web.library.editor_faults import Told, placed, told
from peilian.web.library.editor_form import PREFIX, Node, blank_card, changed_order, node_of, sent
from peilian.web.library.editor_shape import Shape, shape_at, shape_of_kind
from peilian.web.library.editor_words import PARTS
from peilian.web.shell.access import user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.formats import format_moment
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_number

ABOUT = ("tags", "competencies", "channels", "related", "sources", "valid_from", "valid_until", "review_by", "covers")
_SCENARIO = {
    "basics": (
        "title", "brief", "industry", "channel", "difficulty", "languages", "trains", "tags", "related", "covers",
        "time_limit_seconds", "reference_seconds", "reference_turns", "handover", "is_abuse", "policies", "phrases",
    ),
    "customer": ("persona", "entry", "facts", "concerns"),
    "world": ("today", "world", "panels", "tools", "offer", "expects"),
    "needs": ("needs",),
    "required": ("required",),
    "forbidden": ("forbidden", "claims"),
    "lines": ("lines",),
    "plays": ("plays",),
}  # fmt: skip
_MODEL = {
    "competencies": ("name", "competencies"),
    "posts": ("posts",),
    "grades": ("levels", "stages"),
    "evidence": ("sources", "rules"),
    "words": ("layers", "dimensions", "depths", "radar"),
}
_PAGES = {"scenario": _SCENARIO, "competency-model": _MODEL}
_MOST_BYTES = 20 << 20
"""Of a file of a text; larger ones are not even read."""
_MOVES = ("add", "remove", "up", "down")


@dataclass(frozen=True, slots=True)
class Part:
    """Some fields of a document that are edited together; ``is_aside``: closed until it is opened."""

    key: str
    label: str
    fields: tuple[str, ...]
    is_aside: bool = False


def parts_of(kind: str) -> list[list[Part]]:
    """The pages of the form of a kind, each with its parts. Some have many: nobody fills in a thousand fields."""
    if kind in _PAGES:
        return [[Part(key, str(PARTS[key]), fields)] for key, fields in _PAGES[kind].items()]
    names = [name for name, _shape in shape_of_kind(kind).fields]
    first = [name for name in ("title", "summary") if name in names]
    middle = [name for name in names if name not in ABOUT and name not in first]
    about = [name for name in ABOUT if name in names]
    return [
        [
            Part("text", str(PARTS["text"]), tuple(first + middle)),
            Part("about", str(PARTS["about"]), tuple(about), is_aside=True),
        ]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft: written while it is open, looked at while it is in review or over."""
    user = user_of(request)
    row = library.draft(user=user, pk=pk)
    if request.method == "POST":
        return _saved(request, user, row)
    is_in_review = row.state == library.DraftState.IN_REVIEW and "edit" not in request.GET
    if not row.is_open or is_in_review or "review" in request.GET:
        return reviewing.page(request, user, row)
    return _page(request, user, row, row.body, request.GET.get("part", ""), is_source="source" in request.GET)


@require_safe
def card(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An empty part of a list, for the script that adds one."""
    row = library.draft(user=user_of(request), pk=pk)
    name, token = request.GET.get("name", ""), request.GET.get("token", "")
    shape = _shape_named(row.content.kind, name)
    if shape is None or shape.item is None or not token.isalnum() or len(token) > 20:
        raise people.NotVisibleError
    made = blank_card(shape, name, token, request.GET.get("type", ""))
    return render(request, "library/editor/_card.html", {"card": made, "node": {"name": name}})


@require_POST
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the text would look like; nothing is stored."""
    row = library.draft(user=user_of(request), pk=pk)
    try:
        body = _sent_body(row, request.POST)
    except InputError as error:
        return render(request, "library/editor/_preview.html", {"faults": _said(error)})
    return previewing.page(request, row, body, request.POST.get("preview_language", ""))


@takes_files(people.Permission.WRITE_LIBRARY)
@require_POST
def attach(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add files to the text of a draft."""
    user = user_of(request)
    row = library.draft(user=user, pk=pk)
    for file in request.FILES.getlist("files"):
        try:
            if not row.is_open:
                raise InputError(Fault(Reason("library.draft_is_over")))
            if (file.size or 0) > _MOST_BYTES:
                raise InputError(Fault(Reason("library.file_too_large", {"limit": _MOST_BYTES >> 20}), file=file.name))
            library.attach(actor=user, content=row.content, name=file.name or "", data=file.read())
        except InputError as error:
            for line in _said(InputError(*(replace(fault, file=file.name) for fault in error.faults))):
                messages.error(request, line)
    return HttpResponseRedirect(f"{reverse('library_draft', args=[pk])}?edit=1#files")


@require_POST
def detach(request: HttpRequest, pk: UUID, file: UUID) -> HttpResponse:
    """Take a file away from the text of a draft."""
    user = user_of(request)
    row = library.draft(user=user, pk=pk)
    found = next((one for one in library.attachments_of(user=user, of=row) if one.pk == file), None)
    if found is None:
        raise people.NotVisibleError
    try:
        library.remove_attachment(actor=user, attachment=found)
        messages.success(request, _("Taken away from the text."))
    except InputError as error:
        for line in _said(error):
            messages.error(request, line)
    return HttpResponseRedirect(f"{reverse('library_draft', args=[pk])}?edit=1#files")


def _saved(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    """Keep what was sent, then do what the button says."""
    data: QueryDict = request.POST
    do, is_auto = data.get("do", "save"), "X-Autosave" in request.headers
    body: dict[str, Any] = dict(row.body)
    if do.partition(":")[0] in _MOVES:
        data = changed_order(data, do)
    try:
        body = stale.chosen(row, data) if "mine" in data else _sent_body(row, data)
        row = library.save_draft(actor=user, draft=row, body=body, edition=_edition(data), note=data.get("note"))
    except library.StaleDraftError as error:
        if is_auto:
            return JsonResponse({"is_stale": True, "said": _said(error)[0]}, status=409)
        return stale.page(request, error.draft, dict(error.body))
    except InputError as error:
        if is_auto:
            return JsonResponse({"said": " ".join(_said(error))}, status=422)
        return _refused(request, user, row, body, error)
    if is_auto:
        return _told_auto(row)
    return _next(request, user, row, do)


def _next(request: HttpRequest, user: people.User, row: library.Draft, do: str) -> HttpResponse:
    """Where a button leads after what was sent is kept."""
    here = reverse("library_draft", args=[row.pk])
    what, _sep, rest = do.partition(":")
    sent_of = ("part", "source")
    # What is in review stays so when nothing was changed, and is shown for writing only when that is asked for.
    kept: dict[str, str | int] = {"edit": 1} if row.state == library.DraftState.IN_REVIEW else {}
    asked = kept | {name: str(request.POST[name]) for name in sent_of if request.POST.get(name)}
    if what == "submit":
        try:
            library.submit(actor=user, draft=row, note=request.POST.get("note", ""))
        except InputError:
            messages.error(request, _("Saved, but not submitted: some places still need you."))
            return HttpResponseRedirect(f"{here}?{urlencode({**asked, 'check': 1})}#faults")
        messages.success(request, _("Submitted. Those who publish have been told."))
        return HttpResponseRedirect(here)
    if what == "part":
        return HttpResponseRedirect(f"{here}?{urlencode({**kept, 'part': rest})}")
    if what == "source":
        return HttpResponseRedirect(f"{here}?{urlencode({**kept, 'source': 1})}")
    if what == "form":
        return HttpResponseRedirect(f"{here}?{urlencode(kept)}" if kept else here)
    anchor = ""
    if what in _MOVES:
        anchor = f"#{rest.partition(':')[0].replace('.', '-')}"
    else:
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"{here}?{urlencode(asked)}{anchor}" if asked else f"{here}{anchor}")


def _told_auto(row: library.Draft) -> HttpResponse:
    language = reading_language()
    now = timezone.localtime(timezone.now())
    said = _("Saved %(at)s") % {"at": format_moment(timezone.localtime(row.saved_at), language, now)}
    n = len(library.faults_of(draft=row))
    return JsonResponse({"edition": row.edition, "said": said, "faults": n, "state": row.state})


def _refused(
    request: HttpRequest, user: people.User, row: library.Draft, body: dict[str, Any], error: InputError
) -> HttpResponse:
    """What was sent cannot be kept; it stays in the page."""
    typed = request.POST.get("source_text")
    is_source = typed is not None
    return _page(
        request, user, row, body, request.POST.get("part", ""),
        is_source=is_source, typed=typed or "", lines=_said(error), status=422,
    )  # fmt: skip


def _page(
    request: HttpRequest,
    user: people.User,
    row: library.Draft,
    body: dict[str, Any],
    part: str,
    *,
    is_source: bool = False,
    typed: str = "",
    lines: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    kind = row.content.kind
    pages = parts_of(kind)
    here = next((page for page in pages if any(one.key == part for one in page)), pages[0])
    root = node_of(shape_of_kind(kind), body, PREFIX, "")
    nodes = {node.name.partition(".")[2]: node for node in root.children}
    faults = placed(library.faults_of(draft=row, is_thorough=True), root, kind, body)
    is_fresh = row.edition == 1 and row.base_id is None and "check" not in request.GET
    if is_fresh:
        _hush(root)
    context = {
        **described(row, user),
        "draft": row,
        "told": lines or [],
        "is_source": is_source,
        "source_text": typed or (source_of(row.body) if is_source else ""),
        "sections": [(one, [nodes[name] for name in one.fields], _is_open(one, nodes)) for one in here],
        "parts": [_tab(page, here, faults) for page in pages] if len(pages) > 1 else [],
        "part": here[0].key,
        "fields": ",".join(name for one in here for name in one.fields),
        "faults": [(one, _part_of(pages, one)) for one in faults],
        "is_fresh": is_fresh,
        "conflicts": reviewing.conflicts(row),
        "files": library.attachments_of(user=user, of=row),
        "keys": _keys(body),
        "may_publish": library.may_publish(user, kind),
        "may_drop": str(user.pk) in row.writers or library.may_publish(user, kind),
        "is_in_review": row.state == library.DraftState.IN_REVIEW,
        "rehearsal": reviewing.rehearsal(request, row),
    }
    return render(request, "library/draft.html", context, status=status)


def _hush(root: Node) -> None:
    """A text that was just begun lacks everything; that is told once, not at every field."""
    for node in root.all():
        node.faults.clear()


def _is_open(part: Part, nodes: dict[str, Node]) -> bool:
    return not part.is_aside or any(nodes[name].has_faults for name in part.fields)


def _tab(page: list[Part], here: list[Part], faults: list[Told]) -> dict[str, Any]:
    names = {name for one in page for name in one.fields}
    n = sum(one.field.partition(".")[0] in names for one in faults)
    return {"key": page[0].key, "label": page[0].label, "is_current": page is here, "faults": n}


def _part_of(pages: list[list[Part]], one: Told) -> str:
    name = one.field.partition(".")[0]
    return next((part.key for page in pages for part in page if name in part.fields), "") if len(pages) > 1 else ""


def _sent_body(row: library.Draft, data: QueryDict) -> dict[str, Any]:
    """The document that was sent: fields that were in the page anew, the others as they are kept."""
    if (source := data.get("source_text")) is not None:
        return tree_of_source(source.replace("\r\n", "\n"))
    body = dict(row.body)
    asked = set(data.get("fields", "").split(","))
    for name, shape in shape_of_kind(row.content.kind).fields:
        if name not in asked:
            continue
        value = sent(shape, data, f"{PREFIX}.{name}")
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value
    return body


def _edition(data: QueryDict) -> int:
    return as_number(data.get("edition", ""), -1)


def _shape_named(kind: str, name: str) -> Shape | None:
    parts = name.split(".")
    if parts[0] != PREFIX:
        return None
    return shape_at(shape_of_kind(kind), tuple(part for part in parts[1:] if part != "v"))


def _keys(body: dict[str, Any]) -> list[tuple[str, str]]:
    """The steps that other steps may lead to."""
    found = []
    for name in ("steps", "nodes"):
        steps = body.get(name)
        for one in steps if isinstance(steps, list) else ():
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                title = one.get("title") or one.get("text") or {}
                words = title.get("zh") or title.get("en") or "" if isinstance(title, dict) else ""
                found.append((one["id"], str(words)[:60]))
    return found


def _said(error: InputError) -> list[str]:
    return told(error)
