"""The directory: who belongs where, guided by whom, with which account, from when to when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_company, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db
SPRING, SUMMER, AUTUMN = date(2026, 3, 1), date(2026, 6, 1), date(2026, 9, 1)


def refused(function, **arguments) -> str:
    """The reason for which a write is refused."""
    with pytest.raises(InputError) as error:
        function(actor=None, **arguments)
    return error.value.faults[0].reason.key


def spans(employee: people.Employee) -> list[tuple[str, date, date | None]]:
    rows = employee.memberships.order_by("starts_on", "id")
    return [(row.unit.code, row.starts_on, row.ends_on) for row in rows]


def midnight(day: date) -> datetime:
    """The first moment of a day in Shanghai, where the company is."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Shanghai"))


def place(employee, unit, starts_on, ends_on=None, post=None):
    return people.place_employee(
        actor=None, employee=employee, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on
    )


def test_moving_to_another_team_ends_the_membership_before():
    employee, a, b = an_employee(), a_unit("a"), a_unit("b")
    place(employee, a, SPRING)
    place(employee, b, SUMMER)
    assert spans(employee) == [("a", SPRING, SUMMER), ("b", SUMMER, None)]


def test_a_move_entered_late_does_not_run_into_the_next_one():
    employee, a, b, c = an_employee(), a_unit("a"), a_unit("b"), a_unit("c")
    place(employee, a, SPRING)
    place(employee, c, AUTUMN)
    place(employee, b, SUMMER)
    assert spans(employee) == [("a", SPRING, SUMMER), ("b", SUMMER, AUTUMN), ("c", AUTUMN, None)]


def test_a_second_placing_on_the_same_day_corrects_the_first():
    employee, a, b = an_employee(), a_unit("a"), a_unit("b")
    place(employee, a, SPRING)
    place(employee, b, SPRING)
    assert spans(employee) == [("b", SPRING, None)]


def test_a_shop_comes_on_top_of_the_team():
    employee, team, shop, other = an_employee(), a_unit("a"), a_unit("s1", kind="shop"), a_unit("s2", kind="shop")
    for unit in (team, shop, other):
        place(employee, unit, SPRING)
    assert {row[0] for row in spans(employee) if row[2] is None} == {"a", "s1", "s2"}


def test_a_membership_that_ends_before_it_starts_is_refused():
    employee, unit = an_employee(), a_unit()
    assert (
        refused(people.place_employee, employee=employee, unit=unit, post=None, starts_on=SPRING, ends_on=SPRING)
        == "people.ends_before_start"
    )
    membership = place(employee, unit, SPRING)
    assert refused(people.end_membership, membership=membership, ends_on=SPRING) == "people.ends_before_start"


def test_a_new_supervisor_takes_the_place_of_the_one_before_and_leaves_the_mentor():
    employee, old, new, mentor = (an_employee(name) for name in ("甲", "乙", "丙", "丁"))
    for guide, kind, day in ((old, "supervisor", SPRING), (mentor, "mentor", SPRING), (new, "supervisor", SUMMER)):
        people.set_guide(actor=None, employee=employee, guide=guide, kind=people.GuidanceKind(kind), starts_on=day)
    held = {(row.guide.name, row.ends_on) for row in people.Guidance.objects.filter(employee=employee)}
    assert held == {("乙", SUMMER), ("丙", None), ("丁", None)}


def test_nobody_guides_themselves():
    employee = an_employee()
    assert (
        refused(
            people.set_guide,
            employee=employee,
            guide=employee,
            kind=people.GuidanceKind.MENTOR,
            starts_on=SPRING,
        )
        == "people.guides_self"
    )


def test_a_stage_entered_twice_for_a_day_is_corrected():
    employee = an_employee()
    people.set_stage(actor=None, employee=employee, stage=people.Stage.NEWCOMER, starts_on=SPRING)
    people.set_stage(actor=None, employee=employee, stage=people.Stage.BACKBONE, starts_on=SPRING)
    assert [entry.stage for entry in employee.stages.all()] == ["backbone"]


def use(account, employee, start, end=None):
    return people.assign_account(
        actor=None,
        platform="shop",
        account=account,
        employee=employee,
        starts_at=datetime(2026, start, 1, tzinfo=UTC),
        ends_at=datetime(2026, end, 1, tzinfo=UTC) if end else None,
    )


def test_handing_an_account_on_closes_the_former_use():
    first, second = an_employee("甲"), an_employee("乙")
    use("A", first, 1)
    use("A", second, 3)
    rows = people.AgentAccount.objects.order_by("starts_at")
    assert [(row.employee.name, row.ends_at and row.ends_at.month) for row in rows] == [("甲", 3), ("乙", None)]


@pytest.mark.parametrize(("start", "end"), [(2, 3), (1, 9), (4, 5), (1, None), (5, None)])
def test_two_people_on_one_account_at_one_time_are_refused(start, end):
    use("A", an_employee("甲"), 2, 6)
    with pytest.raises(InputError) as error:
        use("A", an_employee("乙"), start, end)
    assert error.value.faults[0].reason.key == "people.account_taken"
    assert people.AgentAccount.objects.count() == 1


@pytest.mark.parametrize(("start", "end"), [(1, 2), (6, None), (6, 7)])
def test_uses_that_only_touch_are_fine(start, end):
    use("A", an_employee("甲"), 2, 6)
    use("A", an_employee("乙"), start, end)
    assert people.AgentAccount.objects.count() == 2


