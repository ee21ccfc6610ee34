"""The own work of somebody who answers customers: figures, thanks, and one thing to look at. Never a ranking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.apps.people.api import User
from peilian.engine._kernel import Language
from peilian.engine.reading.values import MessageReading
from peilian.web.conversations.stored import message_readings
from peilian.web.conversations.wordings import Explanation, Kind, explain
from peilian.web.today.figures import Figures, figures_of
from peilian.web.today.period import Days

_LOOKED_AT = 20
_MOST_THANKS = 3
_GLAD = ("grateful", "pleased")


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody's words in a conversation."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to look at: the words, what was noticed in them, and why it matters."""

    words: Words
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Own:
    """What an agent's page says about the own work."""

    figures: Figures
    thanks: tuple[Words, ...]
    hint: Hint | None


def accounts_of(user: User) -> tuple[str, ...]:
    """The platform accounts that the user answers with, or has answered with."""
    if user.employee_id is None:
        return ()
    return people.accounts_of(user.employee_id)


def own_work(user: User, accounts: tuple[str, ...], days: Days, language: Language) -> Own | None:
    """The own work of the period; ``None`` without a conversation."""
    figures = figures_of(user, days, accounts)
    if figures is None:
        return None
    return Own(figures, tuple(_thanks(user, accounts, days)), _hint(user, accounts, days, language))


def _thanks(user: User, accounts: tuple[str, ...], days: Days) -> Iterator[Words]:
    """Words of customers who were glad, one a conversation, newest first."""
    question = contacts.ConversationFilter(from_ms=days.from_ms, to_ms=days.to_ms, agents=accounts)
    found = 0
    for item in contacts.conversations(user=user, question=question, limit=_LOOKED_AT).items:
        if item.satisfaction_label == "dissatisfied":
            continue
        view = contacts.conversation(user=user, conversation_id=item.conversation_id)
        if view is None:
            continue
        glad = [read for read in message_readings(view.reading).values() if _is_glad(read)]
        if glad:
            yield _words(view, glad[-1].i)
            found += 1
        if found == _MOST_THANKS:
            return


def _is_glad(read: MessageReading) -> bool:
    """Whether the customer was glad in this message, and left no doubt about it."""
    is_glad = read.emotion is not None and read.emotion.label in _GLAD and read.emotion.valence > 0
    return is_glad and read.satisfaction is not None and read.satisfaction.label == "satisfied"


def _hint(user: User, accounts: tuple[str, ...], days: Days, language: Language) -> Hint | None:
    """The newest fault of the own accounts, else the newest issue."""
    kinds: tuple[Kind, ...] = ("fault", "issue")
    for kind in kinds:
        question = contacts.ConversationFilter(
            from_ms=days.from_ms, to_ms=days.to_ms, agents=accounts, finding_kind=kind
        )
        for item in contacts.conversations(user=user, question=question, limit=_LOOKED_AT).items:
            view = contacts.conversation(user=user, conversation_id=item.conversation_id)
            if view is None or view.reading is None:
                continue
            for row in view.reading.findings:
                if row["kind"] == kind and row["author"] in accounts:
                    words = _words(view, row["i"], row["start"], row["end"])
                    return Hint(words, explain(kind, row["key"], language))
    return None


def _words(view: contacts.ConversationView, i: int, start: int = 0, end: int = 0) -> Words:
    address = reverse("conversation", args=[view.conversation.conversation_id])
    return Words(excerpt(view.conversation.messages[i].text, start, end), f"{address}#m{i}")


def excerpt(text: str, start: int, end: int, around: int = 80) -> str:
    """The words from ``start`` to ``end`` with what stands around them; dots where something was left out."""
    first, last = max(0, start - around), min(len(text), end + around)
    return ("…" if first else "") + text[first:last].strip() + ("…" if last < len(text) else "")
