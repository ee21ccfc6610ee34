"""Parts of questions that stand on a page so often that putting them together from a template's pieces would be most of
what an exam costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from peilian.engine._kernel import Language
from peilian.web.shell.formats import format_value
from peilian.web.shell.languages import reading_language

register = template.Library()

_OPTION = '<label class="option"><input type="{}" name="{}" value="{}"{}><span lang="{}">{}</span></label>'
_FACT = "<div><dt>{}</dt><dd>{}</dd></div>"
_SAID = '<div><dt>{}</dt><dd lang="{}">{}</dd></div>'
_WHY = '<li><span class="why-points">{} / {}</span> <span>{}{}{}</span></li>'
_OPTIONS = '<fieldset class="options"><legend class="visually-hidden">{}: {}</legend>{}</fieldset>'
_CHOICE = (
    '<div class="answer-part" data-item data-form="{}"><div class="prose stem" id="{}-stem" lang="{}">{}</div>{}</div>'
)
_CHECKED = SafeString(" checked")


@register.simple_tag
def options(one: Any, lang: str) -> SafeString:
    """The options of a question (``rooms.Asked``), of which one or several can be chosen."""
    kind = "radio" if one.face.form == "one" else "checkbox"
    rows = ((kind, one.name, each.place, _CHECKED if each.is_chosen else "", lang, each.text) for each in one.choices)
    return format_html(_OPTIONS, one.label, one.kind, format_html_join("", _OPTION, rows))


@register.simple_tag
def choice(one: Any, lang: str) -> SafeString:
    """A question with its options where that is all there is to it, as most are (``rooms.Asked.is_plain_choice``)."""
    return format_html(_CHOICE, one.face.form, one.name, lang, stem(one), options(one, lang))


@register.simple_tag
def seen_facts(one: Any, lang: str) -> SafeString:
    """What was answered to a question (``reviews.Seen``), what is right, the points with their reasons, and what people
    decided."""
    language = reading_language()
    facts = format_html_join("", "{}", ((fact,) for fact in _facts(one, lang, language)))
    return format_html('<dl class="seen-facts">{}</dl>', facts)


def _facts(one: Any, lang: str, language: Language) -> Iterator[SafeString]:
    given = _lines(one.answer) or format_html('<p class="muted">{}</p>', _not_answered(one))
    yield format_html(_SAID, _("Answer given"), lang, given)
    if one.drill_href:
        words = _("Read it, with its debrief where it is open")
        yield format_html(_FACT, _("The conversation"), format_html('<a href="{}">{}</a>', one.drill_href, words))
    if one.key:
        yield format_html(_SAID, _("What is right"), lang, _lines(one.key))
    if one.whys and one.answer:
        is_proposal = one.decided is not None or one.is_open
        reasons = format_html_join("", _WHY, (_why(why, lang, language) for why in one.whys))
        label = _("What was proposed") if is_proposal else _("Points and why")
        yield format_html(_FACT, label, format_html('<ul class="whys">{}</ul>', reasons))
    if one.decided is not None:
        decided = format_html("<strong>{}</strong>", format_value(one.decided, "score", language))
        if one.proposed is not None:
            words = _("(proposed: %(proposed)s)") % {"proposed": format_value(one.proposed, "score", language)}
            decided = format_html('{} <span class="muted">{}</span>', decided, words)
        yield format_html(_FACT, _("What people decided"), format_html("<p>{}</p>", decided))


def _lines(lines: Iterable[str]) -> SafeString:
    return format_html_join("", "<p>{}</p>", ((line,) for line in lines))


def _not_answered(one: Any) -> str:
    if one.is_reached:
        return _("Not answered")
    return _("The time was up before this question; it says nothing about what the person can do.")


def _why(why: Any, lang: str, language: Language) -> tuple[Any, ...]:
    part = format_html('<strong lang="{}">{}</strong>: ', lang, why.part) if why.part else ""
    quote = format_html(' <q lang="{}">{}</q>', lang, why.quote) if why.quote else ""
    points = (format_value(each, "score", language) for each in (why.points, why.of))
    return *points, part, why.reason, quote


@register.simple_tag
def stem(one: Any) -> SafeString:
    """The text of a question without gaps."""
    return format_html("{}" * len(one.gaps), *(gap.html for gap in one.gaps))
