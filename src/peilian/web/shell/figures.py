"""A figure: a value that carries what a reader needs to trust it."""

from __future__ import annotations

from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.web.shell.formats import DASH, Number, Unit, format_value, is_missing

SMALL_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one measure.

    ``missing`` says, in the reader's language, why there is no value; ``interval`` is the uncertainty in the unit of
    the value; ``n`` the number of cases behind it; ``href`` leads to its evidence. Below ``small_below`` cases the
    figure is greyed and its interval shown.
    """

    value: Number | None
    unit: Unit
    n: int | None = None
    interval: tuple[Number, Number] | None = None
    is_provisional: bool = False
    missing: str = ""
    href: str = ""
    small_below: int = SMALL_SAMPLE

    @property
    def is_missing(self) -> bool:
        """Whether there is no value to show."""
        return is_missing(self.value)

    @property
    def is_small(self) -> bool:
        """Whether so few cases stand behind the value that it must not be read as certain."""
        return self.n is not None and self.n < self.small_below and not self.is_missing

    def text(self, language: Language) -> str:
        """The value alone, in words of ``language``."""
        return format_value(self.value, self.unit, language)

    def interval_text(self, language: Language) -> str:
        """Both ends of the interval, or nothing when it is unknown."""
        if self.interval is None:
            return ""
        low, high = (format_value(end, self.unit, language) for end in self.interval)
        return "" if DASH in (low, high) else f"{low} – {high}"
