"""From what formats of others say of a question to the item that a bank holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from peilian.adapters.banks.values import BankRead, Tree, ids, item_id, right_words, said
from peilian.engine._kernel import Language

GAP = "{{b1}}"


@dataclass(frozen=True, slots=True)
class Offered:
    """An answer that a question offers: ``share`` of the points that it brings, 1 for a right one."""

    text: str
    share: Decimal
    feedback: str = ""
    tolerance: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What every question has, as it was read."""

    name: str
    stem: str
    explanation: str
    row: int
    language: Language

    def begun(self, into: BankRead, kind: str) -> Tree:
        """The item so far."""
        item: Tree = {
            "id": item_id(self.name, self.stem, into.lines), "type": kind, "stem": said(self.stem, self.language)
        }  # fmt: skip
        if self.explanation:
            item["explanation"] = said(self.explanation, self.language)
        return item

    def explained(self, item: Tree, into: BankRead, right: Sequence[str]) -> Tree:
        """The item with an explanation: where there is none, it names the right answer."""
        if "explanation" not in item:
            item["explanation"] = said(right_words(right, self.language), self.language)
            into.note("no_explanation", self.row, self.name or item["id"])
        return item


def choice(
    head: Head, into: BankRead, answers: Sequence[Offered], *, is_multiple: bool, is_fixed: bool = False
) -> None:
    """A choice of one or several."""
    whole = Decimal(1)
    if is_multiple:
        right = [one.share > 0 for one in answers]
    else:
        best = max((one.share for one in answers), default=Decimal(0))
        right = [one.share == best and best > 0 for one in answers]
        if any(0 < one.share < best for one in answers):
            into.note("half_right", head.row, head.name)
        if best != whole and best > 0:
            into.note("never_all_points", head.row, head.name)
    if not any(right):
        into.fault("no_right_answer", head.row, head.name)
        return
    if not is_multiple and right.count(True) > 1:
        into.fault("several_right", head.row, head.name)
        return
    item = head.begun(into, "multiple" if is_multiple else "single")
    shares = {one.share for one, is_right in zip(answers, right, strict=True) if is_right}
    if is_multiple and len(shares) > 1:
        into.note("weights", head.row, head.name)
    options = []
    for name, one, is_right in zip(ids(len(answers)), answers, right, strict=True):
        option: Tree = {"id": name, "text": said(one.text, head.language)}
        if is_right:
            option["right"] = True
        if one.feedback:
            option["feedback"] = said(one.feedback, head.language)
        options.append(option)
    item["options"] = options
    if is_fixed:
        item["fixed"] = True
    chosen = [one.text for one, is_right in zip(answers, right, strict=True) if is_right]
    into.add(head.explained(item, into, chosen), head.row)


def truth(head: Head, into: BankRead, *, is_true: bool) -> None:
    """A statement that is true or false."""
    item = head.begun(into, "truth")
    item["is_true"] = is_true
    word = ("对" if is_true else "错") if head.language == "zh" else str(is_true).lower()
    into.add(head.explained(item, into, [word]), head.row)


def fill(head: Head, into: BankRead, blanks: Sequence[Sequence[Offered]], *, numbers: Sequence[bool]) -> None:
    """Gaps; their places ``{{b1}}`` and so on stand in the stem already."""
    item = head.begun(into, "fill")
    made, right = [], []
    for place, (answers, is_number) in enumerate(zip(blanks, numbers, strict=True), 1):
        full = [one for one in answers if one.share == 1]
        if any(0 < one.share < 1 for one in answers):
            into.note("half_right", head.row, head.name)
        if any(one.feedback for one in answers):
            into.note("feedback_of_gap", head.row, head.name)
        if not full:
            into.fault("no_right_answer", head.row, head.name)
            return
        blank: Tree = {"id": f"b{place}"}
        if is_number:
            number, tolerance = _number(full[0].text), _number(full[0].tolerance or "0")
            if number is None or tolerance is None:
                into.fault("no_number", head.row, head.name, text=full[0].text[:60])
                return
            blank["number"] = str(number)
            if tolerance:
                blank["tolerance"] = str(tolerance)
            if len(full) > 1:
                into.note("one_number_only", head.row, head.name)
            right.append(str(number))
        else:
            blank["accept"] = list(dict.fromkeys(one.text for one in full))
            if any("*" in one.text for one in full):
                into.note("wildcards", head.row, head.name)
            right.append(full[0].text)
        made.append(blank)
    item["blanks"] = made
    into.add(head.explained(item, into, right), head.row)


def match(head: Head, into: BankRead, pairs: Sequence[tuple[str, str]]) -> None:
    """What belongs together; a pair without a left side stands for something that belongs nowhere."""
    item = head.begun(into, "match")
    item["pairs"] = [
        {"id": f"p{n}", "left": said(left, head.language), "right": said(right, head.language)}
        for n, (left, right) in enumerate((pair for pair in pairs if pair[0]), 1)
    ]
    others = [right for left, right in pairs if not left]
    if others:
        item["others"] = [{"id": f"x{n}", "text": said(text, head.language)} for n, text in enumerate(others, 1)]
    arrow = " → "
    into.add(head.explained(item, into, [f"{left}{arrow}{right}" for left, right in pairs if left]), head.row)


def order(head: Head, into: BankRead, steps: Sequence[str]) -> None:
    """Steps in their right order."""
    item = head.begun(into, "order")
    item["steps"] = [{"id": f"s{n}", "text": said(text, head.language)} for n, text in enumerate(steps, 1)]
    into.add(head.explained(item, into, [" → ".join(steps)]), head.row)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
        return number.normalize() + 0 if number.is_finite() else None
    except ArithmeticError:  # no number, or one that is too large for any
        return None
