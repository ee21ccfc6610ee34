"""Reading roster files: what people really save from a spreadsheet."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from peilian.adapters.workbooks import WorkbookError, shown_sheet
from peilian.engine._kernel import InputError
from peilian.flows.roster import RosterRow, day_of, moment_of, read_roster
from peilian.flows.wording import say_fault

SHANGHAI = ZoneInfo("Asia/Shanghai")


def written(tmp_path: Path, text: str, name: str = "roster.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def faults_of(path: Path) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(InputError) as error:
        read_roster(path)
    for fault in error.value.faults:
        assert fault.file == path.name
        assert say_fault(fault, "zh")
        assert say_fault(fault, "en")
    return [(fault.reason.key, fault.row, fault.field) for fault in error.value.faults]


CHINESE = """工号,姓名,子账号,平台,团队,岗位,客服类型,入职日期,阶段,主管,导师,店铺,开始,结束,备注
1001,林小禾,云杉:小禾,天猫,一组,售后客服,售后,2024年5月6日,骨干,唐宁,,旗舰店,2026-01-01,2026/7/1,无
"""
EXPECTED = RosterRow(
    row=2,
    number="1001",
    employee="林小禾",
    account="云杉:小禾",
    platform="天猫",
    team="一组",
    post="售后客服",
    agent_kind="after_sale",
    hired_on=date(2024, 5, 6),
    stage="backbone",
    supervisor="唐宁",
    shop="旗舰店",
    starts=date(2026, 1, 1),
    ends=date(2026, 7, 1),
    file="roster.csv",
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_chinese_roster_is_read_whatever_encoding_it_was_saved_in(tmp_path, encoding):
    assert read_roster(written(tmp_path, CHINESE, encoding=encoding)) == [EXPECTED]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_the_separator_is_found(tmp_path, separator):
    assert read_roster(written(tmp_path, CHINESE.replace(",", separator))) == [EXPECTED]


def test_english_headers_mean_the_same_in_any_case_and_order(tmp_path):
    text = "To,FROM,author,Employee\n2026-07-01,2026-01-01,a1,Lin\n"
    (row,) = read_roster(written(tmp_path, text))
    assert (row.account, row.employee, row.starts, row.ends) == ("a1", "Lin", date(2026, 1, 1), date(2026, 7, 1))
    assert row.number is None


def test_a_quoted_cell_may_hold_separators_and_line_breaks(tmp_path):
    (row,) = read_roster(written(tmp_path, 'number,employee,team\r\n1,"Lin, Xiaohe","a\nb"\r\n'))
    assert (row.employee, row.team) == ("Lin, Xiaohe", "a\nb")


def test_a_spreadsheet_gives_numbers_and_dates_as_people_typed_them(tmp_path):
    path = tmp_path / "roster.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["工号", "姓名", "入职日期", "开始"])
        sheet.write_number(1, 0, 1001)
        sheet.write_string(1, 1, "林小禾")
        sheet.write_datetime(1, 2, datetime(2024, 5, 6), day)  # noqa: DTZ001
        sheet.write_string(1, 3, "2026.1.5")
        sheet.write_string(3, 1, "周子墨")
        sheet.write_string(3, 0, "0007")
    first, second = read_roster(path)
    assert (first.number, first.hired_on, first.starts) == ("1001", date(2024, 5, 6), date(2026, 1, 5))
    assert (second.number, second.row) == ("0007", 4)


def test_json_lines_are_a_roster_too(tmp_path):
    lines = [{"author": "a1", "employee": "Lin"}, {"employee": "Zhou", "number": 7, "team": None}]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)), "roster.jsonl")
    assert [(row.employee, row.number, row.account) for row in read_roster(path)] == [
        ("Lin", None, "a1"),
        ("Zhou", "7", None),
    ]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("2026/1/2", date(2026, 1, 2)),
        ("20260102", date(2026, 1, 2)),
        ("2026年1月2日", date(2026, 1, 2)),
        ("2026-01-02 08:30", datetime(2026, 1, 2, 8, 30)),  # noqa: DTZ001
        ("2026-01-02T08:30:00+08:00", datetime(2026, 1, 2, 8, 30, tzinfo=SHANGHAI)),
        ("1767285000000", datetime(2026, 1, 1, 16, 30, tzinfo=UTC)),
        ("2026-01-02 00:00:00", date(2026, 1, 2)),
    ],
)
def test_a_start_is_a_day_or_a_moment(tmp_path, cell, moment):
    (row,) = read_roster(written(tmp_path, f"number,employee,from\n1,Lin,{cell}\n"))
    assert row.starts == moment


def test_a_moment_without_offset_is_meant_where_the_company_is():
    assert moment_of(date(2026, 1, 2), SHANGHAI) == datetime(2026, 1, 1, 16, tzinfo=UTC)
    assert moment_of(datetime(2026, 1, 2, 8), SHANGHAI) == datetime(2026, 1, 2, 0, tzinfo=UTC)  # noqa: DTZ001
    assert day_of(datetime(2026, 1, 1, 16, 30, tzinfo=UTC), SHANGHAI) == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,,a,,,", ("roster.empty", 2, "employee")),
        (",林,,,,", ("roster.needs_number_or_account", 2, "number")),
        ("1,林,a,31.2.2026,,", ("roster.not_a_date", 2, "from")),
        ("1,林,a,2026-02-30,,", ("roster.not_a_date", 2, "from")),
        ("1,林,a,2026-02-03,2026-02-03,", ("roster.ends_before_start", 2, "to")),
        ("1,林,a,,,天才", ("roster.unknown_choice", 2, "stage")),
    ],
)
def test_a_fault_names_row_and_field(tmp_path, row, fault):
    path = written(tmp_path, f"number,employee,author,from,to,stage\n{row}\n2,周,b,,,\n")
    assert faults_of(path) == [fault]


def test_a_fault_calls_the_column_as_the_file_does(tmp_path):
    path = written(tmp_path, "工号,姓名,入职日期\n1,林,昨天\n,周,\n")
    assert [(row, field) for _key, row, field in faults_of(path)] == [(2, "入职日期"), (3, "工号")]


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    path = written(tmp_path, "number,employee,from\n1,,x\n,乙,\n")
    assert [(row, field) for _key, row, field in faults_of(path)] == [(2, "from"), (2, "employee"), (3, "number")]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("roster.csv", "number,name,姓名\n1,a,b\n", "roster.double_column"),
        ("roster.csv", "工号,团队\n1,a\n", "roster.no_column"),
        ("roster.csv", "姓名,团队\n林,a\n", "roster.no_column"),
        ("roster.csv", "", "roster.no_column"),
        ("roster.csv", "工号,姓名\n,\n", "roster.no_rows"),
        ("roster.csv", '工号,姓名\n1,"林\n', "roster.unreadable"),
        ("roster.xlsx", "工号,姓名\n1,林\n", "roster.unreadable"),
        ("roster.docx", "工号,姓名\n1,林\n", "roster.unknown_ending"),
        ("roster.jsonl", "[1]\n", "roster.not_json"),
        ("roster.jsonl", "{\n", "roster.not_json"),
        ("roster.jsonl", '{"工号": "1", "姓名": {"姓": "林"}}\n', "roster.not_json"),
        ("roster.jsonl", '{"工号": 1e999, "姓名": "林"}\n', "roster.not_json"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_what_is_missing(tmp_path, name, text, reason):
    assert faults_of(written(tmp_path, text, name))[0][0] == reason


def test_a_file_that_is_not_there_is_a_fault_and_no_traceback(tmp_path):
    assert faults_of(tmp_path / "gone.csv") == [("roster.unreadable", None, None)]


def test_bytes_that_are_no_text_are_a_fault(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(b"\xff\xfe\x00\x01" * 9)
    assert faults_of(path)[0][0] == "roster.unknown_encoding"


@given(data=st.binary(max_size=300), ending=st.sampled_from(["csv", "xlsx", "jsonl"]))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, data, ending):
    path = tmp_path_factory.mktemp("any") / f"roster.{ending}"
    path.write_bytes(data)
    rows, faults = [], ()
    try:
        rows = read_roster(path)
    except InputError as error:
        faults = error.faults
    assert bool(rows) != bool(faults)


def a_sheet(path: Path, *cells: tuple[int, int]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for row, column in cells:
        sheet.write(row, column, "x")
    book.close()
    return path


def test_a_stray_cell_in_the_last_corner_of_a_sheet_is_named_instead_of_ending_the_process(tmp_path):
    path = a_sheet(tmp_path / "roster.xlsx", (0, 0), (1_048_575, 16_383))
    with pytest.raises(InputError) as error:
        read_roster(path)
    assert "row 1048576, column 16384" in say_fault(error.value.faults[0], "en")


def test_a_stray_cell_far_below_a_narrow_roster_does_no_harm(tmp_path):
    path = a_sheet(tmp_path / "roster.xlsx", (0, 0), (1_000_000, 2))
    assert faults_of(path)[0][0] == "roster.no_column"


def test_a_workbook_that_unpacks_to_more_than_is_read_is_refused(tmp_path):
    path = a_sheet(tmp_path / "roster.xlsx", (0, 0))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b"<a>" + b" " * (2 << 20))
    with pytest.raises(WorkbookError, match="1 MB unpacked"):
        shown_sheet(path, most_bytes=1 << 20)
    assert shown_sheet(path).rows == [["x"]]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "roster.xlsx"
    path.write_bytes(content)
    assert faults_of(path)[0][0] == "roster.unreadable"


def test_a_line_nested_without_end_is_no_object(tmp_path):
    assert faults_of(written(tmp_path, "[" * 200_000, "roster.jsonl")) == [("roster.not_json", 1, None)]


def test_names_lose_what_would_hide_or_turn_them_round(tmp_path):
    text = json.dumps({"employee": "\u202eLin\u200b", "author": "a\ud800", "team": "\x1b[31mA"})
    row = read_roster(written(tmp_path, text, "roster.jsonl"))[0]
    assert (row.employee, row.account, row.team) == ("Lin", "a\ufffd", "[31mA")


def test_rows_count_as_a_spreadsheet_shows_them(tmp_path):
    assert [row.row for row in read_roster(written(tmp_path, "工号,姓名\n1,甲\n\n2,乙\n"))] == [2, 4]
    lines = '{"number": 1, "employee": "甲"}\n\n{"number": 2, "employee": "乙"}\n'
    assert [row.row for row in read_roster(written(tmp_path, lines, "roster.jsonl"))] == [1, 3]


def test_an_error_of_a_spreadsheet_is_a_fault_and_the_sheet_is_named_where_there_are_others(tmp_path):
    path = tmp_path / "roster.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("旧").write_row(0, 0, ["x"])
        sheet = book.add_worksheet("新")
        sheet.activate()
        sheet.write_row(2, 1, ["工号", "姓名", "入职日期"])
        sheet.write_row(3, 1, [1, "甲"])
        sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")
    with pytest.raises(InputError) as error:
        read_roster(path)
    (fault,) = error.value.faults
    assert (fault.file, fault.reason.key, fault.row, fault.field) == (
        "roster.xlsx [新]",
        "roster.broken_cell",
        4,
        "入职日期",
    )
    assert say_fault(fault, "zh")
