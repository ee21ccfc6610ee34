"""The expressions that authors write: what they mean, what is missing, and what is refused."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._expression import LONGEST, ExpressionError, parse

D = Decimal
VALUES = {
    "a": D(2),
    "b": D("0.5"),
    "offer.refund": D(89),
    "yes": True,
    "no": False,
    "name": "shop",
    "gone": None,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3", D(7)),
        ("(1 + 2) * 3", D(9)),
        ("8 - 3 - 2", D(3)),
        ("8 / 4 / 2", D(1)),
        ("-a * -3", D(6)),
        ("2 - -1", D(3)),
        ("0.1 + 0.2", D("0.3")),
        ("offer.refund >= 89", True),
        ("0 < b < 1", True),
        ("0 < a < 1", False),
        ("1 < 2 > 1 == 1", True),
        ("yes and not no", True),
        ("no or yes and no", False),
        ("not no and no", False),
        ("not a == 3", True),
        ("name == 'shop'", True),
        ('name != "shop"', False),
        ("yes == true", True),
        ("1 if yes else 2", D(1)),
        ("1 if no else 2 if yes else 3", D(2)),
        ("10 + (1 if no else 2)", D(12)),
        ("min(3, a, 5)", D(2)),
        ("max(0, 1 - a)", D(0)),
        ("abs(1 - a)", D(1)),
        ("floor(2.9)", D(2)),
        ("floor(-0.1)", D(-1)),
        ("round(2.5)", D(3)),
        ("round(-2.5)", D(-3)),
        ("round(2.345, 2)", D("2.35")),
        ("8 + floor(0.12 / 0.05)", D(10)),
        ("(0.3 - 0.15) / 0.05", D(3)),
    ],
)
def test_an_expression_means_what_it_says(source, value):
    found = parse(source).evaluate(VALUES)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("gone + 1", None),
        ("0 * gone", None),
        ("gone > 1", None),
        ("0 < a < gone", None),
        ("3 < a < gone", False),
        ("max(1, gone)", None),
        ("-gone", None),
        ("never_heard_of", None),
        ("gone > 1 and no", False),
        ("gone > 1 and yes", None),
        ("gone > 1 or yes", True),
        ("gone > 1 or no", None),
        ("not (gone > 1)", None),
        ("1 if gone > 1 else 2", None),
        ("gone is missing", True),
        ("a is missing", False),
        ("a is not missing and gone is missing", True),
        ("gone + 1 is missing", True),
        ("coalesce(gone, 5)", D(5)),
        ("coalesce(a, 5)", D(2)),
        ("coalesce(gone, gone)", None),
        ("a / 0", None),
        ("coalesce(a / 0, 1)", D(1)),
    ],
)
def test_what_is_missing_stays_missing_unless_the_rest_decides(source, value):
    found = parse(source).evaluate(VALUES)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "key", "column"),
    [
        ("", "value_missing", 1),
        ("1 +", "value_missing", 4),
        ("+ 1", "value_expected", 1),
        ("1 + * 2", "value_expected", 5),
        ("1 2", "end_expected", 3),
        ("a b", "end_expected", 3),
        ("(1", "ends_early", 3),
        ("1 if yes", "ends_early", 9),
        ("(1 2", "unexpected", 4),
        ("a is 3", "unexpected", 6),
        ("a = 1", "unknown_sign", 3),
        ("a & b", "unknown_sign", 3),
        ("2 ** 3", "value_expected", 4),
        ("a[0]", "unknown_sign", 2),
        ("9a", "unknown_sign", 1),
        ("'open", "unknown_sign", 1),
        ("a..b", "unknown_sign", 1),
        ("金额 > 1", "unknown_sign", 1),
        ("sum(1)", "unknown_function", 1),
        ("1 + __import__('os')", "unknown_function", 5),
        ("abs(1, 2)", "wrong_count", 1),
        ("round(1, 2, 3)", "wrong_count", 1),
        ("1 + 'x'", "number_expected", 5),
        ("1 + (2 > 1)", "number_expected", 6),
        ("1 and true", "truth_expected", 1),
        ("not 1", "truth_expected", 5),
        ("1 if 2 else 3", "truth_expected", 6),
        ("'a' < 'b'", "number_expected", 7),
        ("'a' == 1", "same_kind_expected", 8),
        ("1 if true else 'x'", "same_kind_expected", 16),
        ("coalesce(1, true)", "same_kind_expected", 13),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_column(source, key, column):
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert caught.value.reason.key == f"expression.{key}"
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("1 + name", "number_expected"),
        ("a and yes", "truth_expected"),
        ("name < name", "number_expected"),
        ("name == a", "same_kind_expected"),
        ("round(1, b)", "places_expected"),
        ("round(1, 99)", "places_expected"),
        ("max(1, yes)", "number_expected"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_when_it_comes(source, key):
    with pytest.raises(ExpressionError) as caught:
        parse(source).evaluate(VALUES)
    assert caught.value.reason.key == f"expression.{key}"


@pytest.mark.parametrize(
    ("source", "key", "column"),
    [("amont > 1", "unknown_name", 1), ("name > 1", "same_kind_expected", 8), ("flag + 1", "number_expected", 1)],
)
def test_known_names_show_mistakes_before_anything_is_evaluated(source, key, column):
    with pytest.raises(ExpressionError) as caught:
        parse(source, {"amount": "number", "name": "text", "flag": "truth"})
    assert caught.value.reason.key == f"expression.{key}"
    assert caught.value.column == column


def test_what_was_found_and_expected_is_named_in_both_languages():
    with pytest.raises(ExpressionError) as caught:
        parse("'a' == 1")
    assert caught.value.reason.params["found"] == {"zh": "数字", "en": "a number"}
    assert caught.value.reason.params["expected"] == {"zh": "文字", "en": "a text"}


def test_an_expression_tells_its_names_and_what_it_yields():
    found = parse("a.x > 1 and coalesce(b, 2) < 3")
    assert found.names == {"a.x", "b"}
    assert found.kind == "truth"
    assert parse("a").kind is None
    assert parse("a", {"a": "text"}).kind == "text"


def test_words_of_the_language_are_no_names():
    assert parse("android + order_no").names == {"android", "order_no"}


@pytest.mark.parametrize("source", ["(" * 60 + "1" + ")" * 60, "-" * 60 + "1", "not " * 60 + "true", "abs(" * 60])
def test_depth_is_bounded(source):
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert caught.value.reason.key == "expression.too_deep"


def test_length_is_bounded_and_a_long_sum_is_no_depth():
    assert parse("+".join(["1"] * (LONGEST // 2))).evaluate({}) == LONGEST // 2
    with pytest.raises(ExpressionError, match="too long"):
        parse("1" * (LONGEST + 1))


@pytest.mark.parametrize("value", [D("NaN"), D("Infinity")])
def test_a_number_that_is_not_finite_is_missing(value):
    assert parse("x is missing").evaluate({"x": value}) is True
    assert parse("x * x * x").evaluate({"x": D("1e999999")}) is None


def test_a_float_is_refused():
    with pytest.raises(ExpressionError, match="number expected"):
        parse("x").evaluate({"x": 0.1})


@given(st.text(alphabet="ab01. ()<>=!+-*/,'\"ifelsandort", max_size=60))
def test_any_text_is_an_expression_or_refused(text):
    try:
        parse(text).evaluate({"a": D(1), "b": None})
    except ExpressionError as error:
        refused = error
    else:
        return
    assert 1 <= refused.column <= len(text) + 1


@st.composite
def sums(draw, depth=3):
    """An arithmetic expression as text with the value that Python's decimals give it."""
    if depth == 0 or draw(st.booleans()):
        number = draw(st.decimals(0, 100, places=2))
        return str(number), number
    (left, x), (right, y) = draw(sums(depth - 1)), draw(sums(depth - 1))
    sign = draw(st.sampled_from("+-*"))
    with decimal.localcontext(prec=50):
        value = {"+": x + y, "-": x - y, "*": x * y}[sign]
    return f"({left} {sign} {right})", value


@given(sums())
def test_arithmetic_is_that_of_decimals(case):
    text, value = case
    assert parse(text).evaluate({}) == value


@given(sums(), st.integers(1, 9))
def test_the_callers_decimal_context_changes_nothing(case, precision):
    expression = parse(f"{case[0]} / 7")
    value = expression.evaluate({})
    with decimal.localcontext(prec=precision, rounding=decimal.ROUND_UP):
        assert expression.evaluate({}) == value
