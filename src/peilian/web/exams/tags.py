"""Parts of questions that stand on a page so often that putting them together from a template's pieces would be most of
what an exam costs."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_OPTION = '<label class="option"><input type="{}" name="{}" value="{}"{}><span lang="{}">{}</span></label>'
_CHECKED = SafeString(" checked")


@register.simple_tag
def options(one: Any, lang: str) -> SafeString:
    """The options of a question (``rooms.Asked``), of which one or several can be chosen."""
    kind = "radio" if one.face.form == "one" else "checkbox"
    rows = ((kind, one.name, each.place, _CHECKED if each.is_chosen else "", lang, each.text) for each in one.choices)
    return format_html_join("", _OPTION, rows)


@register.simple_tag
def stem(one: Any) -> SafeString:
    """The text of a question without gaps."""
    return format_html("{}" * len(one.gaps), *(gap.html for gap in one.gaps))
