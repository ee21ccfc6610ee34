"""Rehearsing (试演): a scenario plays its own good and bad answers, and must judge them in the right order.

By ``total``: ideal before curt but correct, before apologies alone and stalling, before breaking the rules and silence.
The ideal answer always passes; strings of keywords, copied rules, fatal breaches, and refusing everything never do. The
last is no play of the scenario: it is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev

from peilian.adapters import packs
from peilian.adapters.packs.lexicon import load_classes
from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.adapters.packs.scenario_faults import faults_of, pattern_faults, place_of
from peilian.engine._expression import ExpressionError
from peilian.engine._kernel import Fault, Language, Reason
from peilian.engine.drill import Cast, Drill, Turn
from peilian.engine.drill.linting import lint
from peilian.engine.drill.outcome import unresolved
from peilian.engine.drill.world import ToolError
from peilian.engine.text import PatternError
from peilian.flows import playing, reading
from peilian.flows.drill_results import required, score

SEEDS = 20
TIERS = (("ideal",), ("curt",), ("apology_only", "stalling"), ("policy_breaking", "silent"))
REFUSING = "refusing"
NEVER_PASS = ("keyword_dump", "copy_paste", "fatal_breach", REFUSING)
_LEAST_ORDERED = 0.95  # share of the seeds in which each pair must be in order
_MOST_SPREAD = 3.0  # points of standard deviation between seeds


_REFUSALS: Mapping[Language, tuple[str, ...]] = {
    "zh": (
        "您好，抱歉，这个我们不能办。",
        "不好意思，没有这项服务。",
        "这个也不可以，请您理解。",
        "公司规定就是这样，我没有办法。",
        "真的办不了，再次抱歉。",
        "没有别的办法了，感谢您的理解，再见。",
    ),
    "en": (
        "Hello, I am sorry, but we cannot do that.",
        "I am afraid there is no such service.",
        "That is not possible either, please understand.",
        "Those are the rules, there is nothing I can do.",
        "I really cannot do it, sorry again.",
        "There is no other way. Thank you for understanding, goodbye.",
    ),
}
_REFUSED_EVERY_MS = 15_000


@dataclass(frozen=True)
class Rehearsal:
    """Totals and passes of every play by seed, and what the ideal one leaves open: labels of elements and needs."""

    totals: Mapping[str, tuple[float, ...]]
    passed: Mapping[str, tuple[bool, ...]]
    left_open: tuple[str, ...] = ()

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """Better play, worse play, and the share of the seeds in which their totals are in that order."""
        for upper, tier in enumerate(TIERS):
            for lower in TIERS[upper + 1 :]:
                for better in tier:
                    for worse in lower:
                        if better in self.totals and worse in self.totals:
                            yield better, worse, self._share(better, worse)

    def _share(self, better: str, worse: str) -> float:
        return fmean(a > b for a, b in zip(self.totals[better], self.totals[worse], strict=True))


def rehearse(cast: Cast, *, seeds: int = SEEDS) -> Rehearsal:
    """Play every script of the scenario, and refusing everything, over ``seeds`` seeds."""
    totals: dict[str, tuple[float, ...]] = {}
    passed: dict[str, tuple[bool, ...]] = {}
    left_open: dict[str, None] = {}
    for name, script in {**cast.scenario.plays, REFUSING: refusing(cast.scenario.language)}.items():
        drills = [playing.play(cast, script, seed=seed).drill for seed in range(seeds)]
        scores = [score(drill) for drill in drills]
        if name == "ideal":
            left_open = dict.fromkeys(label for drill in drills for label in _left_open(drill))
        totals[name] = tuple(float(one.total or 0) for one in scores)
        passed[name] = tuple(bool(one.passed) for one in scores)
    return Rehearsal(totals, passed, tuple(left_open))


def _left_open(drill: Drill) -> Iterator[str]:
    """Required elements that were not said in full, and needs without which nobody passes."""
    yield from (item.label for item in required(drill) if item.share < 1)
    needs = unresolved(drill.cast.scenario, drill.state)
    yield from (need.label for need in drill.cast.scenario.needs if need.need_id in needs)


Told = Callable[[str, Language, Rehearsal], None]


def refusing(language: Language) -> tuple[Turn, ...]:
    """A script that politely refuses whatever is asked for."""
    return tuple(
        Turn(_REFUSED_EVERY_MS * number, text) for number, text in enumerate(_REFUSALS[language], start=1)
    )  # fmt: skip


def check(
    document: ScenarioDocument, version: str, roots: tuple[Path, ...], *, file: str, seeds: int = SEEDS,
    on_rehearsal: Told = lambda _key, _language, _rehearsal: None,
) -> list[Fault]:  # fmt: skip
    """Lint a scenario and, when it is sound, rehearse it in each of its languages, unless ``seeds`` is 0. Every fault
    names the file; one of the text names line and field too. ``on_rehearsal`` is told how the plays came out."""
    found: list[tuple[packs.Place, Reason]] = []
    for fault in unsound(document, version, roots):
        if fault not in found:  # what both languages share is told once
            found.append(fault)
    if found:
        return [packs.fault_at(Path(file), place, reason) for place, reason in found]
    faults = []
    for language in document.languages if seeds else ():

        def tell(rehearsal: Rehearsal, language: Language = language) -> None:
            on_rehearsal(document.key, language, rehearsal)

        for reason in _faults(document, version, language, roots, seeds, tell):
            faults.append(Fault(reason, file=file, field=f"{document.key} ({language})"))
    return faults


def unsound(document: ScenarioDocument, version: str, roots: tuple[Path, ...]) -> Iterator[tuple[packs.Place, Reason]]:
    """What is wrong before anything is played, and where."""
    yield from faults_of(document)
    for language in document.languages:
        for reason in lint(document.to_scenario(language, version)):
            yield place_of(document, str(reason.params.get("where", ""))), reason
        yield from pattern_faults(document, language, load_classes(roots)[language])


def _faults(
    document: ScenarioDocument, version: str, language: Language, roots: tuple[Path, ...], seeds: int,
    tell: Callable[[Rehearsal], None],
) -> Iterator[Reason]:  # fmt: skip
    try:
        cast = playing.cast_of(document, version, language, roots, reading.lexicons())
        rehearsal = rehearse(cast, seeds=seeds)
        tell(rehearsal)
    except PatternError as error:
        yield Reason(error.problem, {"pattern": error.pattern})
        return
    except ToolError as error:
        yield error.reason
        return
    except ExpressionError as error:
        yield error.reason
        return
    except (ArithmeticError, ValueError, RecursionError) as error:
        yield Reason("drill.rehearsal.breaks", {"problem": str(error)})
        return
    yield from _misjudged(rehearsal)


def _misjudged(rehearsal: Rehearsal) -> Iterator[Reason]:
    for better, worse, share in rehearsal.pairs():
        if share < _LEAST_ORDERED:
            first, second = (round(fmean(rehearsal.totals[name]), 1) for name in (better, worse))
            yield Reason(
                "drill.rehearsal.order", {"better": better, "worse": worse, "first": first, "second": second}
            )  # fmt: skip
    if not all(rehearsal.passed["ideal"]):
        yield Reason("drill.rehearsal.ideal_fails", {"total": round(fmean(rehearsal.totals["ideal"]), 1)})
        for label in rehearsal.left_open:
            yield Reason("drill.rehearsal.ideal_lacks", {"label": label})
    for name in NEVER_PASS:
        if any(rehearsal.passed.get(name, ())):
            yield Reason("drill.rehearsal.passes", {"play": name})
    for name, totals in rehearsal.totals.items():
        if pstdev(totals) >= _MOST_SPREAD:
            yield Reason("drill.rehearsal.spread", {"play": name, "sd": round(pstdev(totals), 2)})
