"""App configuration."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Texts, their versions, drafts, reviews, confirmations."""

    name = "peilian.apps.library"
    label = "library"
