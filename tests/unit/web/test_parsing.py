"""Texts that pages send, read without trust."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from peilian.apps.people.api import NotVisibleError
from peilian.web.shell.parsing import as_day, as_id, as_number, id_of_click, id_to_see

KEY = "018f4e3c-7b1a-7cc0-8d3e-2f6a5b4c3d2e"


@pytest.mark.parametrize("text", ["", "x", "\x00", "9" * 5000, None, 7, ["a"]])
def test_what_is_no_id_names_nothing(text):
    assert as_id(text) is None


def test_an_id_is_read_and_one_to_be_looked_up_hides_that_it_is_none():
    assert as_id(KEY) == id_to_see(KEY) == id_of_click(KEY) == UUID(KEY)
    with pytest.raises(NotVisibleError):
        id_to_see("nobody")


def test_a_form_without_the_id_of_a_click_is_a_thing_of_its_own():
    assert id_of_click("") != id_of_click("")


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), ("999999999", 999_999_999), ("1000000000", -1), ("9" * 5000, -1), ("-1", -1), ("", -1),
     ("1.5", -1), (" 1", -1), ("²", -1), ("١", -1), ("1\n", -1)],
)  # fmt: skip
def test_a_number_is_whole_and_of_nine_digits_at_most(text, number):
    assert as_number(text, -1) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-03-01", date(2026, 3, 1)), ("2026-02-30", None), ("20260301", None), ("2026-3-1", None), ("", None),
     ("0000-01-01", None), ("0001-01-01", None), ("9999-12-31", None), ("2026-W01-1", None)],
)  # fmt: skip
def test_a_day_is_one_of_the_calendar(text, day):
    assert as_day(text) == day
