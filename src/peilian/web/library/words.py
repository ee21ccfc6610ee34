"""How pages say what stands in texts: in the reader's language, as Markdown, with the gaps of phrases marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from django import template
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from peilian.adapters.packs import TextField
from peilian.adapters.packs.items import AnyItem, FillField
from peilian.engine._kernel import Language, Text
from peilian.web.conversations.wordings import name_of
from peilian.web.library import editor_words
from peilian.web.library.markdown import to_html
from peilian.web.people.wordings import joined
from peilian.web.record.wordings import competency_name, pain_point_name
from peilian.web.shell.languages import HTML_CODES, reading_language

register = template.Library()

STATES: dict[str, str | Promise] = {
    "new": pgettext_lazy("library", "Not published yet"),
    "published": pgettext_lazy("library", "Published"),
    "retired": pgettext_lazy("library", "No longer in use"),
}
ORIGINS: dict[str, str | Promise] = {
    "pack": pgettext_lazy("library", "from a pack"),
    "user": pgettext_lazy("library", "written here"),
    "file": pgettext_lazy("library", "from a file"),
    "merge": pgettext_lazy("library", "pack and own changes together"),
}
COMMENT_STATES: dict[str, str | Promise] = {
    "open": pgettext_lazy("comment", "open"),
    "accepted": pgettext_lazy("comment", "accepted"),
    "declined": pgettext_lazy("comment", "not taken up"),
    "closed": pgettext_lazy("comment", "closed"),
}
COMMENT_KINDS: dict[str, str | Promise] = {
    "suggestion": pgettext_lazy("comment", "Suggestion"),
    "comment": pgettext_lazy("comment", "Remark"),
}
USED_BY: dict[str, str | Promise] = {
    "practice.drill": pgettext_lazy("library", "Drills played"),
}
LANGUAGES: dict[Language, Promise] = {"zh": gettext_lazy("Chinese"), "en": gettext_lazy("English")}
PACKS: dict[str, str | Promise] = {
    "": pgettext_lazy("library", "Made here"),
    "core": pgettext_lazy("pack", "Core"),
    "service-core": pgettext_lazy("pack", "Customer service, all industries"),
    "retail": pgettext_lazy("pack", "Retail and e-commerce"),
    "finance": pgettext_lazy("pack", "Finance"),
    "healthcare": pgettext_lazy("pack", "Healthcare"),
    "telecom": pgettext_lazy("pack", "Telecom"),
    "hospitality": pgettext_lazy("pack", "Hotels and restaurants"),
    "property": pgettext_lazy("pack", "Property sites"),
    "mall": pgettext_lazy("pack", "Malls"),
    "community": pgettext_lazy("pack", "Communities"),
}
GAP = "＿＿＿"
GAP_IN_STEM = re.compile(r"\{\{([A-Za-z0-9_\-]+)\}\}")  # where a gap stands in the text of a question
_GAP = re.compile(r"【[^【】\n]{1,40}】|\[[^\[\]\n]{1,40}\]")


@register.simple_tag
def said(field: TextField | Mapping[str, str] | None) -> SafeString:
    """A text of a document in the reader's language; the other one, if need be, marked with its ``lang``."""
    return _marked_language(_pair(field), lambda words: conditional_escape(words))


@register.simple_tag
def other_language(languages: Sequence[Language]) -> str:
    """In which language a text is written, where it is not that of the reader; else nothing."""
    if not languages or reading_language() in languages:
        return ""
    return gettext("in English") if languages[0] == "en" else gettext("in Chinese")


@register.simple_tag
def phrase(field: TextField | None) -> SafeString:
    """A phrase, with its gaps for facts marked."""
    return _marked_language(_pair(field), with_gaps)


@register.simple_tag(takes_context=True)
def marked(context: Context, field: TextField | None) -> SafeString:
    """A text of a document that is written in Markdown, with the files of its text."""
    pair, language = _pair(field), reading_language()
    words, other = _choice(pair)
    html = to_html(words, context.get("files") or {})
    if not other:
        return format_html('<div class="prose">{}</div>', html)
    return format_html('<div class="prose" lang="{}">{}</div>', HTML_CODES["en" if language == "zh" else "zh"], html)


@register.simple_tag(takes_context=True)
def stem(context: Context, item: AnyItem) -> SafeString:
    """What a question asks; gaps to be filled in stand as lines with the number of their answer."""
    html = marked(context, item.stem)
    if not isinstance(item, FillField):
        return html
    numbers = {blank.id: number for number, blank in enumerate(item.blanks, start=1)}

    def line(found: re.Match[str]) -> str:
        number = numbers.get(found[1])
        return found[0] if number is None else GAP if len(numbers) == 1 else f"{GAP}<sub>{number}</sub>"

    return mark_safe(GAP_IN_STEM.sub(line, html))  # noqa: S308


@register.simple_tag(name="field")
def field_words(owner: str, name: str) -> str:
    """What a field is called."""
    return editor_words.field_name(owner, name)


@register.filter
def choice(value: str) -> str:
    """What a value of a field is called."""
    return editor_words.choice_name(value)


@register.filter
def choices(values: Iterable[str]) -> str:
    """What the values of a field are called, one after the other."""
    return joined([editor_words.choice_name(value) for value in values])


@register.filter(name="kind_name")
def kind_name(kind: str) -> str:
    """What a kind of text is called."""
    return editor_words.kind_name(kind)


@register.filter(name="pack_name")
def pack_name(pack: str) -> str:
    """Where a text comes from: a pack, or this company."""
    return str(PACKS.get(pack, pack))


def with_gaps(words: str) -> SafeString:
    """Escaped words with each gap for a fact as an element."""
    parts, at = [], 0
    for found in _GAP.finditer(words):
        parts.append(conditional_escape(words[at : found.start()]))
        parts.append(format_html('<span class="phrase-gap">{}</span>', found[0]))
        at = found.end()
    parts.append(conditional_escape(words[at:]))
    return mark_safe("".join(parts))  # noqa: S308


def trained_name(key: str) -> str:
    """What something trains: a competency; drills also name pain points that they work against, and moves."""
    name = competency_name(key)
    return name if name != key else pain_point_name(key) or name_of(key, reading_language())


def words_of(field: TextField | Mapping[str, str] | None) -> str:
    """A text in the reader's language, else in the other one."""
    return _choice(_pair(field))[0]


def _pair(field: TextField | Mapping[str, str] | None) -> Text | None:
    if field is None:
        return None
    return field.to_text() if isinstance(field, TextField) else Text(zh=field.get("zh"), en=field.get("en"))


def _choice(pair: Text | None) -> tuple[str, bool]:
    """The words, and whether they are in the other language."""
    if pair is None:
        return "", False
    own = pair.zh if reading_language() == "zh" else pair.en
    return (own, False) if own else (pair.in_language(reading_language()), True)


def _marked_language(pair: Text | None, made: Callable[[str], SafeString]) -> SafeString:
    words, is_other = _choice(pair)
    if not is_other or not words:
        return made(words)
    code = HTML_CODES["en" if reading_language() == "zh" else "zh"]
    return format_html('<span lang="{}">{}</span>', code, made(words))
