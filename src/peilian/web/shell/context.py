"""What ``base.html`` needs on every page, as ``shell``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from peilian.engine._kernel import Language
from peilian.web.shell import navigation
from peilian.web.shell.access import sight_of
from peilian.web.shell.languages import HTML_CODES, reading_language

Theme = Literal["auto", "light", "dark"]
THEME_COOKIE = "theme"
_MOST_FRAMES = 512
"""Languages, roles and current places make some hundred frames at most."""


@dataclass
class Shell:
    """The frame of one page. Places are looked up only when a template shows them."""

    request: HttpRequest

    @property
    def language(self) -> Language:
        """The language of the page."""
        return reading_language()

    @property
    def html_lang(self) -> str:
        """The ``lang`` attribute, which also decides the glyph forms of Chinese."""
        return HTML_CODES[self.language]

    @property
    def other_language(self) -> Language:
        """The language that the switch leads to."""
        return "en" if self.language == "zh" else "zh"

    @property
    def theme(self) -> Theme:
        """What the reader chose: follow the system, light, or dark."""
        chosen = self.request.COOKIES.get(THEME_COOKIE)
        return "light" if chosen == "light" else "dark" if chosen == "dark" else "auto"

    @property
    def is_signed_in(self) -> bool:
        """Whether there is a user; error pages may be made before there is one."""
        user = getattr(self.request, "user", None)
        return bool(user is not None and user.is_authenticated)

    @cached_property
    def places(self) -> list[navigation.Link]:
        """The places of the left rail."""
        if not self.is_signed_in:
            return []
        return navigation.links(sight_of(self.request).may, self.request.path)

    @property
    def rail(self) -> SafeString:
        """The left rail with the places."""
        return _frame("shell/rail.html", self.language, tuple(self.places), self.is_signed_in)

    @property
    def bottom_bar(self) -> SafeString:
        """A phone's bottom bar; what does not fit is behind its "More"."""
        return _frame("shell/bottom_bar.html", self.language, tuple(self.places), self.is_signed_in)

    @property
    def dialogs(self) -> SafeString:
        """What opens over a page: the palette, the keys, the question whether one is sure."""
        return _frame("shell/dialogs.html", self.language, (), self.is_signed_in)


@lru_cache(maxsize=_MOST_FRAMES)
def _frame(
    template: str, _language: Language, places: tuple[navigation.Link, ...], is_signed_in: bool
) -> SafeString:  # fmt: skip
    """A part of the frame. It looks the same on page after page, so it is put together once for each that differs; the
    language is the active one and part of what it is kept by."""
    bar, more = navigation.split_for_bar(list(places))
    context = {
        "places": places,
        "bar_places": bar,
        "more_places": more,
        "has_current_more": any(link.is_current for link in more),
        "is_signed_in": is_signed_in,
    }
    return render_to_string(template, context)


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor."""
    return {"shell": Shell(request)}
