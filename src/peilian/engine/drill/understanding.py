"""What the simulated customer understands of a reply (客户理解): required elements, figures, reports of things done,
questions for facts, forbidden words, and what was only copied or strung together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from peilian.engine._expression import Value
from peilian.engine._kernel import Language
from peilian.engine.drill.conditions import holds
from peilian.engine.drill.figures import figures
from peilian.engine.drill.keywords import are_strung
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
        forbidden = {f"forbidden:{item.forbidden_id}": item.phrases for item in scenario.forbidden}
        named |= forbidden
        named |= {f"claim:{item.claim_id}": item.phrases for item in scenario.claims}
        named |= {f"fact:{item.fact_id}": item.asked for item in scenario.facts}
        named |= {"concern": scenario.concerns, "jargon": Phrases(any=self.voice.jargon)}
        self._book = Phrasebook(named, compiler, self.likeness, apart=forbidden)
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
            is_dump=n_acts >= self.model.dump_acts
            and are_strung(analysed, n_acts=n_acts, n_made=n_made, short=self.model.dump_units),
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


_LEAST_COPIED = 16
_WEIGHTY = frozenset(
    {"apologise", "empathise", "own", "time", "done", "solve", "compensate", "alternative", "escalate", "follow_up",
     "wait", "thank", "verify", "explain"}
)  # fmt: skip


def _of_kind(said: Sequence[Said], kind: str) -> tuple[Said, ...]:
    """The findings of one kind, under their own names."""
    return tuple(
        Said(one.name.partition(":")[2], one.start, one.end, one.likeness)
        for one in said
        if one.name.startswith(f"{kind}:")
    )


def _rows(scenario: Scenario) -> list[str]:
    return [text for panel in scenario.panels for _, text in panel.rows]
