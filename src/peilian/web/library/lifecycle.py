"""What is done with a draft as a whole, and retiring and restoring a text."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.library import reviewing
from peilian.web.library.drafts import text_href
from peilian.web.library.editor_faults import told
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

_MOST_TOLD = 3


@require_POST
def do(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Submit, return, publish, drop, rehearse a draft, or settle one of its conflicts."""
    user = user_of(request)
    row = library.draft(user=user, pk=pk)
    act = _ACTS.get(what)
    if act is None:
        raise people.NotVisibleError
    try:
        return act(request, user, row)
    except InputError as error:
        _tell(request, error, row)
        return HttpResponseRedirect(reverse("library_draft", args=[pk]))


def _submit(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    library.submit(actor=user, draft=row, note=request.POST.get("note", ""))
    messages.success(request, _("Submitted. Those who publish have been told."))
    return _back(row)


def _return(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    decision = request.POST.get("decision", "")
    try:
        library.return_draft(actor=user, draft=row, decision=decision)
    except InputError as error:
        lines = [say(fault.reason, reading_language()) for fault in error.faults if fault.field == "decision"]
        if not lines:
            raise
        return reviewing.page(request, user, row, decision=decision, wrong=lines)
    messages.success(request, _("Returned to those who wrote it."))
    return HttpResponseRedirect(reverse("library_drafts"))


def _publish(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    if request.POST.get("edition") != str(row.edition):
        messages.error(request, _("The draft has changed since you opened it; look through it again."))
        return _back(row)
    if row.content.kind in library.REHEARSED_KINDS:
        last = library.last_rehearsal(user=user, draft=row)
        if last is None or not last.has_passed:
            messages.error(request, _("Rehearse the scenario first; what it says now has not been played yet."))
            return _back(row)
    losses = request.POST.getlist("loss")
    version = library.publish(actor=user, draft=row, note=request.POST.get("note", ""), losses=losses)
    messages.success(request, _("Published as version %(n)d. From now on this is what counts.") % {"n": version.number})
    return HttpResponseRedirect(text_href(row.content))


def _drop(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    library.drop_draft(actor=user, draft=row, why=request.POST.get("why", ""))
    messages.success(request, _("The draft was dropped. It can still be looked at."))
    return HttpResponseRedirect(reverse("library_drafts"))


def _rehearse(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    library.start_rehearsal(actor=user, draft=row)
    return HttpResponseRedirect(f"{reverse('library_draft', args=[row.pk])}#rehearsal")


def _settle(request: HttpRequest, user: people.User, row: library.Draft) -> HttpResponse:
    place, edition = request.POST.get("place", ""), request.POST.get("edition", "")
    take = request.POST.get("take", "")
    if not (place.isdecimal() and edition.isdecimal() and len(place + edition) < 15) or take not in ("ours", "theirs"):
        raise people.NotVisibleError
    side = "ours" if take == "ours" else "theirs"
    library.settle_conflict(actor=user, draft=row, place=int(place), take=side, edition=int(edition))  # type: ignore[arg-type]
    messages.success(request, _("Settled."))
    return HttpResponseRedirect(f"{reverse('library_draft', args=[row.pk])}#conflicts")


_ACTS: dict[str, Callable[[HttpRequest, people.User, library.Draft], HttpResponse]] = {
    "submit": _submit,
    "return": _return,
    "publish": _publish,
    "drop": _drop,
    "rehearse": _rehearse,
    "settle": _settle,
}


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Offer a text no longer, with a word why; what uses it is told first."""
    user = user_of(request)
    content = library.content(user=user, kind=kind, key=key)
    if not library.may_publish(user, kind):
        raise people.NotVisibleError
    if request.method == "POST":
        try:
            library.retire(actor=user, content=content, why=request.POST.get("why", ""))
        except InputError as error:
            _tell(request, error)
            return HttpResponseRedirect(reverse("library_retire", args=[kind, key]))
        messages.success(request, _("Retired. What used it still reads it."))
        return HttpResponseRedirect(text_href(content))
    context = {"content": content, "uses": library.uses_of(user=user, content=content)}
    return render(request, "library/retire.html", context)


@require_POST
def restore(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Offer a retired text again."""
    user = user_of(request)
    content = library.content(user=user, kind=kind, key=key)
    try:
        library.restore(actor=user, content=content)
        messages.success(request, _("Offered again."))
    except InputError as error:
        _tell(request, error)
    return HttpResponseRedirect(text_href(content))


def _back(row: library.Draft) -> HttpResponse:
    return HttpResponseRedirect(reverse("library_draft", args=[row.pk]))


def _tell(request: HttpRequest, error: InputError, row: library.Draft | None = None) -> None:
    for line in told(error, row.content.kind if row else "", row.body if row else None, most=_MOST_TOLD):
        messages.error(request, line)
