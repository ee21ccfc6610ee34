"""The body of a text, as its reader needs it: one way to show each kind.

``rendered`` is used by the page of a text, by older versions, and by the preview of a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from peilian.adapters.packs import Document, TextField
from peilian.engine._kernel import Language, Text
from peilian.web.library.shown import (
    abilities,
    asking,
    attesting,
    cases,
    fields,
    phrases,
    scenarios,
    steps,
    teaching,
    texts,
)
from peilian.web.library.shown.reading import Reading
from peilian.web.shell.languages import DJANGO_CODES

Values = Callable[[Any, Reading], dict[str, Any]]
Named = tuple[Mapping[str, Text], Mapping[str, TextField]]

# By kind: the values of the template of the same name. A kind that is new here is shown field by field.
_SHOWN: Mapping[str, Values] = {
    "article": texts.article,
    "manual": texts.manual,
    "policy": texts.policy,
    "law": texts.law,
    "glossary": texts.glossary,
    "phrases": phrases.phrases,
    "case": cases.case,
    "procedure": steps.procedure,
    "decision-tree": steps.decision_tree,
    "scenario": scenarios.scenario,
    "lesson": teaching.lesson,
    "course": teaching.course,
    "path": teaching.path,
    "exam": teaching.exam,
    "items": asking.items,
    "survey": asking.survey,
    "competency-model": abilities.competency_model,
    "certificate": attesting.certificate,
    "class-hours": attesting.class_hours,
    "assignment-rule": attesting.assignment_rule,
}


def rendered(
    document: Document,
    language: Language,
    *,
    files: Mapping[str, str] | None = None,
    is_writer: bool = False,
    asked: QueryDict | None = None,
    named: Named | None = None,
    keeping: Any = None,
) -> SafeString:
    """The body of a document as HTML in a language.

    ``files`` are the addresses of its attachments by name. ``is_writer`` also shows what readers are not to know, such
    as what a drill looks for. ``asked`` are the parameters of the page; without it nothing on it can be chosen.
    ``named`` are the titles of the texts and the words of the questions that it names, see ``Reading``. ``keeping`` is
    what the buttons need that keep a passage in the own handbook; without it there are none.
    """
    titles, items = named or ({}, {})
    reading = Reading(language, files or {}, is_writer, asked, titles, items)
    values = _SHOWN.get(document.kind)
    name, make = (document.kind, values) if values is not None else ("fields", fields.fields)
    with translation.override(DJANGO_CODES[language]):
        context = {"document": document, "files": reading.files, "is_writer": is_writer, "keeping": keeping}
        context |= make(document, reading)
        return render_to_string(f"library/shown/{name}.html", context)
