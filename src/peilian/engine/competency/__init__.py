"""Competency (胜任力): evidence about a person becomes a profile with uncertainty, gaps, radar, and reasons."""

from peilian.engine.competency.evidence import Evidence, Figure, evidence_from
from peilian.engine.competency.explaining import explain, influences
from peilian.engine.competency.model import CompetencyModel
from peilian.engine.competency.profile import Estimate, Gap, Profile, gaps, profile, radar

__all__ = [
    "CompetencyModel",
    "Estimate",
    "Evidence",
    "Figure",
    "Gap",
    "Profile",
    "evidence_from",
    "explain",
    "gaps",
    "influences",
    "profile",
    "radar",
]
