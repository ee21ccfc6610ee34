"""GIFT, the text format of Moodle: https://docs.moodle.org/en/GIFT_format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from peilian.adapters.banks import building
from peilian.adapters.banks.building import GAP, Head, Offered
from peilian.adapters.banks.markup import escaped, markdown_of, words_of
from peilian.adapters.banks.values import BankRead, Tree, in_language, language_of
from peilian.engine._kernel import Language

# What is escaped becomes one character that nobody writes, until the marks of the format are found.
_HIDDEN = {mark: chr(0xFDD0 + place) for place, mark in enumerate("\\~=#{}:n%-[")}
_SHOWN = {hidden: "\n" if mark == "n" else mark for mark, hidden in _HIDDEN.items()}
_ESCAPED = re.compile(r"\\([\\~=#{}:n%\-\[])")
_FORMAT = re.compile(r"\A\s*\[(html|moodle|plain|markdown)\]")
_NAMED = re.compile(r"\A::(.*?)::", re.DOTALL)
_ANSWER = re.compile(r"([=~])\s*(?:%(-?\d+(?:\.\d+)?)%)?([^=~]*)")
_HEADER = re.compile(r"\A//\s*peilian:\s*(\S+)\s+(zh|en)\s*\Z")
_TRUE, _FALSE = ("T", "TRUE"), ("F", "FALSE")


def read(text: str, into: BankRead) -> None:
    """Take the questions of a GIFT text."""
    header = next((found for line in text.split("\n")[:5] if (found := _HEADER.match(line.strip()))), None)
    language: Language = language_of(text)
    if header is not None:
        into.key, language = header[1], "en" if header[2] == "en" else "zh"
    for row, block in _blocks(text, into):
        _question(row, block, language, into)


def written(bank: Tree, items: list[Tree], language: Language) -> str:
    """The items as GIFT; all of them are of types that it holds."""
    parts = [
        f"// peilian: {bank['key']} {language}",
        f"$CATEGORY: {in_language(bank['title'], language) or bank['key']}",
    ]
    parts += [f"::{_hide(item['id'])}::[markdown]{_body(item, language)}" for item in items]
    return "\n\n".join(parts) + "\n"


def _blocks(text: str, into: BankRead) -> Iterator[tuple[int, str]]:
    gathered: list[str] = []
    begun = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip().startswith("//"):
            continue
        if line.startswith("$CATEGORY:"):
            into.title = into.title or line.removeprefix("$CATEGORY:").strip().rpartition("/")[2][:100]
            continue
        if line.strip():
            begun = begun or number
            gathered.append(line)
        elif gathered:
            yield begun, "\n".join(gathered)
            gathered, begun = [], 0


def _question(row: int, block: str, language: Language, into: BankRead) -> None:
    hidden = _ESCAPED.sub(lambda found: _HIDDEN[found[1]], block.strip())
    named = _NAMED.match(hidden)
    name = _show(named[1]).strip() if named else ""
    rest = hidden[named.end() :] if named else hidden
    form = _FORMAT.match(rest)
    kind = form[1] if form else "moodle"
    rest = rest[form.end() :] if form else rest
    if rest.count("{") != 1 or rest.count("}") != 1 or rest.index("{") > rest.index("}"):
        key = "no_answers" if "{" not in rest and "}" not in rest else "braces"
        if key == "no_answers":
            into.note("no_question", row, name)
            return
        into.fault(key, row, name)
        return
    before, _brace, after = rest.partition("{")
    body, _brace, tail = after.partition("}")
    reader = _Texts(kind, row, name, into)
    answers, _mark, general = body.partition("####")
    explanation = reader.words(general)
    _answered(_Asked(before, answers.strip(), tail, reader, explanation, row, name, language), into)


class _Texts:
    """Texts of one question, by the format that it says."""

    def __init__(self, kind: str, row: int, name: str, into: BankRead) -> None:
        self._kind, self._row, self._name, self._into = kind, row, name, into

    def stem(self, hidden: str) -> str:
        """As Markdown."""
        text = _show(hidden)
        if self._kind == "markdown":
            return text
        if self._kind == "plain" or (self._kind == "moodle" and "<" not in text):
            return escaped(text)
        made, lost = markdown_of(text)
        self._tell(lost)
        return made

    def words(self, hidden: str) -> str:
        """As plain words."""
        text = _show(hidden).strip()
        if self._kind not in ("html", "moodle") or "<" not in text:
            return text
        made, lost = words_of(text)
        self._tell(lost)
        return made

    def _tell(self, lost: frozenset[str]) -> None:
        if lost:
            self._into.note("markup", self._row, self._name, what=", ".join(sorted(lost)))


class _Asked:
    """A question taken apart: stem before and after its answers, and these."""

    def __init__(
        self,
        before: str,
        body: str,
        tail: str,
        texts: _Texts,
        explanation: str,
        row: int,
        name: str,
        language: Language,
    ) -> None:
        self.before, self.body, self.tail, self.texts = before, body, tail, texts
        self._rest = explanation, row, language
        self.name, self.row = name, row

    def head(self, gap: str = "", explanation: str = "") -> Head:
        """The question with what stands in the place of its answers."""
        told, row, language = self._rest
        before, tail = self.before.rstrip(), self.tail.lstrip()
        blank = self.before[len(before) :].replace("\n", " ")
        first, last = self.texts.stem(before.lstrip()), self.texts.stem(tail.rstrip())
        if last:
            space = self.tail[: len(self.tail) - len(tail)].replace("\n", " ")
            stem = f"{first}{blank}{gap or '____'}{space}{last}"
        else:
            stem = f"{first}{blank}{gap}" if gap else first
        return Head(self.name, stem, told or explanation, row, language)

    def offered(self) -> list[Offered]:
        """The answers that begin with = or ~."""
        found = []
        for mark, percent, rest in _ANSWER.findall(self.body):
            text, _hash, feedback = rest.partition("#")
            share = Decimal(percent) / 100 if percent else Decimal(1 if mark == "=" else 0)
            found.append(Offered(self.texts.words(text), share, self.texts.words(feedback)))
        return found


def _answered(asked: _Asked, into: BankRead) -> None:
    body = asked.body
    truth, _hash, feedback = body.partition("#")
    if not body:
        into.note("type_not_held", asked.row, asked.name, type="essay")
    elif truth.strip().upper() in (*_TRUE, *_FALSE):
        told = next((words for part in feedback.split("#") if (words := asked.texts.words(part))), "")
        building.truth(asked.head(explanation=told), into, is_true=truth.strip().upper() in _TRUE)
    elif body.startswith("#"):
        _number(asked, into)
    elif body[0] not in "=~":
        into.fault("answer_mark", asked.row, asked.name)
    elif "~" not in body and body.count("->") and all("->" in one for one in body[1:].split("=")):
        pairs = [one.split("->", 1) for one in body[1:].split("=")]
        told_pairs = [(asked.texts.words(left), asked.texts.words(right)) for left, right in pairs]
        building.match(asked.head(), into, told_pairs)
    elif "~" not in body:
        building.fill(asked.head(GAP), into, [asked.offered()], numbers=[False])
    else:
        is_multiple = not any(mark == "=" for mark, _percent, _rest in _ANSWER.findall(body))
        building.choice(asked.head(), into, asked.offered(), is_multiple=is_multiple)


def _number(asked: _Asked, into: BankRead) -> None:
    body = asked.body[1:].strip()
    found = []
    for mark, percent, rest in _ANSWER.findall(body) if body[:1] in ("=", "~") else [("=", "", body)]:
        text, _hash, feedback = rest.partition("#")
        share = Decimal(percent) / 100 if percent else Decimal(1 if mark == "=" else 0)
        number, tolerance = _range(_show(text).strip())
        found.append(Offered(number, share, asked.texts.words(feedback), tolerance))
    building.fill(asked.head(GAP), into, [found], numbers=[True])


def _range(text: str) -> tuple[str, str]:
    """A number and how far it may be off: of ``5:1`` or of ``4..6``."""
    low, dots, high = text.partition("..")
    if dots:
        try:
            ends = Decimal(low.strip()), Decimal(high.strip())
            return str(sum(ends) / 2), str((ends[1] - ends[0]) / 2)
        except ArithmeticError:
            return text, "0"
    number, _colon, tolerance = text.partition(":")
    return number, tolerance or "0"


def _hide(text: str) -> str:
    return re.sub(r"([\\~=#{}:])", r"\\\1", text).replace("\n", "\\n")


def _show(hidden: str) -> str:
    return "".join(_SHOWN.get(char, char) for char in hidden)


def _body(item: Tree, language: Language) -> str:
    stem, told = in_language(item["stem"], language), in_language(item["explanation"], language)
    end = f"####{_hide(told)}" if told else ""
    kind = item["type"]
    if kind == "fill":
        blank = item["blanks"][0]
        before, _gap, after = stem.partition(f"{{{{{blank['id']}}}}}")
        return f"{_hide(before)}{{{_blank(blank)}{end}}}{_hide(after)}"
    if kind == "truth":
        return f"{_hide(stem)} {{{'TRUE' if item['is_true'] else 'FALSE'}{end}}}"
    if kind == "match":
        lines = [f"={_side(one['left'], language)} -> {_side(one['right'], language)}" for one in item["pairs"]]
        lines += [f"= -> {_side(one['text'], language)}" for one in item.get("others", ())]
        return f"{_hide(stem)} {{\n" + "\n".join(lines) + f"\n{end}}}"
    return f"{_hide(stem)} {{\n" + "\n".join(_options(item, language)) + f"\n{end}}}"


def _side(text: Mapping[str, str], language: Language) -> str:
    return _hide(in_language(text, language)).replace("->", "\\->")


def _options(item: Tree, language: Language) -> Iterator[str]:
    n_right = sum(option.get("right", False) for option in item["options"])
    share = f"{Decimal(100) / n_right:.5f}".rstrip("0").rstrip(".")
    for option in item["options"]:
        is_right = option.get("right", False)
        mark = ("=" if is_right else "~") if item["type"] == "single" else f"~%{'' if is_right else '-'}{share}%"
        told = in_language(option.get("feedback"), language)
        text = _hide(in_language(option["text"], language))
        text = f"\\{text}" if text[:1] == "%" and mark in "=~" else text
        yield f"{mark}{text}{'#' + _hide(told) if told else ''}"


def _blank(blank: Tree) -> str:
    if blank.get("number") is not None:
        return f"#{blank['number']}:{blank.get('tolerance', '0')}"
    return " ".join(f"={_hide(text)}" for text in blank["accept"])
