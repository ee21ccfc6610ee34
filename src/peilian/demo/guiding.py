"""What leads of the demo company do with single people: a practical exam before a panel, plans that both agreed to, and
certificates of others that were handed in and confirmed. All of it goes through the door of the learning app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import yaml
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.demo.agents import SERVICE
from peilian.demo.moments import moment_on, on_day
from peilian.demo.staff import demo_id, trainee, user_called
from peilian.engine._kernel import InputError

Say = Callable[[str], None]


def guide(say: Say) -> None:
    """Let leads examine and plan; what is there already is left."""
    plan = yaml.safe_load((SERVICE / "guiding.yaml").read_text(encoding="utf-8"))
    say("Practical exams and plans")
    for item in plan["panels"]:
        _panel(item)
    for item in plan["plans"]:
        _plan(item)
    for item in plan["certificates"]:
        _certificate(item)


def _panel(item: Mapping[str, Any]) -> None:
    """A practical exam with a customer's representative from outside; who is in ``waits`` still lacks a sheet."""
    batch = demo_id("panel", item["key"])
    if learning.Panel.objects.filter(pk=batch).exists():
        return
    employees = [_employee(number) for number in item["scores"]]
    what = learning.NewPanel(
        title=item["title"], kind=learning.PanelKind.ROLE_PLAY, story=item["story"], form=item["form"],
        starts_at=moment_on(item["day"]), examiners=[user_called(name) for name in item["examiners"]],
        guests=[item["guest"]], batch=batch,
    )  # fmt: skip
    with on_day(item["day"] + 3):
        opened = learning.open_panel(actor=user_called(item["lead"]), what=what, employees=employees)
    (link,) = opened.links.values()
    with on_day(item["day"], hour=15) as go_on:
        for number, given in item["scores"].items():
            candidate = opened.panel.candidates.get(employee__number=number)
            for name, (points, note) in given.items():
                go_on(timedelta(minutes=4))
                examiner = (
                    learning.guest_of(link)
                    if name == "guest"
                    else learning.examiner_of(user=user_called(name), panel_id=batch)
                )
                learning.give_sheet(
                    examiner=examiner, candidate_id=candidate.pk, note=note,
                    points=dict(zip((one["key"] for one in opened.panel.form["dimensions"]), points, strict=True)),
                )  # fmt: skip


def _plan(item: Mapping[str, Any]) -> None:
    """A plan from open needs with its goal; the lead agrees, and the person where the plan says so."""
    user = trainee(item["number"])
    assert user.employee is not None
    if learning.Plan.objects.filter(employee=user.employee).exists():
        return
    lead = user_called(item["lead"])
    try:
        plan = learning.propose_plan(actor=lead, employee=user.employee)
    except InputError:  # a demo of few conversations shows no needs
        return
    plan = learning.change_plan(actor=user, plan_id=plan.pk, edition=plan.edition, goal=item["goal"], steps={})
    plan = learning.agree_plan(actor=lead, plan_id=plan.pk, edition=plan.edition)
    if item["is_agreed"]:
        learning.agree_plan(actor=user, plan_id=plan.pk, edition=plan.edition)


def _certificate(item: Mapping[str, Any]) -> None:
    """A certificate of others; confirmed by the lead where the plan says so."""
    user = trainee(item["number"])
    sent = demo_id("external", item["number"], item["name"])
    if learning.ExternalCertificate.objects.filter(client_id=sent).exists():
        return
    today = timezone.localdate()
    ends = item.get("ends_in")
    with on_day(item["day"]):
        row = learning.add_external(
            actor=user,
            what=learning.NewExternal(
                name=item["name"], issuer=item["issuer"], number=item["serial"], client_id=sent,
                issued_on=today - timedelta(days=item["issued"]),
                expires_on=None if ends is None else today + timedelta(days=ends),
            ),
        )  # fmt: skip
    if item["is_confirmed"]:
        with on_day(item["day"] - 1):
            learning.decide_external(actor=user_called(item["lead"]), pk=row.pk, confirms=True, edition=row.edition)


def _employee(number: str) -> people.Employee:
    return people.Employee.objects.get(number=number)
