"""Pages of inputs, rating, events and exemptions."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from peilian.apps.appraisal import api as appraisal
from peilian.apps.contacts import api as contacts
from support.appraisals import LEVELS, Firm, a_cycle, an_event, frozen, last_month, reviewed, sheet_of


@pytest.fixture
def cycle(firm: Firm) -> appraisal.Cycle:
    row = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=row)
    return appraisal.start_review(actor=firm.manager, cycle=row)


def test_inputs_are_shown_by_person_and_indicator_with_what_is_missing(
    firm: Firm, page: Any, cycle: appraisal.Cycle
) -> None:
    text = page(firm.lead, "appraisal_inputs", cycle.pk)
    for said in ("林小禾", "周舟", "92.0%", "转化率", "业务数据", "is-lacking"):
        assert said in text
    assert "周舟" not in page(firm.lead, "appraisal_inputs", cycle.pk, person="林")[3000:].split("matrix-frame")[1]
    one = page(firm.lead, "appraisal_inputs", cycle.pk, indicator="late_count").split("matrix-frame")[1]
    assert "92.0%" not in one
    assert "没有符合条件" in page(firm.lead, "appraisal_inputs", cycle.pk, show="given")


def test_a_value_is_corrected_with_its_history_and_taken_back(
    firm: Firm, page: Any, send: Any, cycle: appraisal.Cycle
) -> None:
    sheet = sheet_of(cycle, firm.lin)
    text = send(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio", value="3%", note="后台截图")
    assert "3.0%" in text
    assert "1.2%" in text
    assert "后台截图" in text
    assert "需要填写" in send(firm.lead, "appraisal_input_forget", sheet.pk, "conversion_ratio", note="")
    send(firm.lead, "appraisal_input_forget", sheet.pk, "conversion_ratio", note="看错了")
    values = [
        row.value for row in appraisal.input_history(user=firm.lead, appraisee=sheet, indicator="conversion_ratio")
    ]
    assert len(values) == 3
    assert values[0] == values[-1]


def test_a_ratio_that_could_mean_two_things_is_asked_about(firm: Firm, send: Any, cycle: appraisal.Cycle) -> None:
    sheet = sheet_of(cycle, firm.lin)
    place = (sheet.pk, "sales_completion_ratio")
    text = send(firm.lead, "appraisal_input", *place, status=422, value="92")
    assert 'value="percent"' in text
    assert "9200%" in text
    assert "92.0%" in send(firm.lead, "appraisal_input", *place, value="92", ratios="percent")
    assert "9,200.0%" in send(firm.lead, "appraisal_input", *place, value="92", ratios="fraction")
    assert "应为数字" in send(firm.lead, "appraisal_input", *place, status=422, value="好")
    assert "需要填写" in send(firm.lead, "appraisal_input", *place, status=422, value="")


def test_levels_are_rated_and_not_entered(firm: Firm, page: Any, send: Any, cycle: appraisal.Cycle) -> None:
    sheet = sheet_of(cycle, firm.lin)
    assert "评定此人" in page(firm.lead, "appraisal_input", sheet.pk, "knowledge_level")
    send(firm.lead, "appraisal_input", sheet.pk, "knowledge_level", status=404, value="3")


def test_inputs_are_closed_to_others_and_once_they_are_fixed(firm: Firm, page: Any, send: Any) -> None:
    cycle = frozen(firm)
    sheet = sheet_of(cycle, firm.lin)
    assert "本期数据已固定" in page(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio")
    send(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio", status=404, value="3%")
    for user in (firm.lin, firm.zhou, firm.other_lead, firm.leadership):
        page(user, "appraisal_input", sheet.pk, "conversion_ratio", status=404)
    page(firm.lead, "appraisal_input", sheet.pk, "nonsense", status=404)
    page(firm.manager, "appraisal_input_file", cycle.pk, status=404)


def upload(firm: Firm, cycle: appraisal.Cycle, text: str) -> tuple[Client, str]:
    client = Client()
    client.force_login(firm.manager)
    file = SimpleUploadedFile("data.csv", text.encode())
    response = client.post(reverse("appraisal_input_file", args=[cycle.pk]), {"file": file})
    assert response.status_code == 302, response.content.decode()[:2000]
    return client, response["Location"]


def test_a_file_is_looked_at_before_it_is_taken_in(firm: Firm, cycle: appraisal.Cycle) -> None:
    number = firm.lin.employee.number
    client, address = upload(firm, cycle, f"工号,月份,指标,数值\n{number},{cycle.period},迟到次数,2\n")
    assert "<strong>1</strong>" in client.get(address).content.decode()
    assert not appraisal.Input.objects.filter(source="file").exists()
    path, _, query = address.partition("?")
    response = client.post(path, {"file": query.removeprefix("file="), "do": "take"}, follow=True)
    assert "1 项数据" in response.content.decode()
    assert appraisal.Input.objects.get(source="file").value == 2


def test_faults_of_a_file_name_their_rows_and_unclear_ratios_are_asked_about(
    firm: Firm, cycle: appraisal.Cycle
) -> None:
    number = firm.lin.employee.number
    client, address = upload(
        firm,
        cycle,
        f"工号,月份,指标,数值\n{number},{cycle.period},销售额完成率,92\n{number},{cycle.period},迟到次数,x\n",
    )
    response = client.get(address)
    text = response.content.decode()
    assert response.status_code == 422
    assert "第 3 行" in text
    assert "9200%" in text
    assert 'name="ratios"' in text
    path, _, query = address.partition("?")
    assert client.post(path, {"file": query.removeprefix("file="), "do": "forget"}).status_code == 302
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("ratios", ["percent", "fraction"])
@pytest.mark.parametrize("value", ["sNaN", "1e9999999", "1e400", "9" * 40, "Infinity", "٣٫٥"])
def test_a_typed_ratio_that_is_no_number_is_a_fault_of_the_field(
    firm: Firm, send: Any, cycle: appraisal.Cycle, value: str, ratios: str
) -> None:
    sheet = sheet_of(cycle, firm.lin)
    text = send(firm.lead, "appraisal_input", sheet.pk, "return_ratio", status=422, value=value, ratios=ratios)
    assert "应为数字" in text
    assert "0" * 50 not in text


def test_an_answer_on_a_ratio_counts_only_where_there_is_a_question(
    firm: Firm, send: Any, cycle: appraisal.Cycle
) -> None:
    sheet = sheet_of(cycle, firm.lin)
    place = (sheet.pk, "sales_completion_ratio")
    assert "91.0%" in send(firm.lead, "appraisal_input", *place, value="0.91", ratios="percent")
    assert "120.0%" in send(firm.lead, "appraisal_input", *place, value="1.2", ratios="percent")
    assert "--ratios" not in send(firm.lead, "appraisal_input", *place, status=422, value="92")


def test_values_of_a_file_are_listed_as_they_will_be_kept(firm: Firm, cycle: appraisal.Cycle) -> None:
    number = firm.lin.employee.number
    client, address = upload(
        firm, cycle, f"工号,月份,指标,数值\n{number},{cycle.period},退单率,7\n{number},{cycle.period},迟到次数,\n"
    )
    asked = client.get(address).content.decode()
    assert all(said in asked for said in ("退单率", "7%", "700%"))
    assert "--ratios" not in asked
    text = client.get(f"{address}&ratios=percent").content.decode()
    assert ">7%<" in text
    assert "1 个空单元格" in text


def test_the_sheet_that_was_read_is_named_where_there_are_others(
    firm: Firm, cycle: appraisal.Cycle, tmp_path: Path
) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        notes, sheet = book.add_worksheet("填写说明"), book.add_worksheet("十月")
        notes.write(0, 0, "怎么填")
        sheet.write_row(0, 0, ["工号", "月份", "指标", "数值"])
        sheet.write_row(1, 0, [firm.lin.employee.number, cycle.period, "迟到次数", 1])
        sheet.activate()
    client = Client()
    client.force_login(firm.manager)
    file = SimpleUploadedFile("考" * 100 + ".xlsx", (tmp_path / "a.xlsx").read_bytes())
    address = client.post(reverse("appraisal_input_file", args=[cycle.pk]), {"file": file})["Location"]
    text = client.get(address).content.decode()
    assert "读取的是工作表“十月”" in text
    assert "填写说明" in text


def test_the_file_to_fill_in_lists_what_is_missing(firm: Firm, page: Any) -> None:
    firm.figures.common["conversion_ratio"] = None
    firm.figures.notes["conversion_ratio"] = "business.no_responses"
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    rows = list(csv.reader(io.StringIO(page(firm.manager, "appraisal_input_blank", cycle.pk).lstrip("\ufeff"))))
    assert [row[3] for row in rows[1:] if row[3] == "转化率"] == ["转化率"] * 2
    page(firm.lead, "appraisal_input_blank", cycle.pk, status=404)


def test_rating_goes_from_person_to_person(firm: Firm, page: Any, send: Any, cycle: appraisal.Cycle) -> None:
    lin, zhou = sheet_of(cycle, firm.lin), sheet_of(cycle, firm.zhou)
    assert "评定下一位" in page(firm.lead, "appraisal_rating", cycle.pk)
    text = page(firm.lead, "appraisal_rating_person", cycle.pk, lin.pk)
    assert "本岗位知识扎实，跨岗位的内容了解有限" in text
    assert text.count('type="radio"') >= 15
    text = send(
        firm.lead,
        "appraisal_rating_person",
        cycle.pk,
        lin.pk,
        **LEVELS,
        remark="这个月很稳",
        **{"remark.knowledge": "能讲清材质", "do": "next"},
    )
    assert reverse("appraisal_rating_person", args=[cycle.pk, zhou.pk]) in text
    assert {row.text for row in appraisal.remarks_of(user=firm.lead, appraisee=lin)} == {"这个月很稳", "能讲清材质"}
    assert "共 2 位，已评定 1 位" in page(firm.lead, "appraisal_rating_person", cycle.pk, zhou.pk)
    wrong = send(firm.lead, "appraisal_rating_person", cycle.pk, zhou.pk, status=422, knowledge_level="9")
    assert "没有第 9 级" in wrong


def test_the_level_of_the_month_before_stands_beside(firm: Firm, page: Any) -> None:
    before = last_month().replace(day=1)
    earlier = (before.replace(day=1) - __import__("datetime").timedelta(days=1)).replace(day=1)
    reviewed_before = a_cycle(firm, period=earlier)
    appraisal.start_review(actor=firm.manager, cycle=reviewed_before)
    appraisal.rate(actor=firm.lead, appraisee=sheet_of(reviewed_before, firm.lin), levels=LEVELS)
    cycle = a_cycle(firm)
    text = page(firm.lead, "appraisal_rating_person", cycle.pk, sheet_of(cycle, firm.lin).pk)
    assert f"{reviewed_before.period} 评定" in text


def test_only_the_rater_rates_and_only_the_own_team(firm: Firm, page: Any, send: Any, cycle: appraisal.Cycle) -> None:
    lin = sheet_of(cycle, firm.lin)
    for user in (firm.other_lead, firm.lin, firm.manager, firm.admin):
        page(user, "appraisal_rating_person", cycle.pk, lin.pk, status=404)
        send(user, "appraisal_rating_person", cycle.pk, lin.pk, status=404, **LEVELS)


def test_an_event_is_registered_confirmed_and_withdrawn(
    firm: Firm, page: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "conversation", lambda *, user, conversation_id: conversation_id)
    a_cycle(firm)
    number = firm.lin.employee.number
    fields = {"employee": number, "on": last_month().isoformat(), "kind": "complaint", "text": "两天没人跟进"}
    address = "https://peilian.example/insight/conversations/s%2F77/?x=1"
    text = send(firm.inspector, "appraisal_event_new", **fields, conversation=address)
    event = appraisal.Event.objects.get()
    assert (event.reference_kind, event.reference_id) == ("conversation", "s/77")
    assert reverse("conversation", args=["s/77"]) in text
    assert "服务态度" in text  # a line that it could hit
    assert "确认属实" not in text
    send(firm.inspector, "appraisal_event_decide", event.pk, status=404, do="confirm")
    assert "已确认" in send(firm.lead, "appraisal_event_decide", event.pk, do="confirm", note="核对过")
    assert "计入项目" in page(firm.lead, "appraisal_events", state="confirmed", q="林", kind="complaint")
    send(firm.lead, "appraisal_event_decide", event.pk, do="count_on", indicator="disputes")
    assert "需要填写" in send(firm.lead, "appraisal_event_decide", event.pk, do="withdraw", reason="")
    send(firm.lead, "appraisal_event_decide", event.pk, do="withdraw", reason="登记错人")
    event.refresh_from_db()
    assert (event.state, event.counts_on) == ("withdrawn", ["disputes"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"employee": "nobody"}, "field-fault"),
        ({"kind": ""}, "需要填写"),
        ({"on": "2020-01-01"}, "过去一年之内"),
        ({"conversation": "a%0Ab"}, "没有这通会话"),
        ({"conversation": "../.."}, "没有这通会话"),
    ],
)
def test_what_an_event_lacks_is_said_beside_the_field(firm: Firm, send: Any, more: dict[str, str], said: str) -> None:
    fields = {"employee": firm.lin.employee.number, "on": last_month().isoformat(), "kind": "complaint", "text": "甲"}
    assert said in send(firm.lead, "appraisal_event_new", status=422, **(fields | more))


def test_events_of_other_teams_are_not_there(firm: Firm, page: Any, send: Any) -> None:
    event = an_event(firm, firm.lin)
    assert event.text not in page(firm.other_lead, "appraisal_events")
    page(firm.other_lead, "appraisal_event", event.pk, status=404)
    page(firm.admin, "appraisal_events", status=404)
    page(firm.lin, "appraisal_event_new", status=404)
    fields = {"employee": firm.zheng.employee.number, "on": last_month().isoformat(), "kind": "complaint", "text": "甲"}
    assert "不能登记此人" in send(firm.lead, "appraisal_event_new", status=422, **fields)


def test_somebody_is_exempted_and_taken_back(firm: Firm, page: Any, send: Any) -> None:
    a_cycle(firm)
    assert "没有免考核记录" in page(firm.manager, "appraisal_exemptions")
    fields = {
        "employee": firm.lin.employee.number,
        "starts_on": "2026-10-01",
        "ends_on": "2026-12-31",
        "reason": "产假",
        "indicators": ["conversion_ratio"],
    }
    text = send(firm.manager, "appraisal_exemptions", **fields)
    assert "产假" in text
    row = appraisal.Exemption.objects.get()
    assert row.indicators == ["conversion_ratio"]
    wrong = send(firm.manager, "appraisal_exemptions", status=422, **(fields | {"ends_on": "2026-09-01"}))
    assert "结束日期不能早于开始日期" in wrong
    for user in (firm.lead, firm.lin):
        send(user, "appraisal_exemptions", status=404, **fields)
    send(firm.lin, "appraisal_exemption_end", row.pk, status=404)
    assert "已取消" in send(firm.manager, "appraisal_exemption_end", row.pk)


def test_what_changes_something_is_only_posted(firm: Firm, cycle: appraisal.Cycle) -> None:
    client = Client()
    client.force_login(firm.manager)
    sheet = sheet_of(cycle, firm.lin)
    for name, arguments in (
        ("appraisal_aside", [cycle.pk]),
        ("appraisal_input_forget", [sheet.pk, "conversion_ratio"]),
        ("appraisal_event_decide", [sheet.pk]),
        ("appraisal_exemption_end", [sheet.pk]),
    ):
        assert client.get(reverse(name, args=arguments)).status_code == 405


def test_what_is_missing_is_grouped_by_those_who_can_give_it(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    assert "数据已齐" in page(firm.manager, "appraisal_cycle", cycle.pk)
