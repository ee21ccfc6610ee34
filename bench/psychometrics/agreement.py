"""The classical figures against a second, plain computation that shares no code with the engine.

    python bench/psychometrics/agreement.py --data FOLDER

Here everything is written as in the textbooks, one question and one person after the other. Sets without a gap are
compared with the usual formulas on raw total scores: correlation with the total of all other questions, alpha from the
variance of totals, facility of the best less the weakest 27 %. Sets with gaps are compared with the definition that the
engine gives for them, computed by loops.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from sets import BOOKLETS, CHOICES, SCORES, from_scores, score_table

from peilian.engine.assessment.psychometrics import analyse_exam

Rows = Sequence[Mapping[str, float]]


def textbook_rest(rows: Rows, item: str) -> float:
    """Correlation with the raw total of all other questions; everybody answered everything."""
    return statistics.correlation([row[item] for row in rows], [sum(row.values()) - row[item] for row in rows])


def textbook_alpha(rows: Rows, items: Sequence[str]) -> float:
    """Cronbach's alpha."""
    single = sum(statistics.variance([row[item] for row in rows]) for item in items)
    return len(items) / (len(items) - 1) * (1 - single / statistics.variance([sum(row.values()) for row in rows]))


def rest_with_gaps(rows: Rows, item: str, means: Mapping[str, float], most: Mapping[str, float]) -> float:
    """Correlation with the mean distance from the means of all other questions that the person saw."""
    own, rest = [], []
    for row in rows:
        if item in row and len(row) > 3:
            others = [key for key in row if key != item]
            own.append(row[item])
            rest.append(sum(row[key] - means[key] for key in others) / sum(most[key] for key in others))
    return statistics.correlation(own, rest)


def alpha_with_gaps(rows: Rows, items: Sequence[str]) -> float:
    """Alpha of a paper of mean length from the mean variance and covariance, weighted by degrees of freedom."""
    takers = {item: {n for n, row in enumerate(rows) if item in row} for item in items}
    variance = weighted([(len(takers[i]) - 1, statistics.variance([rows[n][i] for n in takers[i]])) for i in items])
    covariances = []
    for place, first in enumerate(items):
        for second in items[:place]:
            both = takers[first] & takers[second]
            if len(both) >= 5:
                pair = [rows[n][first] for n in both], [rows[n][second] for n in both]
                covariances.append((len(both) - 1, statistics.covariance(*pair)))
    length, common = sum(map(len, rows)) / len(rows), weighted(covariances)
    return length * common / (variance + (length - 1) * common)


def weighted(values: Sequence[tuple[float, float]]) -> float:
    """Mean of values that stand after their weights."""
    return sum(weight * value for weight, value in values) / sum(weight for weight, _value in values)


def upper_lower(rows: Rows, item: str, standing: Sequence[float], most: float) -> float:
    """Mean share of the best 27 % less that of the weakest; people of equal standing count in part."""
    taking = [n for n, row in enumerate(rows) if item in row]
    size = 0.27 * len(taking)
    groups: dict[float, list[int]] = {}
    for n in taking:
        groups.setdefault(round(standing[n], 9), []).append(n)
    means = []
    for is_descending in (False, True):
        left, total = size, 0.0
        for value in sorted(groups, reverse=is_descending):
            part = min(left, len(groups[value]))
            total += part * statistics.fmean(rows[n][item] / most for n in groups[value])
            left -= part
        means.append(total / size)
    return means[1] - means[0]


def compare(folder: Path, name: str) -> None:
    """Print the largest differences of one set."""
    rows, most = score_table(folder, name)
    rows = [row for row in rows if row]
    items = list(most)
    analysis = analyse_exam(from_scores(rows, most))
    means = {item: statistics.fmean(row[item] for row in rows if item in row) for item in items}
    is_complete = all(len(row) == len(items) for row in rows)
    if is_complete:
        standing = [sum(row.values()) for row in rows]
    else:
        standing = [sum(row[i] - means[i] for i in row) / sum(most[i] for i in row) for row in rows]
    worst = {"facility": 0.0, "discrimination": 0.0, "upper-lower": 0.0}
    for one in analysis.items:
        item = one.figures.item
        rest = textbook_rest(rows, item) if is_complete else rest_with_gaps(rows, item, means, most)
        pairs = {
            "facility": (one.figures.facility.value, means[item] / most[item]),
            "discrimination": (one.figures.discrimination.value, rest),
            "upper-lower": (
                one.figures.upper_lower.value,
                upper_lower([row if len(row) > 3 else {} for row in rows], item, standing, most[item]),
            ),
        }
        for label, (ours, theirs) in pairs.items():
            assert ours is not None, (name, item, label)
            worst[label] = max(worst[label], abs(ours - theirs))
    ours = analysis.reliability.value
    shown = ", ".join(f"{label} {difference:.1e}" for label, difference in worst.items())
    kind = "complete, textbook formulas" if is_complete else "with gaps"
    if ours is None:
        assert analysis.reliability.why_not is not None
        reason = analysis.reliability.why_not
        print(
            f"{name} ({len(rows)} x {len(items)}, {kind}): {shown}; no reliability: {reason.key} {dict(reason.params)}"
        )
        return
    theirs = textbook_alpha(rows, items) if is_complete else alpha_with_gaps(rows, items)
    print(f"{name} ({len(rows)} x {len(items)}, {kind}): {shown}, reliability {abs(ours - theirs):.1e} (is {ours:.4f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    print("largest differences:")
    for name in (*SCORES, *CHOICES, BOOKLETS):
        compare(folder, name)


if __name__ == "__main__":
    main()
