"""Drill scenarios: what they are about and what they train; what they look for only to who writes them."""

from __future__ import annotations

from typing import Any

from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.web.library.shown.reading import Reading
from peilian.web.people.wordings import joined
from peilian.web.practice.wordings import difficulty_name, industry_name, language_names, time_limit, trained


def scenario(document: ScenarioDocument, reading: Reading) -> dict[str, Any]:
    """The facts of a drill as its catalogue tells them."""
    against, practises = trained(document.trains)
    return {
        "against": joined(against),
        "practises": joined(practises),
        "limit": time_limit(document.time_limit_seconds, reading.language),
        "difficulty": difficulty_name(document.difficulty),
        "industry": industry_name(document.industry),
        "languages": language_names(document.languages),
    }
