"""What the simulated customer understands of a reply (客户理解): required elements, figures, reports of things done,
questions for facts, forbidden words, and what was only copied or strung together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from peilian.engine._expression import Value
from peilian.engine._kernel import Language
from peilian.engine.drill.conditions import holds
from peilian.engine.drill.figures import figures
from peilian.engine.drill.likeness import GramLikeness, Likeness
from peilian.engine.drill.model import CustomerModel, Voice
from peilian.engine.drill.phrasebook import Phrasebook, Said
from peilian.engine.drill.scenario import Element, Part, Phrases, Scenario, Unit
from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.likeness import pairs, units
from peilian.engine.text import Analysed, PatternCompiler, analyse, normalise

_LONGEST_QUOTE = 60
HALF = "(half)"  # name of the part that stands for "half met"


@dataclass(frozen=True, slots=True)
class Made:
    """A part of a required element that a message makes, with the figure named; ``is_wrong`` when the figure is."""

    element_id: str
    part_id: str
    start: int
    end: int
    figure: float | None = None
    is_wrong: bool = False

    @property
    def is_half(self) -> bool:
        """Whether the element is only touched on."""
        return self.part_id == HALF


@dataclass(frozen=True)
class Understood:
    """One reply as the customer takes it. Spans are places of the normal form of ``analysed``."""

    text: str  # as written
    analysed: Analysed
    acts: Mapping[str, tuple[int, int]]  # move, fault or aside of the reading -> where it was found first
    made: tuple[Made, ...]
    forbidden: tuple[Said, ...]
    claims: tuple[Said, ...]
    asked: tuple[str, ...]  # facts
    concern: Said | None
    jargon: Said | None
    wait_seconds: float | None  # the time for which the customer was asked to wait
    n_units: int
    is_copied: bool
    is_dump: bool

    def quote(self, start: int, end: int) -> str:
        """The words between two places of the normal form, as they were written."""
        first, last = self.analysed.original(start, end)
        words = self.text[first:last]
        return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"


@dataclass
class Understanding:
    """Compiled phrases of one scenario. Pure: the same reply, hits and world are always understood alike."""

    scenario: Scenario
    model: CustomerModel
    voice: Voice
    classes: Mapping[str, Sequence[str]]
    likeness: Callable[[Sequence[str], Language], Likeness] = GramLikeness
    _book: Phrasebook = field(init=False, repr=False)
    _card: frozenset[tuple[str, str]] = field(init=False, repr=False)
    _parts: dict[str, tuple[Element, Part]] = field(init=False, repr=False)
    _today: date = field(init=False, repr=False)

    def __post_init__(self) -> None:
        scenario = self.scenario
        compiler = PatternCompiler(self.classes, scenario.language)
        self._parts = {
            f"part:{element.element_id}:{part.part_id}": (element, part)
            for element in scenario.required
            for part in element.parts
        }
        named = {name: part.phrases for name, (_, part) in self._parts.items()}
        named |= {f"half:{element.element_id}": element.partial for element in scenario.required}
        named |= {f"forbidden:{item.forbidden_id}": item.phrases for item in scenario.forbidden}
        named |= {f"claim:{item.claim_id}": item.phrases for item in scenario.claims}
        named |= {f"fact:{item.fact_id}": item.asked for item in scenario.facts}
        named |= {"concern": scenario.concerns, "jargon": Phrases(any=self.voice.jargon)}
        self._book = Phrasebook(named, compiler, self.likeness)
        self._card = pairs(normalise("\n".join((*scenario.policies, *_rows(scenario)))).text)
        self._today = date.fromisoformat(scenario.today)

    def understand(self, text: str, hits: Sequence[Hit], values: Mapping[str, Value]) -> Understood:
        """Take in a reply: ``hits`` are what the reading found in it, ``values`` the state that expressions see."""
        analysed = analyse(text)
        said = self._book.find(analysed)
        acts: dict[str, tuple[int, int]] = {}
        for hit in sorted(hits, key=lambda hit: hit.start):
            acts.setdefault(hit.key, (hit.start, hit.end))
        made = tuple(item for one in said if (item := self._made(one, analysed, values)) is not None)
        n_made = len({item.element_id for item in made})
        n_acts = len(set(acts) & _WEIGHTY) + n_made
        return Understood(
            text=text,
            analysed=analysed,
            acts=acts,
            made=made,
            forbidden=_of_kind(said, "forbidden"),
            claims=_of_kind(said, "claim"),
            asked=tuple(dict.fromkeys(one.name for one in _of_kind(said, "fact"))),
            concern=next((one for one in said if one.name == "concern"), None),
            jargon=next((one for one in said if one.name == "jargon"), None),
            wait_seconds=self._wait(analysed, acts),
            n_units=len(units(analysed.text)),
            is_copied=self._is_copied(analysed.text),
            is_dump=n_acts >= self.model.dump_acts and self._is_strung(analysed, n_acts, n_made),
        )

    def _wait(self, analysed: Analysed, acts: Mapping[str, tuple[int, int]]) -> float | None:
        if "wait" not in acts:
            return None
        start, end = analysed.sentence_at(acts["wait"][0])
        found = figures(analysed.text[start:end], "hours", self._today)
        return min(found) * 3600 if found else None

    def _made(self, said: Said, analysed: Analysed, values: Mapping[str, Value]) -> Made | None:
        kind, _, name = said.name.partition(":")
        if kind == "half":
            return Made(name, HALF, said.start, said.end)
        if kind != "part":
            return None
        element, part = self._parts[said.name]
        if part.slot is None:
            return Made(element.element_id, part.part_id, said.start, said.end)
        found = self._figures(part, said, analysed)
        right = next((n for n in found if holds(part.slot.must, values, value=n)), None)
        if right is None and not found:
            is_core = part is element.parts[0]
            return Made(element.element_id, HALF, said.start, said.end) if is_core else None
        figure = right if right is not None else found[0]
        return Made(element.element_id, part.part_id, said.start, said.end, figure, is_wrong=right is None)

    def _figures(self, part: Part, said: Said, analysed: Analysed) -> list[float]:
        """The figures of the sentence; where it has none, those of the next (给您补券。10元的) and of the one before
        (24号中午我来看。还没动就补发。第二天，25号到), in this order."""
        assert part.slot is not None
        start, end = analysed.sentence_at(said.start)
        found = self._figures_at(start, part.slot.unit, analysed)
        return found or [n for place in (end, start - 1) for n in self._figures_at(place, part.slot.unit, analysed)]

    def _figures_at(self, place: int, unit: Unit, analysed: Analysed) -> list[float]:
        if not 0 <= place < len(analysed.text):
            return []
        first, last = analysed.sentence_at(place)
        return figures(analysed.text[first:last], unit, self._today)

    def _is_copied(self, text: str) -> bool:
        """Whether most of a reply stands word for word on what the agent sees; short replies share by chance."""
        found = pairs(text)
        return len(found) >= _LEAST_COPIED and len(found & self._card) >= self.model.copied * len(found)

    def _is_strung(self, analysed: Analysed, n_acts: int, n_made: int) -> bool:
        """Whether a reply strings words together instead of saying sentences. A list with numbers or headings is terse,
        but it tells what belongs to what."""
        if _is_list(analysed.text, self.model.dump_units):
            return False
        sizes = [len(units(analysed.text[clause.start : clause.end])) for clause in analysed.clauses]
        n_units = sum(sizes)
        if analysed.language == "en":
            n_small = sum(word in _SMALL_WORDS for word in units(analysed.text))
            return n_units >= _LEAST_WORDS and n_small < _LEAST_SMALL * n_units
        if len(sizes) >= _LEAST_CLAUSES and median(sizes) <= self.model.dump_units:
            return True
        is_many = n_acts >= _MANY_ACTS and n_made >= _MANY_MADE  # one short sentence may be several acts by itself
        return is_many and n_units < self.model.dump_units * n_acts


_LEAST_COPIED = 16
_LEAST_CLAUSES = 5
_MANY_ACTS = 7
_MANY_MADE = 4  # elements
_LEAST_WORDS = 10  # of an English reply whose words are counted
_LEAST_SMALL = 0.2  # share of small words in English sentences; a list of keywords has few
_SMALL_WORDS = frozenset(
    {"a", "an", "the", "i", "you", "we", "it", "he", "she", "they", "me", "us", "my", "your", "our", "is", "are", "was",
     "were", "be", "been", "am", "will", "would", "can", "could", "may", "have", "has", "had", "do", "does", "did",
     "to", "of", "in", "on", "at", "for", "from", "with", "by", "as", "and", "or", "but", "so", "if", "not", "no",
     "this", "that", "there", "here", "when", "then", "up", "out"}
)  # fmt: skip
_WEIGHTY = frozenset(
    {"apologise", "empathise", "own", "time", "done", "solve", "compensate", "alternative", "escalate", "follow_up",
     "wait", "thank", "verify", "explain"}
)  # fmt: skip


_ITEM = re.compile(r"\s*(?:[-*•]\s*|\(?(?:\d{1,2}|[a-h])(?:[.、)]|(?=\s)))?\s*(?P<heading>[^\s,、。:]{1,8}:)?")
_LEAST_ITEMS = 3


def _is_list(text: str, least_units: float) -> bool:
    """Whether most lines or sentences of ``text`` begin with a number or a heading and say something."""
    items = [item for item in re.split(r"[。;\n]+", text) if item.strip()]
    n_marked = 0
    for item in items:
        mark = _ITEM.match(item)
        n_marked += bool(mark and mark.group().strip() and len(units(item[mark.end() :])) >= least_units / 2)
    sizes = [len(units(item)) for item in items]
    return n_marked >= _LEAST_ITEMS and n_marked > len(items) / 2 and median(sizes) > least_units


def _of_kind(said: Sequence[Said], kind: str) -> tuple[Said, ...]:
    """The findings of one kind, under their own names."""
    return tuple(
        Said(one.name.partition(":")[2], one.start, one.end, one.likeness)
        for one in said
        if one.name.startswith(f"{kind}:")
    )


def _rows(scenario: Scenario) -> list[str]:
    return [text for panel in scenario.panels for _, text in panel.rows]
