"""Rehearsals: what every scenario has to judge rightly."""

from __future__ import annotations

import pytest

from peilian.flows import playing
from peilian.flows.rehearsing import REFUSING, Rehearsal, _misjudged, refusing, rehearse

EVERY = [
    (key, language) for key, (document, _) in sorted(playing.scenarios().items()) for language in document.languages
]


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_refusing_everything_passes_in_no_scenario_and_resolves_nothing(key, language):
    cast = playing.cast(key, language)
    rehearsal = rehearse(cast, seeds=1)
    assert rehearsal.passed[REFUSING] == (False,)
    assert rehearsal.totals[REFUSING] < rehearsal.totals["ideal"]
    assert playing.play(cast, refusing(language), seed=1).drill.state.outcome == "abandoned"


def test_a_scenario_that_lets_refusing_pass_is_told_so():
    rehearsal = Rehearsal({"ideal": (90.0,), REFUSING: (70.0,)}, {"ideal": (True,), REFUSING: (True,)})
    (reason,) = _misjudged(rehearsal)
    assert (reason.key, dict(reason.params)) == ("drill.rehearsal.passes", {"play": "refusing"})
