"""The door of the appraisal app."""

from __future__ import annotations

from peilian.apps.appraisal.models import (
    GUARDED,
    Appeal,
    AppealState,
    Appraisal,
    AppraisalCause,
    Appraisee,
    Cycle,
    CycleState,
    Event,
    EventKind,
    EventState,
    Exemption,
    Input,
    InputSource,
    PlanItem,
    Remark,
    RemarkKind,
    Talk,
    Template,
    TemplateVersion,
)

__all__ = [
    "GUARDED",
    "Appeal",
    "AppealState",
    "Appraisal",
    "AppraisalCause",
    "Appraisee",
    "Cycle",
    "CycleState",
    "Event",
    "EventKind",
    "EventState",
    "Exemption",
    "Input",
    "InputSource",
    "PlanItem",
    "Remark",
    "RemarkKind",
    "Talk",
    "Template",
    "TemplateVersion",
]
