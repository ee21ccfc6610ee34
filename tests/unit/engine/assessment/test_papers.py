"""Papers drawn by a blueprint, and the order in which each person meets the items."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import InputError
from peilian.engine.assessment import arranged, draw
from peilian.engine.assessment.papers import Banked, Rule


def banked(name, **more):
    return Banked(name, more.pop("kind", "single"), **more)


def names(rules, bank, seed=1):
    return [one.item_id for one in draw(rules, bank, Random(seed))]


@pytest.mark.parametrize(
    ("rule", "item", "fits"),
    [
        (Rule(1), banked("a"), True),
        (Rule(1, competencies=frozenset({"x"})), banked("a", competencies=frozenset({"x", "y"})), True),
        (Rule(1, competencies=frozenset({"x"})), banked("a", competencies=frozenset({"y"})), False),
        (Rule(1, layers=frozenset({"base"})), banked("a"), False),
        (Rule(1, kinds=frozenset({"order"})), banked("a", kind="order"), True),
        (Rule(1, tags=frozenset({"退款", "新人"})), banked("a", tags=frozenset({"退款"})), False),
        (Rule(1, difficulty=(2, 3)), banked("a", difficulty=4), False),
        (Rule(1, difficulty=(2, 4)), banked("a", difficulty=4), True),
    ],
)
def test_a_line_of_the_blueprint_takes_what_fits_all_it_says(rule, item, fits):
    assert rule.fits(item) is fits


def test_items_that_were_set_least_come_first():
    bank = [banked(f"q{n}", seen=n) for n in range(9)]
    assert sorted(names([Rule(3)], bank)) == ["q0", "q1", "q2"]


def test_the_same_chance_draws_the_same_paper_and_another_another():
    bank = [banked(f"q{n}") for n in range(200)]
    assert names([Rule(10)], bank, 1) == names([Rule(10)], bank, 1)
    assert names([Rule(10)], bank, 1) != names([Rule(10)], bank, 2)


def test_an_item_that_one_line_could_do_without_is_handed_to_another():
    both = banked("both", tags=frozenset({"x", "y"}))
    bank = [both, banked("x", tags=frozenset({"x"}), seen=9)]
    rules = [Rule(1, tags=frozenset({"x"})), Rule(1, tags=frozenset({"y"}))]
    assert names(rules, bank) == ["x", "both"]


def test_items_that_give_each_other_away_do_not_meet():
    bank = [banked("a", group="g"), banked("b", group="g"), banked("c", seen=5)]
    assert set(names([Rule(2)], bank)) in ({"a", "c"}, {"b", "c"})


def test_what_the_bank_lacks_is_named_by_line():
    with pytest.raises(InputError) as error:
        draw([Rule(1), Rule(5, kinds=frozenset({"order"}))], [banked("a"), banked("b", kind="order")], Random(1))
    (fault,) = error.value.faults
    assert (fault.reason.key, fault.field) == ("assessment.too_few_items", "rules.1")
    assert fault.reason.params == {"line": 2, "wanted": 5, "there": 1}


TAGS = st.frozensets(st.sampled_from("xyz"), min_size=1, max_size=2)


@given(
    tags=st.lists(TAGS, min_size=1, max_size=8),
    wanted=st.lists(st.tuples(st.integers(1, 3), st.sampled_from("xyz")), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
def test_a_blueprint_is_filled_whenever_it_can_be(tags, wanted, seed):
    bank = [banked(f"q{n}", tags=one) for n, one in enumerate(tags)]
    rules = [Rule(count, tags=frozenset(tag)) for count, tag in wanted]
    need = [tag for count, tag in wanted for _ in range(count)]
    # Hall's condition: every choice of tags has at least as many items as slots
    subsets = [frozenset(one) for one in ("x", "y", "z", "xy", "xz", "yz", "xyz")]
    can = all(sum(bool(one & each) for one in tags) >= sum(tag in each for tag in need) for each in subsets)
    try:
        drawn = draw(rules, bank, Random(seed))
    except InputError:
        assert not can
        return
    assert can
    assert len({one.item_id for one in drawn}) == len(need)
    found = {item.item_id: item for item in bank}
    assert all(rules[one.rule].fits(found[one.item_id]) for one in drawn)


def test_everybody_meets_the_items_and_options_in_an_order_of_their_own():
    items = [f"q{n}" for n in range(8)]
    options = {item: ["a", "b", "c", "d"] for item in items} | {"q0": ["true", "false"]}
    first, second = (arranged(items, options, Random(seed), fixed={"q0"}) for seed in (1, 2))
    assert first != second
    assert sorted(item for item, _ in first) == items
    assert dict(first)["q0"] == dict(second)["q0"] == ("true", "false")
    assert all(sorted(shown) == sorted(options[item]) for item, shown in first)
    kept = arranged(items, options, Random(1), shuffles_items=False)
    assert [item for item, _ in kept] == items
