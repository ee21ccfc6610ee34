"""My handbook: found by words, in one's own order, written in, taken along as Markdown or PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning import handbook_job, handbook_paper
from peilian.web.learning.handbook_lines import groups_of, line_of
from peilian.web.learning.wordings import PROPOSAL_TONES, PROPOSALS
from peilian.web.library.markdown import to_html
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.downloads import attachment
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import id_of_click
from peilian.web.shell.pdf import why_no_pdf

_ALL = "*"


class EntryForm(forms.Form):
    """An entry as its person writes it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=learning.LONGEST_TITLE)
    text = forms.CharField(
        label=gettext_lazy("What I keep"), required=False, max_length=learning.LONGEST_ENTRY,
        widget=forms.Textarea(attrs={"rows": 8}), help_text=gettext_lazy("Markdown works: **bold**, lists, > quotes."),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("My own words to it"), required=False, max_length=learning.LONGEST_ENTRY,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("When do I use it? What did I change? Only you read it."),
    )  # fmt: skip
    heading = forms.CharField(
        label=gettext_lazy("Under the heading"), required=False, max_length=learning.LONGEST_HEADING,
        widget=forms.TextInput(attrs={"list": "headings", "autocomplete": "off"}),
    )  # fmt: skip
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=500,
        help_text=gettext_lazy("Parted by spaces or commas, for example: refund peak"),
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")

    def meant(self) -> learning.Written:
        """What was written, as the door takes it."""
        data = self.cleaned_data
        tags = data["tags"].replace(",", " ").replace("，", " ").replace("、", " ").replace("#", " ").split()
        return learning.Written(data["title"], data["text"], data["note"], data["heading"], tags)


