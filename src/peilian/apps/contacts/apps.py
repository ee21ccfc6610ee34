"""App configuration."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Imports, measures, diagnosis."""

    name = "peilian.apps.contacts"
    label = "contacts"

    def ready(self) -> None:
        """Register the kinds of jobs this app runs."""
        from peilian.apps.contacts import evidence, tables, work  # noqa: F401
