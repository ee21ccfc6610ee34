"""The review of a conversation as the page shows it: messages with marks, suspicious words, and what would be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from peilian.apps.contacts.api import Proposed
from peilian.engine._kernel import Language, Reason
from peilian.engine.conversation import Role
from peilian.engine.conversation.leftovers import KINDS, OPTIONAL, hidden
from peilian.flows.extracting.values import TOPIC, Gap, Proposal, Review
from peilian.flows.wording import catalogue, say

_CALM, _ANGRY = -0.15, -0.6  # moods of a customer above which it is calm, or anxious and not angry


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a message: plain, already masked by the import, or a suspicious word with the box that hides it."""

    text: str
    name: str = ""  # what it is
    is_masked: bool = False
    box: str = ""
    is_hidden: bool = False


@dataclass(frozen=True)
class Row:
    """One message with its box; ``place`` counts from 0."""

    place: int
    speaker: str
    side: str
    seconds: float | None
    pieces: tuple[Piece, ...]
    is_told: bool

    @property
    def number(self) -> int:
        """As people count."""
        return self.place + 1


@dataclass(frozen=True)
class Side:
    """One conversation of the review."""

    n: int
    conversation_id: str
    topic: str
    topic_pieces: tuple[Piece, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Word:
    """A suspicious word with its box."""

    box: str
    word: str
    value: str
    n: int
    is_hidden: bool
    is_optional: bool


@dataclass(frozen=True)
class Words:
    """The suspicious words of one kind."""

    name: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Because:
    """A reason in words, with the messages that it leads to, of the conversation of number ``side``."""

    words: str
    numbers: tuple[int, ...]
    side: int = 0


@dataclass(frozen=True)
class Told:
    """A line of what would be made, and why: the reason, and the messages that it leads to."""

    text: str
    note: str = ""
    whys: tuple[Because, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of what would be made."""

    title: str
    lines: tuple[Told, ...] = field(default=())


@dataclass(frozen=True)
class Ask:
    """Something that a person adds."""

    name: str
    label: str
    why: str
    value: str
    is_long: bool


def sides_of(proposed: Proposed, told: Mapping[str, Collection[int]], language: Language) -> list[Side]:
    """The conversations with their messages."""
    boxes = {word.word: word for group in words_of(proposed, language) for word in group.words}
    found = []
    for n, one in enumerate(proposed.reviews):
        conversation = one.conversation
        chosen = told.get(conversation.conversation_id, one.told)
        rows = tuple(_rows(one, chosen, boxes, language))
        topic = conversation.topic or ""
        pieces = tuple(_pieces(topic, one, TOPIC, boxes, language))
        found.append(Side(n, conversation.conversation_id, hidden(topic, proposed.hidden), pieces, rows))
    return found


def _rows(one: Review, chosen: Collection[int], boxes: Mapping[str, Word], language: Language) -> Iterator[Row]:
    first = one.conversation.messages[0].at_ms if one.conversation.messages else None
    for i, message in enumerate(one.conversation.messages):
        seconds = (message.at_ms - first) / 1000 if message.at_ms is not None and first is not None else None
        pieces = tuple(_pieces(message.text, one, i, boxes, language))
        side = "customer" if message.is_customer else "agent" if message.is_human_answer else "robot"
        yield Row(i, _speaker(message.role), side, seconds, pieces, i in chosen)


def _speaker(role: Role) -> str:
    names = {
        Role.CUSTOMER: _("Customer"),
        Role.AGENT: _("Agent"),
        Role.SUPERVISOR: _("supervisor"),
        Role.BOT: _("Robot"),
        Role.SYSTEM: _("System"),
    }
    return names[role]


def _pieces(text: str, one: Review, i: int, boxes: Mapping[str, Word], language: Language) -> Iterator[Piece]:
    last = 0
    for mark in one.marks[i]:
        if mark.start > last:
            yield Piece(text[last : mark.start])
        if mark.is_masked:
            yield Piece(_masked_name(mark.kind, language), is_masked=True)
        else:
            box = boxes[mark.word]
            yield Piece(mark.word, _kind_name(mark.kind, language), box=box.box, is_hidden=box.is_hidden)
        last = mark.end
    if last < len(text):
        yield Piece(text[last:])


def _masked_name(kind: str, language: Language) -> str:
    key = f"extraction.gap.{kind}"
    return say(Reason(key if key in catalogue() else "extraction.gap.other"), language)


def _kind_name(kind: str, language: Language) -> str:
    return say(Reason(f"extraction.kind.{kind}"), language)


def words_of(proposed: Proposed, language: Language) -> list[Words]:
    """The suspicious words of all conversations, by kind."""
    counts: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for one in (one for found in proposed.reviews for one in found.suspects):
        counts[one.word] = counts.get(one.word, 0) + one.n
        kinds.setdefault(one.word, one.kind)
    boxes = {
        word: Word(
            f"w{n}", word, f"{kinds[word]}:{word}", counts[word], word in proposed.hidden, kinds[word] in OPTIONAL
        )
        for n, word in enumerate(kinds)
    }
    groups = [(kind, tuple(boxes[word] for word in kinds if kinds[word] == kind)) for kind in KINDS]
    return [Words(_kind_name(kind, language), words) for kind, words in groups if words]


def asks_of(proposal: Proposal, answers: Mapping[str, str], language: Language) -> list[Ask]:
    """What the conversation does not tell, with what was typed already; answered ones stay to be changed."""
    found = [_ask(gap, answers, language) for gap in proposal.gaps]
    known = {one.name for one in found}
    given = [name for name, words in answers.items() if words.strip() and f"answer.{name}" not in known]
    return [
        *found,
        *(Ask(f"answer.{name}", _answered(name, proposal, language), "", answers[name], False) for name in given),
    ]


def _ask(gap: Gap, answers: Mapping[str, str], language: Language) -> Ask:
    label = gap.label.get(language) or next(iter(gap.label.values()))
    return Ask(
        f"answer.{gap.key}", label, say(gap.reason, language), answers.get(gap.key, ""), gap.key == "lesson"
    )  # fmt: skip


def _answered(name: str, proposal: Proposal, language: Language) -> str:
    """The label of what was answered already."""
    for item in proposal.body.get("required", ()):
        if item["id"] == name:
            return str(item["label"].get(language) or next(iter(item["label"].values())))
    return _("Your addition")


def sections_of(proposal: Proposal, language: Language, efficient: int = 0) -> list[Section]:
    """What would be made, part by part, each with its reasons. ``efficient`` is the number of that conversation."""
    whys: dict[str, list[Because]] = {}
    for why in proposal.whys:
        side = 1 - efficient if why.field.startswith("inefficient.") else efficient
        numbers = tuple(place + 1 for place in why.messages)
        whys.setdefault(why.field, []).append(Because(say(why.reason, language), numbers, side))
    make = _scenario if proposal.kind == "scenario" else _case
    return [section for section in make(proposal.body, whys, language) if section.lines]


_Whys = Mapping[str, Sequence[Because]]


def _words(field: Any, language: Language) -> str:
    """A text of a body in the reader's language, else in the other one."""
    if not isinstance(field, Mapping):
        return ""
    return str(field.get(language) or next(iter(field.values()), ""))


def _scenario(body: Mapping[str, Any], whys: _Whys, language: Language) -> Iterator[Section]:
    yield Section(_("How the customer begins"), tuple(_openings(body, whys)))
    required = enumerate(body["required"])
    yield Section(
        _("What a good answer contains"),
        tuple(
            Told(_words(item["label"], language), _words(item["model"], language), tuple(whys.get(f"required.{n}", ())))
            for n, item in required
        ),
    )
    facts = enumerate(body.get("facts", ()))
    yield Section(
        _("What the customer tells when asked"),
        tuple(Told(" ".join(_first_lines(fact["lines"])), "", tuple(whys.get(f"facts.{n}", ()))) for n, fact in facts),
    )
    persona = body["persona"]
    said = _("mood %(mood)s, patience %(patience)s seconds, difficulty %(difficulty)s of 5") % {
        "mood": say(Reason(f"finding.{_feeling(persona['mood'])}.name"), language),
        "patience": round(persona["patience_seconds"]),
        "difficulty": body["difficulty"],
    }
    reasons = [why for name in ("mood", "patience_seconds", "is_monetary") for why in whys.get(f"persona.{name}", ())]
    yield Section(_("Who the customer is"), (Told(said, "", tuple(reasons)),))
    yield Section(
        _("Tools at hand"),
        tuple(
            Told(_words(tool["label"], language), "", tuple(whys.get(f"tools.{tool['name']}", ())))
            for tool in body.get("tools", ())
        ),
    )


def _feeling(mood: float) -> str:
    return "calm" if mood > _CALM else "anxious" if mood > _ANGRY else "angry"


def _openings(body: Mapping[str, Any], whys: _Whys) -> Iterator[Told]:
    for lines in body.get("lines", {}).values():
        yield Told(" ".join(_first_lines(lines)), "", tuple(whys.get("lines.opening", ())))


def _first_lines(lines: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    return [line for variants in lines.values() for burst in variants[:1] for line in burst]


def _case(body: Mapping[str, Any], whys: _Whys, language: Language) -> Iterator[Section]:
    names = {
        "pair": _("an efficient and an inefficient one side by side"),
        "success": _("a success"),
        "complaint": _("a complaint"),
        "improvement": _("something to improve"),
    }
    yield Section(_("The case"), (Told(names[body["form"]], _words(body["background"], language)),))
    for name, title in (
        ("telling", _("What it shows")),
        ("efficient", _("The efficient one")),
        ("inefficient", _("The inefficient one")),
    ):
        if name in body:
            yield Section(title, tuple(_points(body[name]["points"], name, whys, language)))
    differences = body.get("differences", ())
    yield Section(
        _("Where they differ"),
        tuple(
            Told(
                _words(one["aspect"], language),
                f"{_words(one['efficient'], language)} ↔ {_words(one['inefficient'], language)}",
            )
            for one in differences
        ),
    )
    questions = body.get("questions", ())
    yield Section(
        _("To discuss"), tuple(Told(_words(one, language), "", tuple(whys.get("questions", ()))) for one in questions)
    )


def _points(points: Iterable[Mapping[str, Any]], name: str, whys: _Whys, language: Language) -> Iterator[Told]:
    for n, point in enumerate(points):
        sign = "＋" if point["is_good"] else "－"
        yield Told(
            f"{sign} {_words(point['what'], language)}",
            _words(point["why"], language),
            tuple(whys.get(f"{name}.points.{n}", ())),
        )
