"""App configuration."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Texts, their versions, drafts, reviews, confirmations."""

    name = "peilian.apps.library"
    label = "library"

    def ready(self) -> None:
        """Register the kinds of jobs this app runs."""
        from peilian.apps.library import bringing, indexing, rehearsing  # noqa: F401
