"""The suggestion box (建议箱): what people at the front think could be better, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import refuse, short
from peilian.apps.appraisal.models import Suggestion, SuggestionState, SuggestionStep, SuggestionSubject
from peilian.apps.appraisal.seen import one
from peilian.apps.base.api import send, write
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_LONGEST = 2000
_OVER = frozenset({SuggestionState.DONE, SuggestionState.DECLINED})


def suggest(*, actor: User, subject: SuggestionSubject | str, text: str, is_anonymous: bool = False) -> Suggestion:
    """Put a suggestion into the box."""
    if not actor.is_active or not visible_to(actor).may(Permission.SEE_REWARDS):
        raise NotVisibleError
    if subject not in SuggestionSubject.values:
        known = ", ".join(SuggestionSubject.values)
        raise refuse("rewards.unknown_subject", "subject", value=str(subject)[:40], known=known)
    with write(actor=None if is_anonymous else actor, verb="rewards.suggest") as audit:
        row = Suggestion.objects.create(
            author=actor,
            subject=str(subject),
            text=short(text, "text", limit=_LONGEST, is_needed=True),
            is_anonymous=is_anonymous,
            made_at=timezone.now(),
        )
        # The trail of an anonymous one does not name its author.
        audit.note(row, {"subject": [None, row.subject], "text": [None, row.text]})
    return row


def answer_suggestion(
    *, actor: User, suggestion: Suggestion, state: SuggestionState | str, answer: str = ""
) -> Suggestion:
    """Say what became of a suggestion; the author is told. Not the own one; declining needs a word why."""
    if not visible_to(actor).may(Permission.HANDLE_SUGGESTIONS) or suggestion.author_id == actor.pk:
        raise NotVisibleError
    one(suggestions(user=actor), suggestion)
    if state not in SuggestionState.values or state == SuggestionState.RECEIVED:
        raise refuse("rewards.unknown_state", "state", value=str(state)[:40])
    answer = short(answer, "answer", limit=_LONGEST, is_needed=True)
    with write(actor=actor, verb="rewards.answer_suggestion") as audit:
        row = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
        if row.state in _OVER:
            raise refuse("rewards.suggestion_over")
        before, row.state = row.state, str(state)
        row.save(update_fields=["state"])
        step = SuggestionStep(suggestion=row, state=str(state), answer=answer, at=timezone.now(), by=actor)
        step.save(force_insert=True)
        audit.note(row, {"state": [before, row.state], "answer": [None, answer]})
        send(recipient=row.author, key="inbox.suggestion", params={"text": row.text[:40]}, link="/assess/suggestions/")
    return row


def suggestions(*, user: User, states: list[str] | None = None) -> QuerySet[Suggestion]:
    """The own suggestions and, for who handles them, those of the people reached; newest first.

    Anonymous ones are read by who handles those of the whole company: within a team it would soon be known whose they
    are.
    """
    sight = visible_to(user)
    rows = Suggestion.objects.select_related("author").prefetch_related("steps__by")
    if not sight.reaches_company(Permission.HANDLE_SUGGESTIONS):
        reached = sight.employees(Permission.HANDLE_SUGGESTIONS).values("pk")
        rows = rows.filter(Q(author=user.pk) | Q(author__employee__in=reached, is_anonymous=False))
    return rows if states is None else rows.filter(state__in=states)


def suggestion(*, user: User, pk: UUID | str) -> Suggestion:
    """One suggestion that ``user`` sees; ``NotVisibleError`` when there is none."""
    return one(suggestions(user=user), pk)


def author_shown(suggestion: Suggestion, user: User) -> str:
    """Whose it is, as ``user`` may know; empty for an anonymous one of somebody else."""
    if suggestion.is_anonymous and suggestion.author_id != user.pk:
        return ""
    return suggestion.author.name
