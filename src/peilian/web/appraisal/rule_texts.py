"""Where the printed standard of a line says another number than its rule, in words beside the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from peilian.apps.appraisal import api as appraisal
from peilian.engine._kernel import Language
from peilian.flows.appraisal_texts import Outdated, Rules, outdated


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A version in one language; the rules themselves follow from its hash."""

    sha256: str
    shipped_as: str
    language: Language
    rules: Rules = field(compare=False)


def texts_left_behind(version: appraisal.TemplateVersion, language: Language) -> Mapping[str, tuple[Outdated, ...]]:
    """Numbers that the standards of a version still say though its rules have others, by line."""
    return _found(_Wanted(version.sha256, version.template.shipped_as, language, (version.body, version.chosen)))


def texts_left_behind_by(
    body: Mapping[str, Any],
    settings: Mapping[str, Any],
    versions: Iterable[appraisal.TemplateVersion],
    language: Language,
) -> Mapping[str, tuple[Outdated, ...]]:
    """The same of rules that are about to follow ``versions``."""
    earlier = [(one.body, one.chosen) for one in versions]
    shipped = {one.template.shipped_as for one in versions}
    return _by_line(outdated((body, settings), [*_shipped(*shipped), *earlier], language))


def said(row: Outdated) -> str:
    """One of them in words."""
    told = {"said": row.said, "now": row.now}
    if row.now:
        return _("The text of the standard still says %(said)s; the rule now counts with %(now)s.") % told
    return _("The text of the standard still says %(said)s, which the rule no longer has.") % told


def with_labels(rows: Mapping[str, tuple[Outdated, ...]], language: Language) -> list[str]:
    """All of them, each with the name of its line."""
    colon = pgettext("before a figure", ": ")
    return [f"{row.label.in_language(language)}{colon}{said(row)}" for some in rows.values() for row in some]


@lru_cache(maxsize=64)
def _found(wanted: _Wanted) -> Mapping[str, tuple[Outdated, ...]]:
    return _by_line(outdated(wanted.rules, _shipped(wanted.shipped_as), wanted.language))


def _shipped(*keys: str) -> list[Rules]:
    return [(one.body, None) for key, one in appraisal.shipped_templates().items() if key in keys]


def _by_line(rows: Iterable[Outdated]) -> dict[str, tuple[Outdated, ...]]:
    found: dict[str, tuple[Outdated, ...]] = {}
    for row in rows:
        found[row.line] = (*found.get(row.line, ()), row)
    return found
