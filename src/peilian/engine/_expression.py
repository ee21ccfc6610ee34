"""Expressions (表达式) that authors of content write: parsed here, never given to Python.

::

    100 - 2 * max(0, complaints - 1)
    offer.refund >= 89 and (offer.eta_hours <= 72 or shop.is_closed)
    0 if 0.01 <= return_ratio < 1 else coalesce(bonus, 5)

Numbers are decimal. Names may have dots and are looked up in a mapping, nothing else can be reached. There are
``+ - * /``, comparisons (chained as in mathematics), ``and or not``, ``x if condition else y``, ``is missing``,
``is not missing``, and the functions ``min max abs round floor coalesce``; ``round`` goes half up.

A missing value makes what is computed from it missing; ``and`` and ``or`` still answer where the rest decides, and a
division by zero is missing. Length and depth are bounded, so that no text can hang or exhaust its reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal, NoReturn

from peilian.engine._kernel import Bilingual, Param, Reason

Value = Decimal | bool | str | None
Kind = Literal["number", "truth", "text"]
Values = Mapping[str, Value]

LONGEST = 1000  # characters of one expression
DEEPEST = 40  # expressions within expressions
ARITHMETIC = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=[])  # what is not finite is caught as missing

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)(?![\w.])"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign><=|>=|==|!=|[-+*/()<>,]))",
    re.ASCII,
)
_WORDS = frozenset({"and", "or", "not", "if", "else", "is", "missing", "true", "false"})
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_FUNCTIONS = {"min": (1, 20), "max": (1, 20), "abs": (1, 1), "round": (1, 2), "floor": (1, 1), "coalesce": (1, 20)}
_MOST_PLACES = 12
_KINDS: Mapping[Kind, Bilingual] = {
    "number": {"zh": "数字", "en": "a number"},
    "truth": {"zh": "条件（是或否）", "en": "a condition"},
    "text": {"zh": "文字", "en": "a text"},
}


class ExpressionError(ValueError):
    """What is wrong with an expression. ``column`` counts from 1; ``reason`` says what was expected there."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        self.column = reason.params.get("column", 1)
        told = ", ".join(
            f"{name} {value['en'] if isinstance(value, Mapping) else value}" for name, value in reason.params.items()
        )
        super().__init__(f"{reason.key.removeprefix('expression.').replace('_', ' ')} ({told})" if told else reason.key)


@dataclass(frozen=True)
class Expression:
    """A parsed expression. ``names`` are those it looks up; ``kind`` is what it yields, ``None`` when that depends."""

    source: str
    names: frozenset[str]
    kind: Kind | None
    _evaluate: Callable[[Values], Value] = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> Value:
        """The value over ``values``, in which an absent name is missing.

        Raises ``ExpressionError`` when a value is of a kind that the expression cannot use there.
        """
        return self._evaluate(values)


def parse(source: str, names: Mapping[str, Kind] | None = None) -> Expression:
    """Parse ``source``; ``ExpressionError`` names column and what was expected.

    With ``names``, what each of them holds, unknown names and wrong kinds are found now instead of when evaluated.
    """
    if len(source) > LONGEST:
        _refuse("too_long", limit=LONGEST)
    parser = _Parser(_tokens(source), names)
    node = parser.whole()
    return Expression(source, frozenset(parser.seen), node.kind, node.evaluate)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["number", "name", "text", "sign", "word", "end"]
    text: str
    column: int


@dataclass(frozen=True, slots=True)
class _Node:
    """A part with the column where it begins."""

    column: int
    kind: Kind | None
    evaluate: Callable[[Values], Value]


def _refuse(problem: str, **params: Param) -> NoReturn:
    raise ExpressionError(Reason(f"expression.{problem}", params))


def _tokens(source: str) -> list[_Token]:
    found = []
    place, end = 0, len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None:
            place += len(source[place:]) - len(source[place:].lstrip())
            _refuse("unknown_sign", column=place + 1, found=source[place : place + 12])
        kind = match.lastgroup
        text = match.group(kind or 0)
        column = match.start(kind or 0) + 1
        if kind == "name" and text in _WORDS:
            found.append(_Token("word", text, column))
        else:
            found.append(_Token(kind, text, column))  # type: ignore[arg-type]
        place = match.end()
    return [*found, _Token("end", "", end + 1)]


