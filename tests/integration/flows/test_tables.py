"""Business tables: recognising them, mapping columns, asking what they leave open, faults with their places."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal as D
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import InputError, Reason
from peilian.flows.tables import KINDS, ColumnMap, check_table, guess, open_sheet, recognise
from peilian.flows.tables.cells import AskedError, Reading, UnfitError
from peilian.flows.wording import catalogue, say, say_fault

ZONE = ZoneInfo("Asia/Shanghai")
SPACE = UUID(int=7)


class Staff:
    """A directory in which people 1001 and 1002, the account acc and two shops exist."""

    people = ("1001", "1002", "林小禾")
    shops = ("旗舰店", "专卖店")

    def person(self, text):
        return uuid5(SPACE, text) if text in self.people else Reason("tables.unknown_person", {"name": text})

    def account(self, text, at):
        return uuid5(SPACE, "1001") if text == "acc" else Reason("tables.unknown_account", {"name": text})

    def shop(self, text):
        return uuid5(SPACE, text) if text in self.shops else Reason("tables.unknown_shop", {"name": text})

    def disguise(self, customer):
        return f"p_{len(customer)}"

    def mask(self, text):
        return text.replace("13812345678", "[[phone]]")


def a_file(tmp_path, text, name="table.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def a_workbook(tmp_path, lines, name="table.xlsx"):
    path = tmp_path / name
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            sheet.write(row, column, cell)
    book.close()
    return path


def checked(path, kind=None, answers=None, columns=None, name=None, **more):
    sheet = open_sheet(path, name=name)
    kind = kind or recognise(sheet.headings)[0]
    mapped = ColumnMap(kind, columns or guess(KINDS[kind], sheet.headings), answers or {})
    return check_table(sheet, mapped, directory=Staff(), zone=ZONE, **more)


def said(found):
    return [say_fault(fault, "zh") for fault in found.faults]


ORDERS = "订单编号,付款时间,店铺,工号,实付金额,订单状态,商品编码\n"


def test_orders_of_a_platform_become_typed_rows(tmp_path):
    text = ORDERS + "A1,2026-11-22 15:06:00,旗舰店,1001,￥1234.50,交易成功,QH-200\nA2,2026/11/30,旗舰店,,50,已付款,\n"
    found = checked(a_file(tmp_path, text))
    assert (found.kind.key, found.read, found.faults) == ("orders", 2, [])
    first, second = found.rows
    assert first.values["paid_at"] == datetime(2026, 11, 22, 7, 6, tzinfo=UTC)
    assert first.values["amount"] == D("1234.5")
    assert first.values["state"] == "done"
    assert first.values["employee"] == uuid5(SPACE, "1001")
    assert (first.day, second.day) == (date(2026, 11, 22), date(2026, 11, 30))
    assert second.values["employee"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_common_encodings_are_recognised(tmp_path, encoding):
    text = ORDERS + "A1,2026-11-22,旗舰店,1001,10,交易成功,好用的杯子送给大家\n"
    assert len(checked(a_file(tmp_path, text, encoding=encoding)).rows) == 1


def test_the_day_of_an_order_is_that_of_the_company(tmp_path):
    text = ORDERS + "A1,2026-10-31T17:00:00Z,旗舰店,1001,10,done,\n"
    assert checked(a_file(tmp_path, text)).rows[0].day == date(2026, 11, 1)


def test_json_lines_are_read_too(tmp_path):
    rows = [
        {"month": "2026-11", "employee": 1001, "target": 50000},
        {"month": "2026-11", "employee": "1002", "target": "5万"},
    ]
    found = checked(a_file(tmp_path, "\n".join(map(json.dumps, rows)), "table.jsonl"))
    assert [row.values["amount"] for row in found.rows] == [50_000, 50_000]


def test_a_workbook_with_a_title_and_its_own_dates(tmp_path):
    lines = [
        ["2026年11月考勤表"],
        ["日期", "工号", "姓名", "考勤结果"],
        [date(2026, 11, 2), 1001, "林小禾", "正常"],
        [46328, 1002, "郑凯", "迟到"],  # a date that lost its format
        ["合计", 2, "", ""],
    ]
    found = checked(a_workbook(tmp_path, lines))
    assert (found.kind.key, said(found), found.skipped) == ("attendance", [], 1)
    assert [row.values["day"] for row in found.rows] == [date(2026, 11, 2), date(2026, 11, 2)]
    assert found.mapped.columns["employee"] == "工号"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("title", ["2026年11月目标", "2026年11月目标{0}{0}", "禾一旗舰店\n导出时间：12月1日{0}{0}"])
def test_a_csv_with_a_title_above_its_headings_is_read_and_its_rows_counted(tmp_path, title, mark):
    lines = ["月份,员工,销售目标", "2026-11,1001,50000", "2026-11,1002,不知道"]
    text = "\n".join([title.format(mark), *(line.replace(",", mark) for line in lines)])
    found = checked(a_file(tmp_path, text + "\n"))
    assert (found.kind.key, [row.values["amount"] for row in found.rows]) == ("sales_targets", [50_000])
    assert [fault.row for fault in found.faults] == [title.count("\n") + 4]


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        (["月份", "员工", "销售目标"], "sales_targets"),
        (["月份", "主推单品", "目标件数"], "featured_items"),
        (["日期", "姓名", "考勤状态"], "attendance"),
        (["日期", "店铺", "访客数", "咨询人次"], "shop_days"),
        (["店铺", "客服人数", "日均咨询", "客服工资", "月销售额"], "shop_snapshots"),
        (["员工", "报告名称", "截止日期", "提交日期"], "report_submissions"),
        (["评价编号", "评价时间", "客服账号", "星级"], "reviews"),
        (["发生日期", "员工", "违规类型", "说明"], "violations"),
        (["Order ID", "Paid at", "Amount paid", "Status"], "orders"),
        (["Month", "Employee", "Target"], "sales_targets"),
    ],
)
def test_the_kind_of_a_table_shows_in_its_headings(headings, kind):
    assert recognise(headings)[0] == kind


def test_headings_that_say_nothing_are_not_recognised():
    assert recognise(["a", "b"]) == ()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_table_recognises_its_own_headings(kind, language):
    headings = [column.title.in_language(language) for column in kind.columns]
    assert guess(kind, headings) == dict(zip([column.key for column in kind.columns], headings, strict=True))
    assert recognise(headings)[0] == kind.key


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("去年", "这一列需要日期或时间，例如 2026-11-22 15:04；现在是“去年”"),
        ("2026-13-01", "这一列需要日期或时间"),
        ("", "这一列需要填写"),
    ],
)
def test_a_fault_names_file_row_column_and_what_was_expected(tmp_path, cell, words):
    found = checked(
        a_file(tmp_path, ORDERS + "A1,2026-11-22,旗舰店,1001,1,done,\n" + f"A2,{cell},旗舰店,1001,1,done,\n")
    )
    assert len(found.rows) == 1
    (fault,) = said(found)
    assert fault.startswith("table.csv:第 3 行，字段 付款时间：")
    assert words in fault


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A1,2026-11-22,旗舰店,1001,一百,done,", "这一列需要金额，例如 1234.50；现在是“一百”"),
        ("A1,2026-11-22,旗舰店,1001,-5,done,", "不能小于 0"),
        ("A1,2026-11-22,旗舰店,1009,5,done,", "花名册里没有“1009”"),
        ("A1,2026-11-22,天边店,1001,5,done,", "没有叫“天边店”的店铺"),
        (",2026-11-22,旗舰店,1001,5,done,", "这一列需要填写"),
        ("A0,2026-11-22,旗舰店,1001,5,done,", "和第 2 行是同一条"),
        ("A1,2026-11-22,旗舰店,1001,5,done", "5 个字段"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(tmp_path, line, words):
    found = checked(a_file(tmp_path, ORDERS + "A0,2026-11-22,旗舰店,1001,1,done,\n" + line + "\n"))
    assert len(found.rows) == 1
    assert found.faulty_rows == 1
    assert words.replace("5 个字段", "6 个字段") in said(found)[0]


def test_every_fault_of_a_row_is_told_at_once(tmp_path):
    found = checked(a_file(tmp_path, ORDERS + "A1,某天,天边店,1009,一百,done,\n"))
    assert [fault.field for fault in found.faults] == ["付款时间", "实付金额", "店铺", "工号"]
    assert found.faulty_rows == 1


def test_lines_of_one_order_are_no_duplicates(tmp_path):
    text = "订单号,子订单号,付款时间,金额,状态\nA,1,2026-11-22,5,done\nA,2,2026-11-22,6,done\nA,2,2026-11-22,7,done\n"
    found = checked(a_file(tmp_path, text))
    assert [row.row for row in found.rows] == [2, 3]
    assert "和第 3 行是同一条" in said(found)[0]


def test_a_person_has_one_row_a_day(tmp_path):
    text = "日期,工号,考勤状态\n2026-11-22,1001,正常\n2026-11-22,1001,迟到\n2026-11-22,1002,迟到\n"
    found = checked(a_file(tmp_path, text))
    assert [row.row for row in found.rows] == [2, 4]


def test_an_account_is_credited_to_who_used_it(tmp_path):
    text = "订单号,付款时间,客服账号,金额,状态\nA,2026-11-22,acc,5,done\nB,2026-11-22,nobody,5,done\n"
    found = checked(a_file(tmp_path, text))
    assert found.rows[0].values["employee"] == uuid5(SPACE, "1001")
    assert found.rows[0].values["account"] == "acc"
    assert "没有人登记使用账号“nobody”" in said(found)[0]


def test_orders_of_somebody_unknown_count_for_the_shop_when_that_is_said(tmp_path):
    path = a_file(tmp_path, ORDERS + "A,2026-11-22,旗舰店,走了的人,5,done,\nB,2026-11-22,旗舰店,1001,5,done,\n")
    found = checked(path)
    (question,) = found.questions
    assert (question.key, question.samples, question.suggested) == ("nobody:employee", ("走了的人",), "fault")
    assert (found.open_questions, len(found.rows), found.faulty_rows) == ([], 1, 1)
    found = checked(path, answers={"nobody:employee": "nobody"})
    assert [row.values["employee"] for row in found.rows] == [None, uuid5(SPACE, "1001")]
    path = a_file(tmp_path, "日期,工号,考勤状态\n2026-11-22,走了的人,正常\n")
    assert checked(path, answers={"nobody:employee": "nobody"}).rows == []


TARGETS = "月份,主推单品,工号,目标占比\n2026-11,QH,1001,{}\n"


def test_92_or_092_is_asked_and_not_guessed(tmp_path):
    path = a_file(tmp_path, TARGETS.format("92"))
    found = checked(path)
    (question,) = [one for one in found.open_questions if one.what == "ratio"]
    assert (question.heading, question.samples, found.rows, found.waiting) == ("目标占比", ("92",), [], 1)
    assert checked(path, answers={"ratio:share": "percent"}).rows[0].values["share"] == D("0.92")
    assert "最大是 100%" in said(checked(path, answers={"ratio:share": "fraction"}))[0]
    assert checked(path, answers={"ratio:share": "percent"}).questions[-1].key == "ratio:share"


def test_a_percent_sign_needs_no_question(tmp_path):
    found = checked(a_file(tmp_path, TARGETS.format("92%")))
    assert not [one for one in found.open_questions if one.what == "ratio"]
    assert found.rows[0].values["share"] == D("0.92")


def test_an_unknown_state_is_asked_about(tmp_path):
    path = a_file(tmp_path, ORDERS + "A1,2026-11-22,旗舰店,1001,5,交易关闭,\nA2,2026-11-22,旗舰店,1001,5,交易成功,\n")
    found = checked(path)
    (question,) = found.open_questions
    assert (question.key, question.what, len(found.rows)) == ("value:state:交易关闭", "value", 1)
    meant = checked(path, answers={question.key: "refunded"})
    assert (meant.open_questions, [row.values["state"] for row in meant.rows]) == ([], ["refunded", "done"])
    assert "已选择不导入“交易关闭”的行" in said(checked(path, answers={question.key: "skip"}))[0]


def test_a_date_that_can_be_read_two_ways_is_asked_about(tmp_path):
    path = a_file(tmp_path, "日期,工号,考勤状态\n03/04/2026,1001,正常\n22/04/2026,1001,正常\n")
    (question,) = checked(path).open_questions
    assert question.what == "dates"
    for answer, day in (("dmy", date(2026, 4, 3)), ("mdy", date(2026, 3, 4))):
        found = checked(path, answers={question.key: answer})
        assert [row.values["day"] for row in found.rows] == [day, date(2026, 4, 22)]


def test_a_month_or_shop_may_be_stated_for_the_whole_file(tmp_path):
    path = a_file(tmp_path, "店铺,员工,目标\n旗舰店,1001,5W\n旗舰店,1002,3.5万\n")
    found = checked(path, kind="sales_targets")
    assert [one.key for one in found.open_questions] == ["fixed:month"]
    found = checked(path, kind="sales_targets", answers={"fixed:month": "2026年11月"})
    assert [(row.values["month"], row.values["amount"]) for row in found.rows] == [
        (date(2026, 11, 1), 50_000),
        (date(2026, 11, 1), 35_000),
    ]
    wrong = checked(path, kind="sales_targets", answers={"fixed:month": "冬天"})
    assert not wrong.is_readable
    assert "这一列需要月份" in said(wrong)[0]


def test_the_reading_of_a_wage_is_asked(tmp_path):
    text = "月份,店铺,客服人数,日均咨询,客服工资,月销售额\n2026-11,旗舰店,3,650人次,8000元,50W\n"
    path = a_file(tmp_path, text)
    assert [one.key for one in checked(path).open_questions] == ["fixed:wage_reading"]
    (row,) = checked(path, answers={"fixed:wage_reading": "total"}).rows
    values = {key: row.values[key] for key in ("agents", "daily_consultations", "wage", "sales")}
    assert values == {"agents": 3, "daily_consultations": 650, "wage": 8000, "sales": 500_000}


def test_a_heading_may_name_its_unit(tmp_path):
    path = a_file(tmp_path, "月份,工号,目标（万元）\n2026-11,1001,5\n2026-11,1002,50000元\n")
    found = checked(path)
    assert [row.values["amount"] for row in found.rows] == [50_000, 50_000]
    assert [one.suggested for one in found.questions if one.what == "unit"] == ["wan"]
    assert checked(path, answers={"unit:amount": "yuan"}).rows[0].values["amount"] == 5


def test_missing_columns_are_named_and_nothing_is_read(tmp_path):
    found = checked(a_file(tmp_path, "日期,备注\n2026-11-22,x\n"), kind="attendance")
    assert not found.is_readable
    assert [fault.row for fault in found.faults] == [None, None]
    assert "员工 / Employee" in said(found)[0]


def test_a_mapping_to_a_heading_that_is_not_there_is_refused(tmp_path):
    path = a_file(tmp_path, "日期,员工,状态\n2026-11-22,1001,正常\n")
    wrong = checked(path, columns={"day": "日期", "employee": "员工", "state": "nowhere"})
    assert "没有“nowhere”这一列" in said(wrong)[0]
    twice = checked(path, columns={"day": "日期", "employee": "日期", "state": "状态"})
    assert "对应了两处" in said(twice)[0]


def test_private_words_are_masked_and_customers_disguised(tmp_path):
    text = "评价编号,评价时间,工号,评分,评价内容\n1,2026-11-22,1001,5,打13812345678\n"
    assert checked(a_file(tmp_path, text)).rows[0].values["text"] == "打[[phone]]"
    text = "订单号,付款时间,金额,状态,买家昵称\nA,2026-11-22,5,done,张三丰\n"
    assert checked(a_file(tmp_path, text)).rows[0].values["customer"] == "p_3"


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.pdf", b"%PDF", "tables.unknown_ending"),
        ("a.csv", b"", "import.empty_file"),
        ("a.csv", "日期,员工\n".encode(), "tables.no_rows"),
        ("a.csv", "日期,日期\n1,2\n".encode(), "import.double_column"),
        ("a.xlsx", b"not a workbook", "tables.unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_name(tmp_path, name, data, key):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        open_sheet(path, name=f"原名{path.suffix}")
    (fault,) = refused.value.faults
    assert (fault.reason.key, fault.file) == (key, f"原名{path.suffix}")
    assert say(fault.reason, "zh")


def test_only_the_head_of_a_long_file_is_read_when_asked(tmp_path):
    text = "日期,员工,状态\n" + "".join(f"2026-11-{day:02},1001,正常\n" for day in range(1, 29))
    found = checked(a_file(tmp_path, text), most=10)
    assert (found.read, len(found.rows), found.is_whole) == (10, 10, False)


def a_reading(kind, **answers) -> Reading:
    return Reading(kind, ZONE, answers, {}, {})


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("money", "50W", D(500_000)),
        ("money", "50万", D(500_000)),
        ("money", "￥1，234.50", D("1234.5")),
        ("money", "¥1,234.50元", D("1234.5")),
        ("money", "1.2亿", D(120_000_000)),
        ("money", "３６８", D(368)),
        ("money", 33.299999999999997, D("33.3")),
        ("money", "0", D(0)),
        ("count", "650人次", D(650)),
        ("count", "1,234", D(1234)),
        ("count", 12.0, D(12)),
        ("number", ".5", D("0.5")),
        ("ratio", "85.5%", D("0.855")),
        ("ratio", "85.5％", D("0.855")),
        ("date", "2026年1月2日", date(2026, 1, 2)),
        ("date", "2026.1.2", date(2026, 1, 2)),
        ("date", "20260102", date(2026, 1, 2)),
        ("date", "2026-01-02 08:30:00", date(2026, 1, 2)),
        ("date", "22/11/2026", date(2026, 11, 22)),
        ("date", "11/22/2026", date(2026, 11, 22)),
        ("month", "2026年1月", date(2026, 1, 1)),
        ("month", "202601", date(2026, 1, 1)),
        ("month", "2026/1", date(2026, 1, 1)),
        ("month", "2026-01-15", date(2026, 1, 1)),
        ("moment", "2026-01-02 08:30", datetime(2026, 1, 2, 0, 30, tzinfo=UTC)),
        ("moment", "2026-01-02T08:30:00+09:00", datetime(2026, 1, 1, 23, 30, tzinfo=UTC)),
        ("moment", 46328.5, datetime(2026, 11, 2, 4, tzinfo=UTC)),
        ("truth", "是", True),
        ("truth", "否", False),
        ("text", " a ", "a"),
        ("text", 1001.0, "1001"),
        ("money", "-", None),
        ("money", "  ", None),
        ("date", None, None),
    ],
)
def test_a_cell_becomes_its_value(kind, cell, value):
    assert a_reading(kind).value(cell) == value


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        *(
            ("money", cell)
            for cell in ("abc", "1.234,56", "1,23", "5万5", "1e5", "10**9", "99999999999999999", "inf", "nan")
        ),
        *(("count", cell) for cell in ("1.5", "一", "2026-11-22", True)),
        *(
            ("date", cell)
            for cell in (
                "2026-02-30",
                "22.11",
                "11-22",
                "1.5",
                3,
                10**400,
                float("inf"),
                "0226-01-01",
                "2026-11-22 what",
            )
        ),
        *(("month", cell) for cell in ("11月", "2026-13", "Q3")),
        *(("moment", cell) for cell in ("2026-11-22 25:00", "15:04")),
        ("truth", "maybe"),
        ("ratio", "half%"),
        ("text", "x" * 501),
        ("money", "0.00001"),
    ],
)
def test_a_cell_that_does_not_fit_says_what_was_expected(kind, cell):
    with pytest.raises(UnfitError) as refused:
        a_reading(kind).value(cell)
    assert refused.value.reason.key in catalogue()
    assert say(refused.value.reason, "en")


cells = st.one_of(
    st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.datetimes(),
    st.from_regex(r"[¥]?[0-9,]{1,12}(\.[0-9]{1,6})?[万W%元]?", fullmatch=True),
)  # fmt: skip


@given(
    st.sampled_from(["text", "date", "moment", "month", "money", "number", "count", "ratio", "truth", "choice"]), cells
)
def test_whatever_stands_in_a_cell_there_is_a_value_a_question_or_a_reason(kind, cell):
    key = "value:"
    try:
        a_reading(kind).value(cell)
    except UnfitError as unfit:
        key = unfit.reason.key
    except AskedError as asked:
        key = asked.key
    assert key in catalogue() or key.partition(":")[0] in ("ratio", "dates", "value")


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_an_amount_is_read_as_it_was_written(amount):
    for text in (f"{amount}", f"{amount:,}", f"￥{amount:,}元"):
        assert a_reading("money").value(text) == amount


def test_rows_count_as_a_spreadsheet_shows_them_with_headings_titles_and_blank_lines(tmp_path):
    lines = ORDERS + "A1,2026-11-22,旗舰店,1001,1,done,\n\nA2,某天,旗舰店,1001,1,done,\n"
    assert [fault.row for fault in checked(a_file(tmp_path, lines)).faults] == [4]
    sheet = [[], ["2026年11月考勤表"], ["日期", "工号", "考勤结果"], [], ["某天", 1001, "正常"]]
    assert [fault.row for fault in checked(a_workbook(tmp_path, sheet)).faults] == [5]
    good = '{"month": "2026-11", "employee": 1001, "target": 1}\n'
    objects = good + "\n" + good.replace("2026-11", "某月")
    assert [fault.row for fault in checked(a_file(tmp_path, objects, "table.jsonl")).faults] == [3]


def test_a_file_that_breaks_off_is_called_by_its_own_name_and_row(tmp_path):
    path = a_file(tmp_path, ORDERS + 'A1,2026-11-22,旗舰店,1001,1,done,\nA2,"x"y,旗舰店,1001,1,done,\n', name="5f2c")
    with pytest.raises(InputError) as refused:
        checked(path, name="订单.csv")
    assert [(fault.file, fault.row) for fault in refused.value.faults] == [("订单.csv", 3)]
    path.write_bytes(ORDERS.encode() + b"A1,2026-11-22\xe5,,1001,1,done,\n" + "中文汉字".encode())
    with pytest.raises(InputError) as refused:
        open_sheet(path, name="订单.csv")
    assert [(fault.file, fault.row) for fault in refused.value.faults] == [("订单.csv", 2)]


def test_an_error_of_a_spreadsheet_is_a_fault_and_no_empty_cell(tmp_path):
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["月份", "员工", "目标"])
        for row in (1, 2):
            sheet.write_row(row, 0, ["2026-11", 1001])
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 2, "=1+1", None, "")
    found = checked(path)
    assert [(fault.reason.key, fault.row) for fault in found.faults] == [
        ("tables.broken_cell", 2),
        ("tables.broken_cell", 3),
    ]


def test_a_cell_shown_as_a_percentage_is_not_asked_about(tmp_path):
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["月份", "主推单品", "员工", "目标占比"])
        sheet.write_row(1, 0, ["2026-11", "QH", "林小禾"])
        sheet.write(1, 3, 0.3, book.add_format({"num_format": "0.0%"}))
    found = checked(path)
    assert (found.open_questions, [row.values["share"] for row in found.rows]) == ([], [D("0.3")])


def test_the_sheet_in_front_is_read_and_the_others_are_named(tmp_path):
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        old, notes, now = book.add_worksheet("旧"), book.add_worksheet("说明"), book.add_worksheet("本月")
        for sheet, amount in ((old, 1), (now, 2)):
            sheet.write_row(0, 0, ["月份", "员工", "目标"])
            sheet.write_row(1, 0, ["2026-11", 1001, amount])
        notes.write(0, 0, "怎么填")
        old.hide()
        now.activate()
    sheet = open_sheet(path)
    assert (sheet.page, sheet.others, sheet.name) == ("本月", ("说明",), "table.xlsx [本月]")
    assert [row.values["amount"] for row in checked(path).rows] == [2]


def test_headings_lose_what_cannot_be_stored(tmp_path):
    line = '{"month": "2026-11", "employee": 1001, "target": 5, "\\ud800x": 1, "\\u0007": 2}\n'
    path = a_file(tmp_path, line, "t.jsonl")
    sheet = open_sheet(path)
    assert all(heading.isprintable() for heading in sheet.headings)
    assert [row.values["amount"] for row in checked(path).rows] == [5]
