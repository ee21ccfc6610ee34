"""The server's clock of exams: one place to read it, so that a test can set it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The moment, aware."""
    return timezone.now()
