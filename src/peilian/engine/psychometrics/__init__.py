"""Measuring with questions (测评): analysis of exams, calibration of questions, ability, adaptive tests."""

from peilian.engine.psychometrics.classical import Limits
from peilian.engine.psychometrics.exam import ExamAnalysis, analyse_exam
from peilian.engine.psychometrics.values import Answer, ExamItem, Responses

__all__ = [
    "Answer",
    "ExamAnalysis",
    "ExamItem",
    "Limits",
    "Responses",
    "analyse_exam",
]
