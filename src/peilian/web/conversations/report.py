"""What one conversation amounts to: an answer in one sentence, the list of findings, the course of satisfaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from peilian.engine._kernel import Language
from peilian.engine.conversation import Conversation
from peilian.engine.kpi import Facts
from peilian.engine.reading.values import MessageReading, Satisfaction
from peilian.web.conversations.listing import rating_text
from peilian.web.conversations.transcript import Noticed, Turn
from peilian.web.conversations.wordings import KEYS, Explanation, Kind, explain, kind_name, label_name, name_of
from peilian.web.shell.charts import Chart, Point, Series, trend
from peilian.web.shell.formats import format_decimal, format_seconds

LISTED: tuple[Kind, ...] = ("fault", "issue", "move", "emotion")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the answer, and the place that shows it."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One key that was found: its explanation and every place."""

    explanation: Explanation
    places: tuple[Noticed, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The groups of one kind. Moves are many and good news, so they wait folded."""

    kind: Kind
    name: str
    groups: tuple[Group, ...]
    is_folded: bool

    @property
    def count(self) -> int:
        """How many places there are."""
        return sum(len(group.places) for group in self.groups)


def answer_of(
    conversation: Conversation,
    facts: Facts,
    turns: Sequence[Turn],
    satisfaction: Satisfaction | None,
    language: Language,
) -> list[Part]:
    """The conversation in one sentence, part by part."""
    parts = [_first_answer(facts, turns, language)]
    rounds = facts.conversation.n_rounds
    parts.append(Part(ngettext("%(n)s round", "%(n)s rounds", rounds) % {"n": rounds}))
    parts.append(_rating(conversation))
    if satisfaction is not None:
        said = {"label": label_name(satisfaction.label, language), "estimate": format_decimal(satisfaction.estimate, 2)}
        parts.append(Part(_("estimated %(label)s (%(estimate)s)") % said, "#course"))
    if conversation.has_complaint:
        parts.append(Part(_("a complaint followed")))
    for kind in ("fault", "issue"):
        parts += _counted(kind, [each for turn in turns for each in turn.noticed if each.kind == kind], language)
    return [Part(capfirst(parts[0].text), parts[0].href), *parts[1:]]


def _first_answer(facts: Facts, turns: Sequence[Turn], language: Language) -> Part:
    waited = facts.conversation.first_response_ms
    if waited is not None:
        at = next((turn.i for turn in turns if turn.wait is not None and turn.wait.is_first), None)
        text = _("first answer after %(span)s") % {"span": format_seconds(waited / 1000, language)}
        return Part(text, f"#m{at}" if at is not None else "")
    if not facts.conversation.has_question:
        return Part(_("the customer asked nothing"))
    if not facts.conversation.is_answered:
        return Part(_("no answer by a human"))
    return Part(_("answered; the source holds no times"))


def _rating(conversation: Conversation) -> Part:
    if conversation.csat is None:
        return Part(_("not rated by the customer"))
    return Part(_("rating %(rating)s") % {"rating": rating_text(conversation.csat, conversation.csat_max)})


def _counted(kind: str, found: Sequence[Noticed], language: Language) -> list[Part]:
    if not found:
        return []
    names = list(dict.fromkeys(name_of(each.key, language) for each in found))
    said = {"n": len(found), "names": ("、" if language == "zh" else ", ").join(names)}
    if kind == "fault":
        text = ngettext("%(n)s fault: %(names)s", "%(n)s faults: %(names)s", len(found)) % said
    else:
        text = ngettext("%(n)s issue: %(names)s", "%(n)s issues: %(names)s", len(found)) % said
    return [Part(text, f"#m{found[0].i}")]


def sections_of(turns: Sequence[Turn], language: Language) -> list[Section]:
    """Everything that was found, by kind and key, each with its places; kinds without a finding are left out."""
    places: dict[tuple[Kind, str], list[Noticed]] = {}
    for turn in turns:
        for each in turn.noticed:
            places.setdefault((each.kind, each.key), []).append(each)
        if turn.mood is not None and turn.mood.label != "calm":
            mood = Noticed("emotion", turn.mood.label, f"e{turn.i}", turn.i, "", "")
            places.setdefault((mood.kind, mood.key), []).append(mood)
    sections = []
    for kind in LISTED:
        keys = sorted((key for each, key in places if each == kind), key=lambda key: _order(kind, key))
        groups = tuple(Group(explain(kind, key, language), tuple(places[kind, key])) for key in keys)
        if groups:
            sections.append(Section(kind, kind_name(kind, language), groups, is_folded=kind in ("move", "emotion")))
    return sections


def _order(kind: Kind, key: str) -> tuple[int, str]:
    known = KEYS[kind]
    return (known.index(key) if key in known else len(known), key)


def course_of(readings: Sequence[MessageReading], language: Language) -> Chart | None:
    """How satisfied the customer seemed after each of its messages; nothing to draw with fewer than two."""
    points = [
        Point(f"#{reading.i}", reading.satisfaction.estimate, href=f"#m{reading.i}")
        for reading in readings
        if reading.satisfaction is not None
    ]
    if len(points) < 2:
        return None
    title = _("Estimated satisfaction, message by message")
    return trend(
        "course",
        title,
        [Series(_("estimate"), points)],
        unit="points",
        language=language,
        note=_("0 is dissatisfied, 1 satisfied. Estimated from the words; a rating by the customer counts for more."),
    )
