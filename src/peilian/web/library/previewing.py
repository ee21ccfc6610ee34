"""What a draft would look like to its readers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString

from peilian.adapters.packs.trees import document_of
from peilian.apps.library import api as library
from peilian.engine._kernel import InputError, Language, Text
from peilian.web.library.editor_shape import shape_of_kind
from peilian.web.library.editor_words import field_name
from peilian.web.library.markdown import is_readable, to_html
from peilian.web.library.naming import named_in
from peilian.web.library.places import in_words
from peilian.web.library.shown import rendered
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import DJANGO_CODES, HTML_CODES, reading_language


def page(request: HttpRequest, row: library.Draft, body: dict[str, Any], language: str) -> HttpResponse:
    """The piece of page beside the form."""
    return render(request, "library/editor/_preview.html", {"shown": shown(request, row, body, language)})


def shown(request: HttpRequest, row: library.Draft, body: dict[str, Any], language: str) -> dict[str, Any]:
    """The text as its readers would see it; what does not fit its kind yet is shown field by field."""
    spoken: Language = "en" if language == "en" else "zh" if language == "zh" else reading_language()
    held = library.attachments_of(user=user_of(request), of=row)
    files = {one.name: reverse("library_attachment", args=[one.pk, one.name]) for one in held}
    found: dict[str, Any] = {"lang": HTML_CODES[spoken], "title": _title(body, spoken)}
    found["is_plain"] = not all(is_readable(text) for text in _texts(body))
    try:
        document = document_of(body)
    except InputError:
        with translation.override(DJANGO_CODES[spoken]):
            return found | {"fields": list(_fields(row.content.kind, body, spoken, files))}
    named = named_in(user_of(request), document)
    return found | {"html": rendered(document, spoken, files=files, is_writer=True, named=named)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _title(body: dict[str, Any], language: Language) -> str:
    title = body.get("title") or body.get("name")
    if not isinstance(title, dict):
        return ""
    return Text(zh=title.get("zh"), en=title.get("en")).in_language(language) if any(title.values()) else ""


def _fields(
    kind: str, body: dict[str, Any], language: Language, files: dict[str, str]
) -> Iterator[tuple[str, SafeString]]:
    shape = shape_of_kind(kind)
    owner = shape.type.__name__ if shape.type is not None else ""
    for name, one in shape.fields:
        value = body.get(name)
        if not value or name in ("title", "name"):
            continue
        if one.kind == "markdown" and isinstance(value, dict):
            yield field_name(owner, name), to_html(str(value.get(language) or next(iter(value.values()))), files)
        else:
            yield field_name(owner, name), linebreaksbr(in_words(value), autoescape=True)
