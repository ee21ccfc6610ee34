"""Papers (组卷): items drawn from a bank by a blueprint, and the order in which each person meets them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from peilian.engine._kernel import Fault, InputError, Reason


@dataclass(frozen=True, slots=True)
class Banked:
    """What a blueprint knows of an item. ``group``: items of one group give each other away, so one paper has one of
    them at most. ``seen``: how often it was set before, to whom it is drawn for or at all."""

    item_id: str
    kind: str
    competencies: frozenset[str] = frozenset()
    layer: str | None = None
    difficulty: int = 3
    tags: frozenset[str] = frozenset()
    group: str | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a blueprint (双向细目): so many items that fit all that is given; what is empty fits all."""

    count: int
    competencies: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    difficulty: tuple[int, int] = (1, 5)
    points: Decimal | None = None

    def fits(self, item: Banked) -> bool:
        """Whether an item may be drawn for this line."""
        return (
            (not self.competencies or bool(self.competencies & item.competencies))
            and (not self.layers or item.layer in self.layers)
            and (not self.kinds or item.kind in self.kinds)
            and self.tags <= item.tags
            and self.difficulty[0] <= item.difficulty <= self.difficulty[1]
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item of a paper, and the line of the blueprint that it was drawn for."""

    item_id: str
    rule: int


def draw(rules: Sequence[Rule], bank: Sequence[Banked], rng: Random) -> tuple[Drawn, ...]:
    """Items for every line of a blueprint, by chance, those that were set least first; no item and no group twice.

    Whenever some choice fills the whole blueprint, one is found: an item that one line could do without is handed to
    another (augmenting paths; H. W. Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics 2
    (1955)). ``InputError`` names the lines that the bank cannot fill,
    with how many there were and were wanted.
    """
    order = sorted(bank, key=lambda item: (item.seen, rng.random()))
    fitting = [[item for item in order if rule.fits(item)] for rule in rules]
    taken: dict[str, int] = {}  # group or item -> slot
    slots = [number for number, rule in enumerate(rules) for _ in range(rule.count)]
    chosen: dict[int, Banked] = {}
    short: dict[int, int] = {}
    # the lines with the least to choose from first
    for slot in sorted(range(len(slots)), key=lambda slot: (len(fitting[slots[slot]]), slot)):
        if not _place(slot, slots, fitting, taken, chosen, set()):
            short[slots[slot]] = short.get(slots[slot], 0) + 1
    if short:
        raise InputError(*(_shortage(number, rules[number], missing) for number, missing in sorted(short.items())))
    return tuple(Drawn(chosen[slot].item_id, number) for slot, number in enumerate(slots))


def _place(
    slot: int,
    slots: Sequence[int],
    fitting: Sequence[Sequence[Banked]],
    taken: dict[str, int],
    chosen: dict[int, Banked],
    asked: set[str],
) -> bool:
    """Give ``slot`` an item, moving others where they have somewhere to go."""
    for item in fitting[slots[slot]]:
        name = _name(item)
        if name in asked:
            continue
        asked.add(name)
        holder = taken.get(name)
        if holder is None or _place(holder, slots, fitting, taken, chosen, asked):
            taken[name] = slot
            chosen[slot] = item
            return True
    return False


def _name(item: Banked) -> str:
    return f"group:{item.group}" if item.group is not None else f"item:{item.item_id}"


def _shortage(number: int, rule: Rule, missing: int) -> Fault:
    params = {"line": number + 1, "wanted": rule.count, "there": rule.count - missing}
    return Fault(Reason("assessment.too_few_items", params), field=f"rules.{number}")


def arranged(
    items: Sequence[str],
    options: Mapping[str, Sequence[str]],
    rng: Random,
    *,
    shuffles_items: bool = True,
    fixed: Collection[str] = (),
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The items in the order in which one person meets them, each with its options in the order shown.

    The options of items in ``fixed`` stay as they were written, such as true before false.
    """
    order = list(items)
    if shuffles_items:
        rng.shuffle(order)
    found = []
    for item in order:
        shown = list(options.get(item, ()))
        if item not in fixed:
            rng.shuffle(shown)
        found.append((item, tuple(shown)))
    return tuple(found)
