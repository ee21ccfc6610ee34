"""Evidence (能力证据): one piece of what somebody was seen to do, and how figures measured elsewhere become pieces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from peilian.engine.competency.model import Competency, CompetencyModel, SourceKind


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One piece of evidence on one competency.

    ``score`` runs from 0 to 1, ``n`` is the number of cases behind it (questions, conversations), ``weight`` (above 0,
    at most 1) how fully the piece speaks for the competency. ``source`` names where it came from.
    """

    at_ms: int
    source: str
    competency: str
    kind: SourceKind
    score: float
    n: int = 1
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"a score lies between 0 and 1, not {self.score}")
        if not 0 < self.weight <= 1:
            raise ValueError(f"a weight lies above 0 and not above 1, not {self.weight}")
        if self.n < 1:
            raise ValueError(f"a piece stands on at least one case, not {self.n}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with the number of cases it stands on."""

    value: float
    n: int = 1


def evidence_from(
    model: CompetencyModel, kind: SourceKind, figures: Mapping[str, Figure], *, at_ms: int, source: str
) -> tuple[Evidence, ...]:
    """One piece for every competency that one of ``figures`` speaks for.

    ``figures`` go by the names of the model's feeds: shares of points per dimension for a drill, shares of
    conversations for findings, values of KPIs. What was not measured is left out, never taken as 0.
    """
    found = (_piece(item, kind, figures, at_ms, source) for item in model.competencies.values())
    return tuple(piece for piece in found if piece is not None)


def _piece(
    competency: Competency, kind: SourceKind, figures: Mapping[str, Figure], at_ms: int, source: str
) -> Evidence | None:
    """The mean of the scores by the weights of their feeds.

    The number of cases is that of the one sample with the same variance of its mean. The figures often describe the
    same cases, so it is never more than the most behind any one of them.
    """
    fed = [(feed, figures[feed.name]) for feed in competency.feeds if feed.kind == kind and feed.name in figures]
    fed = [(feed, figure) for feed, figure in fed if figure.n > 0]
    if not fed:
        return None
    total = math.fsum(feed.weight for feed, _ in fed)
    score = math.fsum(feed.weight * feed.score(figure.value) for feed, figure in fed) / total
    same = total**2 / math.fsum(feed.weight**2 / figure.n for feed, figure in fed)
    return Evidence(
        at_ms=at_ms,
        source=source,
        competency=competency.key,
        kind=kind,
        score=min(1.0, max(0.0, score)),
        n=max(1, min(int(same + 1e-9), max(figure.n for _, figure in fed))),
        weight=min(1.0, total),
    )
