"""The door of the record app: evidence, profiles, needs, assignments.

Whoever measures adds evidence here, whoever leads raises needs and assigns, and everybody sees what is kept about
oneself. Functions that change something take the acting user and check the permission; ``actor=None`` is the product
itself. Absent and forbidden give the same answer.
"""

from __future__ import annotations

from peilian.apps.record.assignments import (
    Attempt,
    NewAssignment,
    assign,
    assignment,
    assignments_of,
    cancel_assignment,
    own_under_way,
    record_attempt,
)
from peilian.apps.record.ledger import (
    Bearing,
    NewEvidence,
    add_evidence,
    bearing_of,
    correct_evidence,
    evidence_of,
    lock_people,
    withdraw_evidence,
)
from peilian.apps.record.models import (
    GUARDED,
    Assignment,
    AssignmentKind,
    AssignmentResult,
    AssignmentState,
    AttemptRule,
    Evidence,
    EvidenceKind,
    Need,
    NeedOrigin,
    NeedState,
    NeedSubject,
)
from peilian.apps.record.needs import (
    GapLook,
    dismiss_need,
    look_at_gaps,
    meet_need,
    need,
    needs_of,
    raise_gap_needs,
    raise_need,
)
from peilian.apps.record.profiles import WeighedEvidence, Why, profile_of, team_profiles, why
from peilian.apps.record.standing import PersonProfile, competency_model, competency_text, profiles

__all__ = [
    "GUARDED",
    "Assignment",
    "AssignmentKind",
    "AssignmentResult",
    "AssignmentState",
    "Attempt",
    "AttemptRule",
    "Bearing",
    "Evidence",
    "EvidenceKind",
    "GapLook",
    "Need",
    "NeedOrigin",
    "NeedState",
    "NeedSubject",
    "NewAssignment",
    "NewEvidence",
    "PersonProfile",
    "WeighedEvidence",
    "Why",
    "add_evidence",
    "assign",
    "assignment",
    "assignments_of",
    "bearing_of",
    "cancel_assignment",
    "competency_model",
    "competency_text",
    "correct_evidence",
    "dismiss_need",
    "evidence_of",
    "lock_people",
    "look_at_gaps",
    "meet_need",
    "need",
    "needs_of",
    "own_under_way",
    "profile_of",
    "profiles",
    "raise_gap_needs",
    "raise_need",
    "record_attempt",
    "team_profiles",
    "why",
    "withdraw_evidence",
]
