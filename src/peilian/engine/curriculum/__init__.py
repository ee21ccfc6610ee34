"""Curriculum (课程体系): where somebody stands on a lesson, a course or a path, what comes next, what is shown by an
exam."""

from peilian.engine.curriculum.lessons import LessonPlan, LessonStanding, Work, lesson_standing
from peilian.engine.curriculum.showing import Score, remedial_lessons, shown_lessons
from peilian.engine.curriculum.standing import course_standing, path_standing
from peilian.engine.curriculum.values import CoursePlan, Done, UnitPlan

__all__ = [
    "CoursePlan",
    "Done",
    "LessonPlan",
    "LessonStanding",
    "Score",
    "UnitPlan",
    "Work",
    "course_standing",
    "lesson_standing",
    "path_standing",
    "remedial_lessons",
    "shown_lessons",
]
