"""Score sheets, rankings and improvement plans as workbooks, read back."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from peilian.web.appraisal.printing.documents import Adjustment
from peilian.web.appraisal.printing.grid import LONGEST_NAME, Names, guarded, n_lines
from peilian.web.appraisal.printing.workbooks import plan_xlsx, sheet_xlsx, team_xlsx
from support.papers import a_plan, a_ranking, a_sheet, a_shipped_sheet, of_person, with_lines

D = Decimal
Rows = list[list[object]]


def read(body: bytes, name: str | None = None) -> Rows:
    """The cells of a sheet as a viewer shows them that does not calculate."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    return book.get_sheet_by_name(name or book.sheet_names[0]).to_python(skip_empty_area=False)


def row_of(rows: Rows, label: str) -> list[object]:
    return next(row for row in rows if label in row)


def xml(body: bytes, number: int = 1) -> str:
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        return file.read(f"xl/worksheets/sheet{number}.xml").decode()


def formulas(body: bytes) -> dict[str, str]:
    return dict(re.findall(r'<c r="(\w+)"[^>]*><f>(.*?)</f>', xml(body)))


def test_scores_weights_and_totals_are_numbers():
    rows = read(sheet_xlsx(a_sheet()))
    assert row_of(rows, "销售额完成率")[1:3] == ["销售额完成率", 30]
    assert row_of(rows, "灵活应变能力")[-1] == pytest.approx(4 / 3)
    assert [row[-1] for row in rows if "小计" in row] == [64, pytest.approx(9.8333333), 18.25]
    assert row_of(rows, "总分（满分 105）")[-1] == pytest.approx(92.0833333)
    assert row_of(rows, "折算百分制")[-1] == pytest.approx(87.6984127)


def test_subtotals_and_totals_can_be_followed():
    found = list(formulas(sheet_xlsx(a_sheet())).values())
    assert found == [
        "SUM(C6:C13)", "SUM(F6:F13)", "SUM(C15:C18)", "SUM(F15:F18)", "SUM(C20:C26)", "SUM(F20:F26)",
        "SUM(F14,F19,F27)", "F28/C28*100",
    ]  # fmt: skip


def computed(rows: Rows, formula: str) -> float:
    """What a formula of these sheets gives, from the cells that it names."""

    def cell(name: str) -> float:
        value = rows[int(name[1:]) - 1][ord(name[0]) - ord("A")]
        return float(value) if isinstance(value, int | float) else 0.0

    def area(match: re.Match[str]) -> str:
        column, first, last = match[1], int(match[2]), int(match[3])
        return ",".join(f"{column}{row}" for row in range(first, last + 1))

    spelled = re.sub(r"([A-Z])(\d+):[A-Z](\d+)", area, formula)
    if spelled.startswith("SUM("):
        return sum(cell(name) for name in spelled[4:-1].split(","))
    above, below = re.fullmatch(r"(\w+)/(\w+)\*100", spelled).groups()
    return cell(above) / cell(below) * 100


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("sheet", [a_sheet, a_shipped_sheet])
def test_every_formula_gives_the_number_that_is_stored_with_it(sheet, language):
    body = sheet_xlsx(sheet(language))
    rows = read(body)
    assert len(formulas(body)) == 8
    for place, formula in formulas(body).items():
        stored = rows[int(place[1:]) - 1][ord(place[0]) - ord("A")]
        assert computed(rows, formula) == pytest.approx(stored), place


def test_adjustments_have_rows_of_their_own_and_are_part_of_the_sums():
    sheet = a_sheet()
    capped = replace(sheet.groups[0], adjustments=(Adjustment("本组封顶 62 分", D(-2)),), points=D(62))
    raw = D(62) + sum((one.points or D(0) for one in sheet.groups[1:]), D(0)) + 1
    document = replace(
        sheet, groups=(capped, *sheet.groups[1:]), adjustments=(Adjustment("表扬信", D(1)),), raw=raw,
        normalised=raw / 105 * 100,
    )  # fmt: skip
    body = sheet_xlsx(document)
    rows = read(body)
    assert row_of(rows, "本组封顶 62 分")[-1] == -2
    assert row_of(rows, "表扬信")[-1] == 1
    assert "SUM(F6:F14)" in formulas(body).values()
    assert "SUM(F15,F20,F28,F29)" in formulas(body).values()


def test_a_total_that_no_sum_gives_is_a_bare_number():
    body = sheet_xlsx(a_sheet(raw=D(60)))
    assert "SUM(F14,F19,F27)" not in formulas(body).values()
    assert row_of(read(body), "总分（满分 105）")[-1] == 60


def test_what_was_not_judged_is_an_empty_cell():
    rows = read(sheet_xlsx(with_lines(a_sheet(raw=None, normalised=None), points=None)))
    assert row_of(rows, "销售额完成率")[-1] == ""
    assert row_of(rows, "折算百分制")[-1] == ""


