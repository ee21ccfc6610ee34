"""The review of a conversation before it is told to others, and the step to a draft of a case or a drill."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from peilian.apps.contacts import api as contacts
from peilian.apps.library.api import Draft
from peilian.apps.people.api import User
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.conversations.extract_form import wish_of
from peilian.web.conversations.extract_shown import asks_of, sections_of, sides_of, words_of
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

_OFFERED = 6  # conversations to compare with


@require_http_methods(["GET", "HEAD", "POST"])
def extract(request: HttpRequest, conversation_id: str) -> HttpResponse:
    """Look through a conversation, choose what is hidden and what is made of it; ``do=make`` makes it."""
    user = user_of(request)
    wish = wish_of(request, conversation_id)
    faults: list[str] = []
    proposed, wish = _proposed(user, conversation_id, wish, faults)
    offered = frozenset(request.POST.getlist("offered"))
    unseen = proposed.unseen(offered) if request.method == "POST" else {}
    if unseen:
        wish = replace(wish, hidden={**(wish.hidden or {}), **unseen})
        proposed = contacts.propose_extraction(user=user, conversation_id=conversation_id, wish=wish)
    is_made = request.method == "POST" and request.POST.get("do") == "make"
    if is_made and not faults and not unseen:
        try:
            draft = contacts.start_extraction(
                actor=user,
                conversation_id=conversation_id,
                wish=wish,
                seen=request.POST.get("seen", ""),
                offered=offered,
                is_confirmed="confirmed" in request.POST,
            )
        except InputError as error:
            faults += [say(fault.reason, reading_language()) for fault in error.faults]
        else:
            messages.success(request, _("The draft is made. Mend what is still missing, then submit it."))
            return redirect(draft_address(draft))
    elif unseen and is_made:
        faults.append(_("There are words that you have not seen yet. Please look through them and confirm again."))
    context = _context(request, conversation_id, user, wish, proposed)
    status = 400 if is_made else 200
    return render(request, "conversations/extract.html", {**context, "faults": faults}, status=status)


def draft_address(draft: Draft) -> str:
    """Where a draft is written on."""
    try:
        return reverse("library_draft", args=[draft.pk])
    except NoReverseMatch:
        return reverse("learn")


def _proposed(
    user: User, conversation_id: str, wish: contacts.Wish, faults: list[str]
) -> tuple[contacts.Proposed, contacts.Wish]:
    """The proposal; where the wish cannot be met, ``faults`` tell why and it is made without a second conversation."""
    try:
        return contacts.propose_extraction(user=user, conversation_id=conversation_id, wish=wish), wish
    except InputError as error:
        faults += [say(fault.reason, reading_language()) for fault in error.faults]
        kept = contacts.Wish(kind=wish.kind, title=wish.title)
        if not any(fault.field == "hidden" for fault in error.faults):
            kept = replace(wish, second="")
        return contacts.propose_extraction(user=user, conversation_id=conversation_id, wish=kept), kept


def _context(
    request: HttpRequest, conversation_id: str, user: User, wish: contacts.Wish, proposed: contacts.Proposed
) -> dict[str, Any]:
    language, proposal = reading_language(), proposed.proposal
    words = words_of(proposed, language)
    return {
        "conversation_id": conversation_id,
        "wish": wish,
        "sides": sides_of(proposed, wish.told, language),
        "words": words,
        "offered": [word.word for group in words for word in group.words],
        "sections": sections_of(proposal, language, proposed.efficient) if proposal else [],
        "asks": asks_of(proposal, wish.answers, language) if proposal else [],
        "is_too_little": proposal is None,
        "draft_title": next(iter(proposal.body["title"].values())) if proposal else "",
        "seen": proposed.seen,
        "efficient": proposed.efficient,
        "others": _others(user, proposed, conversation_id) if wish.kind == "case" else [],
        "typed": request.POST.get("more", "") if request.method == "POST" and not wish.hidden else "",
        "trail": [
            {"label": _("Insight"), "href": reverse("insight")},
            {"label": _("Conversations"), "href": reverse("conversations")},
            {"label": conversation_id, "href": reverse("conversation", args=[conversation_id])},
            {"label": _("Make a case or a drill")},
        ],
    }


def _others(user: User, proposed: contacts.Proposed, conversation_id: str) -> list[contacts.ConversationSummary]:
    """Conversations of the same topic that went otherwise, to compare with."""
    topic = proposed.reviews[0].conversation.topic
    if not topic:
        return []
    orders: tuple[contacts.Order, ...] = ("lowest_satisfaction", "newest")
    found: dict[str, contacts.ConversationSummary] = {}
    for order in orders:
        question = contacts.ConversationFilter(topic=topic, is_answered=True)
        page = contacts.conversations(user=user, question=question, limit=_OFFERED // 2 + 1, order=order)
        found |= {item.conversation_id: item for item in page.items if item.conversation_id != conversation_id}
    return list(found.values())[:_OFFERED]


def extraction_address(user: User, conversation_id: str) -> str:
    """The address of the review, for those who may use it; else empty."""
    if not contacts.may_extract(user=user):
        return ""
    return reverse("conversation_extract", args=[conversation_id])
