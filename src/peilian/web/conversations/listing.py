"""The list of conversations as rows that a table shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from peilian.apps.contacts.api import ConversationSummary
from peilian.engine._kernel import Language
from peilian.web.conversations.pace import FIRST_LIMIT_MS, is_unhurried
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.wordings import TONES, Kind, channel_name, label_name, label_tone, name_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.tables import Tone

PAGE_SIZE = 50
_KINDS: tuple[Kind, ...] = ("fault", "issue")


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a tone."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation in a list."""

    conversation_id: str
    href: str
    started_at: datetime | None
    opening: str
    agents: tuple[str, ...]
    channel: str
    topic: str
    is_answered: bool
    first_response: Figure | None
    is_slow: bool
    rating: str
    estimate: Badge | None
    has_complaint: bool
    badges: tuple[Badge, ...]


def talks_of(
    items: Iterable[ConversationSummary], staff: Staff, language: Language, *, query: QueryDict, offset: int = 0
) -> list[Talk]:
    """Rows with addresses that know their list: the filters, and the place in it."""
    return [_talk(item, staff, language, query, offset + number) for number, item in enumerate(items)]


def address_of(conversation_id: str, query: QueryDict, at: int) -> str:
    """The address of a conversation that was found at a place of a filtered list."""
    parameters = query.copy()
    parameters["at"] = str(at)
    return f"{reverse('conversation', args=[conversation_id])}?{parameters.urlencode()}"


def _talk(item: ConversationSummary, staff: Staff, language: Language, query: QueryDict, at: int) -> Talk:
    started = moment_of(item.started_at_ms)
    waited = item.first_response_ms
    return Talk(
        conversation_id=item.conversation_id,
        href=address_of(item.conversation_id, query, at),
        started_at=started,
        opening=item.opening or "",
        agents=tuple(dict.fromkeys(staff.name(each, started) for each in item.agents)),
        channel=channel_name(item.channel, language) if item.channel else "",
        topic=item.topic or "",
        is_answered=item.is_answered,
        first_response=None if waited is None else Figure(waited / 1000, "seconds"),
        is_slow=waited is not None and waited > FIRST_LIMIT_MS and not is_unhurried(item.channel, waited),
        rating=rating_text(item.csat, item.csat_max),
        estimate=_estimate(item, language),
        has_complaint=bool(item.has_complaint),
        badges=tuple(_badges(item, language)),
    )


def _estimate(item: ConversationSummary, language: Language) -> Badge | None:
    if item.satisfaction_label is None:
        return None
    return Badge(label_name(item.satisfaction_label, language), label_tone(item.satisfaction_label))


def _badges(item: ConversationSummary, language: Language) -> Iterable[Badge]:
    for kind in _KINDS:
        for key in item.faults if kind == "fault" else item.issues:
            yield Badge(name_of(key, language), TONES[kind])


def rating_text(csat: float | None, most: float | None) -> str:
    """A rating on its scale: ``4/5``; empty when there is none."""
    if csat is None:
        return ""
    return f"{csat:g}/{most:g}" if most is not None else f"{csat:g}"


def moment_of(at_ms: int | None) -> datetime | None:
    """Milliseconds as a moment in the reader's zone."""
    return None if at_ms is None else timezone.localtime(datetime.fromtimestamp(at_ms / 1000, UTC))
