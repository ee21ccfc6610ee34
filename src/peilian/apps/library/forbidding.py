"""What the phrases in force forbid (禁用语), for everybody who reads conversations or plays drills by the library.

At every moment the wording counts that was published last among those that held then. So nobody is charged with words
that were forbidden later, and a list that is changed or retired stays the measure of its own time. The wording with
which a pack was installed first counts for all time before, as far as it states no day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from peilian.adapters.packs.phrases import PhrasesDocument, bans_of, day_span
from peilian.apps.base.api import company_zone
from peilian.apps.library.models import Content, ContentState, Origin
from peilian.apps.library.reading import published_line
from peilian.apps.library.shelf import document
from peilian.apps.library.spans import common, without
from peilian.engine.reading import Lexicons
from peilian.engine.reading.lexicon import Ban
from peilian.flows import reading

_KIND = "phrases"
_Span = tuple[int, int]  # milliseconds since the epoch, half-open
_EVER: _Span = (-(2**62), 2**62)


def lexicons_at_work() -> Lexicons:
    """The lexicons with what phrases forbid and forbade, each by the time of a message."""
    return reading.forbidding(_bans())


def lexicons_for_drill(at: datetime) -> Lexicons:
    """The lexicons with what was forbidden at the moment ``at``, whatever the time of a line: in a drill it is the time
    of the story. A drill stays with them to its end, also when the library changes or it is taken up elsewhere."""
    at_ms = _ms(at)
    held = (ban for ban in _bans() if replace(ban, channels=frozenset()).counts(at_ms, None))
    return reading.forbidding(replace(ban, since_ms=None, until_ms=None) for ban in held)


def _bans() -> Iterator[Ban]:
    was_out = Q(state=ContentState.PUBLISHED) | Q(state=ContentState.RETIRED, retired_at__isnull=False)
    rows = Content.objects.filter(was_out, kind=_KIND).select_related("current__base").defer(
        "current__body", "current__base__body"
    )  # fmt: skip
    for row in rows:
        yield from _of_content(row)


def _of_content(row: Content) -> Iterator[Ban]:
    """The bans of every wording in its own time, the newest first."""
    zone = company_zone()
    retired = row.retired_at if row.state == ContentState.RETIRED else None
    free: list[_Span] = [(_EVER[0], _EVER[1] if retired is None else _ms(retired))]
    for version in published_line(row):
        found = document(version, _KIND)
        assert isinstance(found, PhrasesDocument)
        is_first = version.base is None and version.origin == Origin.PACK
        begin = _EVER[0] if is_first else _ms(version.made_at)
        first, last = day_span(found.valid_from, found.valid_until, zone)
        own = (max(begin, _EVER[0] if first is None else first), _EVER[1] if last is None else last)
        for ban in bans_of(found, zone):
            since = own[0] if ban.since_ms is None else max(own[0], ban.since_ms)
            until = own[1] if ban.until_ms is None else min(own[1], ban.until_ms)
            for start, end in common(free, (since, until)):
                bounds = (None if start == _EVER[0] else start, None if end == _EVER[1] else end)
                yield replace(ban, since_ms=bounds[0], until_ms=bounds[1])
        free = without(free, own, _EVER)
        if not free:
            return


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
