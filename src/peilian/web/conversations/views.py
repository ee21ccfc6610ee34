"""The list of conversations, one conversation, and the export."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import Permission, User
from peilian.engine.kpi import measure_facts
from peilian.web.conversations.about import about_of
from peilian.web.conversations.export import csv_chunks
from peilian.web.conversations.extract import extraction_address
from peilian.web.conversations.filters import ListForm, chips_of, kept, last_day, question_of
from peilian.web.conversations.listing import PAGE_SIZE, address_of, moment_of, talks_of
from peilian.web.conversations.report import answer_of, course_of, sections_of
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.stored import message_readings, satisfaction_of
from peilian.web.conversations.transcript import turns_of
from peilian.web.conversations.wordings import channel_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language


@require_safe
def conversations(request: HttpRequest) -> HttpResponse:
    """What the user may see, filtered; htmx asks for the result alone."""
    sight = sight_of(request)
    sight.require(Permission.SEE_CONVERSATIONS)
    form, question = _asked(request)
    page = _page(user_of(request), question, form.chosen_order, _number(request.GET.get("page"), least=1))
    query = kept(request.GET)
    context = {
        "form": form,
        "talks": talks_of(page.items, form.staff, form.language, query=query, offset=page.offset),
        "total": page.total,
        "page": Paginator(range(page.total), PAGE_SIZE).get_page(page.offset // PAGE_SIZE + 1),
        "chips": chips_of(form, query),
        "export": f"{reverse('conversations_export')}?{query.urlencode()}",
        "until": last_day(form.offers),
        "may_import": sight.may(Permission.IMPORT),
        "is_empty": form.offers.first_ms is None and not page.total and not query,
    }
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, f"conversations/{'_result' if is_part else 'list'}.html", context)
    if is_part:
        # The address without the empty filters that a form sends along.
        response["HX-Push-Url"] = f"{request.path}?{query.urlencode()}" if query else request.path
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The filtered list as CSV; that somebody took it home is kept in the audit trail."""
    sight_of(request).require(Permission.SEE_CONVERSATIONS)
    form, question = _asked(request)
    user = user_of(request)
    contacts.note_export(user=user, filters={name: str(value) for name, value in kept(request.GET).items()})
    chunks = csv_chunks(user, question, form.chosen_order, form.staff, form.language)
    headers = {"Content-Disposition": 'attachment; filename="conversations.csv"'}
    return StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
def conversation(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """One conversation with what was read in it. Absent and forbidden are the same answer."""
    found = contacts.conversation(user=user_of(request), conversation_id=conversation_id)
    if found is None:
        raise Http404
    language, staff = reading_language(), Staff.today()
    said = found.conversation
    facts = measure_facts(said)
    readings = message_readings(found.reading)
    turns = turns_of(said, facts, readings, staff, language)
    satisfaction = satisfaction_of(found.reading.conversation) if found.reading else None
    context = {
        "conversation": said,
        "topic": said.topic,
        "channel": channel_name(said.channel, language) if said.channel else "",
        "started_at": moment_of(said.started_at_ms),
        "agents": list(dict.fromkeys(turn.who for turn in turns if turn.who and turn.side == "agent")),
        "turns": turns,
        "answer": answer_of(said, facts, turns, satisfaction, language),
        "sections": sections_of(turns, language),
        "course": course_of(list(readings.values()), language),
        "about": about_of(said, found.reading, language),
        "is_read": found.reading is not None,
        "extract": extraction_address(user_of(request), conversation_id),
        "neighbours": _neighbours(request, conversation_id),
        "trail": [
            {"label": _("Insight"), "href": reverse("insight")},
            {"label": _("Conversations"), "href": f"{reverse('conversations')}?{kept(request.GET).urlencode()}"},
            {"label": conversation_id},
        ],
    }
    return render(request, "conversations/conversation.html", context)


def _asked(request: HttpRequest) -> tuple[ListForm, contacts.ConversationFilter]:
    offers, staff = contacts.choices(user=user_of(request)), Staff.today()
    form = ListForm(request.GET.dict(), offers=offers, staff=staff, language=reading_language())
    return form, question_of(form.values, offers, staff)


def _page(
    user: User, question: contacts.ConversationFilter, order: contacts.Order, number: int
) -> contacts.ConversationPage:
    """A page of the list; beyond the last one, the last one."""
    offset = (number - 1) * PAGE_SIZE
    page = contacts.conversations(user=user, question=question, limit=PAGE_SIZE, offset=offset, order=order)
    if page.items or not page.total:
        return page
    offset = (page.total - 1) // PAGE_SIZE * PAGE_SIZE
    return contacts.conversations(user=user, question=question, limit=PAGE_SIZE, offset=offset, order=order)


def _neighbours(request: HttpRequest, conversation_id: str) -> dict[str, Any] | None:
    """The ways to the conversations before and after in the list that the reader came from; ``None`` without a list,
    or when the list has changed since so that this conversation no longer stands there."""
    if "at" not in request.GET:
        return None
    at = _number(request.GET.get("at"), least=0)
    form, question = _asked(request)
    first = max(at - 1, 0)
    page = contacts.conversations(
        user=user_of(request), question=question, limit=at - first + 2, offset=first, order=form.chosen_order
    )
    ids = [item.conversation_id for item in page.items]
    if len(ids) <= at - first or ids[at - first] != conversation_id:
        return None
    query = kept(request.GET)
    back = query.copy()
    back["page"] = str(at // PAGE_SIZE + 1)
    return {
        "previous": address_of(ids[0], query, at - 1) if at else "",
        "next": address_of(ids[at - first + 1], query, at + 1) if len(ids) > at - first + 1 else "",
        "back": f"{reverse('conversations')}?{back.urlencode()}",
        "number": at + 1,
        "total": page.total,
    }


def _number(text: str | None, *, least: int) -> int:
    """A number of the address, never below ``least``; what is none counts as ``least``."""
    return max(least, min(int(text), 10**9)) if text and text.isascii() and text.isdigit() and len(text) < 12 else least
