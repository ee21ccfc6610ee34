"""What every engine shares: a registry of plug-ins, reasons as data, bilingual texts, faults of input, an interval."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from types import ModuleType
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Language = Literal["zh", "en"]
Bilingual = Mapping[str, str]  # {"zh": ..., "en": ...}, either of which may be missing
Param = str | int | float | bool | None | Bilingual


class RegistryError(LookupError):
    """A key that is registered twice, or asked for and unknown."""


class Registry(Generic[T]):
    """Named leaf plug-ins of one kind, in the order of their keys.

    A folder of plug-ins is imported by ``walk``; an import error there is not swallowed, so a broken plug-in stops
    the start with its own name in the traceback.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}

    def add(self, key: str, item: T) -> T:
        """Register ``item`` under ``key`` and return it; a second item of the same key is an error."""
        if key in self._items:
            raise RegistryError(f"{self.kind} {key!r} is registered twice")
        self._items[key] = item
        return item

    def register(self, key: str) -> Callable[[T], T]:
        """Decorator form of ``add``."""
        return lambda item: self.add(key, item)

    def walk(self, package: ModuleType) -> Registry[T]:
        """Import every module of ``package`` so that its plug-ins register themselves."""
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
        return self

    def get(self, key: str) -> T:
        """The item of ``key``; ``RegistryError`` names the known keys when there is none."""
        try:
            return self._items[key]
        except KeyError:
            known = ", ".join(sorted(self._items))
            raise RegistryError(f"no {self.kind} {key!r}; known: {known}") from None

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(sorted(self._items.items()))

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and English, either of which may be missing."""

    zh: str | None = None
    en: str | None = None

    def in_language(self, language: Language) -> str:
        """The text in ``language``, else in the other one, else empty."""
        first, second = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        return first or second or ""

    @property
    def both(self) -> dict[str, str]:
        """The text as a parameter of a reason, and as it is stored: by language, without those it lacks."""
        return {name: said for name, said in (("zh", self.zh), ("en", self.en)) if said}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, as a key and parameters; it is put into words at the edge, in the reader's language.

    A parameter that is itself a name or a phrase, such as the title of a line, is given in both languages at once.
    """

    key: str
    params: Mapping[str, Param] = field(default_factory=dict)


class WrongValue(ValueError):
    """A value that cannot be, with the reason; for the checks of values that are made from documents."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.key} {dict(reason.params)}" if reason.params else reason.key)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input: which file, row (as its reader counts) or line, field, and what was expected."""

    reason: Reason
    file: str | None = None
    row: int | None = None
    field: str | None = None
    conversation_id: str | None = None


class InputError(Exception):
    """An input that cannot be used as a whole; nothing of it is stored. Carries at least one fault."""

    def __init__(self, *faults: Fault) -> None:
        lines = (f"{f.file}:{f.row} {f.field} {f.reason.key} {dict(f.reason.params)}" for f in faults)
        super().__init__("; ".join(lines))
        self.faults = faults


def wilson_interval(hits: float, n: int, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Wilson's score interval of the share ``hits / n``; ``None`` when ``n`` is 0.

    Unlike the normal approximation it stays within [0, 1] and is not empty at 0 of n or n of n. Source: E. B. Wilson,
    "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the bound is exactly the share; rounding must not move it.
    low = 0.0 if hits == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if hits == n else min(1.0, (centre + half) / scale)
    return low, high
