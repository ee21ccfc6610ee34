"""App configuration."""

from django.apps import AppConfig


class AppraisalConfig(AppConfig):
    """Appraisal cycles and what belongs to them."""

    name = "peilian.apps.appraisal"
    label = "appraisal"
