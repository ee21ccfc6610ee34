"""One text: its page, its versions, and what a reader does there: confirm a policy, comment, suggest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from peilian.adapters.packs.authored import Authored
from peilian.apps.base.api import today_in_company
from peilian.apps.library import api as library
from peilian.apps.people.api import Permission, User
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError
from peilian.flows.wording import say, say_fault
from peilian.web.keeping.buttons import keeping_of
from peilian.web.library.editor_faults import told
from peilian.web.library.naming import named_in
from peilian.web.library.shown import rendered
from peilian.web.library.words import COMMENT_STATES, ORIGINS, USED_BY, trained_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

_KINDS = (
    ("suggestion", gettext_lazy("Suggest an improvement (it will be answered)")),
    ("comment", gettext_lazy("Leave a comment")),
)


class CommentForm(forms.Form):
    """A word about a text."""

    text = forms.CharField(
        label=gettext_lazy("What is missing, wrong, or could be better?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("As"), choices=_KINDS, initial="suggestion", widget=forms.RadioSelect, required=False
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["text"].error_messages["required"] = _("This needs to be filled in.")


@require_safe
def text(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The present wording of a text, with all that belongs to it."""
    row = library.content(user=user_of(request), kind=kind, key=key)
    return _page(request, row, CommentForm())


@require_safe
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An older wording, marked as such; the present one has its own page."""
    user = user_of(request)
    found = library.version(user=user, pk=pk)
    row = found.content
    if found.pk == row.current_id:
        return HttpResponseRedirect(reverse("library_text", args=[row.kind, row.key]))
    context = {
        "row": row,
        "version": found,
        # A pack's version that own edits kept from becoming current was never in use here.
        "was_in_use": _was_in_use(user, row, found),
        **_body(request, row, found),
    }
    return render(request, "library/version.html", context)


@require_safe
def versions(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Every version of a text; two of them can be compared."""
    user = user_of(request)
    row = library.content(user=user, kind=kind, key=key)
    page = page_of(library.versions(user=user, content=row), request)
    context = {
        "row": row,
        "page": page,
        "lines": [{"version": one, "origin": ORIGINS.get(one.origin, one.origin)} for one in page],
        "compare_href": _address("library_compare", row),
    }
    return render(request, "library/versions.html", context)


