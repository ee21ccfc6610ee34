"""Why an estimate is what it is, and what each piece said when it came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peilian.engine._kernel import Param, Reason
from peilian.engine.competency.belief import Sum, fading, precision_of
from peilian.engine.competency.evidence import Evidence
from peilian.engine.competency.model import FULL_SCALE, CompetencyModel
from peilian.engine.competency.profile import Estimate

_STILL = 0.05  # points; less shows as 0.0
_DISAGREEMENT = 5.0  # points of deviation from which it is worth a word


@dataclass(frozen=True, slots=True)
class Influence:
    """What one piece does to an estimate: its ``share`` of all weight, the expectation of the stage included, and the
    ``points`` by which it draws the estimate away from that expectation. The expectation and all points together are
    the estimate."""

    piece: Evidence
    share: float
    points: float


def influences(
    model: CompetencyModel, evidence: Iterable[Evidence], now_ms: int, *, stage: str | None = None
) -> tuple[Influence, ...]:
    """The influence of each piece on the estimate of one competency, the newest first. All pieces are of one."""
    pieces = sorted(piece for piece in evidence if piece.at_ms <= now_ms and piece.kind in model.sources)
    if len({piece.competency for piece in pieces}) > 1:
        raise ValueError("the evidence of one competency was expected")
    expected, total = model.stage(stage), Sum(model, model.stage(stage))
    for piece in pieces:
        total.take(piece)
    total.age_to(now_ms)
    shares = total.belief().shares
    found = []
    for piece in reversed(pieces):
        precision = precision_of(model, piece) * fading(model, now_ms - piece.at_ms)
        within = precision / total.kinds[piece.kind].precision if total.kinds[piece.kind].precision > 0 else 0.0
        share = shares.get(piece.kind, 0.0) * within
        found.append(Influence(piece, share, share * (piece.score * FULL_SCALE - expected.mean)))
    return tuple(found)


def explain(
    model: CompetencyModel, before: Estimate, after: Estimate, piece: Evidence, *, stage: str | None = None
) -> tuple[Reason, ...]:
    """What ``piece`` said and did when it was added: ``before`` and ``after`` are taken at that moment.

    First its score and which way that draws the estimate, which is the sign of its influence; then whether the
    estimate became more certain, then a change of level with the cut that was passed, then contradictions.
    """
    expected = model.stage(stage).mean
    score = piece.score * FULL_SCALE
    reasons = [
        Reason(f"competency.scored.{piece.kind}", {"score": round(score), "n": piece.n}),
        Reason(f"competency.draws_{_way(score - expected)}", {"expected": round(expected)}),
    ]
    narrower = before.deviation - after.deviation
    if abs(narrower) >= _STILL:
        key = "competency.surer" if narrower > 0 else "competency.less_sure"
        reasons.append(Reason(key, {"before": round(before.deviation, 1), "after": round(after.deviation, 1)}))
    if after.level != before.level:
        reasons.append(_level_reason(model, before, after))
    elif after.level is None:
        reasons.append(Reason("competency.no_level_yet", {"n": after.n, "occasions": after.occasions}))
    if after.disagreement >= _DISAGREEMENT:
        reasons.append(Reason("competency.disagreement", {"points": round(after.disagreement, 1)}))
    return tuple(reasons)


def _way(above: float) -> str:
    if abs(above) < _STILL:
        return "nowhere"
    return "up" if above > 0 else "down"


def _level_reason(model: CompetencyModel, before: Estimate, after: Estimate) -> Reason:
    if before.level is None or after.level is None:
        return Reason("competency.level_first", {"level": after.level})
    is_up = after.level > before.level
    cut = model.cut_of(after.level if is_up else after.level + 1)
    shown: dict[str, Param] = {
        "before": before.level,
        "level": after.level,
        "low": round(after.low),
        "high": round(after.high),
        "cut": round(cut),
        "margin": round(model.rules.hysteresis),
    }
    return Reason("competency.level_up" if is_up else "competency.level_down", shown)