class _Parser:
    """Recursive descent, one method a level of binding; chains of one level are folded, so only nesting is deep."""

    def __init__(self, tokens: Sequence[_Token], names: Mapping[str, Kind] | None) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._names = names
        self.seen: set[str] = set()

    def whole(self) -> _Node:
        node = self._conditional()
        if self._token.kind != "end":
            _refuse("end_expected", column=self._token.column, found=self._token.text)
        return node

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> _Token | None:
        """The next token when it is one of ``texts``."""
        token = self._token
        if token.kind not in ("sign", "word") or token.text not in texts:
            return None
        self._next += 1
        return token

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            if self._token.kind == "end":
                _refuse("ends_early", column=self._token.column, expected=text)
            _refuse("unexpected", column=self._token.column, found=self._token.text, expected=text)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            _refuse("too_deep", column=self._token.column, limit=DEEPEST)

    def _conditional(self) -> _Node:
        self._deeper()
        node = self._either()
        if self._take("if"):
            condition = self._either()
            self._expect("else")
            node = _choice(condition, node, self._conditional())
        self._depth -= 1
        return node

    def _either(self) -> _Node:
        return self._logic("or", lambda: self._logic("and", self._negation))

    def _logic(self, word: Literal["and", "or"], part: Callable[[], _Node]) -> _Node:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _logic(word, parts)

    def _negation(self) -> _Node:
        token = self._take("not")
        if token is None:
            return self._comparison()
        self._deeper()
        node = _negation(token.column, self._negation())
        self._depth -= 1
        return node

    def _comparison(self) -> _Node:
        first = self._sum()
        if self._take("is"):
            is_negated = self._take("not") is not None
            self._expect("missing")
            return _missing(first, is_negated=is_negated)
        links: list[tuple[str, _Node]] = []
        while token := self._take(*_COMPARISONS):
            links.append((token.text, self._sum()))
        return _comparison(first, links) if links else first

    def _sum(self) -> _Node:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> _Node:
        return self._arithmetic(("*", "/"), self._signed)

    def _arithmetic(self, signs: tuple[str, str], part: Callable[[], _Node]) -> _Node:
        first = part()
        links: list[tuple[str, _Node]] = []
        while token := self._take(*signs):
            links.append((token.text, part()))
        return _arithmetic(first, links) if links else first

    def _signed(self) -> _Node:
        token = self._take("-")
        if token is None:
            return self._primary()
        self._deeper()
        node = _arithmetic(_constant(token.column, Decimal(0)), [("-", self._signed())])
        self._depth -= 1
        return node

    def _primary(self) -> _Node:
        token = self._token
        if self._take("("):
            node = self._conditional()
            self._expect(")")
            return node
        if token.kind in ("sign", "end") or (token.kind == "word" and token.text not in ("true", "false")):
            problem = "value_missing" if token.kind == "end" else "value_expected"
            _refuse(problem, column=token.column, **({} if token.kind == "end" else {"found": token.text}))
        self._next += 1
        if token.kind == "number":
            return _constant(token.column, Decimal(token.text))
        if token.kind == "text":
            return _constant(token.column, token.text[1:-1])
        if token.kind == "word":
            return _constant(token.column, token.text == "true")
        return self._call(token) if self._take("(") else self._name(token)

    def _call(self, name: _Token) -> _Node:
        if name.text not in _FUNCTIONS:
            _refuse("unknown_function", column=name.column, found=name.text, known=", ".join(sorted(_FUNCTIONS)))
        parts = [self._conditional()]
        while self._take(","):
            parts.append(self._conditional())
        self._expect(")")
        least, most = _FUNCTIONS[name.text]
        if not least <= len(parts) <= most:
            _refuse("wrong_count", column=name.column, found=name.text, least=least, most=most)
        return _coalesce(name.column, parts) if name.text == "coalesce" else _call(name, parts)

    def _name(self, token: _Token) -> _Node:
        if self._names is not None and token.text not in self._names:
            known = ", ".join(sorted(self._names))
            _refuse("unknown_name", column=token.column, found=token.text, known=known)
        self.seen.add(token.text)
        kind = None if self._names is None else self._names[token.text]
        return _Node(token.column, kind, lambda values: _given(values.get(token.text), token.column))


