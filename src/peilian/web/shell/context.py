"""What ``base.html`` needs on every page, as ``shell``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from django.http import HttpRequest

from peilian.engine._kernel import Language
from peilian.web.shell import navigation
from peilian.web.shell.access import sight_of
from peilian.web.shell.languages import HTML_CODES, reading_language

Theme = Literal["auto", "light", "dark"]
THEME_COOKIE = "theme"


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
    def bar_places(self) -> list[navigation.Link]:
        """The places of a phone's bottom bar."""
        return navigation.split_for_bar(self.places)[0]

    @property
    def more_places(self) -> list[navigation.Link]:
        """The places behind the bottom bar's "More"."""
        return navigation.split_for_bar(self.places)[1]

    @property
    def has_current_more(self) -> bool:
        """Whether the reader is in a place behind "More"."""
        return any(link.is_current for link in self.more_places)


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor."""
    return {"shell": Shell(request)}
