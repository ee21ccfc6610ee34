"""Diagnosis (诊断): from what conversations show to ranked pain points, with counts, quotes, agents concerned."""

from peilian.engine.diagnosis.diagnosing import diagnose
from peilian.engine.diagnosis.evidence import (
    ConversationEvidence,
    Evidence,
    FindingEvidence,
    LoadEvidence,
    RoundEvidence,
)
from peilian.engine.diagnosis.record import as_dict, from_dict
from peilian.engine.diagnosis.rules import DiagnosisRules, GroupRule, PointRule
from peilian.engine.diagnosis.values import Diagnosis

__all__ = [
    "ConversationEvidence",
    "Diagnosis",
    "DiagnosisRules",
    "Evidence",
    "FindingEvidence",
    "GroupRule",
    "LoadEvidence",
    "PointRule",
    "RoundEvidence",
    "as_dict",
    "diagnose",
    "from_dict",
]
