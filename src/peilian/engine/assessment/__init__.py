"""Assessment (考核): grading answers, drawing papers, marking by people, grades, spaced review."""

from peilian.engine.assessment.grading import grade, total
from peilian.engine.assessment.marking import agreement, grade_of
from peilian.engine.assessment.papers import arranged, draw
from peilian.engine.assessment.spacing import review
from peilian.engine.assessment.values import Answer, Grade, Item

__all__ = ["Answer", "Grade", "Item", "agreement", "arranged", "draw", "grade", "grade_of", "review", "total"]
