"""Template tags that every page may use without loading them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from peilian.engine._kernel import Text
from peilian.web.shell import formats
from peilian.web.shell.charts import Chart
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.tables import Column, Table

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite. It is decoration: the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon {}" width="20" height="20" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        static("icons.svg"),
        name,
    )


@register.inclusion_tag("components/figure.html")
def figure(cell: Figure | None) -> dict[str, Any]:
    """A figure with all it needs to be trusted; ``None`` is a missing figure without a known reason."""
    cell = cell or Figure(None, "count")
    language = reading_language()
    return {"cell": cell, "text": cell.text(language), "interval": cell.interval_text(language)}


@register.inclusion_tag("components/chart.html")
def chart(drawn: Chart) -> dict[str, Any]:
    """A chart with its table and its printed twin, which the builders escape."""
    return {"chart": drawn, "drawing": mark_safe(drawn.drawing)}  # noqa: S308


@register.inclusion_tag("components/table.html", takes_context=True)
def table(context: Context, shown: Table) -> dict[str, Any]:
    """A table; its sortable columns change the page's ``sort`` parameter (``name`` rising, ``-name`` falling)."""
    request = context.get("request")
    by = request.GET.get("sort", "") if request is not None else ""
    falling = by.removeprefix("-") if by.startswith("-") else ""
    return {"table": shown, "request": request, "sorted_by": "" if falling else by, "sorted_down_by": falling}


@register.filter
def sort_address(column: Column, request: HttpRequest) -> str:
    """Where a click on a column's head leads: sorted by it, or the other way round when it is already."""
    parameters = request.GET.copy()
    parameters["sort"] = f"-{column.sort}" if parameters.get("sort") == column.sort else column.sort
    parameters.pop("page", None)
    return f"?{parameters.urlencode()}"


@register.simple_tag
def text(bilingual: Text | Mapping[str, str | None] | str | None) -> SafeString:
    """A bilingual text in the reader's language; if only the other one exists, that one, marked with its ``lang``."""
    language = reading_language()
    if bilingual is None or isinstance(bilingual, str):
        return format_html("{}", bilingual or "")
    pair = bilingual if isinstance(bilingual, Text) else Text(zh=bilingual.get("zh"), en=bilingual.get("en"))
    own = pair.zh if language == "zh" else pair.en
    if own:
        return format_html("{}", own)
    other = HTML_CODES["en" if language == "zh" else "zh"]
    return (
        format_html('<span lang="{}">{}</span>', other, pair.in_language(language))
        if pair.zh or pair.en
        else SafeString()
    )


@register.simple_tag
def plain_text(bilingual: Text | Mapping[str, str | None] | str | None) -> str:
    """The same where no markup can stand, such as the title of the page."""
    if bilingual is None or isinstance(bilingual, str):
        return bilingual or ""
    pair = bilingual if isinstance(bilingual, Text) else Text(zh=bilingual.get("zh"), en=bilingual.get("en"))
    return pair.in_language(reading_language()) if pair.zh or pair.en else ""


@register.simple_tag
def gap() -> str:
    """What stands between two sentences: a space, and nothing in Chinese."""
    return "" if reading_language() == "zh" else " "


@register.simple_tag
def value(number: formats.Number | None, unit: formats.Unit = "count") -> str:
    """A bare value by its unit."""
    return formats.format_value(number, unit, reading_language())


@register.simple_tag
def change(number: formats.Number | None, unit: formats.Unit = "count") -> str:
    """A difference with its sign."""
    return formats.format_change(number, unit, reading_language())


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> SafeString:
    """A date and time of day in the reader's zone."""
    if at is None:
        return SafeString(formats.DASH)
    local = timezone.localtime(at)
    said = formats.format_moment(local, reading_language(), timezone.localtime(_now(context)))
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), said)


@register.simple_tag(takes_context=True)
def day(context: Context, on: date | None) -> SafeString:
    """A date; its year only when it is not this year's."""
    if on is None:
        return SafeString(formats.DASH)
    said = formats.format_day(on, reading_language(), timezone.localdate(_now(context)))
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), said)


@register.simple_tag(takes_context=True)
def days(context: Context, first: date, last: date) -> str:
    """A period from ``first`` to ``last``, both included."""
    return formats.format_days(first, last, reading_language(), timezone.localdate(_now(context)))


@register.simple_tag(takes_context=True)
def ago(context: Context, at: datetime | None) -> SafeString:
    """How long ago something was; the exact moment is in the title."""
    if at is None:
        return SafeString(formats.DASH)
    language, now = reading_language(), _now(context)
    local = timezone.localtime(at)
    exact = formats.format_moment(local, language, timezone.localtime(now))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        exact,
        formats.format_ago(at, language, now),
    )


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """This page's address parameters with some changed (empty removes one): ``?{% query page=2 %}``."""
    parameters = context["request"].GET.copy()
    for name, changed in changes.items():
        if changed is None or changed == "":
            parameters.pop(name, None)
        else:
            parameters[name] = changed
    return urlencode([(name, each) for name, values in parameters.lists() for each in values])


def _now(context: Context) -> datetime:
    """The moment the page was made for: the view's frozen ``now``, else the clock."""
    frozen = context.get("now")
    return frozen if isinstance(frozen, datetime) else timezone.now()
