"""The button "Keep in my handbook": where it stands, and what of a page is kept already."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.middleware.csrf import get_token

from peilian.apps.learning import api as learning
from peilian.web.shell.access import user_of


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the buttons of a page need: where passages come from, which are kept, the page to come back to."""

    kept_from: str
    source: str
    kept: frozenset[str]
    token: str
    back: str


def keeping_of(request: HttpRequest, kept_from: str, source: str) -> Keeping | None:
    """For who can have a handbook; ``None`` for others."""
    user = user_of(request)
    if user.employee_id is None or not user.has_a_role:
        return None
    kept = learning.kept_places(user=user, source=source)
    return Keeping(kept_from, source, kept, get_token(request), request.get_full_path())
