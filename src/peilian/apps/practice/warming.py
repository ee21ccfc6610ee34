"""Warming up (预热): what the first drill of a process would else wait for seconds long."""

from __future__ import annotations

from peilian.apps.practice import offered
from peilian.flows import scoring, wording


def warm_up() -> None:
    """Load lexicons, scorecards, words and what every scenario is played with. Done twice, it costs nothing."""
    for key, (document, _version) in offered.scenarios().items():
        for language in document.languages:
            offered.cast(key, language)
    scoring.shipped()
    wording.catalogue()
