"""A stored debrief as the page tells it: moments, quotes that lead to the words, required elements, faults, points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from peilian.engine._kernel import Language
from peilian.engine.drill.understanding import GAP
from peilian.flows import scoring
from peilian.web.practice.marking import Mark, marked
from peilian.web.practice.parts import shares, whole
from peilian.web.shell.charts import Chart, Point, Series, trend
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change
from peilian.web.shell.tables import Tone

LECTURER = "lecturer-review"
_FULL = 100

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a change of the mood: words, points, the own words that caused it and where they stand."""

    text: str
    delta: str
    is_good: bool
    quote: str
    href: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the talk."""

    anchor: str
    time: str
    said: str
    answer: str
    mood: str
    change: str
    reasons: tuple[Why, ...]
    href: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A moment that decided something, what would have been better, and from where it can be replayed."""

    moment: Moment
    is_good: bool
    better: str


@dataclass(frozen=True, slots=True)
class Required:
    """A required element: own words beside model words."""

    label: str
    words: str
    tone: Tone
    quote: str
    href: str
    model: str
    why: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that should not have been said."""

    rule: str
    quote: str
    time: str
    href: str
    is_fatal: bool


@dataclass(frozen=True, slots=True)
class PointReason:
    """Why points were lost or won."""

    text: str
    points: str
    quote: str
    href: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the score with its reasons."""

    key: str
    label: str
    points: Figure
    most: Figure
    share: int
    reasons: tuple[PointReason, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A line of the transcript with what was noticed in it, or a tool that was used: its ``label``, what came of it,
    and whether the rules refused it. ``place`` names an own line, so that it can be kept."""

    anchor: str
    role: str
    time: str
    html: SafeString | str
    label: str = ""
    is_refused: bool = False
    place: str = ""


class Debriefed:
    """One debrief in one language. ``seqs`` gives the event of each step, from which a replay begins."""

    def __init__(self, result: Json, debrief: Json, language: Language, seqs: Sequence[int] = ()) -> None:
        self.result, self.debrief, self.language, self.seqs = result, debrief, language, seqs
        self.customer: Json = result["customers"][0]
        self.lines: Sequence[Json] = result["transcript"]
        self._agent_lines = [at for at, line in enumerate(self.lines) if line["role"] == "agent"]
        self.moments = [self._moment(number, item) for number, item in enumerate(debrief["timeline"])]

    @property
    def goal(self) -> Json:
        """The one goal for next time."""
        goal: Json = self.debrief["goal"]
        return goal

    @property
    def goal_href(self) -> str:
        """Where the words stand that the goal quotes."""
        return self._find(self.goal.get("quote"))

    @property
    def went_well(self) -> list[Why]:
        """What was done well."""
        return [self._why(cause) for cause in self.debrief["went_well"]]

    @property
    def told_moments(self) -> list[Moment]:
        """The moments in which something moved, or was said."""
        return [moment for moment in self.moments if moment.reasons or moment.said or moment.answer]

    def chart(self) -> Chart:
        """The course of the customer's mood."""
        points = [
            Point(clock(item["at_seconds"]), whole(item["mood"] * _FULL), href=f"#{moment.anchor}")
            for item, moment in zip(self.debrief["timeline"], self.moments, strict=True)
        ]
        return trend(
            "mood",
            _("How the customer's mood went"),
            [Series(_("Mood"), points, slot=1)],
            unit="count",
            language=self.language,
            note=_("−100 furious, 0 neutral, 100 delighted; each point leads to what moved it."),
        )

    @property
    def turning_points(self) -> list[TurningPoint]:
        """The moments that decided most."""
        by_step = {item["step"]: number for number, item in enumerate(self.debrief["timeline"])}
        return [
            TurningPoint(self.moments[by_step[item["moment"]["step"]]], item["is_good"], item["better"] or "")
            for item in self.debrief["turning_points"]
        ]

    @property
    def required(self) -> list[Required]:
        """What a good answer contains, with the own words and the model's."""
        return [self._required(item) for item in self.customer["required"]]

    @property
    def n_met(self) -> int:
        """How many required elements were met in full."""
        return sum(bool(item["met"]) for item in self.customer["required"])

    @property
    def faults(self) -> list[Fault]:
        """What should not have been said."""
        return [
            Fault(item["why"], item["quote"], clock(item["at_seconds"]), self._find(item["quote"]), item["fatal"])
            for item in self.customer["faults"]
        ]

    def dimensions(self, *, card: str = "") -> list[Dimension]:
        """The dimensions of the score; of the lecturer's review only its own."""
        kept = None
        if card == LECTURER:
            kept = {line.key for line in scoring.shipped()[LECTURER].lines}
        return [self._dimension(item) for item in self.result["scores"] if kept is None or item["dimension"] in kept]

    @property
    def gates(self) -> list[str]:
        """What capped the score, in words."""
        return [item["text"] for item in self.result["gates"]]

    @property
    def live_notes(self) -> list[str]:
        """Why the final indices are others than those that the room showed last, where they are."""
        live, final = self.customer.get("live") or {}, self.customer["satisfaction_index"]["final"]
        notes = []
        if live and whole(live["satisfaction"]) != whole(final):
            text = _("The room showed a satisfaction of %(live)s last; %(final)s is what stays of the whole contact: "
                     "the mean mood, the worst moment, the end, and what came of it.")  # fmt: skip
            notes.append(text % {"live": whole(live["satisfaction"]), "final": whole(final)})
        solved = self.customer["resolution_efficiency"]
        if live and whole(live["efficiency"]) != whole(solved):
            text = _("The room showed an efficiency of %(live)s last, which counts what is under way; %(final)s counts "
                     "only what was resolved, for the time and the messages it took.")  # fmt: skip
            notes.append(text % {"live": whole(live["efficiency"]), "final": whole(solved)})
        return notes

    def turns(self, *, is_plain: bool = False) -> list[Turn]:
        """The transcript with the tools in their places; with marks on the words that moved the mood, unless it is to
        be read without the product's opinion."""
        marks = {} if is_plain else self._marks()
        said = [
            (
                line["at_seconds"],
                1,
                Turn(
                    f"m{at}",
                    line["role"],
                    clock(line["at_seconds"]),
                    marked(line["text"], marks.get(at, ())),
                    place=f"line.{at + 1}" if line["role"] == "agent" else "",
                ),
            )
            for at, line in enumerate(self.lines)
        ]
        done = [(item["at_seconds"], 0, _tool_turn(item)) for item in self.result.get("actions", ())]
        return [turn for _at, _kind, turn in sorted([*said, *done], key=lambda item: item[:2])]

    def _marks(self) -> dict[int, list[Mark]]:
        marks: dict[int, list[Mark]] = {}
        for item, moment in zip(self.debrief["timeline"], self.moments, strict=True):
            for cause in item["causes"]:
                at = self._line_of(cause)
                if at is not None and cause["start"] is not None:
                    kind = "move" if cause["delta"] > 0 else "fault"
                    marks.setdefault(at, []).append(
                        Mark(cause["start"], cause["end"], kind, f"#{moment.anchor}", cause["text"])
                    )
        return marks

    def _moment(self, number: int, item: Json) -> Moment:
        step, before = item["step"], item["mood"] - item["delta"]
        change = whole(item["mood"] * _FULL) - whole(before * _FULL)
        parts, rest = shares([cause["delta"] * _FULL for cause in item["causes"]], change)
        reasons = [self._why(cause, part) for cause, part in zip(item["causes"], parts, strict=True) if part]
        if rest:
            reasons.append(Why(_("the rest"), format_change(rest, "count", self.language), rest > 0, "", ""))
        said_at = next((self._line_of(cause) for cause in item["causes"] if cause["message"] is not None), None)
        return Moment(
            anchor=f"t{number}",
            time=clock(item["at_seconds"]),
            said=item["said"] or "",
            answer=item["answer"] or "",
            mood=str(whole(item["mood"] * _FULL)).replace("-", "−"),
            change=format_change(change, "count", self.language),
            reasons=tuple(reasons),
            href=f"#m{said_at}" if said_at is not None else self._find(item["said"]),
            seq=self.seqs[step] if step < len(self.seqs) else None,
        )

    def _why(self, cause: Json, points: int | None = None) -> Why:
        at = self._line_of(cause)
        shown = whole(cause["delta"] * _FULL) if points is None else points
        return Why(
            text=cause["text"],
            delta=format_change(shown, "count", self.language),
            is_good=cause["delta"] > 0,
            quote=cause["quote"] or "",
            href=f"#m{at}" if at is not None else "",
        )

    def _line_of(self, cause: Json) -> int | None:
        number = cause["message"]
        return self._agent_lines[number] if number is not None and number < len(self._agent_lines) else None

    def _find(self, quote: str | None) -> str:
        """The place of the first own line that holds ``quote``."""
        first = (quote or "").split(GAP)[0].removesuffix("…")
        if not first:
            return ""
        found = next((at for at in self._agent_lines if first in self.lines[at]["text"]), None)
        return "" if found is None else f"#m{found}"

    def _required(self, item: Json) -> Required:
        words, tone = _standing(item)
        return Required(
            label=item["label"],
            words=words,
            tone=tone,
            quote=item["quote"] or "",
            href=self._find(item["quote"]),
            model=item["model"],
            why=item["why"],
        )

    def _dimension(self, item: Json) -> Dimension:
        points, most = item["points"], item["max"]
        return Dimension(
            key=item["dimension"],
            label=item["label"],
            points=Figure(None if points is None else round(points, 1), "count", missing=item.get("note") or ""),
            most=Figure(most, "count"),
            share=round(100 * points / most) if points is not None and most else 0,
            reasons=tuple(self._reasons(item["reasons"])),
            note=item.get("note") or "",
        )

    def _reasons(self, items: Iterable[Json]) -> Iterable[PointReason]:
        for item in items:
            points = item.get("points")
            at = item.get("i")
            yield PointReason(
                text=item["text"],
                points="" if points is None else format_change(round(points, 1), "count", self.language),
                quote="" if (item.get("quote") or "") in item["text"] else item["quote"],
                href="" if at is None else f"#m{at}",
            )


def _standing(item: Json) -> tuple[str, Tone]:
    if item["wrong"]:
        return _("said wrongly"), "bad"
    if item["met"]:
        return _("said"), "good"
    return (_("half said"), "warn") if item["share"] else (_("not said"), "neutral")


def _tool_turn(item: Json) -> Turn:
    label = " ".join(
        (item["label"], *(f"{value:g}" if isinstance(value, float) else str(value) for value in item["args"].values()))
    )
    return Turn("", "system", clock(item["at_seconds"]), item["text"], label, not item["is_done"])


def clock(seconds: float) -> str:
    """Time since the opening line, cut to whole seconds as in the room: ``1:05``."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"
