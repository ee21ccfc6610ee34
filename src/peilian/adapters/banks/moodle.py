"""Moodle XML: https://docs.moodle.org/en/Moodle_XML_format."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from html import escape, unescape
from typing import Any

from peilian.adapters.banks import building
from peilian.adapters.banks.building import Head, Offered
from peilian.adapters.banks.elements import Element, XmlError, tree_of_xml
from peilian.adapters.banks.markup import escaped, markdown_of, plain_file, words_of
from peilian.adapters.banks.values import BankRead, Tree, in_language, language_of
from peilian.adapters.media import media_type_of
from peilian.engine._kernel import Language

_HEADER = re.compile(r"\s*peilian:\s*(\S+)\s+(zh|en)\s*\Z")
_CLOZE = re.compile(r"(?<!\\)\{(\d*):([A-Z_]+):((?:\\.|[^\\}])*)\}")
_CLOZE_TEXTS = ("SHORTANSWER", "SHORTANSWER_C", "SA", "SAC", "MW", "MWC")
_CLOZE_NUMBERS = ("NUMERICAL", "NM")
_FULL = Decimal(100)


def read(text: str, into: BankRead) -> None:
    """Take the questions of a Moodle XML text."""
    try:
        root, comments = tree_of_xml(text)
    except XmlError as error:
        into.fault(f"xml_{error.problem}", error.line)
        return
    if root.tag != "quiz":
        into.fault("no_quiz", root.line, root.tag)
        return
    header = next((found for one in comments if (found := _HEADER.match(one))), None)
    language: Language = language_of(text)
    if header is not None:
        into.key, language = header[1], "en" if header[2] == "en" else "zh"
    for element in root.each("question"):
        _Question(element, language, into).take()


class _Question:
    """One question on its way into the bank."""

    def __init__(self, element: Element, language: Language, into: BankRead) -> None:
        self._of, self._language, self._into = element, language, into
        self._row = element.line
        self._name = element.said("idnumber") or element.said("name", "text")
        self._kinds: dict[str, Callable[[], None]] = {
            "multichoice": self._choice,
            "truefalse": self._truth,
            "shortanswer": lambda: self._fill(is_number=False),
            "numerical": lambda: self._fill(is_number=True),
            "matching": self._match,
            "ordering": self._order,
            "cloze": self._cloze,
        }

    def take(self) -> None:
        """Add the item that it is; what is none is told by its name."""
        kind = self._of.attributes.get("type", "")
        if kind == "category":
            said = self._of.said("category", "text").replace("//", "\0")
            self._into.title = self._into.title or said.rpartition("/")[2].replace("\0", "/")[:100]
            return
        if kind not in self._kinds:
            self._into.note("type_not_held", self._row, self._name, type=kind[:40] or "–")
            return
        before = len(self._into.items)
        self._kinds[kind]()
        if len(self._into.items) > before:
            self._finish(self._into.items[-1])

    def _finish(self, item: Tree) -> None:
        grade = self._of.said("defaultgrade")
        points = _decimal(grade)
        if grade and (points is None or not 0 < points <= 100):
            self._into.note("points_not_held", self._row, self._name, points=grade[:20])
        elif points is not None and points != 1:
            rounded = points.quantize(Decimal("0.01"))
            if rounded != points:
                self._into.note("points_rounded", self._row, self._name, points=grade[:20])
            item["points"] = f"{rounded.normalize():f}"
        tags = [tag.said("text") for tags in self._of.each("tags") for tag in tags.each("tag")]
        if kept := list(dict.fromkeys(tag[:40] for tag in tags if tag)):
            item["tags"] = kept
        if any(hint.said("text") for hint in self._of.each("hint")):
            self._into.note("hints", self._row, self._name)

    def _head(self, stem: str | None = None, explanation: str = "") -> Head:
        told = self._words(self._of.first("generalfeedback"))
        stem = self._markdown(self._of.first("questiontext")) if stem is None else stem
        return Head(self._name, stem, told or explanation, self._row, self._language)

    def _choice(self) -> None:
        is_multiple = self._of.said("single").lower() in ("false", "0")
        is_fixed = self._of.said("shuffleanswers").lower() in ("false", "0")
        building.choice(self._head(), self._into, self._offered(), is_multiple=is_multiple, is_fixed=is_fixed)

    def _truth(self) -> None:
        answers = list(self._of.each("answer"))
        right = next((one for one in answers if _share(one) > 0), None)
        if right is None:
            self._into.fault("no_right_answer", self._row, self._name)
            return
        told = next((words for one in answers if (words := self._words(one.first("feedback")))), "")
        building.truth(self._head(explanation=told), self._into, is_true=right.said("text").lower() == "true")

    def _fill(self, *, is_number: bool) -> None:
        head = self._head()
        stem = head.stem if building.GAP in head.stem else f"{head.stem} {building.GAP}"
        head = Head(head.name, stem, head.explanation, head.row, head.language)
        if self._of.first("units") is not None:
            self._into.note("units", self._row, self._name)
        building.fill(head, self._into, [self._offered()], numbers=[is_number])

    def _match(self) -> None:
        pairs = [(self._words(one), one.said("answer", "text")) for one in self._of.each("subquestion")]
        building.match(self._head(), self._into, pairs)

    def _order(self) -> None:
        steps = sorted(self._of.each("answer"), key=_share)
        building.order(self._head(), self._into, [self._words(one) for one in steps])

    def _cloze(self) -> None:
        """Gaps inside of the text; each of them of words or of numbers."""
        text = self._of.first("questiontext")
        source = text.said("text") if text is not None else ""
        blanks, numbers, pieces, last = [], [], list[str](), 0
        for n, found in enumerate(_CLOZE.finditer(source), 1):
            kind = found[2]
            if kind not in (*_CLOZE_TEXTS, *_CLOZE_NUMBERS):
                self._into.note("type_not_held", self._row, self._name, type=f"cloze {kind}"[:40])
                return
            is_number = kind in _CLOZE_NUMBERS
            blanks.append([_cloze_answer(one, is_number) for one in re.split(r"(?<!\\)~", found[3]) if one])
            numbers.append(is_number)
            pieces += [source[last : found.start()], f"{{{{b{n}}}}}"]
            last = found.end()
        if not blanks:
            self._into.fault("no_gap", self._row, self._name)
            return
        stem = self._marked("".join([*pieces, source[last:]]), text)
        building.fill(self._head(stem), self._into, blanks, numbers=numbers)

    def _offered(self) -> list[Offered]:
        return [
            Offered(
                self._words(one), _share(one), self._words(one.first("feedback")), one.said("tolerance") or "0"
            )
            for one in self._of.each("answer")
        ]  # fmt: skip

    def _markdown(self, element: Element | None) -> str:
        return self._marked(element.said("text"), element) if element is not None else ""

    def _marked(self, text: str, element: Element | None) -> str:
        kind = element.attributes.get("format", "html") if element is not None else "html"
        if element is not None:
            text = self._with_files(text, element)
        if kind == "markdown":
            return text
        if kind == "plain_text" or (kind == "moodle_auto_format" and "<" not in text):
            return escaped(text)
        made, lost = markdown_of(text)
        self._tell(lost)
        return made

    def _words(self, element: Element | None) -> str:
        if element is None:
            return ""
        text = element.said("text")
        if element.attributes.get("format", "html") in ("markdown", "plain_text"):
            return text
        if element.first("file") is not None:
            self._into.note("picture_in_answer", self._row, self._name)
        made, lost = words_of(text)
        self._tell(lost - {"picture"} if element.first("file") is not None else lost)
        return made

    def _with_files(self, text: str, element: Element) -> str:
        for one in element.each("file"):
            name = one.attributes.get("name", "")
            kept = plain_file(name)
            try:
                data = base64.b64decode("".join(one.parts), validate=False)
            except (binascii.Error, ValueError):
                data = b""
            if not data or not (media_type_of(data) or "").startswith("image/"):
                self._into.note("file_not_held", self._row, self._name, file=name[:100])
                continue
            if self._into.files.get(kept, data) != data:
                kept = plain_file(f"{self._row}-{kept}")
            self._into.files[kept] = data
            text = text.replace(f"@@PLUGINFILE@@/{escape(name)}", f"@@PLUGINFILE@@/{kept}")
            text = text.replace(f"@@PLUGINFILE@@/{name.replace(' ', '%20')}", f"@@PLUGINFILE@@/{kept}")
        return text

    def _tell(self, lost: frozenset[str]) -> None:
        if lost:
            self._into.note("markup", self._row, self._name, what=", ".join(sorted(lost)))


def _share(answer: Element) -> Decimal:
    return (_decimal(answer.attributes.get("fraction", "0")) or Decimal(0)) / _FULL


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _cloze_answer(text: str, is_number: bool) -> Offered:
    weight = re.match(r"(=|%-?\d+(?:\.\d+)?%)?(.*)\Z", text, re.DOTALL)
    assert weight is not None
    mark, rest = weight[1] or "", weight[2]
    share = Decimal(1) if mark == "=" else (_decimal(mark.strip("%")) or Decimal(0)) / _FULL
    said, _hash, feedback = (re.sub(r"\\(.)", r"\1", part) for part in _split_feedback(rest))
    number, colon, tolerance = said.partition(":")
    if is_number and colon:
        return Offered(number, share, unescape(feedback), tolerance)
    return Offered(unescape(said), share, unescape(feedback), "0")


def _split_feedback(text: str) -> tuple[str, str, str]:
    found = re.search(r"(?<!\\)#", text)
    return (text[: found.start()], "#", text[found.end() :]) if found else (text, "", "")


def written(bank: Tree, items: list[Tree], language: Language) -> str:
    """The items as Moodle XML; all of them are of types that it holds."""
    title = (in_language(bank["title"], language) or bank["key"]).replace("/", "//")
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", f"<!-- peilian: {bank['key']} {language} -->",
        f'<question type="category"><category><text>{escape(f"$course$/top/{title}")}</text></category></question>',
        *(_written(item, language) for item in items),
        "</quiz>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


_TYPES = {
    "single": "multichoice",
    "multiple": "multichoice",
    "truth": "truefalse",
    "match": "matching",
    "order": "ordering",
    "fill": "cloze",
}


def _written(item: Tree, language: Language) -> str:
    stem = in_language(item["stem"], language)
    if item["type"] == "fill":
        stem = _with_gaps(stem, item["blanks"])
    told = in_language(item["explanation"], language)
    tags = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in item.get("tags", ()))
    lines = [
        f'<question type="{_TYPES[item["type"]]}">',
        f"<name><text>{escape(item['id'])}</text></name>",
        _text("questiontext", stem),
        _text("generalfeedback", told) if told else "",
        f"<defaultgrade>{item.get('points', 1)}</defaultgrade>",
        f"<idnumber>{escape(item['id'])}</idnumber>",
        *_answers(item, language),
        f"<tags>{tags}</tags>" if tags else "",
        "</question>",
    ]
    return "\n".join(line for line in lines if line)


def _answers(item: Tree, language: Language) -> Iterator[str]:
    kind = item["type"]
    if kind in ("single", "multiple"):
        yield f"<single>{'true' if kind == 'single' else 'false'}</single>"
        yield f"<shuffleanswers>{'false' if item.get('fixed') else 'true'}</shuffleanswers>"
        n_right = sum(option.get("right", False) for option in item["options"])
        share = f"{_FULL / n_right:.5f}".rstrip("0").rstrip(".")
        for option in item["options"]:
            is_right = option.get("right", False)
            fraction = share if is_right else f"-{share}" if kind == "multiple" else "0"
            told = in_language(option.get("feedback"), language)
            yield _answer(fraction, in_language(option["text"], language), told)
    elif kind == "truth":
        for word, is_right in (("true", item["is_true"]), ("false", not item["is_true"])):
            yield _answer("100" if is_right else "0", word, "")
    elif kind == "match":
        for pair in item["pairs"]:
            yield _pair(in_language(pair["left"], language), in_language(pair["right"], language))
        for other in item.get("others", ()):
            yield _pair("", in_language(other["text"], language))
    elif kind == "order":
        for n, step in enumerate(item["steps"], 1):
            yield _answer(str(n), in_language(step["text"], language), "")


def _answer(fraction: str, text: str, told: str) -> str:
    feedback = _text("feedback", told) if told else ""
    return f'<answer fraction="{fraction}" format="plain_text"><text>{escape(text)}</text>{feedback}</answer>'


def _pair(left: str, right: str) -> str:
    said = f"<text>{escape(left)}</text><answer><text>{escape(right)}</text></answer>"
    return f'<subquestion format="plain_text">{said}</subquestion>'


def _text(tag: str, text: str) -> str:
    return f'<{tag} format="markdown"><text>{escape(text)}</text></{tag}>'


def _with_gaps(stem: str, blanks: list[Mapping[str, Any]]) -> str:
    """The stem with the first place of each gap as Moodle writes gaps."""
    for blank in blanks:
        stem = stem.replace(f"{{{{{blank['id']}}}}}", f"{{1:{_gap(blank)}}}", 1)
    return stem


def _gap(blank: Mapping[str, Any]) -> str:
    if blank.get("number") is not None:
        return f"NUMERICAL:={blank['number']}:{blank.get('tolerance', '0')}"
    texts = (re.sub(r"([\\}~#/\"])", r"\\\1", escape(text, quote=False)) for text in blank["accept"])
    return "SHORTANSWER:" + "~".join(f"={text}" for text in texts)
