"""App configuration."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Audit, jobs, files, inbox, company settings."""

    name = "peilian.apps.base"
    label = "base"
