"""What of a lake may be read (可见范围). Every read takes one; nothing is visible unless it says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountSpan:
    """A platform account from a moment (inclusive) to a moment (exclusive); ``None`` is open."""

    account: str
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Visibility:
    """Everything, or the conversations in which one of the accounts took part while its span held."""

    is_everything: bool = False
    spans: tuple[AccountSpan, ...] = ()

    @classmethod
    def everything(cls) -> Visibility:
        """The whole lake."""
        return cls(is_everything=True)

    @classmethod
    def nothing(cls) -> Visibility:
        """Not one conversation."""
        return cls()

    @classmethod
    def of(cls, spans: Iterable[AccountSpan]) -> Visibility:
        """What these accounts took part in while their spans held."""
        return cls(spans=tuple(spans))
