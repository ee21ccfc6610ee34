"""The import of business tables: choose, look, answer, store, undo; for those who may import and nobody else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from peilian.adapters.workbooks import shown_sheet
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Reason
from peilian.flows.tables import KINDS
from support.builders import a_company, an_employee
from support.business import a_shop, a_table
from support.company import a_login

NEW = "/tables/new/"
# Files are dropped when a transaction is over, so it has to be a real one.
pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = "订单号,付款时间,店铺,员工,实付金额,订单状态\n"
GOOD = ORDERS + "A1,2026-11-22 15:06,旗舰店,林小禾,￥1234.50,交易成功\nA2,2026-11-23,旗舰店,,50,已付款\n"


@pytest.fixture
def client_of_manager(home, signed_in):
    a_company()
    a_shop()
    an_employee("林小禾")
    return signed_in(a_login("manager", "training_manager"))


def html(response, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def set_english() -> None:
    people.set_language(user=people.User.objects.get(username="manager"), language="en")


def uploaded(client, text: str | bytes, name="订单.csv") -> str:
    """The address of the second step, after choosing a file."""
    data = text.encode() if isinstance(text, str) else text
    response = client.post(NEW, {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == 302, html(response, 422)
    return response["Location"]


def fields(page: str) -> dict[str, str]:
    """What the form of a look would send as it stands."""
    form = page.split('id="look"', 1)[1].split("</form>", 1)[0]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input class="input"[^>]* name="([^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)" checked', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        found[name] = chosen[1]
    return found


def stored(client, address: str, do="store") -> str:
    """The address of the report, after storing what the look shows."""
    response = client.post(address, {**fields(html(client.get(address))), "do": do})
    assert response.status_code == 302
    return response["Location"]


@pytest.mark.parametrize("address", ["/tables/", NEW, "/tables/templates/orders.xlsx"])
@pytest.mark.parametrize("role", ["agent", "mentor", "leadership", "external_lecturer"])
def test_to_who_may_not_import_there_is_no_such_page(home, signed_in, role, address):
    client = signed_in(a_login("somebody", role))
    assert client.get(address).status_code == 404
    assert client.post(NEW, {"file": SimpleUploadedFile("a.csv", GOOD.encode())}).status_code == 404
    assert not base.StoredFile.objects.exists()


def test_a_guest_is_asked_to_sign_in(home, client):
    for address in ("/tables/", NEW):
        assert "/sign-in/" in client.get(address)["Location"]


def test_each_page_answers_to_its_own_methods_only(client_of_manager):
    row = a_table(GOOD)
    assert client_of_manager.post("/tables/").status_code == 405
    assert client_of_manager.put(NEW).status_code == 405
    assert client_of_manager.post(f"/tables/{row.pk}/").status_code == 405
    assert client_of_manager.get(f"/tables/{row.pk}/undo/").status_code == 405
    assert client_of_manager.post(f"/tables/{row.pk}/rejects.csv").status_code == 405


def test_the_pages_of_an_import_are_closed_to_others(client_of_manager, client):
    row = a_table(GOOD)
    client.force_login(a_login("agent", "agent"))
    for name in ("", "check/", "rejects.csv"):
        assert client.get(f"/tables/{row.pk}/{name}").status_code == 404
    assert client.post(f"/tables/{row.pk}/undo/").status_code == 404
    row.refresh_from_db()
    assert row.state == "stored"


def test_what_somebody_else_uploaded_is_not_theirs_to_store(client_of_manager, client):
    address = uploaded(client_of_manager, GOOD)
    client.force_login(a_login("other", "training_manager"))
    assert client.get(address).status_code == 404


def test_an_empty_list_says_what_tables_are_for(client_of_manager):
    page = html(client_of_manager.get("/tables/"))
    assert "还没有导入过数据表" in page
    assert NEW in page
    assert 'href="/imports/"' in page
    assert 'href="/tables/"' in html(client_of_manager.get("/imports/"))
    assert 'href="/tables/"' in html(client_of_manager.get("/settings/"))


def test_a_file_leads_from_choice_to_report(client_of_manager):
    look = uploaded(client_of_manager, GOOD)
    page = html(client_of_manager.get(look))
    assert "还没有存入" in page
    assert "新增 <strong>2</strong> 行" in page
    assert "2026-11-22 15:06" in page
    assert "¥1,234.50" in page
    assert "林小禾 (E" in page
    assert not contacts.TableImport.objects.started().exists()

    report = stored(client_of_manager, look)
    page = html(client_of_manager.get(report))
    assert "新增 <strong>2</strong> 行" in page
    assert "撤销这次导入" in page
    assert "订单.csv" in html(client_of_manager.get("/tables/"))
    assert client_of_manager.get(look)["Location"] == report
    assert not base.StoredFile.objects.exists()


def test_faulty_rows_are_named_and_left_out_only_when_asked(client_of_manager):
    look = uploaded(client_of_manager, GOOD + "A3,某天,旗舰店,林小禾,5,交易成功\n")
    page = html(client_of_manager.get(look))
    assert "这一列需要日期或时间，例如 2026-11-22 15:04；现在是“某天”" in page
    assert "存入 2 行，不导入 1 行" in page
    rows = client_of_manager.get(f"{look}?as=csv").content.decode("utf-8-sig").splitlines()
    assert rows[1].startswith("4,付款时间,")
    refused = client_of_manager.post(look, {**fields(page), "do": "store"})
    assert refused.status_code == 422
    assert not contacts.TableImport.objects.started().exists()

    page = html(client_of_manager.get(stored(client_of_manager, look, "store_good")))
    assert "没有导入的行" in page
    rejects = re.search(r'href="([^"]+rejects\.csv)"', page)[1]
    assert "某天" in client_of_manager.get(rejects).content.decode("utf-8-sig")


def test_what_a_file_leaves_open_is_asked_before_anything_is_stored(client_of_manager):
    look = uploaded(client_of_manager, ORDERS + "A1,2026-11-22,旗舰店,林小禾,5,交易关闭\n")
    page = html(client_of_manager.get(look))
    assert "“订单状态”里的“交易关闭”是什么意思？" in page
    assert 'value="store' not in page
    given = {**fields(page), "a.value:state:交易关闭": "refunded"}
    again = client_of_manager.post(look, {**given, "do": "look"})["Location"]
    assert parse_qs(urlsplit(again).query)["a.value:state:交易关闭"] == ["refunded"]
    page = html(client_of_manager.get(again))
    assert "已退款" in page
    report = client_of_manager.post(look, {**fields(page), "do": "store"})["Location"]
    assert "新增 <strong>1</strong> 行" in html(client_of_manager.get(report))


def test_an_answer_that_was_not_looked_at_is_shown_first(client_of_manager):
    look = uploaded(client_of_manager, GOOD)
    given = {**fields(html(client_of_manager.get(look))), "c.employee": "-"}
    response = client_of_manager.post(look, {**given, "do": "store"})
    assert response["Location"].startswith(f"{look}?")
    assert not contacts.TableImport.objects.started().exists()
    assert "读法有改动" in html(client_of_manager.get(response["Location"]))


def test_another_kind_maps_its_columns_afresh(client_of_manager):
    look = uploaded(client_of_manager, GOOD)
    given = {**fields(html(client_of_manager.get(look))), "kind": "reviews"}
    again = client_of_manager.post(look, {**given, "do": "look"})["Location"]
    page = html(client_of_manager.get(again))
    assert fields(page)["kind"] == "reviews"
    assert "缺少列" in page


def test_a_percent_is_asked_with_buttons(client_of_manager):
    look = uploaded(client_of_manager, "月份,主推单品,员工,目标占比\n2026-11,QH,林小禾,92\n")
    page = html(client_of_manager.get(look))
    assert 'type="radio" name="a.ratio:share" value="percent"' in page
    again = client_of_manager.post(look, {**fields(page), "a.ratio:share": "percent", "do": "look"})["Location"]
    assert "92.0%" in html(client_of_manager.get(again))


def test_the_month_of_a_file_may_be_typed(client_of_manager):
    look = uploaded(client_of_manager, "员工,目标\n林小禾,5万\n")
    page = html(client_of_manager.get(f"{look}?kind=sales_targets"))
    assert "整个文件的月份" in page
    again = client_of_manager.post(look, {**fields(page), "a.fixed:month": "2026-11", "do": "look"})["Location"]
    page = html(client_of_manager.get(again))
    assert "¥50,000.00" in page
    assert "存入 1 行" in page


def test_headings_that_say_nothing_are_asked_about(client_of_manager):
    look = uploaded(client_of_manager, "a,b\n1,2\n")
    page = html(client_of_manager.get(look), 422)
    assert "看不出这是哪种数据表" in page
    again = client_of_manager.post(look, {"kind": "attendance", "do": "look"})["Location"]
    assert "缺少列" in html(client_of_manager.get(again))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"%PDF", "不能读取"),
        ("a.csv", b"", "空的"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(client_of_manager, name, data, words):
    page = html(client_of_manager.post(NEW, {"file": SimpleUploadedFile(name, data)}), 422)
    assert words in page or "读不了" in page or "无法" in page
    assert not base.StoredFile.objects.exists()


def test_a_broken_file_says_so_and_can_be_exchanged(client_of_manager):
    look = uploaded(client_of_manager, b"not a workbook", "坏.xlsx")
    page = html(client_of_manager.get(look), 422)
    assert "坏.xlsx" in page
    assert "文件打不开" in page
    assert client_of_manager.post(look, {"do": "forget"})["Location"] == NEW
    assert client_of_manager.get(look).status_code == 404
    assert not base.StoredFile.objects.exists()


def test_a_frozen_month_is_told_before_storing(client_of_manager):
    def guard(first, last, kind, employees):
        return Reason("tables.nothing_to_store") if employees else None

    contacts.month_guards.append(guard)
    try:
        page = html(client_of_manager.get(uploaded(client_of_manager, GOOD)))
    finally:
        contacts.month_guards.remove(guard)
    assert "有些行已经不能再改" in page
    assert 'value="store' not in page


def test_an_import_is_undone_from_its_report(client_of_manager):
    report = stored(client_of_manager, uploaded(client_of_manager, GOOD))
    page = html(client_of_manager.post(f"{report}undo/", follow=True))
    assert "2 行已恢复原样" in page
    assert "撤销了这次导入" in page
    assert "撤销这次导入" not in page
    assert "已经撤销" in html(client_of_manager.post(f"{report}undo/", follow=True))


def test_a_long_import_shows_its_progress(client_of_manager):
    lines = "".join(f"A{i},2026-11-{i % 28 + 1:02} 10:00:00,旗舰店,林小禾,{i}.5,交易成功\n" for i in range(6000))
    report = stored(client_of_manager, uploaded(client_of_manager, ORDERS + lines))
    page = html(client_of_manager.get(report))
    assert "/ws/jobs/" in page
    assert "/cancel/" in page
    while base.run_next_job():
        pass
    page = html(client_of_manager.get(report))
    assert "新增 <strong>6000</strong> 行" in page or "新增 <strong>6,000</strong> 行" in page


def test_a_long_import_that_failed_may_be_looked_at_again(client_of_manager):
    lines = "".join(f"A{i},2026-11-{i % 28 + 1:02} 10:00:00,旗舰店,林小禾,{i}.5,交易成功\n" for i in range(6000))
    look = uploaded(client_of_manager, ORDERS + lines + "B,某天,旗舰店,林小禾,1,交易成功\n")
    report = stored(client_of_manager, look)
    while base.run_next_job():
        pass
    page = html(client_of_manager.get(report))
    assert "没有存入" in page
    assert look in page
    assert "某天" in page
    assert html(client_of_manager.get(look))


@pytest.mark.parametrize("kind", [key for key in KINDS if key != "violations"])
def test_an_empty_table_has_the_headings_that_are_recognised(client_of_manager, tmp_path, kind):
    response = client_of_manager.get(f"/tables/templates/{kind}.xlsx")
    assert response.status_code == 200
    path = tmp_path / "blank.xlsx"
    path.write_bytes(response.content)
    headings = shown_sheet(path).rows[0]
    assert headings == [column.title.zh for column in KINDS[kind].columns]


@pytest.mark.parametrize("kind", [key for key in KINDS if key != "violations"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_of_an_empty_table_can_be_stored(client_of_manager, kind, language):
    if language == "en":
        set_english()
    example = people.add_employee(actor=None, number="1001", name="例")
    a_shop("Flagship")
    for account in ("云杉:小禾", "spruce:lin"):
        since = datetime(2026, 1, 1, tzinfo=UTC)
        people.assign_account(actor=None, platform="t", account=account, employee=example, starts_at=since)
    blank = client_of_manager.get(f"/tables/templates/{kind}.xlsx")
    look = uploaded(client_of_manager, blank.content, "blank.xlsx")
    assert fields(html(client_of_manager.get(look)))["kind"] == kind
    report = stored(client_of_manager, look)
    assert "<strong>1</strong>" in html(client_of_manager.get(report))


def test_a_kind_that_does_not_exist_has_no_empty_table(client_of_manager):
    assert client_of_manager.get("/tables/templates/nothing.xlsx").status_code == 404


@pytest.mark.parametrize(
    "line",
    [
        '{"order": "A1", "paid at": "2026-11-22", "amount": 5, "state": "paid", "\\ud800": 1}',
        '{"商品": "x", "月份": "2026-11", "\\ud800": 1}',
    ],
)
def test_half_a_character_in_a_heading_breaks_no_page(client_of_manager, line):
    look = uploaded(client_of_manager, line + "\n", name="table.jsonl")
    assert client_of_manager.get(look).status_code in (200, 422)


def test_the_sheet_that_was_read_is_named_where_there_are_others(client_of_manager, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("说明").write(0, 0, "怎么填")
        sheet = book.add_worksheet("十一月")
        sheet.write_row(0, 0, ["月份", "员工", "目标"])
        sheet.write_row(1, 0, ["2026-11", "林小禾", 5])
        sheet.activate()
    page = html(client_of_manager.get(uploaded(client_of_manager, (tmp_path / "a.xlsx").read_bytes(), name="a.xlsx")))
    assert "读取的是工作表“十一月”" in page
    assert "说明" in page


def test_what_stands_in_a_file_is_shown_as_text(client_of_manager):
    nasty = "<script>alert(1)</script>"
    bad = f'A1,2026-11-22,旗舰店,林小禾,5,"{nasty}"\n{nasty},2026-11-22,,,5,已付款\n'
    look = uploaded(client_of_manager, ORDERS + bad)
    page = html(client_of_manager.get(look))
    assert nasty not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nothing"},
        {"kind": "attendance", "c.day": "no such heading", "c.state": "订单号"},
        {"c.order": "订单号", "c.nothing": "订单号"},
        {"a.ratio:share": "x", "a.fixed:month": "\0", "a.value:state:": "paid", "a.": "1", "a.fixed:nothing": "1"},
        {
            "kind": "orders",
            "c.order": "订单号",
            "c.line": "订单号",
            "c.amount": "付款时间",
            "c.state": "员工",
            "c.paid_at": "店铺",
        },
        {
            "kind": "sales_targets",
            "c.amount": "实付金额",
            "c.employee": "员工",
            "a.fixed:month": "<script>alert(1)</script>",
        },
        {"kind": "orders", "kind_before": "reviews"},
    ],
)
def test_no_address_breaks_a_look(client_of_manager, query):
    look = uploaded(client_of_manager, GOOD)
    for response in (client_of_manager.get(look, query), client_of_manager.post(look, {**query, "do": "store"})):
        assert response.status_code in (200, 302, 422)
        assert b"<script>alert(1)" not in response.content
    assert not contacts.TableImport.objects.started().exists()


def test_the_pages_speak_english(client_of_manager):
    set_english()
    page = html(client_of_manager.get(uploaded(client_of_manager, GOOD)))
    assert "<strong>2</strong> rows are new" in page
    assert "This is a table of" in page
