"""Better wording from the shipped phrases (话术替换): what replaces words like these, where a phrase is good enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from peilian.adapters import packs
from peilian.adapters.packs.phrases import PhrasesDocument
from peilian.engine._kernel import Language
from peilian.engine.drill.likeness import GramLikeness

_SAME = 0.5  # likeness from which words are those that a phrase replaces
_FITS = 0.22  # likeness of the situation from which a phrase of the right subject fits
# Which phrases answer to which finding.
_SUBJECTS = {
    "missing_empathy": "service-core/soothing",
    "dead_end": "service-core/refusing",
    "premature_closing": "service-core/greeting-transfer-closing",
}


@dataclass(frozen=True, slots=True)
class Better:
    """A wording and the phrases that it comes from."""

    text: str
    source: str  # phrases:key


@cache
def _documents() -> tuple[PhrasesDocument, ...]:
    found = (item.document for item in packs.load("phrases"))
    return tuple(document for document in found if isinstance(document, PhrasesDocument))


@cache
def _replacements(language: Language) -> tuple[tuple[Better, ...], GramLikeness]:
    """What is to be avoided, with what to say instead."""
    good, bad = [], []
    for document in _documents():
        for phrase in document.phrases:
            for one in phrase.avoid:
                instead = one.say or phrase.text
                said = getattr(one.text, language)
                words = getattr(instead, language) if instead is not None else None
                if said and words:
                    good.append(Better(words, f"phrases:{document.key}"))
                    bad.append(said)
    return tuple(good), GramLikeness(bad, language)


@cache
def _situations(key: str, language: Language) -> tuple[tuple[Better, ...], GramLikeness]:
    found = list(_of_subject(key, language))
    return tuple(better for better, _ in found), GramLikeness([words for _, words in found], language)


def _of_subject(key: str, language: Language) -> Iterator[tuple[Better, str]]:
    for document in _documents():
        if document.key != key:
            continue
        for phrase in document.phrases:
            words = getattr(phrase.text, language) if phrase.text is not None else None
            if words:
                yield Better(words, f"phrases:{key}"), f"{phrase.when.to_text().in_language(language)} {words}"


def better_wording(finding: str, said: str, before: str, language: Language) -> Better | None:
    """What could be said instead of ``said``, which came after the customer's ``before`` and shows ``finding``."""
    replacements, likeness = _replacements(language)
    values = likeness.compare(said)
    number = max(values, key=lambda n: (values[n], -n), default=None)
    if number is not None and values[number] >= _SAME:
        return replacements[number]
    if finding not in _SUBJECTS:
        return None
    phrases, likeness = _situations(_SUBJECTS[finding], language)
    values = likeness.compare(before)
    number = max(values, key=lambda n: (values[n], -n), default=None)
    return phrases[number] if number is not None and values[number] >= _FITS else None
