"""Figures from a file: what is read as it is shown, what is asked about, what is refused and with which row."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import Fault, InputError
from peilian.flows import appraisal_inputs, appraising
from peilian.flows.appraisal_inputs import MOST_FAULTS, InputFile, read_inputs
from peilian.flows.appraisal_values import mixed, value_of
from peilian.flows.wording import say_fault

CARD = appraising.card_of(appraising.templates()["ecommerce-monthly"].body)
HEAD = "person,period,indicator,value\n"
WIDE = ["person", "period", "indicator", "value"]


def a_file(folder: Path, text: str, name: str = "march.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(indicator: str, *values: str) -> str:
    return HEAD + "".join(f"H{n},2026-10,{indicator},{value}\n" for n, value in enumerate(values, 1))


def kept(found: InputFile) -> list[D | None]:
    return [one.value for person in found.people for one in person.values.values()]


def faults_of(path: Path, ratios: appraising.Ratios | None = None) -> list[Fault]:
    with pytest.raises(InputError) as error:
        read_inputs(path, CARD, ratios)
    for fault in error.value.faults:
        assert say_fault(fault, "zh")
        assert "--" not in say_fault(fault, "en")
    return list(error.value.faults)


def places(path: Path, ratios: appraising.Ratios | None = None) -> list[tuple[str, int | None, str | None]]:
    return [(fault.reason.key.removeprefix("appraise."), fault.row, fault.field) for fault in faults_of(path, ratios)]


@pytest.fixture
def book(tmp_path):
    def written(*rows: list, name: str = "march.xlsx", formats: dict[tuple[int, int], str] | None = None) -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as made:
            sheet = made.add_worksheet()
            for at, row in enumerate([WIDE, *rows]):
                for column, cell in enumerate(row):
                    shape = (formats or {}).get((at, column))
                    sheet.write(at, column, cell, made.add_format({"num_format": shape}) if shape else None)
        return path

    return written


# Ratios


def test_a_cell_that_shows_a_percentage_is_one_whatever_is_answered(book):
    path = book(
        ["H1", "2026-10", "return_ratio", 0.05], ["H2", "2026-10", "return_ratio", 7], formats={(1, 3): "0.00%"}
    )
    assert [(fault.row, fault.reason.params["value"]) for fault in faults_of(path)] == [(3, "7")]
    assert kept(read_inputs(path, CARD, "percent")) == [D("0.05"), D("0.07")]
    assert places(path, "fraction") == [("too_large", 3, "value")]


@pytest.mark.parametrize("shape", ["0%", "0.00%", "[Red]0.0%;-0.0%", "#,##0.00\\ %"])
def test_every_format_of_percentages_is_known(book, shape):
    found = read_inputs(book(["H1", "2026-10", "conversion_ratio", 0.013], formats={(1, 3): shape}), CARD)
    assert kept(found) == [D("0.013")]


@pytest.mark.parametrize("shape", ["0.00", '0.0"%"', "0\\%", "General"])
def test_a_number_beside_which_a_percent_sign_only_stands_is_none(book, shape):
    path = book(["H1", "2026-10", "return_ratio", 7], formats={(1, 3): shape})
    assert places(path) == [("unclear_ratio", 2, "value")]


def test_a_percentage_is_no_count(book):
    path = book(["H1", "2026-10", "late_count", 0.05], formats={(1, 3): "0%"})
    assert places(path) == [("no_percentage", 2, "value")]


def test_what_a_formula_worked_out_is_kept_without_the_noise_of_its_arithmetic(book):
    path = book(
        ["H1", "2026-10", "sales_completion_ratio", 1 / 3], ["H2", "2026-10", "sales_completion_ratio", 0.1 + 0.2]
    )
    assert kept(read_inputs(path, CARD)) == [D("0.333333333333"), D("0.3")]


@pytest.mark.parametrize("ratios", [None, "percent", "fraction"])
@pytest.mark.parametrize("values", [("0.92", "92"), ("92", "0.92", "88"), ("0.05", "7")])
def test_fractions_amid_percentages_fit_no_answer_and_are_refused_with_both_rows(tmp_path, values, ratios):
    path = a_file(tmp_path, lines("featured_ratio", *values))
    (fault,) = faults_of(path, ratios)
    rows = {value: row for row, value in enumerate(values, 2)}
    assert (fault.reason.key, fault.row) == (
        "appraise.mixed_ratios",
        min(rows.items(), key=lambda one: float(one[0]))[1],
    )
    assert rows[str(fault.reason.params["other"])] == fault.reason.params["row"]


def test_a_column_of_small_percentages_is_asked_about_with_both_kinds_and_read_alike(tmp_path):
    path = a_file(tmp_path, lines("conversion_ratio", "0.92", "1.2", "3", "0"))
    assert [
        (fault.row, fault.reason.params["percent"], fault.reason.params["fraction"]) for fault in faults_of(path)
    ] == [
        (2, "0.92%", "92%"),
        (3, "1.2%", "120%"),
        (4, "3%", "300%"),
    ]
    assert kept(read_inputs(path, CARD, "percent")) == [D("0.0092"), D("0.012"), D("0.03"), 0]
    assert {key for key, _row, _field in places(path, "fraction")} == {"too_large"}


def test_an_answer_leaves_indicators_alone_that_nobody_doubted(tmp_path):
    path = a_file(
        tmp_path, lines("return_ratio", "7") + "H1,2026-10,sales_completion_ratio,0.92\nH1,2026-10,featured_ratio,85%\n"
    )
    values = read_inputs(path, CARD, "percent").people[0].values
    assert {key: one.value for key, one in values.items()} == {
        "return_ratio": D("0.07"),
        "sales_completion_ratio": D("0.92"),
        "featured_ratio": D("0.85"),
    }


def test_a_typed_ratio_is_read_as_answered_only_where_it_is_doubtful():
    measure = CARD.indicators["sales_completion_ratio"]
    assert [value_of(measure, text, "percent") for text in ("92", "0.92", "92%", "1.9")] == [
        D("0.92"),
        D("0.92"),
        D("0.92"),
        D("1.9"),
    ]


RATIOS = st.lists(st.decimals("0.01", "100", places=2), min_size=1, max_size=6)


@given(RATIOS, RATIOS)
def test_whether_writings_are_mixed_does_not_depend_on_the_order(small, large):
    forth, back = mixed(small, large), mixed(small[::-1], large[::-1])
    assert forth == back[::-1]
    assert mixed([D(0)], large) == [True]


# Cells


def test_errors_and_formulas_without_a_value_are_faults_of_their_cells(tmp_path):
    path = tmp_path / "march.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, WIDE)
        for row in (1, 2, 3, 4):
            sheet.write_row(row, 0, ["H1", "2026-10", "late_count"])
        sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 3, "=1+1", None, "")
        sheet.write_formula(3, 0, "=X!A1", None, "#REF!")
        sheet.write_formula(4, 3, "=1+1", None, 2)
    assert places(path) == [
        ("broken_cell", 2, "value"),
        ("broken_cell", 3, "value"),
        ("broken_cell", 4, "person"),
    ]


def test_empty_cells_are_counted(book):
    found = read_inputs(book(["H1", "2026-10", "late_count", None], ["H1", "2026-10", "complaints", 1]), CARD)
    assert (found.empty, kept(found)) == (1, [None, 1])


def test_a_truth_is_no_number_and_a_number_no_truth(book):
    assert places(book(["H1", "2026-10", "complaints", True])) == [("not_a_number", 2, "value")]
    assert kept(read_inputs(book(["H1", "2026-10", "report_on_time", True]), CARD)) == [1]


def test_a_wrong_value_is_repeated_in_a_few_characters(tmp_path):
    for value in ("9" * 5000, "x" * 5000, "1" * 400 + "%"):
        for indicator in ("late_count", "return_ratio", "report_on_time", "y" * 5000):
            (fault,) = faults_of(a_file(tmp_path, lines(indicator, value)))
            assert len(say_fault(fault, "zh")) < 1200
            assert all(len(str(param)) <= 40 for key, param in fault.reason.params.items() if key != "near")


# Columns and rows


def test_a_value_given_twice_names_both_rows(tmp_path):
    (fault,) = faults_of(a_file(tmp_path, lines("late_count", "1") + "H1,2026-10,late_count,7\n"))
    assert (fault.row, fault.reason.params["first"]) == (3, 2)


def test_a_number_goes_before_a_name_and_what_else_a_person_is_called_is_remembered(tmp_path):
    text = "姓名,工号,月份,指标,数值\n林小禾,1001,2026-10,迟到次数,1\n"
    text += "周舟,1001,2026-10,complaints,0\n林小禾,,2026-10,complaints,0\n"
    first, second = read_inputs(a_file(tmp_path, text), CARD).people
    assert (first.person, first.also) == ("1001", {"林小禾": (2, "姓名"), "周舟": (3, "姓名")})
    assert (second.person, second.row) == ("林小禾", 4)


def test_two_columns_that_mean_the_same_are_refused(tmp_path):
    (fault,) = faults_of(a_file(tmp_path, "工号,月份,指标,数值,实际值\n1,2026-10,late_count,1,2\n"))
    assert (fault.reason.key, fault.reason.params["names"]) == ("appraise.double_column", "数值, 实际值")


def test_reading_ends_after_so_many_faults_and_says_so(tmp_path, monkeypatch):
    looked_for = []

    def near(word, *arguments, **options):
        looked_for.append(word)
        return []

    monkeypatch.setattr(appraisal_inputs, "get_close_matches", near)
    found = faults_of(a_file(tmp_path, lines("lateness", *["1"] * 5000)))
    assert len(found) == MOST_FAULTS + 1
    assert (found[-1].reason.key, found[-1].row) == ("appraise.more_faults", None)
    assert looked_for == ["lateness"]


def test_a_file_of_too_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(appraisal_inputs, "MOST_ROWS", 3)
    assert len(read_inputs(a_file(tmp_path, lines("late_count", "1", "2", "3")), CARD).people) == 3
    (fault,) = faults_of(a_file(tmp_path, lines("late_count", "1", "2", "3", "4")))
    assert (fault.reason.key, fault.reason.params) == ("tables.too_many_rows", {"limit": 3})
