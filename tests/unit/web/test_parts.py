"""Parts of a change that add up to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.practice.parts import shares, whole


@pytest.mark.parametrize(
    ("parts", "total", "expected"),
    [
        ([18.3, 4.3, 5.5], 28, [18, 4, 6]),
        ([4.0, 5.2], 9, [4, 5]),
        ([0.4, 0.4], 1, [1, 0]),
        ([-2.6, -0.2], -3, [-3, 0]),
        ([20.0], 20, [20]),
        ([6.6, -6.4], 0, [6, -6]),
        ([], 0, []),
    ],
)
def test_parts_add_up_to_the_change_that_is_shown(parts, total, expected):
    assert shares(parts, total) == (expected, 0)


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=8), st.floats(0, 100))
def test_rounding_leaves_nothing_over_and_moves_no_part_by_more_than_one(parts, before):
    total = whole(before + sum(parts)) - whole(before)
    found, rest = shares(parts, total)
    assert rest == 0
    assert sum(found) == total
    assert all(abs(shown - part) <= 2 for shown, part in zip(found, parts, strict=True))


def test_a_record_that_does_not_tell_every_part_leaves_a_rest():
    assert shares([4.2], 9) == ([4], 5)
    assert shares([], 20) == ([], 20)
