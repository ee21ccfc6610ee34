"""What the demo company practises: a drill that is to be passed is passed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from peilian.demo import training


def test_a_drill_that_nobody_can_pass_is_told_and_not_played(monkeypatch):
    agent = next(iter(training.agents()))
    monkeypatch.setattr(training, "_served", lambda *_: SimpleNamespace(drill=None))
    monkeypatch.setattr(training, "score", lambda _: SimpleNamespace(passed=False))
    with pytest.raises(LookupError, match=agent.number):
        training._passing(agent, "retail/logistics-delay")
