"""Measuring with questions (测评): analysis of exams, calibration of questions, ability, adaptive tests."""

from peilian.engine.psychometrics.ability import estimate_ability
from peilian.engine.psychometrics.adaptive import AdaptiveState, AdaptiveTest
from peilian.engine.psychometrics.calibration import Calibration, calibrate
from peilian.engine.psychometrics.classical import Limits
from peilian.engine.psychometrics.exam import ExamAnalysis, analyse_exam
from peilian.engine.psychometrics.model import ItemParameters
from peilian.engine.psychometrics.values import Answer, ExamItem, Responses

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
