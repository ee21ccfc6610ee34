"""What tests of the appraisal share: a company with every role, business figures by hand, a cycle at any stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Reason
from support.builders import LONG_AGO, a_company, a_unit, an_employee
from support.company import a_login

# The worked example of the shipped sheet: 92.083 of 105 points, 87.70 of 100.
FIGURES: Mapping[str, str] = {
    "sales_completion_ratio": "0.92",
    "sales_growth_ratio": "0.12",
    "conversion_ratio": "0.012",
    "featured_ratio": "0.85",
    "return_ratio": "0.008",
    "responses": "400",
    "own_deal_ratio": "0.12",
    "late_count": "1",
    "absent_days": "0",
    "presence_ratio": "1",
    "report_on_time": "1",
    "report_quality_met": "1",
}
LEVELS: Mapping[str, int] = {
    "knowledge_level": 3,
    "guide_level": 3,
    "communication_level": 2,
    "adaptability_level": 2,
    "responsibility_level": 3,
}
EVENTS = ("complaint", "rule_breach")
GRADES = appraisal.suggested_grades()


def last_month() -> date:
    """The first day of the month before the present one."""
    return (today_in_company().replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass
class Figures:
    """Business figures as a test wants them, in place of those from tables."""

    common: dict[str, str | None] = field(default_factory=lambda: dict(FIGURES))
    own: dict[UUID, dict[str, str | None]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def month_figures(self, *, employees: Iterable[Any], settings: Mapping[str, str] | None = None, **_: Any) -> Any:
        """In the shape of the door of the contacts app."""
        self.asked.append(dict(settings or {}))
        return {
            pk: {name: self._figure(name, value) for name, value in {**self.common, **self.own.get(pk, {})}.items()}
            for pk in employees
        }

    def _figure(self, name: str, value: str | None) -> contacts.BusinessFigure:
        note = self.notes.get(name)
        return contacts.BusinessFigure(
            None if value is None else Decimal(value),
            12,
            numerator=None,
            denominator=None,
            note=None if note is None else Reason(note),
            references=({"table": "orders", "n": 12, "rows": ["r1"], "imports": ["i1"]},),
            formula="orders",
        )


@dataclass
class Firm:
    """A company with two teams and everybody who has to do with an appraisal."""

    company: people.Unit
    service: people.Unit
    team: people.Unit
    other_team: people.Unit
    lin: people.User
    zhou: people.User
    zheng: people.User  # of the other team
    lead: people.User
    other_lead: people.User
    inspector: people.User
    head: people.User  # department head
    manager: people.User  # service manager
    trainer_in_chief: people.User  # training manager
    committee: people.User
    leadership: people.User
    admin: people.User
    figures: Figures

    @property
    def users(self) -> dict[str, people.User]:
        """Everybody who signs in, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, people.User)}


def a_firm(monkeypatch: Any) -> Firm:
    """The firm, with business figures by hand."""
    figures = Figures()
    monkeypatch.setattr(contacts, "month_figures", figures.month_figures)
    company = a_company()
    service = a_unit("service", parent=company, kind="department", zh="客服部", en="Service")
    team = a_unit("team-a", parent=service, zh="一组", en="Team A")
    other = a_unit("team-b", parent=service, zh="二组", en="Team B")
    return Firm(
        company=company,
        service=service,
        team=team,
        other_team=other,
        lin=a_login("lin", "agent", employee=an_employee("林小禾", unit=team)),
        zhou=a_login("zhou", "agent", employee=an_employee("周舟", unit=team)),
        zheng=a_login("zheng", "agent", employee=an_employee("郑凯", unit=other)),
        lead=a_login("lead", "supervisor", unit=team, employee=an_employee("韩主管")),
        other_lead=a_login("other_lead", "supervisor", unit=other),
        inspector=a_login("inspector", "quality_inspector", unit=service),
        head=a_login("head", "department_head", unit=service),
        manager=a_login("manager", "service_manager", unit=service),
        trainer_in_chief=a_login("trainer_in_chief", "training_manager"),
        committee=a_login("committee", "training_committee"),
        leadership=a_login("leadership", "leadership"),
        admin=a_login("admin", "administrator"),
        figures=figures,
    )


def a_template(key: str = "ecommerce-monthly", **more: Any) -> appraisal.TemplateVersion:
    """The first version of a template that begins as the shipped one."""
    shipped = appraisal.shipped_templates()["ecommerce-monthly"]
    given: dict[str, Any] = {
        "actor": None,
        "key": key,
        "title": {"zh": "月度考核", "en": "Monthly appraisal"},
        "body": shipped.body,
        "effective_from": LONG_AGO,
    }
    return appraisal.add_template(**(given | more))


def a_cycle(firm: Firm, unit: people.Unit | None = None, **more: Any) -> appraisal.Cycle:
    """A cycle of a team over the last month."""
    given: dict[str, Any] = {
        "actor": firm.manager,
        "unit": unit or firm.team,
        "period": last_month(),
        "grades": GRADES,
    }
    if "template" not in more:
        known = appraisal.Template.objects.filter(key="ecommerce-monthly").first()
        more["template"] = known or a_template().template
    return appraisal.open_cycle(**(given | more))


def sheet_of(cycle: appraisal.Cycle, user: people.User) -> appraisal.Appraisee:
    """A person's row in a cycle, whoever may see it."""
    return appraisal.Appraisee.objects.get(cycle=cycle, employee=user.employee_id)


def an_event(firm: Firm, user: people.User, kind: str = "complaint", day: int = 10, **more: Any) -> appraisal.Event:
    """Something confirmed that happened to a person last month."""
    given: dict[str, Any] = {
        "actor": firm.inspector,
        "employee": user.employee,
        "on": last_month().replace(day=day),
        "kind": kind,
        "text": f"{kind} 的经过",
    }
    row = appraisal.register_event(**(given | more))
    return appraisal.confirm_event(actor=firm.lead, event=row)


def reviewed(firm: Firm, **more: Any) -> appraisal.Cycle:
    """A cycle of the team with everything that is needed: events, figures, ratings."""
    cycle = a_cycle(firm, **more)
    for kind in EVENTS:
        an_event(firm, firm.lin, kind)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    for row in cycle.appraisees.all():
        appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS, remark="这个月稳定")
    cycle.refresh_from_db()
    return cycle


def frozen(firm: Firm, **more: Any) -> appraisal.Cycle:
    """The same, frozen."""
    cycle = reviewed(firm, **more)
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    cycle.refresh_from_db()
    return cycle


def published(firm: Firm, **more: Any) -> appraisal.Cycle:
    """The same, published."""
    cycle = frozen(firm, **more)
    return appraisal.publish(actor=firm.manager, cycle=cycle)


def result_of(cycle: appraisal.Cycle, user: people.User) -> appraisal.Appraisal:
    """The result of a person that counts."""
    return appraisal.results(cycle=cycle).get(appraisee__employee=user.employee_id)
