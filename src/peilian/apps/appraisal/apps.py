"""App configuration."""

from django.apps import AppConfig


class AppraisalConfig(AppConfig):
    """Appraisal cycles and what belongs to them."""

    name = "peilian.apps.appraisal"
    label = "appraisal"

    def ready(self) -> None:
        """Register the kinds of jobs this app runs, and what imports ask it for."""
        from peilian.apps.appraisal import bridges, collecting, publishing  # noqa: F401

        bridges.register()
