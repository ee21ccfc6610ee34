"""Better wording from phrases (话术替换): what replaces words like these, where a phrase is good enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from peilian.adapters import packs
from peilian.adapters.packs import Document
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


class Wordings:
    """The wordings of some phrases, to choose from. Pure: the same question is always answered alike."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = [document for document in documents if isinstance(document, PhrasesDocument)]
        self._replacing: dict[Language, _Choice] = {}
        self._fitting: dict[tuple[str, Language], _Choice] = {}

    def better(self, finding: str, said: str, before: str, language: Language) -> Better | None:
        """What could be said instead of ``said``, which came after the customer's ``before`` and shows ``finding``."""
        if language not in self._replacing:
            self._replacing[language] = _Choice(self._replacements(language), language)
        found = self._replacing[language].best(said, _SAME)
        if found is not None or finding not in _SUBJECTS:
            return found
        place = (_SUBJECTS[finding], language)
        if place not in self._fitting:
            self._fitting[place] = _Choice(self._situations(*place), language)
        return self._fitting[place].best(before, _FITS)

    def _replacements(self, language: Language) -> Iterator[tuple[Better, str]]:
        """What is to be avoided, with what to say instead."""
        for document in self._documents:
            for phrase in document.phrases:
                for one in phrase.avoid:
                    instead = one.say or phrase.text
                    said = getattr(one.text, language)
                    words = getattr(instead, language) if instead is not None else None
                    if said and words:
                        yield Better(words, f"phrases:{document.key}"), said

    def _situations(self, key: str, language: Language) -> Iterator[tuple[Better, str]]:
        for document in self._documents:
            for phrase in document.phrases if document.key == key else ():
                words = getattr(phrase.text, language) if phrase.text is not None else None
                if words:
                    yield Better(words, f"phrases:{key}"), f"{phrase.when.to_text().in_language(language)} {words}"


class _Choice:
    """Wordings under the words by which one of them is chosen."""

    def __init__(self, found: Iterable[tuple[Better, str]], language: Language) -> None:
        pairs = list(found)
        self._better = [better for better, _ in pairs]
        self._likeness = GramLikeness([words for _, words in pairs], language)

    def best(self, text: str, least: float) -> Better | None:
        """The wording whose words are most like ``text``, the first of equals; ``None`` below ``least``."""
        values = self._likeness.compare(text)
        number = max(values, key=lambda n: (values[n], -n), default=None)
        return self._better[number] if number is not None and values[number] >= least else None


@cache
def shipped_wordings() -> Wordings:
    """The wordings of the shipped packs."""
    return Wordings(item.document for item in packs.load("phrases"))
