"""Changes (变更通知): announced with what they touch; texts that have to follow; texts whose day of review has come."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.web.library.editor_faults import told
from peilian.web.library.editor_words import kind_name
from peilian.web.library.words import trained_name
from peilian.web.people.forms import DayField, DirectoryForm
from peilian.web.shell.access import user_of
from peilian.web.shell.paging import page_of

_LONGEST = 4000
_MOST_LINES = 200


class ManyField(forms.Field):
    """Several lines of one name, each typed or chosen; what is left empty is not there."""

    widget = forms.MultipleHiddenInput  # takes all that is sent of the name; the page draws it

    def clean(self, value: Any) -> list[str]:
        """Each once, in their order."""
        lines = (line.strip() for one in value or () for line in str(one)[:_LONGEST].splitlines())
        return list(dict.fromkeys(line for line in lines if line))[:_MOST_LINES]


class ChangeForm(DirectoryForm):
    """What changes, from when, and which texts it touches."""

    zh = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=200, required=False)
    en = forms.CharField(label=gettext_lazy("Title in English"), max_length=200, required=False)
    text = forms.CharField(
        label=gettext_lazy("What changes, and what people have to do"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    effective_on = DayField(label=gettext_lazy("In effect from"))
    tags = ManyField(
        label=gettext_lazy("Texts with these tags"),
        required=False,
        help_text=gettext_lazy("Type a few letters of a tag and choose."),
    )
    competencies = forms.MultipleChoiceField(
        label=gettext_lazy("Texts for these competencies"), required=False, widget=forms.CheckboxSelectMultiple
    )
    named = ManyField(
        label=gettext_lazy("Single texts"),
        required=False,
        help_text=gettext_lazy("Type a few words of the title and choose."),
    )
    fields_of_door: ClassVar = {"title": "zh"}

    def __init__(self, user: people.User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user = user
        counts = library.facets(user=user)
        self.known_tags = counts["tag"].most_common()
        field: Any = self.fields["competencies"]
        field.choices = [(key, f"{trained_name(key)} ({n})") for key, n in counts["competency"].most_common()]

    @property
    def lines(self) -> dict[str, list[str]]:
        """What stands in the fields of several lines, with room for more."""
        return {name: [*(self[name].value() or ()), "", ""] for name in ("tags", "named")}

    def clean_tags(self) -> list[str]:
        """Tags that some text has."""
        known = dict(self.known_tags)
        for tag in self.cleaned_data["tags"]:
            if tag not in known:
                raise forms.ValidationError(_("No text has the tag %(text)s."), params={"text": tag})
        return list(self.cleaned_data["tags"])

    def clean_named(self) -> list[library.Content]:
        """The texts that are named one by one."""
        found = []
        for line in self.cleaned_data["named"]:
            kind, _sep, key = line.partition(":")
            try:
                found.append(library.content(user=self.user, kind=kind, key=key))
            except people.NotVisibleError:
                raise forms.ValidationError(_("%(text)s is not there."), params={"text": line}) from None
        return found


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What still has to follow, and every notice."""
    user = _writer(request)
    asked = {name: request.GET.get(name, "") for name in ("due", "reviews", "notices")}
    due = page_of(library.revisions_due(user=user), asked["due"])
    reviews = page_of(library.reviews_due(user=user), asked["reviews"])
    is_due = Q(revisions__state=library.RevisionState.DUE)
    counted = (
        library.change_notices(user=user)
        .annotate(n=Count("revisions", distinct=True), n_due=Count("revisions", filter=is_due, distinct=True))
        .order_by("-effective_on", "-pk")
    )
    touched = [*(row.content_id for row in due), *(row.pk for row in reviews)]
    rows = library.drafts(user=user).filter(content__in=touched).select_related(None).only("pk", "content")
    open_drafts = {row.content_id: row for row in rows}
    context = {
        "due": due,
        "revisions": [(row, kind_name(row.content.kind), open_drafts.get(row.content_id)) for row in due],
        "reviews_page": reviews,
        "reviews": [(row, kind_name(row.kind), open_drafts.get(row.pk)) for row in reviews],
        "notices": page_of(counted, asked["notices"]),
    }
    return render(request, "library/changes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Announce a change; first a look at the texts that it touches."""
    user = _writer(request)
    form = ChangeForm(user, request.POST or None, initial={"named": list(filter(None, [request.GET.get("text", "")]))})
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        touched = {"tags": data["tags"], "competencies": data["competencies"], "contents": data["named"]}
        if request.POST.get("do") == "announce":
            title = {"zh": data["zh"], "en": data["en"]}
            day = data["effective_on"]

            def save() -> None:
                library.announce_change(actor=user, title=title, text=data["text"], effective_on=day, **touched)

            if form.saved(save):
                messages.success(request, _("Announced. Everybody is told, and the texts wait to be revised."))
                return HttpResponseRedirect(reverse("library_changes"))
        else:
            rows = library.affected_by(user=user, **touched)
            context |= {"is_tried": True, "affected": [(row, kind_name(row.kind)) for row in rows]}
    status = 422 if form.errors else 200
    return render(request, "library/change_new.html", context, status=status)


@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A change does not come after all."""
    user = _writer(request)
    found = library.change_notices(user=user).filter(pk=pk).first()
    if found is None:
        raise people.NotVisibleError
    library.withdraw_change(actor=user, notice=found)
    messages.success(request, _("Withdrawn. Its texts are no longer due because of it."))
    return HttpResponseRedirect(reverse("library_changes"))


@require_POST
def revision(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A text is still right, or a draft of it is begun."""
    user = _writer(request)
    row = library.revisions_due(user=user).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    try:
        if request.POST.get("do") == "draft":
            made = library.start_draft(actor=user, content=row.content)
            return HttpResponseRedirect(reverse("library_draft", args=[made.pk]))
        note = request.POST.get("note", "")
        library.settle_revision(actor=user, revision=row, state=library.RevisionState.UNAFFECTED, note=note)
        messages.success(request, _("Noted: the text is still right."))
    except InputError as error:
        for line in told(error):
            messages.error(request, line)
    return HttpResponseRedirect(reverse("library_changes"))


def _writer(request: HttpRequest) -> people.User:
    user = user_of(request)
    if not library.may_write(user):
        raise people.NotVisibleError
    return user
