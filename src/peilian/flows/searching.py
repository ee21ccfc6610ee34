"""What is searched by, and what can be found (检索内容): synonyms of the packs, documents as entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField
from peilian.adapters.packs.authored import ArticleDocument, GlossaryDocument, ManualDocument
from peilian.adapters.packs.competency import CompetencyModelDocument
from peilian.adapters.packs.items import ItemsDocument
from peilian.adapters.packs.phrases import Phrase, PhrasesDocument
from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.adapters.packs.steps import DecisionTreeDocument, ProcedureDocument
from peilian.adapters.packs.synonyms import SynonymsDocument
from peilian.adapters.packs.teaching import LessonDocument
from peilian.engine.search import Entry, Part, Synonyms
from peilian.engine.search.values import Field

TEXT, PASSAGE = "text", "passage"
"""The values of the facet ``level``: a whole text, or a piece of one that answers something by itself."""
CURRENT, OTHER = "current", "other"
"""The values of the facet ``wording``: every text has one current wording; before it holds there is another."""
EVERYBODY, WRITERS = "everybody", "writers"
"""The values of the facet ``readers``: who may know that a text is there."""

_LONGEST = 200_000  # characters of a text that are searched: a book; excerpts of what is longer would take too long
_HEADING_MARK = re.compile(r"#{1,4}[ \t]")
# Whoever writes may write anything, so no mark is looked for past the next beginning of one: the time grows with the
# length of the text and not with its square.
_MARKS = re.compile(
    r"!?\[([^\[\]\n]*+)\]\([^()\n]*+\)|[*_`>#|]++|^[ \t]*+(?:[-+]|\d++\.)[ \t]++|<!--(?:(?!-->|<!--).)*+-->",
    re.MULTILINE,
)
_SPECIAL = frozenset({"title", "summary", "sources", "tags"})  # told apart, or no text of its own


@cache
def synonyms(roots: tuple[Path, ...] = (packs.SHIPPED,)) -> Synonyms:
    """The synonyms of every pack below ``roots``."""
    return synonyms_of(item.document for item in packs.load("synonyms", roots))


def synonyms_of(documents: Iterable[Document]) -> Synonyms:
    """The synonyms of documents of that kind; others are passed over."""
    found = [document for document in documents if isinstance(document, SynonymsDocument)]
    return Synonyms(
        (group for document in found for group in document.groups),
        (word for document in found for word in document.fillers),
    )


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is known of a text beside its document. Days are those of its library, within which its own count.

    ``other_wording`` numbers the wordings of one text that holds in another one on other days; 0 is the current one.
    """

    facets: Mapping[str, tuple[str, ...]]
    valid_from: date | None = None
    valid_until: date | None = None
    changed_on: date | datetime | None = None
    other_wording: int = 0


def entries_of(document: Document, shelved: Shelved) -> list[Entry]:
    """A document as entries: the whole text, and the pieces that answer something by themselves.

    The id of the whole is ``kind:key``, of a piece ``kind:key#piece``, of another wording ``kind:key@1``. What trainees
    must not read before they
    play, the inside of a scenario, is in neither.
    """
    reference = f"{document.kind}:{document.key}"
    tags = " ".join(getattr(document, "tags", ()))
    shared = Entry(
        id=reference + (f"@{shelved.other_wording}" if shelved.other_wording else ""),
        group=reference,
        parts=(Part("tags", tags),) if tags else (),
        facets={
            **shelved.facets,
            "level": (TEXT,),
            "wording": (OTHER if shelved.other_wording else CURRENT,),
            "kind": (document.kind,),
            "tag": tuple(getattr(document, "tags", ())),
            "competency": _trained(document),
            "channel": _channels(document),
        },
        valid_from=_day(shelved.valid_from),
        valid_until=_day(shelved.valid_until),
        changed_on=_moment(shelved.changed_on),
    )
    title = [*_parts("title", getattr(document, "title", None)), *_parts("summary", getattr(document, "summary", None))]
    whole = replace(shared, parts=(*title, *shared.parts, *_inside(document)))
    return [_bounded(whole), *(_bounded(_in_its_languages(piece)) for piece in _pieces(document, shared))]


def _in_its_languages(piece: Entry) -> Entry:
    """A list of phrases may be in one language and some of its phrases in both."""
    said = {part.language for part in piece.parts if part.language and part.field != "title"}
    return replace(piece, facets={**piece.facets, "language": tuple(sorted(said))})


def _bounded(entry: Entry) -> Entry:
    """The entry with no more text than is searched."""
    if sum(len(part.text) for part in entry.parts) <= _LONGEST:
        return entry
    parts, left = [], _LONGEST
    for part in entry.parts:
        parts.append(replace(part, text=part.text[:left]))
        left -= len(parts[-1].text)
        if left <= 0:
            break
    return replace(entry, parts=tuple(parts))


def _trained(document: Document) -> tuple[str, ...]:
    """The competencies that a text is about; a model is about all of them, which finds nobody anything."""
    if isinstance(document, CompetencyModelDocument):
        return ()
    return tuple(getattr(document, "competencies", getattr(document, "trains", ())))


def _inside(document: Document) -> Iterator[Part]:
    """What a whole text says beside title, summary and tags."""
    if isinstance(document, ScenarioDocument):
        yield from _parts("body", document.brief)
        return
    if isinstance(document, CompetencyModelDocument):
        for one in document.competencies:
            yield from (*_parts("body", one.name), *_parts("body", one.description))
        return
    asked = {id(text) for text in _asked(document)}
    for text in _texts(document):
        yield from _parts("questions" if id(text) in asked else "body", text)


