"""What the demo's agents can do is known; measuring their conversations has to find it out again."""

from __future__ import annotations

import pytest

from peilian.adapters.lake import Lake
from peilian.demo.agents import SKILLS
from peilian.demo.recovery import COUNTERPARTS, recovered, spearman
from peilian.flows.importing import import_files


@pytest.fixture(scope="module")
def correlations(season, tmp_path_factory):
    lake = Lake.create(tmp_path_factory.mktemp("lake") / "lake")
    report = import_files([season.messages, season.conversations], lake=lake, now_ms=1_796_000_000_000, strict=True)
    assert report.conversations.rejected == 0
    return recovered(lake)


@pytest.mark.parametrize("skill", SKILLS)
def test_measuring_recovers_what_the_agents_can_do(skill, correlations):
    assert correlations[skill] >= 0.7, COUNTERPARTS[skill]


def test_ranks_that_agree_correlate_fully_and_ties_share_their_rank():
    assert spearman([1, 2, 3], [10, 20, 90]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 1, 2, 3], [5, 5, 5, 5]) == 0
    assert spearman([1, 2, 3, 4], [1, 1, 2, 2]) == pytest.approx(0.8944, abs=1e-4)
