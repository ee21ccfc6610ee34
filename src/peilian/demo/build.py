"""Builds the demo company step by step; each step is skipped when it is already there, so a broken run continues."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.demo.appraising import appraise
from peilian.demo.conversations import DATA, write_canonical_files
from peilian.demo.guiding import guide
from peilian.demo.history import bring_in_season, write_evidence
from peilian.demo.season import N_CONTACTS
from peilian.demo.teaching import teach
from peilian.demo.training import practise

# A password for a demo with invented data on the own machine; the installation of a company never gets it.
PASSWORD = "peilian-demo-2026"  # noqa: S105
SINCE = date(2018, 1, 1)
OPEN_SETS = (
    ("support_log_2024w10_12_messages.csv", "support_log_2024w10_12_tickets.csv"),
    ("cofacts_2w_requests.csv", "cofacts_2w_replies.csv"),
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody a visitor of the demo can sign in as."""

    username: str
    name: str
    role: str


def build(*, say: Say = print, contacts_wanted: int = N_CONTACTS) -> list[Login]:
    """Bring the demo company to life, or complete it; returns its logins."""
    plan = yaml.safe_load((DATA / "company.yaml").read_text(encoding="utf-8"))
    say("People and units")
    units = _units(plan["units"])
    posts = _posts(plan["posts"])
    staff = {item["number"]: _person(item, units, posts) for item in plan["people"]}
    _mentors(plan["mentors"], staff)
    _logins(plan["logins"], staff, units)
    with tempfile.TemporaryDirectory() as folder:
        _import(write_canonical_files(Path(folder)), say)
    for names in OPEN_SETS:
        _import([DATA / "open" / name for name in names], say)
    if contacts_wanted:
        bring_in_season(Path(settings.HOME) / "demo-season", contacts_wanted=contacts_wanted, say=say)
    write_evidence(say)
    teach(say)  # before drills are rated: the newest of a team are, and courses ask for some
    practise(say)
    guide(say)  # once drills and exams have shown what people need
    appraise(say)
    return [Login(item["username"], _login_name(item, staff), item["role"]) for item in plan["logins"]]


def _units(plan: Iterable[Mapping[str, Any]]) -> dict[str, people.Unit]:
    units = {unit.code: unit for unit in people.Unit.objects.all()}
    for item in plan:
        if item["code"] not in units:
            units[item["code"]] = people.add_unit(
                actor=None,
                code=item["code"],
                name=item["name"],
                kind=people.UnitKind(item["kind"]),
                parent=units.get(item.get("parent", "")),
            )
            if item["kind"] == "company":
                base.change_company(actor=None, name=item["name"], time_zone="Asia/Shanghai", calendar="always")
    return units


def _posts(plan: Iterable[Mapping[str, Any]]) -> dict[str, people.Post]:
    posts = {post.code: post for post in people.Post.objects.all()}
    for item in plan:
        if item["code"] not in posts:
            posts[item["code"]] = people.add_post(
                actor=None, code=item["code"], name=item["name"], agent_kind=item["agent_kind"]
            )
    return posts


def _person(
    item: Mapping[str, Any], units: Mapping[str, people.Unit], posts: Mapping[str, people.Post]
) -> people.Employee:
    employee = people.Employee.objects.filter(number=item["number"]).first() or people.add_employee(
        actor=None, number=item["number"], name=item["name"], hired_on=item.get("hired_on")
    )
    starts_on = item.get("hired_on") or SINCE
    if not employee.memberships.exists():
        people.place_employee(
            actor=None, employee=employee, unit=units[item["unit"]], post=posts[item["post"]], starts_on=starts_on
        )
    if not employee.stages.exists():
        people.set_stage(actor=None, employee=employee, stage=people.Stage(item["stage"]), starts_on=starts_on)
    if "account" in item and not employee.accounts.exists():
        people.assign_account(
            actor=None,
            platform="demo",
            account=item["account"],
            employee=employee,
            starts_at=datetime.combine(starts_on, datetime.min.time(), UTC),
        )
    return employee


def _mentors(plan: Iterable[Mapping[str, str]], staff: Mapping[str, people.Employee]) -> None:
    for item in plan:
        employee, guide = staff[item["employee"]], staff[item["guide"]]
        if not employee.guided_by.exists():
            people.set_guide(
                actor=None,
                employee=employee,
                guide=guide,
                kind=people.GuidanceKind.MENTOR,
                starts_on=date(2026, 9, 1),
            )


def _logins(
    plan: Iterable[Mapping[str, str]], staff: Mapping[str, people.Employee], units: Mapping[str, people.Unit]
) -> None:
    for item in plan:
        user = people.User.objects.filter(username=item["username"]).first() or people.add_user(
            actor=None,
            username=item["username"],
            name=_login_name(item, staff),
            password=PASSWORD,
            employee=staff.get(item.get("employee", "")),
            language=item["language"],
        )
        if not user.grants.exists():
            people.grant_role(
                actor=None, user=user, role=item["role"], unit=units.get(item.get("unit", "")), starts_on=SINCE
            )


def _login_name(item: Mapping[str, str], staff: Mapping[str, people.Employee]) -> str:
    return item.get("name") or staff[item["employee"]].name


def _import(paths: list[Path], say: Say) -> None:
    names = [path.name for path in paths]
    if any(done.file_names == names and done.report for done in contacts.ConversationImport.objects.all()):
        return
    say(f"Conversations of {', '.join(names)}")
    contacts.import_now(actor=None, paths=paths)
