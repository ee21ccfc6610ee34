"""What pages of exams say: grades, kinds of questions, languages, times."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from peilian.apps.learning import api as learning
from peilian.web.people.forms import name_in
from peilian.web.shell.tables import Tone

Label = str | Promise

GRADES: dict[str, Label] = {
    "excellent": pgettext_lazy("grade", "excellent"),
    "good": pgettext_lazy("grade", "good"),
    "qualified": pgettext_lazy("grade", "qualified"),
    "": pgettext_lazy("grade", "not passed"),
}
KINDS: dict[str, Label] = {
    "single": _("Choose one"),
    "multiple": _("Choose all that are right"),
    "truth": _("Right or wrong?"),
    "fill": _("Fill in the gaps"),
    "short": _("Answer in your own words"),
    "steps": _("Write the steps in their order"),
    "order": _("Put the steps in order"),
    "match": _("What belongs together?"),
    "case": _("A case with several questions"),
    "rewrite": _("Say it better"),
    "drill": _("A drill"),
}


def title_of(sitting: learning.Sitting) -> str:
    """The title of an exam in the reader's language."""
    return name_in(sitting.title)


def grade_name(attempt: learning.Attempt) -> Label:
    """The grade of a marked attempt."""
    return GRADES.get(attempt.grade, attempt.grade)


def grade_tone(attempt: learning.Attempt) -> Tone:
    """How a grade is to look."""
    return "good" if attempt.is_passed else "bad"
