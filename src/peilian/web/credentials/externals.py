"""Certificates of others: entering one, mending it, and confirming those of the team."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base.api import new_id
from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import InputError
from peilian.flows.wording import say_fault
from peilian.web.credentials.mine import external_line
from peilian.web.people.forms import DayField, DirectoryForm
from peilian.web.shell.access import user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_number


class ExternalForm(DirectoryForm):
    """What stands on the paper."""

    name = forms.CharField(label=gettext_lazy("Name of the certificate"), max_length=200)
    issuer = forms.CharField(label=gettext_lazy("Issued by"), max_length=200)
    number = forms.CharField(label=pgettext_lazy("certificate", "Number"), max_length=100, required=False)
    issued_on = DayField(label=gettext_lazy("Issued on"))
    expires_on = DayField(
        label=gettext_lazy("Valid until"), required=False, help_text=gettext_lazy("Empty: for good.")
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Picture or PDF"), required=False,
        help_text=gettext_lazy("JPG, PNG, WebP or PDF of at most 10 MB. Whoever confirms it looks at this."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )  # fmt: skip
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)
    fields_of_door: ClassVar = {}

    def what(self) -> learning.NewExternal:
        """The certificate that the form describes."""
        data = self.cleaned_data
        sent = data["file"]
        kept = None
        if sent is not None:  # a byte more than is taken tells that it is too large
            kept = (sent.name, sent.read(learning.MOST_BYTES + 1))
        return learning.NewExternal(
            name=data["name"],
            issuer=data["issuer"],
            number=data["number"],
            issued_on=data["issued_on"],
            expires_on=data["expires_on"],
            file=kept,
            client_id=data["client_id"],
        )


@takes_files(Permission.SEE_LIBRARY)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Enter one's own."""
    user = user_of(request)
    if user.employee is None:
        raise NotVisibleError
    is_sent = request.method == "POST"
    form = ExternalForm(request.POST, request.FILES) if is_sent else ExternalForm(initial={"client_id": new_id()})
    if is_sent and form.saved(lambda: learning.add_external(actor=user, what=form.what())):
        messages.success(request, _("It is entered; who leads you confirms it."))
        return HttpResponseRedirect(reverse("certificates"))
    return render(request, "credentials/external_form.html", _form_page(form), status=422 if is_sent else 200)


@takes_files(Permission.SEE_LIBRARY)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mend what was returned or waits."""
    user = user_of(request)
    row = learning.external_of(user=user, pk=pk)
    if row.employee_id != user.employee_id or row.state == learning.ExternalState.CONFIRMED:
        raise NotVisibleError
    is_sent = request.method == "POST"
    names = ("name", "issuer", "number", "issued_on", "expires_on", "edition")
    first = {name: getattr(row, name) for name in names} | {"client_id": new_id()}
    form = ExternalForm(request.POST, request.FILES) if is_sent else ExternalForm(initial=first)

    def save() -> None:
        edition = form.cleaned_data["edition"] or 0
        learning.change_external(actor=user, pk=pk, what=form.what(), edition=edition)

    if is_sent and form.saved(save):
        messages.success(request, _("It is changed and waits to be confirmed."))
        return HttpResponseRedirect(reverse("external", args=[pk]))
    return render(request, "credentials/external_form.html", _form_page(form, row), status=422 if is_sent else 200)


@require_safe
def external(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One, with its file, for its person and for who leads."""
    user = user_of(request)
    row = learning.external_of(user=user, pk=pk)
    is_own = row.employee_id == user.employee_id
    home = (_("My certificates"), "certificates") if is_own else (_("Certificates"), "team_certificates")
    context: dict[str, Any] = {
        **external_line(row),
        "trail": [{"label": home[0], "href": reverse(home[1])}, {"label": row.name, "href": ""}],
        "is_own": is_own,
        "may_edit": is_own and row.state != learning.ExternalState.CONFIRMED,
        "may_decide": row.state == learning.ExternalState.SUBMITTED and learning.may_manage(user, row.employee_id),
        "file_href": reverse("external_file", args=[row.pk, row.file_name]) if row.file_id else "",
    }
    return render(request, "credentials/external.html", context)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm it, or return it with a word."""
    confirms = request.POST.get("do") == "confirm"
    try:
        learning.decide_external(
            actor=user_of(request), pk=pk, confirms=confirms, note=request.POST.get("note", ""),
            edition=as_number(request.POST.get("edition", "")),
        )  # fmt: skip
    except InputError as error:
        messages.error(request, say_fault(error.faults[0], reading_language()))
    else:
        messages.success(request, _("Confirmed.") if confirms else _("Returned; its person is told what is missing."))
    return HttpResponseRedirect(reverse("external", args=[pk]))


@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one's own back."""
    learning.withdraw_external(actor=user_of(request), pk=pk)
    messages.success(request, _("The certificate is taken out of your list."))
    return HttpResponseRedirect(reverse("certificates"))


@require_safe
def file(request: HttpRequest, pk: UUID, name: str) -> HttpResponseBase:
    """The file. Its name in the address is for people; the id finds it."""
    opened = learning.external_file(user=user_of(request), pk=pk)
    response = FileResponse(opened.path.open("rb"), content_type=opened.media_type)
    for header, value in opened.headers.items():
        response[header] = value
    response["Content-Disposition"] = content_disposition_header(not opened.is_inline, opened.name) or "attachment"
    response["Cache-Control"] = "private, max-age=300"
    return response


def _form_page(form: ExternalForm, row: learning.ExternalCertificate | None = None) -> dict[str, Any]:
    label = row.name if row is not None else _("New certificate of others")
    return {
        "form": form,
        "row": row,
        "trail": [{"label": _("My certificates"), "href": reverse("certificates")}, {"label": label, "href": ""}],
    }
