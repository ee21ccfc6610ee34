"""App configuration."""

from django.apps import AppConfig


class PracticeConfig(AppConfig):
    """Drills."""

    name = "peilian.apps.practice"
    label = "practice"