def _asked(document: Document) -> Iterator[TextField]:
    """The questions and situations that a document answers."""
    if isinstance(document, ArticleDocument):
        yield from (passage.question for passage in document.passages)
    elif isinstance(document, ManualDocument):
        yield from (scene.asks for scene in document.scenes)
    elif isinstance(document, PhrasesDocument):
        yield from (phrase.when for phrase in document.phrases)
    elif isinstance(document, GlossaryDocument):
        yield from (term.term for term in document.terms)
    elif isinstance(document, ItemsDocument):
        yield from (item.stem for item in document.items)


def _texts(model: BaseModel) -> Iterator[TextField]:
    """Every text inside a document, in order."""
    for name, value in model:
        if not (isinstance(model, Document) and name in _SPECIAL):
            yield from _texts_in(value)


def _texts_in(value: Any) -> Iterator[TextField]:
    if isinstance(value, TextField):
        yield value
    elif isinstance(value, BaseModel):
        yield from _texts(value)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)


def _pieces(document: Document, shared: Entry) -> Iterator[Entry]:
    if isinstance(document, PhrasesDocument):
        for phrase in document.phrases:
            yield _phrase(phrase, shared)
    elif isinstance(document, ArticleDocument):
        yield from _sections(document, shared)
        for number, passage in enumerate(document.passages, start=1):
            yield _piece(shared, f"q{number}", questions=[passage.question], body=[passage.answer])
    elif isinstance(document, LessonDocument):
        yield from _sections(document, shared)
        yield _piece(shared, "keep", title=[document.title], body=[*document.goals, *document.keep])
        for number, one in enumerate(document.examples, start=1):
            yield _piece(shared, f"e{number}", questions=[one.situation], body=[one.instead_of, one.say, one.why])
    elif isinstance(document, ManualDocument):
        for scene in document.scenes:
            said = [scene.say, *scene.logic, *scene.facts, scene.behind]
            yield _piece(shared, scene.id, title=[document.product], questions=[scene.asks], body=said)
    elif isinstance(document, ProcedureDocument):
        steps = [text for step in document.steps for text in (step.title, step.detail)]
        yield _piece(shared, "steps", title=[document.title], summary=[document.summary], body=steps)
    elif isinstance(document, DecisionTreeDocument):
        nodes = [node.text for node in document.nodes]
        yield _piece(shared, "tree", title=[document.title], summary=[document.summary], body=nodes)


def _phrase(phrase: Phrase, shared: Entry) -> Entry:
    body = [phrase.text, *(one.say for one in phrase.avoid), phrase.note]
    made = _piece(shared, phrase.id, questions=[phrase.when], body=body)
    facets = {
        **made.facets,
        "channel": phrase.channels or made.facets["channel"],
        "customer": phrase.customers,
        "entry": phrase.entries,
        "seniority": phrase.seniority,
    }
    return replace(
        made,
        facets=facets,
        valid_from=max((_day(phrase.valid_from), made.valid_from), key=lambda day: day or 0),
        valid_until=min((_day(phrase.valid_until), made.valid_until), key=lambda day: day or date.max.toordinal() + 1),
    )


def _sections(document: ArticleDocument | LessonDocument, shared: Entry) -> Iterator[Entry]:
    """The sections of a body by their headings, in both languages side by side."""
    if document.body is None:
        return
    by_number: dict[int, list[Part]] = {}
    for language, text in (("zh", document.body.zh), ("en", document.body.en)):
        title = document.title.zh if language == "zh" else document.title.en
        for number, (heading, body) in enumerate(_under_headings(title or "", text or "")):
            if said := unmarked(body):
                found = by_number.setdefault(number, [])
                found += [Part("title", unmarked(heading), language), Part("body", said, language)]  # type: ignore[arg-type]
    for number, parts in by_number.items():
        piece = _piece(shared, f"s{number}")
        yield replace(piece, parts=(*parts, *piece.parts))


def _under_headings(title: str, text: str) -> Iterator[tuple[str, str]]:
    """The pieces of Markdown by the heading above them; what comes first stands under ``title``."""
    heading, lines = title, list[str]()
    for line in text.split("\n"):
        said = line.lstrip("#").strip().rstrip("#").rstrip() if _HEADING_MARK.match(line) else ""
        if said:
            yield heading, "\n".join(lines)
            heading, lines = said, []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


def _piece(shared: Entry, name: str, **texts: Iterable[TextField | None]) -> Entry:
    parts = [part for field, found in texts.items() for text in found for part in _parts(field, text)]  # type: ignore[arg-type]
    facets = {**shared.facets, "level": (PASSAGE,)}
    return replace(shared, id=f"{shared.id}#{name}", parts=(*parts, *shared.parts), facets=facets)


def _parts(field: Field, text: TextField | None) -> Iterator[Part]:
    if text is not None and text.zh:
        yield Part(field, unmarked(text.zh), "zh")
    if text is not None and text.en:
        yield Part(field, unmarked(text.en), "en")


def unmarked(text: str) -> str:
    """A text without the marks of Markdown, for lists and excerpts."""
    return _MARKS.sub(lambda found: found.group(1) or "", text).strip()


def _channels(document: Document) -> tuple[str, ...]:
    if isinstance(document, ScenarioDocument):
        return (document.channel,)
    return tuple(getattr(document, "channels", ()))


def _day(day: date | None) -> int | None:
    return day.toordinal() if day is not None else None


def _moment(when: date | datetime | None) -> float | None:
    if not isinstance(when, datetime):
        return _day(when)
    seconds = (when - datetime.combine(when, time(), when.tzinfo)).total_seconds()
    return when.toordinal() + seconds / 86_400
