"""Grading answers (评分): by the key where there is one, by what a text says where it has to be read.

Points are decimal with two places, half up, an item at a time; the whole of an exam is the exact sum of what is shown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Param, Reason
from peilian.engine.assessment.values import (
    Answer,
    Blank,
    Case,
    Choice,
    Criterion,
    Fill,
    Grade,
    Item,
    Match,
    Order,
    Part,
    Played,
    Written,
)
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import read_conversation
from peilian.engine.reading.likeness import pairs
from peilian.engine.text import Analysed, analyse, normalise
from peilian.engine.text.typed import is_blank

_ZERO = Decimal(0)
_CENT = Decimal("0.01")
_HALF = Decimal("0.5")
_QUOTE = 60  # code points of own words that show something
_OWN_WORDS = 0.5  # share of the pairs of characters of a bad line that a better one may keep


def grade(item: Item, answer: Answer) -> Grade:
    """Grade one answer. What the item does not know, such as an option it never had, counts as wrong or not at all."""
    if isinstance(item, Case):
        return _case(item, answer)
    if not answer or not _is_given(answer):
        reason = Reason("assessment.unanswered")
        return Grade(item.item_id, _ZERO, item.points, (Part("", _ZERO, item.points, reason),), is_answered=False)
    return _GRADERS[type(item)](item, answer)


def total(grades: Iterable[Grade]) -> tuple[Decimal, Decimal]:
    """Points and the most there were."""
    listed = list(grades)
    return sum((one.points for one in listed), _ZERO), sum((one.of for one in listed), _ZERO)


def _is_given(answer: Mapping[str, Any]) -> bool:
    """Whether anything was answered: a page sends empty fields too."""
    for value in answer.values():
        texts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
        if any(not isinstance(text, str) or not is_blank(text) for text in texts):
            return True
    return False


def _choice(item: Choice, answer: Mapping[str, Any]) -> Grade:
    chosen = {option for option in _list(answer, "chosen") if option in item.options}
    hits, slips = len(chosen & item.right), len(chosen - item.right)
    missed = len(item.right) - hits
    if not item.partial or len(item.right) == 1:
        share = Decimal(int(not slips and not missed))
    else:
        share = max(_ZERO, _ratio(hits - slips, len(item.right)))
    key = "right" if not slips and not missed else "partly" if share else "wrong"
    params: dict[str, Param] = {"right": hits, "wrong": slips, "missing": missed}
    if key == "wrong" and len(item.right) == len(chosen) == 1:
        key, params = "other", {}  # one for one: there is nothing to count
    points = _points(share, item.points)
    return _whole(item, [Part("", points, item.points, Reason(f"assessment.choice.{key}", params))])


def _fill(item: Fill, answer: Mapping[str, Any]) -> Grade:
    given = answer.get("blanks")
    given = given if isinstance(given, Mapping) else {}
    shares = []
    for blank in item.blanks:
        text = given.get(blank.blank_id)
        is_right = isinstance(text, str) and _fits(blank, text)
        key = "right" if is_right else "wrong" if isinstance(text, str) and not is_blank(text) else "empty"
        shares.append((blank.blank_id, Decimal(int(is_right)), Reason(f"assessment.fill.{key}"), None))
    return _whole(item, _shared(shares, item.points))


def _fits(blank: Blank, text: str) -> bool:
    typed = _plain(text)
    if blank.number is not None:
        number = _number(typed)
        if number is not None and abs(number - blank.number) <= blank.tolerance:
            return True
    return any(typed == _plain(one) for one in blank.texts)


def _plain(text: str) -> str:
    """What is compared of a gap: small letters, half width, no mark at the end."""
    return normalise(text).text.strip().rstrip("。.!").rstrip()


def _number(text: str) -> Decimal | None:
    """The number that a text begins with, its unit and separators of thousands left aside."""
    digits = text.replace(",", "").removeprefix("¥").removeprefix("$").strip()
    size = next((place for place, char in enumerate(digits) if char not in "0123456789.-"), len(digits))
    try:
        found = Decimal(digits[:size])
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _order(item: Order, answer: Mapping[str, Any]) -> Grade:
    """By the longest chain of steps in the right order, less the one that any order has."""
    places = {step: place for place, step in enumerate(item.steps)}
    given = list(dict.fromkeys(places[step] for step in _list(answer, "order") if step in places))
    chain = _longest_rise(given)
    share = _ratio(max(0, len(chain) - 1), len(item.steps) - 1)
    params: dict[str, Param] = {"chain": len(chain), "steps": len(item.steps)}
    key = "right" if len(chain) == len(item.steps) else "chain"
    return _whole(item, [Part("", _points(share, item.points), item.points, Reason(f"assessment.order.{key}", params))])


def _match(item: Match, answer: Mapping[str, Any]) -> Grade:
    given = answer.get("pairs")
    given = given if isinstance(given, Mapping) else {}
    shares = []
    for left, right in item.pairs.items():
        is_right = given.get(left) == right
        key = "right" if is_right else "wrong" if given.get(left) else "empty"
        shares.append((left, Decimal(int(is_right)), Reason(f"assessment.match.{key}"), None))
    return _whole(item, _shared(shares, item.points))


def _played(item: Played, answer: Mapping[str, Any]) -> Grade:
    if answer.get("points") is None:
        reason = Reason("assessment.played.unscored")
        return _whole(item, [Part("", _ZERO, item.points, reason)], is_open=True)
    reached = _reached(answer["points"])
    params: dict[str, Param] = {"points": f"{reached:f}"}
    if reached < item.passes_from:
        share, key = _ZERO, "below"
        params["passes_from"] = f"{item.passes_from:f}"
    elif reached >= item.full_from:
        share, key = Decimal(1), "full"
    else:
        share, key = _ratio(reached, item.full_from), "share"
        params["full_from"] = f"{item.full_from:f}"
    reason = Reason(f"assessment.played.{key}", params)
    return _whole(item, [Part("", _points(share, item.points), item.points, reason)])


def _reached(given: Any) -> Decimal:
    """What was reached in a drill, 0 to 100; 0 for what is no number."""
    try:
        points = Decimal(str(given))
    except InvalidOperation:
        return _ZERO
    return min(max(points, _ZERO), Decimal(100)) if points.is_finite() else _ZERO


def _case(item: Case, answer: Answer) -> Grade:
    given = answer.get("items") if answer else None
    given = given if isinstance(given, Mapping) else {}
    answers = {name: value for name, value in given.items() if isinstance(value, Mapping)}
    grades = [grade(one, answers.get(one.item_id)) for one in item.items]
    points, of = total(grades)
    parts = tuple(
        Part(f"{one.item_id}.{part.key}".rstrip("."), part.points, part.of, part.reason, part.quote)
        for one in grades
        for part in one.parts
    )
    is_answered = any(one.is_answered for one in grades)
    return Grade(item.item_id, points, of, parts, any(one.is_open for one in grades), is_answered)


# -- written answers --------------------------------------------------------------------------------------------------


def _written(item: Written, answer: Mapping[str, Any]) -> Grade:
    text = str(answer.get("text", ""))
    analysed = analyse(text)
    found = dict(_found(item, text, analysed))  # spans of the text as it was written
    ordered = _in_order(item, found)
    shares = []
    for one in item.criteria:
        key_found, span = _first(one, found)
        if one.kind in ("fault", "other_words"):
            share, key = (Decimal(1), "kept") if span is None else (_ZERO, "broken")
        elif span is None:
            share, key = _ZERO, "missing"
        elif item.in_order and one.kind == "point" and f"point:{key_found}" not in ordered:
            share, key = _HALF, "out_of_order"
        else:
            share, key = Decimal(1), "said"
        quote = None if span is None else _quote(text[slice(*span)])
        reason = Reason(f"assessment.written.{one.kind}.{key}", {"key": key_found})
        shares.append((one.name, share, reason, quote))
    weights = [one.weight for one in item.criteria]
    return _whole(item, _shared(shares, item.points, weights, needs=_says_anything(item, found)), is_open=item.is_open)


def _found(item: Written, text: str, analysed: Analysed) -> Iterator[tuple[str, tuple[int, int]]]:
    """Where each criterion shows, the first place last."""
    hits = item.points_in.find(analysed, "agent", frozenset())
    for hit in sorted(hits, key=lambda hit: -hit.start):
        yield f"point:{hit.key}", analysed.original(hit.start, hit.end)
    if item.reading is not None:
        before = (Message("0", 0, Role.CUSTOMER, item.after),) if item.after else ()
        said = Message("1", len(before), Role.AGENT, text, author="trainee")
        read = read_conversation(Conversation("answer", (*before, said)), item.reading).messages[-1]
        for finding in sorted(read.findings, key=lambda finding: -finding.start):
            kind = "move" if finding.kind == "move" else "fault"
            yield f"{kind}:{finding.key}", (finding.start, finding.end)
    if item.instead_of:
        old, new = pairs(normalise(item.instead_of).text), pairs(analysed.text)
        if old and len(old & new) > _OWN_WORDS * len(old):
            yield "other_words:", (0, len(text))


def _first(one: Criterion, found: Mapping[str, tuple[int, int]]) -> tuple[str, tuple[int, int] | None]:
    """The key of a criterion that was found, and where; of what was not found the first key."""
    for key in one.keys or ("",):
        if (span := found.get(f"{one.kind}:{key}")) is not None:
            return key, span
    return (one.keys or ("",))[0], None


def _says_anything(item: Written, found: Mapping[str, tuple[int, int]]) -> bool:
    """Whether an answer has something of what was asked for: who says nothing keeps no rule."""
    wanted = [one for one in item.criteria if one.kind in ("point", "move")]
    return not wanted or any(_first(one, found)[1] is not None for one in wanted)


def _in_order(item: Written, found: Mapping[str, tuple[int, int]]) -> frozenset[str]:
    """The key points that come in the order in which they were asked for: the longest such chain."""
    firsts = [_first(one, found) for one in item.criteria if one.kind == "point"]
    said = sorted((span, place) for place, (_, span) in enumerate(firsts) if span is not None)
    chain = _longest_rise([place for _, place in said])
    return frozenset(f"point:{firsts[place][0]}" for place in chain)


def _quote(words: str) -> str:
    return words if len(words) <= _QUOTE else f"{words[: _QUOTE - 1]}…"


# -- shares and points ------------------------------------------------------------------------------------------------


def _shared(
    shares: Sequence[tuple[str, Decimal, Reason, str | None]],
    points: Decimal,
    weights: Sequence[Decimal] | None = None,
    *,
    needs: bool = True,
) -> list[Part]:
    """The parts of an item: ``points`` divided by weight, to the cent, so that the parts are the whole. ``needs`` is
    what any points depend on."""
    weights = weights or [Decimal(1)] * len(shares)
    return [
        Part(key, _points(share, most) if needs else _ZERO, most, reason, quote)
        for (key, share, reason, quote), most in zip(shares, _divided(points, weights), strict=True)
    ]


def _divided(points: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """``points`` by weight in cents; what is left over goes to the first ones."""
    whole = sum(weights, _ZERO)
    bounds, so_far = [_ZERO], _ZERO
    for weight in weights:
        so_far += weight
        bounds.append(_cents(ARITHMETIC.divide(points * so_far, whole)) if whole else _ZERO)
    return [last - first for first, last in pairwise(bounds)]


def _whole(item: Item, parts: Sequence[Part], *, is_open: bool = False) -> Grade:
    return Grade(item.item_id, sum((part.points for part in parts), _ZERO), item.points, tuple(parts), is_open)


def _points(share: Decimal, of: Decimal) -> Decimal:
    return _cents(share * of)


def _cents(number: Decimal) -> Decimal:
    return number.quantize(_CENT, rounding=ROUND_HALF_UP, context=ARITHMETIC)


def _ratio(part: Decimal | int, whole: Decimal | int) -> Decimal:
    return ARITHMETIC.divide(Decimal(part), Decimal(whole))


def _list(answer: Mapping[str, Any], name: str) -> list[str]:
    found = answer.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list | tuple) else []


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """The longest rising chain of distinct numbers, the first found of equals. Source: C. Schensted, "Longest
    increasing and decreasing subsequences", Canadian Journal of Mathematics 13 (1961)."""
    tops: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        height = bisect_left(tops, number)
        before.append(places[height - 1] if height else -1)
        if height == len(tops):
            tops.append(number)
            places.append(place)
        else:
            tops[height], places[height] = number, place
    chain: list[int] = []
    here = places[-1] if places else -1
    while here >= 0:
        chain.append(numbers[here])
        here = before[here]
    return chain[::-1]


_GRADERS: dict[type, Callable[[Any, Mapping[str, Any]], Grade]] = {
    Choice: _choice,
    Fill: _fill,
    Order: _order,
    Match: _match,
    Played: _played,
    Written: _written,
}
