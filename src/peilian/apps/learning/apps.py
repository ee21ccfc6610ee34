"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class LearningConfig(AppConfig):
    """Courses, lessons and exams."""

    name = "peilian.apps.learning"
    label = "learning"
