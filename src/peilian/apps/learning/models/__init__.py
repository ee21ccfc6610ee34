"""Rows of the learning app, by what they are about."""

from __future__ import annotations

from peilian.apps.learning.models.corrections import Contest, ContestState, Regrade, RegradeHow
from peilian.apps.learning.models.credentials import (
    Certificate,
    CertificateGround,
    CertificateSeries,
    CredentialEvent,
    CredentialEventKind,
    ExternalCertificate,
    ExternalState,
    standing_of,
)
from peilian.apps.learning.models.curriculum import (
    Completion,
    CompletionHow,
    CourseExam,
    Enrolment,
    EnrolmentHow,
    LessonRound,
    LessonWork,
    LessonWorkKind,
)
from peilian.apps.learning.models.drills import AttemptDrill
from peilian.apps.learning.models.exams import (
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Mark,
    MarkKind,
    Response,
    Sitting,
)
from peilian.apps.learning.models.feedback import Clarity, LessonFeedback
from peilian.apps.learning.models.handbook import HandbookEntry, HandbookProposal, KeptFrom
from peilian.apps.learning.models.homework import (
    Homework,
    HomeworkDecision,
    HomeworkFile,
    HomeworkState,
    HomeworkVersion,
)
from peilian.apps.learning.models.panels import Examiner, Panel, PanelCandidate, PanelKind, PanelSheet
from peilian.apps.learning.models.plans import Plan, PlanStep
from peilian.apps.learning.models.rounds import Card, CardAnswer, DailyRound
from peilian.apps.learning.models.rules import RuleEvent, RuleEventKind, RuleServing, RuleSwitch
from peilian.apps.learning.models.statistics import AdaptiveRun, ItemCalibration, ItemStatistics, StatisticsOf

GUARDED = (
    "learning_attemptevent",
    "learning_cardanswer",
    "learning_certificate",
    "learning_certificateground",
    "learning_completion",
    "learning_credentialevent",
    "learning_homeworkdecision",
    "learning_homeworkfile",
    "learning_homeworkversion",
    "learning_lessonwork",
    "learning_mark",
    "learning_panelsheet",
    "learning_regrade",
    "learning_ruleevent",
    "learning_ruleserving",
)
"""Tables whose rows the database itself refuses to change."""

__all__ = [
    "GUARDED",
    "AdaptiveRun",
    "Attempt",
    "AttemptDrill",
    "AttemptEvent",
    "AttemptEventKind",
    "AttemptState",
    "Card",
    "CardAnswer",
    "Certificate",
    "CertificateGround",
    "CertificateSeries",
    "Clarity",
    "Completion",
    "CompletionHow",
    "Contest",
    "ContestState",
    "CourseExam",
    "CredentialEvent",
    "CredentialEventKind",
    "DailyRound",
    "Enrolment",
    "EnrolmentHow",
    "Examiner",
    "ExternalCertificate",
    "ExternalState",
    "HandbookEntry",
    "HandbookProposal",
    "Homework",
    "HomeworkDecision",
    "HomeworkFile",
    "HomeworkState",
    "HomeworkVersion",
    "ItemCalibration",
    "ItemStatistics",
    "KeptFrom",
    "LessonFeedback",
    "LessonRound",
    "LessonWork",
    "LessonWorkKind",
    "Mark",
    "MarkKind",
    "Panel",
    "PanelCandidate",
    "PanelKind",
    "PanelSheet",
    "Plan",
    "PlanStep",
    "Regrade",
    "RegradeHow",
    "Response",
    "RuleEvent",
    "RuleEventKind",
    "RuleServing",
    "RuleSwitch",
    "Sitting",
    "StatisticsOf",
    "standing_of",
]
