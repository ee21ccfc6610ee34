"""What the simulated customer understands of a reply (客户理解): required elements, figures, reports of things done,
questions for facts, forbidden words, and what was only copied or strung together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from peilian.engine._expression import Value
from peilian.engine._kernel import Language
from peilian.engine.drill.clauses import Piece, is_over, is_own, is_stated, pieces_of
from peilian.engine.drill.conditions import holds
from peilian.engine.drill.figures import figures
from peilian.engine.drill.keywords import are_strung
from peilian.engine.drill.likeness import GramLikeness, Likeness
from peilian.engine.drill.model import CustomerModel, Voice
from peilian.engine.drill.phrasebook import Phrasebook, Said
from peilian.engine.drill.scenario import Element, Part, Phrases, Scenario, Slot
from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.likeness import pairs, units
from peilian.engine.text import Analysed, PatternCompiler, analyse, normalise

_LONGEST_QUOTE = 140
GAP = " … "  # between the parts of a quote
HALF = "(half)"  # name of the part that stands for "half met"


@dataclass(frozen=True, slots=True)
class Made:
    """A part of a required element that a message makes, with the figure named; ``is_wrong`` when the figure is.
    ``figure_at`` is the clause in which the figure stands."""

    element_id: str
    part_id: str
    start: int
    end: int
    figure: float | None = None
    is_wrong: bool = False
    figure_at: Piece | None = None

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
    assured: tuple[Said, ...]  # what may be promised without reserve, under the names of the claims that make it true
    places: Mapping[str, tuple[tuple[int, int], ...]]  # as ``acts``, every place
    wait_seconds: float | None  # the time for which the customer was asked to wait
    n_units: int
    is_copied: bool
    is_dump: bool

    def quote(self, start: int, end: int) -> str:
        """The words between two places of the normal form, as they were written."""
        first, last = self.analysed.original(start, end)
        words = self.text[first:last]
        return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"

    def evidence(self, spans: Iterable[tuple[int, int]]) -> str:
        """The clauses that hold ``spans``, as they were written: neighbours together, others with a gap between."""
        pieces = pieces_of(self.analysed, 0, len(self.analysed.text))
        held = [any(piece.start < end and start < piece.end for start, end in spans) for piece in pieces]
        found: list[tuple[int, int]] = []
        for number, (piece, is_held) in enumerate(zip(pieces, held, strict=True)):
            if is_held and number and held[number - 1]:
                found[-1] = (found[-1][0], piece.end)
            elif is_held:
                found.append((piece.start, piece.end))
        return GAP.join(self.quote(*bounds) for bounds in found)


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
        named |= {f"assures:{item.claim_id}": item.assures for item in scenario.claims}
        self._book = Phrasebook(named, compiler, self.likeness, apart=forbidden, by_clause=self._parts)
        self._card = pairs(normalise("\n".join((*scenario.policies, *_rows(scenario)))).text)
        self._today = date.fromisoformat(scenario.today)

    def understand(self, text: str, hits: Sequence[Hit], values: Mapping[str, Value]) -> Understood:
        """Take in a reply: ``hits`` are what the reading found in it, ``values`` the state that expressions see."""
        analysed = analyse(text)
        said = self._book.find(analysed)
        places: dict[str, tuple[tuple[int, int], ...]] = {}
        for hit in sorted(hits, key=lambda hit: hit.start):
            places[hit.key] = (*places.get(hit.key, ()), (hit.start, hit.end))
        acts = {key: spans[0] for key, spans in places.items()}
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
            assured=_of_kind(said, "assures"),
            places=places,
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
        if part.only is not None and not _IS_SAID[part.only](analysed, said.start, said.end):
            return None
        if part.slot is None:
            return Made(element.element_id, part.part_id, said.start, said.end)
        return self._with_figure(element, part, part.slot, said, analysed, values)

    def _with_figure(
        self, element: Element, part: Part, slot: Slot, said: Said, analysed: Analysed, values: Mapping[str, Value]
    ) -> Made | None:
        """The part with the right figure beside it, else with a wrong one, else only touched on. Where the clause names
        nothing but a day of the past (20号到了杭州), it says nothing of what is to come."""
        start, end = analysed.sentence_at(said.start)
        pieces = pieces_of(analysed, start, end)
        own = [piece for piece in pieces if piece.start < said.end and said.start < piece.end]
        named = self._figures(own, slot, analysed)
        found = self._ahead(named, slot, values, analysed)
        if named and not found:
            return None
        found = found or self._ahead(self._figures(pieces, slot, analysed), slot, values, analysed)
        if not found:  # 给您补券。10元的; 24号中午我来看。还没动就补发。第二天，25号到
            around = [analysed.sentence_at(place) for place in (end, start - 1) if 0 <= place < len(analysed.text)]
            beside = [piece for bounds in around for piece in pieces_of(analysed, *bounds)]
            found = self._figures(beside, slot, analysed)
        if not found:
            is_core = part is element.parts[0]
            return Made(element.element_id, HALF, said.start, said.end) if is_core else None
        right = next((one for one in found if holds(slot.must, values, value=one[0])), None)
        figure, place_of = right or found[0]
        return Made(element.element_id, part.part_id, said.start, said.end, figure, right is None, place_of)

    def _figures(self, pieces: Iterable[Piece], slot: Slot, analysed: Analysed) -> list[tuple[float, Piece]]:
        return [
            (figure, piece)
            for piece in pieces
            for figure in figures(analysed.text[piece.start : piece.end], slot.unit, self._today)
        ]

    def _ahead(
        self, found: Iterable[tuple[float, Piece]], slot: Slot, values: Mapping[str, Value], analysed: Analysed
    ) -> list[tuple[float, Piece]]:
        """Without the days of the past that are told as such, unless they are what is asked for."""
        return [
            one
            for one in found
            if slot.unit != "date" or one[0] >= 0 or holds(slot.must, values, value=one[0])
            or not is_over(analysed, one[1])
        ]  # fmt: skip

    def _is_copied(self, text: str) -> bool:
        """Whether most of a reply stands word for word on what the agent sees; short replies share by chance."""
        found = pairs(text)
        return len(found) >= _LEAST_COPIED and len(found & self._card) >= self.model.copied * len(found)


_LEAST_COPIED = 16
_IS_SAID = {"stated": is_stated, "own": is_own}
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
    rows = [row for panel in scenario.panels for row in panel.rows]
    return [text for row in rows for text in (row.text, *(later for _, later in row.later))]