@require_POST
def confirm(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The reader has read the wording that was shown, and confirms it."""
    user = user_of(request)
    row = library.content(user=user, kind=kind, key=key)
    here = reverse("library_text", args=[kind, key])
    if request.POST.get("read") != "on":
        messages.error(request, _("Tick that you have read it, then confirm."))
        return HttpResponseRedirect(f"{here}#confirm")
    shown = library.version(user=user, pk=request.POST.get("version", ""))
    try:
        if shown.content_id != row.pk:
            return HttpResponseRedirect(here)
        library.confirm_policy(actor=user, version=shown)
    except InputError as error:
        messages.error(request, told(error)[0])
        return HttpResponseRedirect(here)
    left = len(library.to_confirm(user=user))
    messages.success(request, _("Confirmed. Thank you."))
    return HttpResponseRedirect(reverse("learn") if left else here)


@require_POST
def comment(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Say something about a text."""
    user = user_of(request)
    row = library.content(user=user, kind=kind, key=key)
    form = CommentForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["kind"] or "suggestion"
        try:
            library.add_comment(actor=user, content=row, text=form.cleaned_data["text"], kind=chosen)
        except InputError as error:
            form.add_error("text", say(error.faults[0].reason, reading_language()))
        else:
            said = (
                _("Thank you. Somebody will answer your suggestion.") if chosen == "suggestion" else _("Written down.")
            )
            messages.success(request, said)
            return HttpResponseRedirect(f"{reverse('library_text', args=[kind, key])}?said=1#comments")
    return _page(request, row, form, status=422)


def _page(request: HttpRequest, row: library.Content, form: CommentForm, status: int = 200) -> HttpResponse:
    user, sight = user_of(request), sight_of(request)
    is_writer = library.may_write(user)
    shown = row.current
    comments = [
        {"row": one, "state": COMMENT_STATES.get(one.state, one.state)}
        for one in library.comments_of(user=user, content=row)
    ]
    context = {
        "row": row,
        "version": shown,
        "is_writer": is_writer,
        "reads_versions": library.reads_versions(user=user, content=row),
        "covers": row.covers if is_writer else (),
        "competencies": [trained_name(one) for one in row.competencies],
        "related": _related(user, row.related),
        "uses": _uses(user, row) if is_writer else None,
        "comments": comments,
        "revised_for": library.being_revised(user=user, content=row) if row.state == "published" else (),
        "form": form,
        "edit_href": _address("library_edit", row) if is_writer else "",
        "questions_href": reverse("library_questions", args=[row.key]) if is_writer and row.kind == "items" else "",
        **_lifecycle(user, row),
        "confirmations_href": _confirmations(sight.may(Permission.SEE_CONFIRMATIONS), row),
        "drill_href": _drill(user, row),
        "keeping": keeping_of(request, "text", row.reference),
        **_validity(user, row),
        **_confirming(user, row),
        **(_body(request, row, shown) if shown is not None else {}),
    }
    return render(request, "library/text.html", context, status=status)


def _body(request: HttpRequest, row: library.Content, shown: library.ContentVersion) -> dict[str, Any]:
    """The text itself with its files. One that no longer fits its kind is told so, not shown in part."""
    user, language = user_of(request), reading_language()
    attached = library.attachments_of(user=user, of=shown)
    files = {one.name: reverse("library_attachment", args=[one.pk, one.name]) for one in attached}
    try:
        document = library.document_of(shown, user=user)
    except InputError as error:
        return {"unreadable": [say_fault(fault, language) for fault in error.faults]}
    is_writer = library.may_write(user)
    return {
        "body": rendered(
            document,
            language,
            files=files,
            is_writer=is_writer,
            asked=request.GET,
            named=named_in(user, document),
            keeping=keeping_of(request, "text", row.reference) if shown.pk == row.current_id else None,
        ),
        "sources": document.sources if isinstance(document, Authored) else (),
        "attached": [{"row": one, "href": files[one.name]} for one in attached],
    }


def _related(user: User, references: list[str]) -> list[library.Content]:
    """The texts that a text names, as far as they are in use, in its order."""
    keys = {reference.partition(":")[2] for reference in references}
    found = {row.reference: row for row in library.browse(user=user).filter(key__in=keys)}
    return [found[reference] for reference in references if reference in found]


def _uses(user: User, row: library.Content) -> dict[str, Any]:
    uses = library.uses_of(user=user, content=row)
    named = [(USED_BY.get(kind, kind), n) for kind, n in uses.n_by_kind.items()]
    return {"named": named, "by_version": sorted(uses.n_by_version.items()), "references": uses.references}


def _validity(user: User, row: library.Content) -> dict[str, Any]:
    """Whether the present wording holds today, and which one does until it begins to."""
    today = today_in_company()
    begins_later = bool(row.valid_from and row.valid_from > today)
    before = None
    reads = library.reads_versions(user=user, content=row)
    if reads and begins_later and row.current is not None and row.current.base_id is not None:
        before = library.versions(user=user, content=row).filter(pk=row.current.base_id).first()
    return {
        "begins_later": begins_later,
        "is_over": bool(row.valid_until and row.valid_until <= today),
        "is_review_due": bool(row.review_by and row.review_by <= today),
        "before": before,
    }


def _confirming(user: User, row: library.Content) -> dict[str, Any]:
    """Whether the reader has to confirm this wording, or when that was done."""
    if not row.must_confirm or row.current is None or user.employee_id is None:
        return {"must_confirm": False}
    done = row.current.confirmations.filter(employee=user.employee_id).first()
    waiting = done is None and any(one.pk == row.pk for one in library.to_confirm(user=user))
    return {"must_confirm": waiting, "confirmed": done}


def _was_in_use(user: User, row: library.Content, found: library.ContentVersion) -> bool:
    """Whether the present wording was written from this one, step by step."""
    bases = dict(library.versions(user=user, content=row).values_list("pk", "base_id"))
    here = row.current_id
    while here is not None and here != found.pk:
        here = bases.get(here)
    return here is not None


def _lifecycle(user: User, row: library.Content) -> dict[str, str]:
    """Where a text is taken out of use or brought back, for who may."""
    if not library.may_publish(user, row.kind):
        return {}
    if row.state == library.ContentState.RETIRED:
        return {"restore_href": _address("library_restore", row)}
    return {"retire_href": _address("library_retire", row)} if row.state == library.ContentState.PUBLISHED else {}


def _drill(user: User, row: library.Content) -> str:
    """Where the drill of a scenario begins, for who may play it."""
    if row.kind != "scenario" or user.employee_id is None or row.key not in practice.scenarios():
        return ""
    return reverse("drill_start", args=[row.key])


def _confirmations(may_see: bool, row: library.Content) -> str:
    return _address("library_confirmations", row) if may_see and row.must_confirm and row.current else ""


def _address(name: str, row: library.Content) -> str:
    """A page about a text; empty where this installation does not have it."""
    try:
        return reverse(name, args=[row.kind, row.key])
    except NoReverseMatch:
        return ""
