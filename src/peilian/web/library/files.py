"""Texts out as files and in again: taken out chosen, looked at before they come in, and in as drafts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say, say_fault
from peilian.web.jobs.views import details
from peilian.web.library.editor_faults import told
from peilian.web.library.editor_words import KINDS, kind_name
from peilian.web.library.places import shown_changes
from peilian.web.library.words import pack_name
from peilian.web.shell.access import user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_id
from peilian.web.shell.tables import Tone

_ZIP = "application/zip"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TEMPLATES = ("phrases", "article", "items")
_MOST_FAULTS = 100
_CHOSEN, _MOST_CHOSEN = "library_chosen", 5000
_MOST_BYTES = 20 << 20
ACTIONS: dict[str, tuple[Any, Tone]] = {
    "new": (gettext_lazy("new"), "good"),
    "changed": (gettext_lazy("changed"), "accent"),
    "same": (gettext_lazy("as before"), "neutral"),
    "refused": (gettext_lazy("refused"), "bad"),
}


class ExportFilter(forms.Form):
    """Which texts are offered for taking out."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    pack = forms.ChoiceField(label=gettext_lazy("Pack"), required=False)
    text = forms.CharField(label=gettext_lazy("Words"), required=False, max_length=100)

    def __init__(self, user: people.User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        counts = library.facets(user=user)
        kinds: Any = self.fields["kind"]
        packs: Any = self.fields["pack"]
        kinds.choices = [("", _("all kinds")), *((key, words) for key, words in KINDS.items() if counts["kind"][key])]
        named = sorted(name for name in counts["pack"] if name)
        from_packs = ((one, pack_name(one)) for one in named)
        packs.choices = [("", _("wherever they come from")), ("own", _("made here")), *from_packs]


class UploadForm(forms.Form):
    """A file with texts."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "An archive (.zip), a table (.xlsx), one text as .md or .yaml, or questions as GIFT or Moodle XML."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".zip,.xlsx,.md,.yaml,.yml,.gift,.txt,.xml"}),
    )

    def clean_file(self) -> Any:
        """A file of a size that is read."""
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            reason = Reason("library.file_too_large", {"limit": _MOST_BYTES >> 20})
            raise forms.ValidationError(say(reason, reading_language()))
        return file


@takes_files(people.Permission.WRITE_LIBRARY)
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """What can be taken out, and a file to bring in; a POST keeps the file and leads to the look at it."""
    user = _writer(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        job = library.prepare_files(actor=user, name=given.name, chunks=given.chunks())
        return HttpResponseRedirect(reverse("library_import", args=[job.pk]))
    wanted = ExportFilter(user, request.GET or None)
    asked: dict[str, Any] = wanted.cleaned_data if wanted.is_bound and wanted.is_valid() else {}
    is_filtered = any(asked.values())
    page = page_of(_fitting(user, asked) if is_filtered else library.Content.objects.none(), request)
    chosen = set(request.session.get(_CHOSEN, []))
    context = {
        "form": form,
        "filter": wanted,
        "asked": asked,
        "is_filtered": is_filtered,
        "page": page,
        "rows": [(row, kind_name(row.kind), str(row.pk) in chosen) for row in page],
        "n_chosen": library.browse(user=user).filter(pk__in=chosen).count() if chosen else 0,
        "templates": [(one, kind_name(one)) for one in _TEMPLATES],
    }
    return render(request, "library/files.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The chosen texts as an archive; or another choice, which is remembered from page to page."""
    user, do = _writer(request), request.POST.get("do", "")
    wanted = ExportFilter(user, request.POST)
    fitting = _fitting(user, wanted.cleaned_data) if wanted.is_valid() else library.Content.objects.none()
    chosen = _rechosen(request)
    if do == "add_all":
        chosen = list(dict.fromkeys([*chosen, *map(str, fitting.values_list("pk", flat=True))]))[:_MOST_CHOSEN]
    elif do == "clear":
        chosen = []
    request.session[_CHOSEN] = chosen
    if do in ("keep", "add_all", "clear"):
        return HttpResponseRedirect(_files_address(request))
    rows = fitting if do == "all" else library.browse(user=user).filter(pk__in=chosen)
    try:
        data = library.export_pack(user=user, contents=rows.select_related("current"))
    except InputError as error:
        for line in told(error):
            messages.error(request, line)
        return HttpResponseRedirect(reverse("library_files"))
    name = f"library-{base.today_in_company().isoformat()}.zip"
    return HttpResponse(data, content_type=_ZIP, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _rechosen(request: HttpRequest) -> list[str]:
    """What was chosen before, of the page that was sent only what is ticked there now."""
    ticked, offered = request.POST.getlist("chosen"), set(request.POST.getlist("offered"))
    kept = [one for one in request.session.get(_CHOSEN, []) if one not in offered]
    return [one for one in dict.fromkeys([*kept, *ticked]) if as_id(one) is not None][:_MOST_CHOSEN]


def _files_address(request: HttpRequest) -> str:
    """The list that was looked at, with its filter and page."""
    asked = {name: request.POST[name] for name in ("kind", "pack", "text", "page") if request.POST.get(name)}
    return f"{reverse('library_files')}{'?' if asked else ''}{urlencode(asked)}#out"


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a file would change, text by text; a POST brings it in as drafts, or forgets it."""
    user = _writer(request)
    found = library.prepared_files(user=user, pk=pk)
    if request.POST.get("do") == "forget":
        library.forget_files(actor=user, prepared=found)
        return HttpResponseRedirect(reverse("library_files"))
    if request.method == "POST":
        try:
            library.bring_in(actor=user, prepared=found)
        except InputError as error:
            for fault in error.faults:
                messages.error(request, say_fault(fault, reading_language()))
        return HttpResponseRedirect(reverse("library_import", args=[pk]))
    job = found.bringing or found.job
    context: dict[str, Any] = {"file": found, "job": job, "steps": _steps(), **details(job)}
    if found.bringing is not None and found.bringing.state == base.JobState.DONE:
        context["n_drafts"] = (found.bringing.result or {}).get("drafts", 0)
    elif found.look is not None and job.is_over:
        page = page_of(range(found.n_entries), request)
        numbers = list(page)
        shown = found.entries(numbers[0], numbers[-1] + 1) if numbers else []
        language = reading_language()
        context |= {
            "page": page,
            "entries": [_entry(one) for one in shown],
            "counts": [(words, tone, found.counts[key]) for key, (words, tone) in ACTIONS.items() if found.counts[key]],
            "may_import": found.can_be_imported,
            "faults": [*context["faults"], *(say_fault(one, language) for one in found.faults[:_MOST_FAULTS])],
            "n_more": max(0, found.n_faults - _MOST_FAULTS),
            "notes": [say_fault(one, language) for one in found.notes],
        }
    # The progress line fetches this page into its own place, which htmx does with what succeeded alone.
    is_refused = context["faults"] and "HX-Request" not in request.headers
    return render(request, "library/files_check.html", context, status=422 if is_refused else 200)


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty table to be filled in."""
    _writer(request)
    if kind not in _TEMPLATES:
        raise people.NotVisibleError
    disposition = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    return HttpResponse(library.sheet_template(kind=kind), content_type=_XLSX, headers=disposition)


def _fitting(user: people.User, asked: dict[str, Any]) -> QuerySet[library.Content]:
    return library.browse(
        user=user,
        kinds=[asked["kind"]] if asked.get("kind") else (),
        text=asked.get("text", ""),
        pack={"": None, "own": ""}.get(asked.get("pack", ""), asked.get("pack")),
    )


def _entry(one: library.Entry) -> dict[str, Any]:
    kind, _sep, key = one.reference.partition(":")
    words, tone = ACTIONS[one.action]
    return {
        "entry": one,
        "kind": kind_name(kind),
        "key": key,
        "words": words,
        "tone": tone,
        "changes": list(shown_changes(kind, one.changes, {}, {})),
        "faults": [say_fault(fault, reading_language()) for fault in one.faults[:_MOST_FAULTS]],
    }


def _steps() -> list[dict[str, str]]:
    return [{"label": _("Choose a file"), "href": reverse("library_files")}, {"label": _("Look at it, bring it in")}]


def _writer(request: HttpRequest) -> people.User:
    user = user_of(request)
    if not library.may_write(user):
        raise people.NotVisibleError
    return user
