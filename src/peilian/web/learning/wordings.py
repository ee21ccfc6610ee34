"""What pages of learning say: where a unit stands, how something was done, what is to be done about a text."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from peilian.apps.learning import api as learning
from peilian.web.shell.tables import Tone

Label = str | Promise

STATES: dict[str, Label] = {
    "done": pgettext_lazy("unit", "done"),
    "next": pgettext_lazy("unit", "next"),
    "open": pgettext_lazy("unit", "open"),
    "locked": pgettext_lazy("unit", "locked"),
}
STATE_ICONS = {"done": "check", "next": "player-play", "open": "book-2", "locked": "lock"}
HOWS: dict[str, Label] = {
    "learnt": pgettext_lazy("completion", "learnt"),
    "tested_out": pgettext_lazy("completion", "tested out"),
    "passed": pgettext_lazy("completion", "exam passed"),
    "read": pgettext_lazy("completion", "read"),
    "drilled": pgettext_lazy("completion", "drilled"),
    "handed_in": pgettext_lazy("completion", "handed in"),
    "attended": pgettext_lazy("completion", "attended"),
    "credited": pgettext_lazy("completion", "credited"),
}
CAME_BY: dict[str, Label] = {
    "self": pgettext_lazy("enrolment", "chosen by oneself"),
    "assigned": pgettext_lazy("enrolment", "assigned"),
    "rule": pgettext_lazy("enrolment", "by a rule"),
    "remedial": pgettext_lazy("enrolment", "after an exam"),
    "plan": pgettext_lazy("enrolment", "by the individual plan"),
}
PARTS: dict[str, Label] = {
    "check": pgettext_lazy("lesson", "Check"),
    "rewrite": pgettext_lazy("lesson", "Say it better"),
    "drill": pgettext_lazy("lesson", "Drill"),
    "homework": pgettext_lazy("lesson", "Homework"),
    "read": pgettext_lazy("lesson", "Read it"),
}
CLARITIES: dict[str, Label] = {
    "clear": pgettext_lazy("clarity", "Clear"),
    "partly": pgettext_lazy("clarity", "Partly clear"),
    "not_yet": pgettext_lazy("clarity", "Not yet clear"),
}
CLARITY_TONES: dict[str, Tone] = {"clear": "good", "partly": "neutral", "not_yet": "warn"}
KEPT_FROM: dict[str, Label] = {
    "text": pgettext_lazy("handbook", "from a text"),
    "drill": pgettext_lazy("handbook", "from a drill"),
    "exam": pgettext_lazy("handbook", "from an exam"),
    "own": pgettext_lazy("handbook", "my own note"),
}
PROPOSALS: dict[str, Label] = {
    "waits": pgettext_lazy("proposal", "waits to be looked at"),
    "returned": pgettext_lazy("proposal", "came back"),
    "declined": pgettext_lazy("proposal", "not taken up"),
    "published": pgettext_lazy("proposal", "published"),
}
PROPOSAL_TONES: dict[str, Tone] = {"waits": "accent", "returned": "warn", "declined": "neutral", "published": "good"}
HOMEWORK_STATES: dict[str, Label] = {
    "submitted": pgettext_lazy("homework", "handed in, waits to be judged"),
    "returned": pgettext_lazy("homework", "came back"),
    "accepted": pgettext_lazy("homework", "accepted"),
}
HOMEWORK_TONES: dict[str, Tone] = {"submitted": "accent", "returned": "warn", "accepted": "good"}
DO: dict[str, Label] = {
    "lesson": pgettext_lazy("unit", "Learn"),
    "scenario": pgettext_lazy("unit", "Drill"),
    "exam": pgettext_lazy("unit", "To the exam"),
    "survey": pgettext_lazy("unit", "Open"),
}
READ_IT: Label = pgettext_lazy("unit", "Read")


def tone_of(state: str, *, is_overdue: bool) -> Tone:
    """How the state of a unit is to look."""
    if state == "done":
        return "good"
    return "bad" if is_overdue else "accent" if state == "next" else "neutral"


def action_of(unit: learning.UnitView) -> Label:
    """What its button says."""
    return DO.get(unit.kind, READ_IT)
