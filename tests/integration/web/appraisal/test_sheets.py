"""Pages of a sheet and what hangs on it: own results, comments, appeals, talks, rankings, papers."""

from __future__ import annotations

import html
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.web.shell.formats import format_score
from support.appraisals import Firm, a_firm, published, result_of, reviewed, sheet_of

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def firm(monkeypatch: pytest.MonkeyPatch) -> Firm:
    return a_firm(monkeypatch)


def page(user: people.User, name: str, *arguments: Any, status: int = 200, **query: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def send(user: people.User, name: str, *arguments: Any, status: int = 302, **fields: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.post(reverse(name, args=arguments), fields)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_a_sheet_tells_total_lines_reasons_and_where_values_come_from(firm: Firm) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    text = html.unescape(page(firm.lin, "appraisal_sheet", sheet.pk))
    said = appraisal.sheet(user=firm.lin, appraisee=sheet).in_language("zh")
    assert format_score(said["raw"]) in text
    for line in said["lines"]:
        assert line["label"] in text
        assert line["reason"] in text
    rated = appraisal.Input.objects.filter(appraisee=sheet, source="level").first()
    assert rated is not None
    assert rated.entered_by.name in text


@pytest.mark.parametrize("who", ["zhou", "zheng", "other_lead", "admin", "leadership"])
def test_somebody_elses_sheet_is_as_if_it_were_not_there(firm: Firm, who: str) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    for name in ("appraisal_sheet", "appraisal_print", "appraisal_appeal_new", "appraisal_talk_new"):
        page(firm.users[who], name, sheet.pk, status=404)
    for form in ("pdf", "xlsx"):
        page(firm.users[who], "appraisal_paper", sheet.pk, form, status=404)


def test_who_is_not_signed_in_is_sent_to_sign_in(firm: Firm) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    assert Client().get(reverse("appraisal_sheet", args=[sheet.pk])).status_code == 302


def test_the_own_sheet_names_nobody_else_of_the_team(firm: Firm) -> None:
    cycle = published(firm)
    text = page(firm.lin, "appraisal_sheet", sheet_of(cycle, firm.lin).pk) + page(firm.lin, "my_appraisals")
    assert "周舟" not in text
    assert str(sheet_of(cycle, firm.zhou).pk) not in text


@pytest.mark.parametrize("name", ["appraisal_comment", "appraisal_appeal_decide", "appraisal_talk_answer"])
def test_what_changes_something_is_not_done_by_looking(firm: Firm, name: str) -> None:
    page(firm.lin, name, sheet_of(published(firm), firm.lin).pk, status=405)


def test_own_words_are_kept_while_the_month_is_reviewed_and_shown_as_text(firm: Firm) -> None:
    sheet = sheet_of(reviewed(firm), firm.lin)
    send(firm.lin, "appraisal_comment", sheet.pk, text=f"这个月换了系统 {SCRIPT}", line="")
    text = page(firm.lin, "appraisal_sheet", sheet.pk)
    assert "这个月换了系统" in text
    assert SCRIPT not in text
    assert send(firm.lin, "appraisal_comment", sheet.pk, text="", line="", status=422)


def test_own_words_come_too_late_once_the_result_is_published(firm: Firm) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    send(firm.lin, "appraisal_comment", sheet.pk, text="再补一句", status=404)
    assert not appraisal.Remark.objects.filter(text="再补一句").exists()


def contested(firm: Firm) -> tuple[appraisal.Cycle, appraisal.Appeal]:
    cycle = published(firm)
    sheet = sheet_of(cycle, firm.lin)
    assert "attendance" in page(firm.lin, "appraisal_appeal_new", sheet.pk)
    send(firm.lin, "appraisal_appeal_new", sheet.pk, attendance="那天是公司班车晚点", team_rules="当时有主管同意")
    return cycle, appraisal.Appeal.objects.get()


def test_an_appeal_is_decided_in_part_after_a_look_at_what_it_changes(firm: Firm) -> None:
    cycle, row = contested(firm)
    assert {point["line"] for point in row.points} == {"attendance", "team_rules"}
    before = result_of(cycle, firm.lin)
    text = page(firm.head, "appraisal_appeal", row.pk)
    assert "那天是公司班车晚点" in text
    fields = {
        "answer": "迟到一次属实免除，违规维持。",
        "accepted-attendance": "yes",
        "words-attendance": "班车记录属实",
        "accepted-team_rules": "no",
        "words-team_rules": "记录完整",
    }
    shown = appraisal.sheet(user=firm.head, appraisee=before.appraisee).in_language("zh")
    inputs = next(line["inputs"] for line in shown["lines"] if line["line"] == "attendance")
    for name, one in inputs.items():
        fields[f"value-attendance-{name}"] = "0" if name == "late_count" else str(one["value"] or 0)
    breaches = next(line["inputs"] for line in shown["lines"] if line["line"] == "team_rules")
    for name, one in breaches.items():
        fields[f"value-team_rules-{name}"] = str(one["value"])
    send(firm.head, "appraisal_appeal_decide", row.pk, status=200, preview="1", **fields)
    assert appraisal.Appeal.objects.get().state == "open"
    send(firm.head, "appraisal_appeal_decide", row.pk, **fields)
    after = result_of(cycle, firm.lin)
    assert (before.version, after.version) == (1, 2)
    assert after.raw > before.raw
    told = html.unescape(page(firm.lin, "appraisal_appeal", row.pk))
    assert "迟到一次属实免除" in told
    old = page(firm.lin, "appraisal_sheet", before.appraisee_id, version=1)
    assert "那天是公司班车晚点" not in old
    assert format_score(before.raw) in old


def test_an_accepted_line_without_another_value_is_asked_about(firm: Firm) -> None:
    _cycle, row = contested(firm)
    fields = {"answer": "同意", "accepted-attendance": "yes", "accepted-team_rules": "no"}
    shown = appraisal.sheet(user=firm.head, appraisee=row.appraisal.appraisee).in_language("zh")
    for line in shown["lines"]:
        if line["line"] in ("attendance", "team_rules"):
            for name, one in line["inputs"].items():
                fields[f"value-{line['line']}-{name}"] = str(one["value"] if one["value"] is not None else "")
    send(firm.head, "appraisal_appeal_decide", row.pk, status=422, **fields)
    assert appraisal.Appeal.objects.get().state == "open"


@pytest.mark.parametrize("who", ["lin", "lead", "zhou", "other_lead", "manager"])
def test_who_had_a_part_or_has_no_permission_does_not_decide(firm: Firm, who: str) -> None:
    _cycle, row = contested(firm)
    send(firm.users[who], "appraisal_appeal_decide", row.pk, answer="好", status=404)
    assert appraisal.Appeal.objects.get().state == "open"


def test_an_own_appeal_can_be_withdrawn_by_nobody_else(firm: Firm) -> None:
    _cycle, row = contested(firm)
    send(firm.zhou, "appraisal_appeal_withdraw", row.pk, status=404)
    send(firm.lin, "appraisal_appeal_withdraw", row.pk)
    assert appraisal.Appeal.objects.get().state == "withdrawn"


def test_a_talk_is_recorded_read_and_its_steps_are_ticked_off(firm: Firm) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    today = appraisal.Appraisal.objects.first().made_at.date()  # type: ignore[union-attr]
    fields = {
        "held_on": today.isoformat(),
        "strengths": "稳定",
        "to_improve": "多问一句",
        "goal-1": "先问用途再推荐",
        "competency-1": "need_finding",
    }
    send(firm.lead, "appraisal_talk_new", sheet.pk, **fields, **{"competency-2": "expression"}, status=422)
    assert not appraisal.Talk.objects.exists()
    send(firm.lead, "appraisal_talk_new", sheet.pk, **fields)
    talk = appraisal.Talk.objects.get()
    assert talk.items.get().need is not None
    send(firm.zhou, "appraisal_talk_answer", talk.pk, status=404)
    send(firm.lin, "appraisal_talk_answer", talk.pk, text="明白")
    send(firm.lin, "appraisal_step_done", talk.pk, talk.items.get().pk)
    text = page(firm.lin, "appraisal_sheet", sheet.pk)
    assert "明白" in text
    assert "先问用途再推荐" in text
    page(firm.lin, "appraisal_talk_new", sheet.pk, status=404)


def test_a_ranking_is_for_leads_and_holds_only_their_people(firm: Firm) -> None:
    cycle = published(firm)
    text = page(firm.lead, "appraisal_ranking", cycle.pk)
    assert "林小禾" in text
    assert "周舟" in text
    page(firm.lin, "appraisal_ranking", cycle.pk, status=404)
    page(firm.other_lead, "appraisal_ranking", cycle.pk, status=404)


def test_papers_are_files_and_other_forms_are_no_page(firm: Firm) -> None:
    cycle = published(firm)
    sheet = sheet_of(cycle, firm.lin)
    client = Client()
    client.force_login(firm.lin)
    book = client.get(reverse("appraisal_paper", args=[sheet.pk, "xlsx"]))
    assert book.content[:2] == b"PK"
    paper = client.get(reverse("appraisal_paper", args=[sheet.pk, "pdf"]))
    assert paper.content[:5] == b"%PDF-"
    assert client.get(reverse("appraisal_paper", args=[sheet.pk, "exe"])).status_code == 404
    assert "林小禾" in page(firm.lin, "appraisal_print", sheet.pk)
    client.force_login(firm.lead)
    team = client.get(reverse("appraisal_ranking_paper", args=[cycle.pk, "xlsx"]))
    assert io.BytesIO(team.content).read(2) == b"PK"


def test_the_landing_page_names_what_waits(firm: Firm) -> None:
    cycle = reviewed(firm)
    assert cycle.period in page(firm.lin, "assess")
    assert "2026" in page(firm.manager, "assess")
    assert page(firm.admin, "assess")
