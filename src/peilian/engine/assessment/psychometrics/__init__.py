"""Measuring with questions (测评): analysis of exams, calibration of questions, ability, adaptive tests."""

from peilian.engine.assessment.psychometrics.ability import estimate_ability
from peilian.engine.assessment.psychometrics.adaptive import AdaptiveState, AdaptiveTest
from peilian.engine.assessment.psychometrics.calibration import Calibration, calibrate
from peilian.engine.assessment.psychometrics.classical import Limits
from peilian.engine.assessment.psychometrics.exam import ExamAnalysis, analyse_exam
from peilian.engine.assessment.psychometrics.model import ItemParameters
from peilian.engine.assessment.psychometrics.values import Answer, ExamItem, Responses

__all__ = [
    "AdaptiveState",
    "AdaptiveTest",
    "Answer",
    "Calibration",
    "ExamAnalysis",
    "ExamItem",
    "ItemParameters",
    "Limits",
    "Responses",
    "analyse_exam",
    "calibrate",
    "estimate_ability",
]