def test_a_blank_sheet_waits_for_scores_and_then_adds_them_up():
    body = sheet_xlsx(a_sheet(), blank=True)
    rows = read(body)
    assert row_of(rows, "销售额完成率")[4:] == ["", ""]
    assert {row[-1] for row in rows if "小计" in row} == {""}
    assert 'IF(COUNT(F6:F13)=0,"",SUM(F6:F13))' in formulas(body).values()
    assert xml(body).count("<dataValidation ") == 3
    assert "双十一前" not in str(rows)


def test_a_sheet_prints_on_one_page_of_a4():
    found = xml(sheet_xlsx(a_sheet()))
    assert 'fitToPage="1"' in found
    assert 'paperSize="9"' in found
    assert "fitToHeight" not in found  # one page high is what a workbook means when it says nothing


def test_groups_are_one_merged_cell_each():
    found = xml(sheet_xlsx(a_sheet()))
    for area in ("A6:A14", "A15:A19", "A20:A27"):
        assert f'<mergeCell ref="{area}"/>' in found


def test_a_team_has_its_ranking_and_a_sheet_for_everybody():
    ranking = a_ranking(4)
    sheets = [of_person(a_sheet(), name=one.person.name, number=one.person.number) for one in ranking.people[:3]]
    body = team_xlsx(ranking, sheets)
    assert CalamineWorkbook.from_filelike(io.BytesIO(body)).sheet_names == ["汇总", "王小芳1", "王小芳2", "王小芳3"]
    rows = read(body)
    first, last = row_of(rows, "王小芳1"), row_of(rows, "王小芳4")
    assert first[0] == 1
    assert first[5:9] == [64.875, 14, 24.5, 103.375]
    assert last[5:9] == ["", "", "", ""]
    assert last[-1] == "免考核：产假"
    assert row_of(read(body, "王小芳2"), "转化率")[-1] == 3
    assert xml(body).count("<hyperlink ") == 3


def test_three_hundred_people_make_a_workbook_of_three_hundred_and_one_sheets():
    ranking = a_ranking(300)
    sheets = [of_person(a_sheet(), name="王芳", number=one.person.number) for one in ranking.people]
    names = CalamineWorkbook.from_filelike(io.BytesIO(team_xlsx(ranking, sheets))).sheet_names
    assert len({name.casefold() for name in names}) == 301
    assert names[1:3] == ["王芳", "王芳 CS0002"]


HOSTILE = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|'x'!A0", "\t=1", '+1 +HYPERLINK("http://x.example")']


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_is_never_run_as_a_formula(text):
    person = of_person(a_sheet(company=text, title=text, self_remark=text, grade=text), name=text, team=text)
    ranking = a_ranking(2)
    people = tuple(replace(one, note=text, grade=text) for one in ranking.people)
    plan = of_person(a_plan(strengths=text, answer=text), name=text)
    bodies = [sheet_xlsx(person), team_xlsx(replace(ranking, people=people, unit=text), [person]), plan_xlsx(plan)]
    for body in bodies:
        assert not [found for found in formulas(body).values() if not re.fullmatch(r"[A-Z0-9(),:/*]+", found)]
        cells = [cell for row in read(body) for cell in row if isinstance(cell, str)]
        assert text not in cells
        assert f"'{text}" in cells


@pytest.mark.parametrize(
    "text", ["+12%（上月 41,071 元）", "+12% (last month ¥41,071)", "-3", "-20%", "+1.5 分", "0.8%"]
)
def test_a_change_in_figures_keeps_its_sign_as_it_is(text):
    assert guarded(text) == text


def test_a_plan_has_dates_that_can_be_sorted():
    rows = read(plan_xlsx(a_plan()))
    assert row_of(rows, "情绪安抚")[3] == date(2026, 11, 30)
    assert row_of(rows, "情绪安抚")[0] == 1


def test_a_long_remark_gets_the_rows_it_needs():
    heights = [
        float(found)
        for found in re.findall(
            r'<row [^>]* ht="([\d.]+)"', xml(sheet_xlsx(a_sheet(self_remark="每天复盘一通对话。\n" * 200)))
        )
    ]
    assert max(heights) <= 409
    assert sum(heights) > 200 * 14


@pytest.mark.parametrize(
    ("text", "lines"), [("", 1), ("短", 1), ("一二三四五六七八九十", 2), ("a\nb\nc", 3), ("x" * 40, 3)]
)
def test_lines_are_counted_by_width_and_breaks(text, lines):
    assert n_lines(text, 19) == lines


@given(st.lists(st.text(max_size=40), max_size=30))
def test_names_of_sheets_are_allowed_and_each_ones_own(wanted):
    names = Names()
    found = [names.take(name, f"{name} 1") for name in wanted]
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= LONGEST_NAME
        assert not set("[]:*?/\\") & set(name)
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.casefold() != "history"
