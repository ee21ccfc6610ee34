"""Running texts and tables: articles, product manuals, policies, laws, glossaries."""

from __future__ import annotations

from typing import Any

from peilian.adapters.packs import TextField
from peilian.adapters.packs.authored import (
    ArticleDocument,
    GlossaryDocument,
    LawDocument,
    ManualDocument,
    PolicyDocument,
    Term,
)
from peilian.apps.people.api import Post, Unit
from peilian.web.library.editor_words import choice_name
from peilian.web.library.markdown import text_address
from peilian.web.library.shown.reading import Reading
from peilian.web.people.wordings import joined

_TONES = {"in_force": "good", "replaced": "warn", "repealed": "warn"}


def article(document: ArticleDocument, reading: Reading) -> dict[str, Any]:
    """Body and passages need nothing more."""
    return {}


def manual(document: ManualDocument, reading: Reading) -> dict[str, Any]:
    """Scenes need nothing more."""
    return {}


def policy(document: PolicyDocument, reading: Reading) -> dict[str, Any]:
    """Who has to confirm it."""
    asked = document.audience
    if asked is None:
        return {"audience": ()}
    posts = Post.objects.filter(code__in=asked.posts).in_bulk(field_name="code")
    units = Unit.objects.filter(code__in=asked.units).in_bulk(field_name="code")
    groups = (
        [str(posts.get(code, code)) for code in asked.posts],
        [choice_name(stage) for stage in asked.stages],
        [str(units.get(code, code)) for code in asked.units],
    )
    return {"audience": [joined(group) for group in groups if group]}


def law(document: LawDocument, reading: Reading) -> dict[str, Any]:
    """Its status, and the laws that took its place."""
    replacing = [{"key": key, "href": text_address("law", key)} for key in document.replaced_by]
    return {"tone": _TONES[document.status], "replacing": replacing}


def glossary(document: GlossaryDocument, reading: Reading) -> dict[str, Any]:
    """The terms, or those in which the words that are looked for stand."""
    find = reading.parameter("find")
    found = [term for term in document.terms if find.casefold() in _said(term)]
    return {"terms": found, "find": find, "n_all": len(document.terms), "may_ask": reading.asked is not None}


def _said(term: Term) -> str:
    fields: tuple[TextField | None, ...] = (term.term, term.plain, term.example)
    words = [word for field in fields if field is not None for word in (field.zh, field.en) if word]
    return " ".join([*words, *term.also]).casefold()