@require_safe
def handbook(request: HttpRequest) -> HttpResponse:
    """The own handbook, as far as it was asked for."""
    user = user_of(request)
    if user.employee_id is None:
        return render(request, "learning/handbook.html", {"is_nobody": True})
    asked = _asked(request.GET)
    words, tag, heading = asked["words"], asked["tag"], _ALL if asked["heading"] is None else asked["heading"]
    found = learning.handbook_of(user=user, **asked)
    form = request.GET.get("form", "")
    if form in ("md", "print") and found.entries:
        return _taken_along(request, found.entries, form)
    page = page_of(found.entries, request)
    gone = request.GET.get("gone", "")
    context = {
        "found": found,
        "groups": groups_of(list(page.object_list)),
        "page": page,
        "words": words,
        "tag": tag,
        "heading": heading,
        "headings": [(_ALL, _("All headings")), *((one, one or _("Not sorted yet")) for one in found.headings)],
        "is_filtered": bool(words or tag or heading != _ALL),
        "may_move": not (words or tag) and heading == _ALL,
        "gone": next((one for one in found.deleted if str(one.pk) == gone), None),
    }
    return render(request, "learning/handbook.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a note of one's own."""
    user = user_of(request)
    found = learning.handbook_of(user=user)
    if request.method == "POST":
        form = EntryForm(request.POST)
        click = id_of_click(request.POST.get("click", ""))
        if form.is_valid() and _done(form, lambda: learning.write_entry(
            actor=user, what=form.meant(), client_id=click
        )):  # fmt: skip
            messages.success(request, _("It is in your handbook."))
            return HttpResponseRedirect(reverse("handbook"))
    else:
        form, click = EntryForm(initial={"heading": request.GET.get("heading", "")}), uuid4()
    context = {
        "form": form, "headings": found.headings, "click": click, "trail": _trail(_("A note of my own")),
        "title": _("A note of my own"),
    }  # fmt: skip
    return render(request, "learning/handbook_entry.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One entry: where it comes from, whether that has changed, and its words to be written anew."""
    user = user_of(request)
    row = learning.handbook_entry(user=user, pk=pk)
    if request.method == "POST":
        form = EntryForm(request.POST)
        if form.is_valid() and _done(form, lambda: learning.change_entry(actor=user, pk=pk, what=form.meant())):
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(f"{reverse('handbook')}#e-{pk}")
    else:
        form = EntryForm(initial={
            "title": row.title, "text": row.text, "note": row.note, "heading": row.heading, "tags": " ".join(row.tags),
        })  # fmt: skip
    newer = learning.newer_of(user=user, entry=row)
    proposal = learning.proposal_of(user=user, entry=row)
    context = {
        "form": form,
        "headings": learning.handbook_of(user=user).headings,
        "row": row,
        "title": row.title,
        "line": line_of(row),
        "newer": newer,
        "newer_html": to_html(newer.words) if newer is not None and newer.words is not None else "",
        "text_html": to_html(row.text),
        "compare_href": _compare(request, row),
        "proposal": shown_proposal(proposal) if proposal is not None else None,
        "trail": _trail(row.title),
    }
    return render(request, "learning/handbook_entry.html", context, status=422 if form.errors else 200)


@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move an entry, delete it or bring it back, settle a newer wording."""
    user, do = user_of(request), request.POST.get("do", "")
    here = f"{reverse('handbook')}#e-{pk}"
    if do in ("up", "down"):
        learning.move_entry(actor=user, pk=pk, way="up" if do == "up" else "down")
    elif do == "delete":
        learning.delete_entry(actor=user, pk=pk)
        here = f"{reverse('handbook')}?{urlencode({'gone': str(pk)})}"
    elif do == "restore":
        back = learning.restore_entry(actor=user, pk=pk)
        messages.success(request, _("It is back."))
        here = f"{reverse('handbook')}#e-{back.pk}"
    elif do in ("take", "keep"):
        learning.take_newer(actor=user, pk=pk, takes_words=do == "take")
        messages.success(request, _("Your entry has the new wording.") if do == "take" else _("Your wording stays."))
    return HttpResponseRedirect(here)


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Move a heading with all that stands under it."""
    heading = request.POST.get("heading", "")
    way = "up" if request.POST.get("do") == "up" else "down"
    learning.move_heading(actor=user_of(request), heading=heading, way="up" if way == "up" else "down")
    return HttpResponseRedirect(reverse("handbook"))


def shown_proposal(row: learning.HandbookProposal) -> dict[str, Any]:
    """A proposal with what became of it."""
    standing = learning.standing_of_proposal(row)
    is_public = standing is learning.Standing.PUBLISHED and row.content.state == library.ContentState.PUBLISHED
    return {
        "row": row,
        "title": name_in(row.content.title),
        "standing": standing,
        "words": PROPOSALS[standing],
        "tone": PROPOSAL_TONES[standing],
        "decision": row.draft.decision if standing in (learning.Standing.RETURNED, learning.Standing.DECLINED) else "",
        "href": reverse("library_text", args=[row.content.kind, row.content.key]) if is_public else "",
    }


def _taken_along(request: HttpRequest, entries: Sequence[learning.HandbookEntry], form: str) -> HttpResponse:
    """The entries as a text, or as a page to print."""
    owner = user_of(request).employee
    assert owner is not None  # who has no record has no handbook
    if form == "print":
        return HttpResponse(handbook_paper.page_of(entries, owner, static("handbook-print.css")))
    text = learning.as_markdown(
        entries, title=_("My handbook"), unsorted=_("Not sorted yet"), note=_("My own words")
    )  # fmt: skip
    return attachment(text, name=handbook_paper.name_for(owner), form="md")


@require_POST
def paper(request: HttpRequest) -> HttpResponse:
    """The handbook as PDF, as far as it was asked for: a short one at once, a long one by a job. Where none can be
    made the page to print comes."""
    user = user_of(request)
    if user.employee is None:
        raise NotVisibleError
    asked = _asked(request.POST)
    found = learning.handbook_of(user=user, **asked)
    if not found.entries:
        return HttpResponseRedirect(reverse("handbook"))
    reason = why_no_pdf()
    if reason is not None:
        messages.warning(request, say(reason, reading_language()))
        wanted = {name: request.POST[name] for name in ("q", "heading", "tag") if request.POST.get(name)}
        return HttpResponseRedirect(f"{reverse('handbook')}?{urlencode({**wanted, 'form': 'print'})}")
    if handbook_paper.is_long(found.entries):
        job = handbook_job.start(actor=user, asked=asked, language=reading_language())
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    body = handbook_paper.pdf_of(found.entries, user.employee)
    return attachment(body, name=handbook_paper.name_for(user.employee), form="pdf")


def _asked(given: QueryDict) -> handbook_job.Asked:
    heading = given.get("heading", _ALL)
    return {
        "words": given.get("q", "")[:100], "heading": None if heading == _ALL else heading, "tag": given.get("tag", ""),
    }  # fmt: skip


def _compare(request: HttpRequest, row: learning.HandbookEntry) -> str:
    """The page that shows what the newer version of a text changed, for who reads versions."""
    content = row.content
    if content is None or content.current is None or row.version is None or content.current_id == row.version_id:
        return ""
    if not library.reads_versions(user=user_of(request), content=content):
        return ""
    query = urlencode({"one": row.version.number, "other": content.current.number})
    return f"{reverse('library_compare', args=[content.kind, content.key])}?{query}"


def _done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether the door took it; what it refuses stands beside its field."""
    try:
        act()
    except InputError as error:
        for fault in error.faults:
            name = fault.field if fault.field in form.fields else None
            form.add_error(name, say(fault.reason, reading_language()))
        return False
    return True


def _trail(label: str) -> list[dict[str, str]]:
    return [{"label": _("My handbook"), "href": reverse("handbook")}, {"label": label, "href": ""}]
