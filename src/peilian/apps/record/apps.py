"""App configuration."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """Evidence, profiles, needs, assignments."""

    name = "peilian.apps.record"
    label = "record"