def test_the_same_account_on_two_platforms_is_two_accounts():
    use("A", an_employee("甲"), 1)
    people.assign_account(
        actor=None,
        platform="other",
        account="A",
        employee=an_employee("乙"),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert people.AgentAccount.objects.filter(ends_at=None).count() == 2


def test_a_unit_cannot_hang_below_itself():
    above = a_unit("above")
    below = a_unit("below", parent=above)
    assert refused(people.change_unit, unit=above, name={"zh": "上"}, parent=below) == "people.unit_below_itself"


def test_there_is_one_company_and_everything_else_hangs_below_something():
    a_company()
    kinds = people.UnitKind
    assert refused(people.add_unit, code="x", name={"zh": "二"}, kind=kinds.COMPANY) == "people.one_company"
    assert refused(people.add_unit, code="x", name={"zh": "二"}, kind=kinds.TEAM) == "people.unit_needs_parent"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"number": " ", "name": "甲"}, "base.empty"),
        ({"number": "1", "name": ""}, "base.empty"),
        ({"number": "1", "name": "长" * 101}, "base.too_long"),
        ({"number": "7" * 61, "name": "甲"}, "base.too_long"),
        ({"number": "E9", "name": "乙"}, "people.number_taken"),
    ],
)
def test_an_employee_needs_a_number_of_their_own_and_a_name(arguments, reason):
    people.add_employee(actor=None, number="E9", name="甲")
    assert refused(people.add_employee, **arguments) == reason


def test_whoever_may_not_manage_people_changes_nothing_of_the_directory():
    unit, employee, other = a_unit(), an_employee("甲"), an_employee("乙")
    use_of = use("A", employee, 1)
    guidance = people.set_guide(
        actor=None, employee=employee, guide=other, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    membership = place(employee, unit, SPRING)
    lead = a_user("supervisor", unit=unit, employee=employee)
    calls = [
        (people.add_unit, {"code": "x", "name": {"zh": "一"}, "kind": people.UnitKind.TEAM, "parent": unit}),
        (people.change_unit, {"unit": unit, "name": {"zh": "一"}, "parent": None}),
        (people.add_post, {"code": "x", "name": {"zh": "岗"}}),
        (people.add_employee, {"number": "x", "name": "丙"}),
        (people.change_employee, {"employee": employee, "name": "丙", "hired_on": None, "left_on": None}),
        (people.place_employee, {"employee": employee, "unit": unit, "post": None, "starts_on": SUMMER}),
        (people.end_membership, {"membership": membership, "ends_on": SUMMER}),
        (people.set_stage, {"employee": employee, "stage": people.Stage.EXPERT, "starts_on": SUMMER}),
        (
            people.set_guide,
            {"employee": employee, "guide": other, "kind": people.GuidanceKind.MENTOR, "starts_on": SUMMER},
        ),
        (people.end_guide, {"guidance": guidance, "ends_on": SUMMER}),
        (
            people.assign_account,
            {"platform": "p", "account": "Z", "employee": employee, "starts_at": datetime(2026, 1, 1, tzinfo=UTC)},
        ),
        (people.end_account, {"use": use_of, "ends_at": datetime(2026, 5, 1, tzinfo=UTC)}),
        (people.import_roster, {"rows": [], "default_from": SUMMER}),
        (people.add_user, {"username": "x", "name": "x", "password": None}),
        (people.set_password, {"user": a_user(), "password": "another long secret"}),
        (people.set_active, {"user": a_user(), "is_active": False}),
        (people.grant_role, {"user": lead, "role": "administrator"}),
        (people.end_grant, {"grant": lead.grants.get()}),
        (people.change_company, {"name": {"zh": "我的"}, "time_zone": "Asia/Shanghai", "calendar": "always"}),
    ]
    for function, arguments in calls:
        with pytest.raises(people.NotVisibleError):
            function(actor=lead, **arguments)


def test_a_roster_line_is_cut_where_the_team_changes_in_the_companys_own_days():
    employee, a, b = an_employee("甲"), a_unit("a", zh="一组"), a_unit("b", zh="二组")
    place(employee, a, LONG_AGO)
    place(employee, b, SUMMER)
    place(employee, a_unit("s", kind="shop"), SPRING)
    # The evening of the last day of February in London is the first of March in Shanghai.
    people.assign_account(
        actor=None,
        platform="p",
        account="A",
        employee=employee,
        starts_at=datetime(2026, 2, 28, 16, tzinfo=UTC),
    )
    lines = [(line.team, line.starts_at, line.ends_at) for line in people.roster_lines()]
    spring, summer = midnight(SPRING), midnight(SUMMER)
    assert lines == [("一组", spring, summer), ("二组", summer, None)]


def test_an_account_handed_on_at_noon_is_the_formers_in_the_morning():
    noon = datetime(2026, 3, 1, 4, tzinfo=UTC)
    for name, starts_at in (("甲", midnight(LONG_AGO)), ("乙", noon)):
        employee = an_employee(name)
        place(employee, a_unit(f"of-{name}"), LONG_AGO)
        people.assign_account(actor=None, platform="p", account="A", employee=employee, starts_at=starts_at)
    lines = {line.employee: (line.starts_at, line.ends_at) for line in people.roster_lines()}
    assert lines == {"甲": (midnight(LONG_AGO), noon), "乙": (noon, None)}


def test_who_belongs_nowhere_still_has_a_roster_line():
    an_employee("甲", account="A")
    (line,) = people.roster_lines()
    assert (line.account, line.employee, line.team, line.ends_at) == ("A", "甲", None, None)
