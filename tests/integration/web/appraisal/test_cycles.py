"""Pages of a cycle: the list, opening one, the month at a glance, and the steps from collecting to closing."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from support.appraisals import (
    GRADES,
    LEVELS,
    Firm,
    a_cycle,
    a_firm,
    a_template,
    an_event,
    frozen,
    last_month,
    published,
    reviewed,
    sheet_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(monkeypatch: pytest.MonkeyPatch) -> Firm:
    return a_firm(monkeypatch)


def page(user: people.User, name: str, *arguments: Any, status: int = 200, **query: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return html.unescape(response.content.decode())


def send(user: people.User, name: str, *arguments: Any, status: int = 302, **fields: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.post(reverse(name, args=arguments), fields, follow=status == 302)
    if status == 302:
        assert response.redirect_chain, response.content.decode()[:2000]
    else:
        assert response.status_code == status, response.content.decode()[:2000]
    return html.unescape(response.content.decode())


def test_smoke(firm: Firm) -> None:
    page(firm.manager, "appraisal_cycles")
    version = a_template()
    page(firm.manager, "appraisal_cycles")
    page(firm.manager, "appraisal_cycle_new")
    fields = {"template": version.template.pk, "unit": firm.team.pk, "month": f"{last_month():%Y-%m}", "appeal_days": 7}
    text = send(firm.manager, "appraisal_cycle_new", status=200, suggest="1", **fields)
    assert 'value="90"' in text
    send(firm.manager, "appraisal_cycle_new", **fields)
    cycle = appraisal.Cycle.objects.get()
    print(page(firm.manager, "appraisal_cycle", cycle.pk)[3000:8000])
    send(firm.manager, "appraisal_step", cycle.pk, "collect")
    send(firm.manager, "appraisal_step", cycle.pk, "review")
    page(firm.manager, "appraisal_cycle", cycle.pk)
    page(firm.lead, "appraisal_cycle", cycle.pk)
    page(firm.manager, "appraisal_cycle_change", cycle.pk)
    page(firm.manager, "appraisal_inputs", cycle.pk)
    page(firm.lead, "appraisal_inputs", cycle.pk, show="missing")
    sheet = sheet_of(cycle, firm.lin)
    page(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio")
    page(firm.lead, "appraisal_input", sheet.pk, "knowledge_level")
    send(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio", value="3%", note="x")
    text = send(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio", value="3", status=422)
    assert "3%" in text
    send(firm.lead, "appraisal_input", sheet.pk, "conversion_ratio", value="3", ratios="percent")
    send(firm.lead, "appraisal_input_forget", sheet.pk, "conversion_ratio", note="错")
    page(firm.manager, "appraisal_input_file", cycle.pk)
    page(firm.manager, "appraisal_input_blank", cycle.pk)
    page(firm.lead, "appraisal_rating", cycle.pk)
    page(firm.lead, "appraisal_rating_person", cycle.pk, sheet.pk)
    send(firm.lead, "appraisal_rating_person", cycle.pk, sheet.pk, **LEVELS, remark="好")
    page(firm.lead, "appraisal_events")
    page(firm.lead, "appraisal_event_new")
    number = firm.lin.employee.number
    send(firm.lead, "appraisal_event_new", employee=number, on=last_month().isoformat(), kind="complaint", text="甲", conversation="http://x/insight/conversations/a%2Fb/")
    event = appraisal.Event.objects.get()
    assert event.reference_id == "a/b"
    page(firm.lead, "appraisal_event", event.pk)
    send(firm.lead, "appraisal_event_decide", event.pk, do="confirm")
    page(firm.lead, "appraisal_events", state="confirmed", q="林")
    appraisal.count_on(actor=firm.lead, event=event, indicator=["complaints", "disputes"])
    send(firm.manager, "appraisal_step", cycle.pk, "collect")
    text = page(firm.lead, "appraisal_cycle", cycle.pk)
    assert "name=\"indicator\"" in text
    send(firm.lead, "appraisal_event_decide", event.pk, do="count_on", indicator="disputes", cycle=cycle.pk)
    page(firm.manager, "appraisal_exemptions")
    send(firm.manager, "appraisal_exemptions", employee=number, starts_on="2026-01-01", ends_on="2026-01-09", reason="假")
    send(firm.manager, "appraisal_exemption_end", appraisal.Exemption.objects.get().pk)
    send(firm.manager, "appraisal_aside", cycle.pk, person=sheet_of(cycle, firm.zhou).pk, reason="病假")
    page(firm.manager, "appraisal_cycle", cycle.pk)
    send(firm.manager, "appraisal_step", cycle.pk, "freeze")
    send(firm.manager, "appraisal_step", cycle.pk, "freeze", leave_out="x")
    page(firm.manager, "appraisal_cycle", cycle.pk)
    send(firm.manager, "appraisal_step", cycle.pk, "reopen", reason="x")
    page(firm.manager, "appraisal_cycle", cycle.pk)
    send(firm.manager, "appraisal_step", cycle.pk, "freeze")
    send(firm.manager, "appraisal_step", cycle.pk, "publish")
    page(firm.manager, "appraisal_cycle", cycle.pk)
    page(firm.leadership, "appraisal_cycle", cycle.pk)