def _given(value: object, column: int) -> Value:
    """A value of the caller's as the expression can use it; a number that is not finite is missing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if value is None or isinstance(value, bool | str):
        return value
    return _refuse("number_expected", column=column, found=type(value).__name__)


def _constant(column: int, value: Decimal | bool | str) -> _Node:
    return _Node(column, _kind_of(value), lambda _values: value)


def kind_name(kind: Kind | None) -> Bilingual:
    """What a kind of value is called; what depends on the values is nothing in particular."""
    return _KINDS[kind] if kind is not None else {"zh": "不定", "en": "something that depends"}


def _kind_of(value: Decimal | bool | str) -> Kind:
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, Decimal) else "text"


def _needs(node: _Node, kind: Literal["number", "truth"]) -> None:
    """Refuse a part that is known to be of another kind."""
    if node.kind not in (None, kind):
        _refuse(f"{kind}_expected", column=node.column, found=kind_name(node.kind))


def _number(node: _Node, values: Values) -> Decimal | None:
    value = node.evaluate(values)
    if value is None or isinstance(value, Decimal):
        return value
    return _refuse("number_expected", column=node.column, found=kind_name(_kind_of(value)))


def _truth(node: _Node, values: Values) -> bool | None:
    value = node.evaluate(values)
    if value is None or isinstance(value, bool):
        return value
    return _refuse("truth_expected", column=node.column, found=kind_name(_kind_of(value)))


def _finite(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def _arithmetic(first: _Node, links: Sequence[tuple[str, _Node]]) -> _Node:
    for node in (first, *(node for _, node in links)):
        _needs(node, "number")

    def evaluate(values: Values) -> Value:
        result = _number(first, values)
        for sign, node in links:
            other = _number(node, values)
            result = None if result is None or other is None else _finite(_OPERATIONS[sign](result, other))
        return result

    return _Node(first.column, "number", evaluate)


_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
}


def _comparison(first: _Node, links: Sequence[tuple[str, _Node]]) -> _Node:
    left = first
    for sign, right in links:
        _comparable(left.kind, right.kind, sign, right.column)
        left = right

    def evaluate(values: Values) -> Value:
        answers: list[bool | None] = []
        left = first.evaluate(values)
        for sign, node in links:
            right = node.evaluate(values)
            answers.append(_compared(left, sign, right, node.column))
            left = right
        return _all(answers)

    return _Node(first.column, "truth", evaluate)


def _comparable(left: Kind | None, right: Kind | None, sign: str, column: int) -> None:
    """Equality needs two of a kind, order two numbers."""
    if left is None or right is None:
        return
    if left != right:
        _refuse("same_kind_expected", column=column, found=kind_name(right), expected=kind_name(left))
    if left != "number" and sign not in ("==", "!="):
        _refuse("number_expected", column=column, found=kind_name(right))


def _compared(left: Value, sign: str, right: Value, column: int) -> bool | None:
    if left is None or right is None:
        return None
    _comparable(_kind_of(left), _kind_of(right), sign, column)
    if sign in ("==", "!="):
        return (left == right) == (sign == "==")
    assert isinstance(left, Decimal)
    assert isinstance(right, Decimal)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _all(answers: Sequence[bool | None]) -> bool | None:
    """Kleene's three-valued conjunction: false decides, else missing leaves it open."""
    if False in answers:
        return False
    return None if None in answers else True


def _logic(word: Literal["and", "or"], parts: Sequence[_Node]) -> _Node:
    for node in parts:
        _needs(node, "truth")

    def conjunction(values: Values) -> Value:
        return _all([_truth(node, values) for node in parts])

    def disjunction(values: Values) -> Value:
        return _not(_all([_not(_truth(node, values)) for node in parts]))

    return _Node(parts[0].column, "truth", conjunction if word == "and" else disjunction)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _negation(column: int, part: _Node) -> _Node:
    _needs(part, "truth")
    return _Node(column, "truth", lambda values: _not(_truth(part, values)))


def _missing(part: _Node, *, is_negated: bool) -> _Node:
    return _Node(part.column, "truth", lambda values: (part.evaluate(values) is None) != is_negated)


def _choice(condition: _Node, first: _Node, second: _Node) -> _Node:
    _needs(condition, "truth")

    def evaluate(values: Values) -> Value:
        chosen = _truth(condition, values)
        return None if chosen is None else first.evaluate(values) if chosen else second.evaluate(values)

    return _Node(first.column, _common_kind((first, second)), evaluate)


def _coalesce(column: int, parts: Sequence[_Node]) -> _Node:
    def evaluate(values: Values) -> Value:
        return next((value for part in parts if (value := part.evaluate(values)) is not None), None)

    return _Node(column, _common_kind(parts), evaluate)


def _common_kind(parts: Sequence[_Node]) -> Kind | None:
    """The kind that all parts have; they may not be known to differ."""
    known = [part for part in parts if part.kind is not None]
    for part in known[1:]:
        if part.kind != known[0].kind:
            _refuse(
                "same_kind_expected", column=part.column, found=kind_name(part.kind), expected=kind_name(known[0].kind)
            )
    return known[0].kind if known and len(known) == len(parts) else None


def _call(name: _Token, parts: Sequence[_Node]) -> _Node:
    for part in parts:
        _needs(part, "number")
    places = _places(parts[1], name.column) if name.text == "round" and len(parts) > 1 else 0

    def evaluate(values: Values) -> Value:
        given = [number for part in parts if (number := _number(part, values)) is not None]
        if len(given) < len(parts):
            return None
        if name.text == "round":
            return _rounded(given[0], places)
        return _CALLS[name.text](given)

    return _Node(name.column, "number", evaluate)


def _places(part: _Node, column: int) -> int:
    """How many decimals are meant. It is known when the expression is parsed, so that evaluating cannot fail."""
    places = part.evaluate({})
    if not isinstance(places, Decimal) or not 0 <= places <= _MOST_PLACES or places != places.to_integral_value():
        _refuse("places_expected", column=column, found="–" if places is None else str(places), most=_MOST_PLACES)
    return int(places)


def _rounded(number: Decimal, places: int) -> Decimal | None:
    return _finite(number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=ARITHMETIC))


_CALLS: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "min": min,
    "max": max,
    "abs": lambda given: ARITHMETIC.abs(given[0]),
    "floor": lambda given: given[0].to_integral_value(rounding=ROUND_FLOOR),
}
