"""Importing a roster: what holds is left, what differs is moved from its day on, and a fault stores nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peilian.apps.base.api import AuditEntry, change_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.roster import RosterRow
from peilian.flows.wording import say_fault
from support.builders import a_company, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db
JANUARY, MAY = date(2026, 1, 1), date(2026, 5, 1)


def rows(*lines: dict) -> list[RosterRow]:
    return [RosterRow(row=n, file="roster.csv", **{"employee": "林小禾", **line}) for n, line in enumerate(lines, 1)]


def take(*lines: dict, default_from: date = JANUARY) -> people.RosterReport:
    return people.import_roster(actor=None, rows=rows(*lines), default_from=default_from)


def faults(*lines: dict, default_from: date = JANUARY) -> list[tuple[str, int | None, str | None]]:
    """What is refused, and that nothing of it was stored."""
    before = AuditEntry.objects.count(), people.Employee.objects.count(), people.Unit.objects.count()
    with pytest.raises(InputError) as error:
        take(*lines, default_from=default_from)
    assert before == (AuditEntry.objects.count(), people.Employee.objects.count(), people.Unit.objects.count())
    assert all(say_fault(fault, language) for fault in error.value.faults for language in ("zh", "en"))
    return [(fault.reason.key.removeprefix("roster."), fault.row, fault.field) for fault in error.value.faults]


LIN = {
    "number": "1001",
    "account": "a1",
    "platform": "shop",
    "team": "一组",
    "post": "售后客服",
    "agent_kind": "after_sale",
    "hired_on": date(2024, 5, 6),
    "stage": "backbone",
    "supervisor": "唐宁",
    "mentor": "1002",
    "shop": "旗舰店",
}
TANG = {"number": "1002", "employee": "唐宁", "team": "一组", "post": "主管"}


def person(number: str = "1001") -> people.Employee:
    return people.Employee.objects.get(number=number)


def places(number: str = "1001") -> list[tuple[str, date, date | None]]:
    found = person(number).memberships.order_by("starts_on", "unit__code")
    return [(row.unit.code, row.starts_on, row.ends_on) for row in found]


def test_a_roster_fills_an_empty_directory():
    report = take(LIN, TANG)
    assert (report.added, report.changed, report.unchanged) == (2, 0, 0)
    assert (report.units, report.posts, report.accounts) == (3, 2, 1)
    lin = person()
    assert (lin.name, lin.hired_on) == ("林小禾", date(2024, 5, 6))
    assert places() == [("一组", JANUARY, None), ("旗舰店", JANUARY, None)]
    assert lin.memberships.get(unit__kind="team").post.agent_kind == "after_sale"
    assert [entry.stage for entry in lin.stages.all()] == ["backbone"]
    assert {(one.kind, one.guide.name) for one in lin.guided_by.all()} == {("supervisor", "唐宁"), ("mentor", "唐宁")}
    account = lin.accounts.get()
    assert (account.platform, account.account, account.ends_at) == ("shop", "a1", None)
    assert account.starts_at == datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai


def test_teams_hang_below_the_company_which_is_named_as_its_settings_say():
    change_company(actor=None, name={"zh": "禾一"}, time_zone="Asia/Shanghai", calendar="always")
    take(LIN, TANG)
    team = people.Unit.objects.get(code="一组")
    assert (team.kind, team.parent.kind, str(team.parent)) == ("team", "company", "禾一")
    assert people.Unit.objects.get(code="旗舰店").kind == "shop"


def test_the_same_roster_twice_changes_nothing():
    take(LIN, TANG)
    entries = AuditEntry.objects.count()
    report = take(LIN, TANG)
    assert (report.added, report.changed, report.unchanged, report.changes) == (0, 0, 2, ())
    assert AuditEntry.objects.count() == entries


def test_the_same_roster_on_a_later_day_changes_nothing_either():
    take(LIN, TANG)
    assert take(LIN, TANG, default_from=MAY).changed == 0


def test_a_history_in_several_rows_is_taken_over_and_kept_on_a_second_import():
    lines = [
        {"number": "1", "account": "a", "team": "一组", "starts": JANUARY, "ends": date(2026, 3, 1)},
        {"number": "1", "account": "a", "team": "二组", "starts": date(2026, 3, 1)},
        {"number": "2", "employee": "周", "account": "b", "team": "一组", "starts": JANUARY, "ends": date(2026, 2, 1)},
        {"number": "1", "account": "b", "starts": date(2026, 2, 1)},
    ]
    take(*lines)
    assert places("1") == [("一组", JANUARY, date(2026, 3, 1)), ("二组", date(2026, 3, 1), None)]
    assert {use.account: use.ends_at for use in person("1").accounts.all()} == {"a": None, "b": None}
    again = take(*lines, default_from=MAY)
    assert (again.added, again.changed) == (0, 0)


def test_who_changes_team_is_moved_from_the_day_of_the_import_and_keeps_the_history():
    take(LIN, TANG)
    report = take({**LIN, "team": "二组"}, TANG, default_from=MAY)
    assert [(change.number, change.what) for change in report.changes] == [("1001", ("team",))]
    assert [row for row in places() if row[0] != "旗舰店"] == [("一组", JANUARY, MAY), ("二组", MAY, None)]


def test_every_kind_of_change_is_told():
    take(LIN, TANG, {"number": "3", "employee": "周"})
    changed = {
        **LIN,
        "employee": "林禾",
        "post": "售前客服",
        "agent_kind": "pre_sale",
        "stage": "expert",
        "mentor": "周",
        "shop": "分店",
        "account": "a2",
    }
    (change,) = take(changed, TANG, default_from=MAY).changes
    assert set(change.what) == {"person", "team", "shop", "stage", "mentor", "account"}
    lin = person()
    assert lin.guided_by.get(kind="mentor", ends_on=None).guide.name == "周"
    assert [(entry.stage, entry.starts_on) for entry in lin.stages.all()] == [("expert", MAY), ("backbone", JANUARY)]
    assert {use.account: use.ends_at for use in lin.accounts.all()} == {"a1": None, "a2": None}


def test_empty_cells_leave_what_is_known():
    take(LIN, TANG)
    assert take({"number": "1001"}, default_from=MAY).unchanged == 1
    assert person().hired_on == date(2024, 5, 6)


def test_nobody_counts_before_the_day_of_hiring():
    take({"number": "1", "team": "一组", "hired_on": MAY})
    assert places("1") == [("一组", MAY, None)]


def test_an_account_goes_to_the_next_user_where_that_row_begins():
    take({"number": "1", "account": "a"})
    take({"number": "2", "employee": "周", "account": "a", "starts": MAY})
    uses = people.AgentAccount.objects.order_by("starts_at")
    assert [(use.employee.name, use.ends_at is None) for use in uses] == [("林小禾", False), ("周", True)]
    assert (
        take({"number": "1", "account": "a"}, {"number": "2", "employee": "周", "account": "a", "starts": MAY}).changed
        == 0
    )


def test_an_earlier_start_and_a_stated_end_stretch_and_close_a_known_use():
    take({"number": "1", "account": "a", "starts": MAY})
    report = take({"number": "1", "account": "a", "starts": JANUARY, "ends": date(2026, 7, 1)})
    use = people.AgentAccount.objects.get()
    assert (use.starts_at.month, use.ends_at.month, report.changed) == (12, 6, 1)


def test_an_account_without_platform_is_the_one_already_known():
    employee = an_employee("林小禾")
    people.assign_account(
        actor=None, platform="shop", account="a", employee=employee, starts_at=datetime(2025, 1, 1, tzinfo=UTC)
    )
    assert take({"number": employee.number, "account": "a"}).unchanged == 1


def test_without_a_number_the_name_finds_the_person():
    employee = an_employee("林小禾")
    take({"account": "a"})
    assert people.AgentAccount.objects.get().employee == employee


def test_without_number_and_unknown_the_account_becomes_the_number():
    take({"account": "a"}, {"account": "b"})
    assert people.Employee.objects.get().number == "a"
    assert take({"account": "a"}, {"account": "b"}).unchanged == 1


def test_of_two_with_one_name_the_account_tells_who_is_meant():
    first, _second = an_employee("林小禾", account="a"), an_employee("林小禾")
    take({"account": "a", "team": "一组"})
    assert places(first.number)[-1][0] == "一组"


def test_of_two_with_one_name_and_no_number_nobody_is_guessed():
    an_employee("林小禾")
    an_employee("林小禾")
    assert faults({"account": "a"}) == [("ambiguous_name", 1, "number")]


def test_two_numbers_of_one_name_in_the_file_are_two_people():
    assert take({"number": "1"}, {"number": "2"}).added == 2
    assert faults({"number": "1"}, {"number": "2"}, {"account": "c"}) == [("ambiguous_name", 3, "number")]


def test_one_number_for_two_names_is_refused():
    assert faults({"number": "1"}, {"number": "1", "employee": "周"}) == [("two_names", 2, "employee")]


def test_a_supervisor_nobody_knows_and_one_whose_name_two_people_have_are_refused():
    an_employee("唐宁")
    an_employee("唐宁")
    assert faults({"number": "1", "supervisor": "何人"}, {"number": "2", "employee": "周", "mentor": "唐宁"}) == [
        ("unknown_person", 1, "supervisor"),
        ("ambiguous_name", 2, "mentor"),
    ]


def test_nobody_is_their_own_mentor():
    assert faults({"number": "1", "mentor": "林小禾"}) == [("guides_self", 1, "mentor")]


@pytest.mark.parametrize(
    "spans",
    [
        ({}, {}),
        ({"starts": JANUARY, "ends": MAY}, {"starts": date(2026, 4, 30)}),
        ({"starts": JANUARY, "ends": MAY}, {"starts": JANUARY, "ends": date(2026, 2, 1)}),
    ],
)
def test_one_account_for_two_people_at_one_time_is_refused(spans):
    first, second = spans
    assert faults(
        {"number": "1", "account": "a", **first}, {"number": "2", "employee": "周", "account": "a", **second}
    ) == [("account_shared", 2, "author")]


def test_an_account_that_somebody_else_holds_at_that_time_is_refused():
    take({"number": "1", "account": "a", "starts": JANUARY, "ends": MAY})
    assert faults({"number": "2", "employee": "周", "account": "a", "starts": date(2026, 3, 1)}) == [
        ("account_taken", 1, "author")
    ]


def test_two_teams_from_the_same_day_contradict_each_other_but_two_shops_do_not():
    assert faults({"number": "1", "team": "一组"}, {"number": "1", "team": "二组"}) == [("contradicts", 2, "team")]
    take({"number": "1", "shop": "甲店"}, {"number": "1", "shop": "乙店"})
    assert [row[0] for row in places("1")] == ["乙店", "甲店"]


def test_a_team_is_found_by_name_in_either_language_or_by_code():
    a_unit("desk", zh="综合组", en="Desk")
    for text in ("综合组", "Desk", "desk"):
        take({"number": "1", "team": text})
    assert places("1") == [("desk", JANUARY, None)]


def test_a_team_name_that_two_units_have_is_refused_with_their_codes():
    a_unit("a", zh="一组")
    a_unit("b", zh="一组")
    assert faults({"number": "1", "team": "一组"}) == [("ambiguous_unit", 1, "team")]


def test_what_does_not_fit_is_refused_before_the_database_sees_it():
    assert faults({"number": "7" * 61}, {"number": "2", "employee": "长" * 101}) == [
        ("too_long", 1, "number"),
        ("too_long", 2, "employee"),
    ]


def test_a_fault_in_the_last_row_stores_nothing_of_the_others():
    assert faults(*({"number": str(n), "employee": f"人{n}"} for n in range(20)), {"number": "x", "mentor": "?"})
    assert not people.Employee.objects.exists()


def test_everything_an_import_writes_is_one_entry_each_under_its_actor():
    admin = a_user("administrator")
    people.import_roster(actor=admin, rows=rows(LIN, TANG), default_from=JANUARY)
    found = AuditEntry.objects.filter(verb="people.import_roster")
    assert set(found.values_list("actor", flat=True)) == {admin.pk}
    assert {"people.employee", "people.unit", "people.post", "people.membership", "people.agentaccount"} <= set(
        found.values_list("object_kind", flat=True)
    )


def test_a_preview_tells_the_same_and_stores_nothing():
    preview = people.preview_roster(actor=None, rows=rows(LIN, TANG), default_from=JANUARY)
    assert not people.Employee.objects.exists()
    assert take(LIN, TANG) == preview


def test_reading_grows_with_what_changes_and_not_with_who_is_there():
    a_company()
    lines = [{"number": str(n), "employee": f"人{n}", "account": f"a{n}", "team": "一组"} for n in range(60)]
    take(*lines)
    with CaptureQueriesContext(
        connection,
    ) as few:
        take(*lines[:5])
    with CaptureQueriesContext(connection) as many:
        take(*lines)
    assert len(many) == len(few) < 40


people_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {"number": st.sampled_from(["1", "2", "3"]), "starts": st.sampled_from([JANUARY, date(2026, 3, 1), MAY])},
        optional={
            "ends": st.sampled_from([date(2026, 6, 1), date(2026, 9, 1)]),
            "team": st.sampled_from(["一组", "二组"]),
            "shop": st.sampled_from(["甲店", "乙店"]),
            "post": st.sampled_from(["客服", "主管"]),
            "stage": st.sampled_from(["newcomer", "expert"]),
            "mentor": st.sampled_from(["1", "2", "3"]),
            "account": st.sampled_from(["a", "b"]),
        },
    ),
    min_size=1,
    max_size=6,
)


@given(lines=people_of_any_kind)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_roster_says_it_is_refused_whole_or_settled_by_one_import(db, lines):
    lines = [{**line, "employee": f"人{line['number']}"} for line in lines]
    with transaction.atomic():
        before = AuditEntry.objects.count()
        try:
            take(*lines)
        except InputError:
            assert AuditEntry.objects.count() == before
        else:
            again = take(*lines)
            assert (again.added, again.changed) == (0, 0), again.changes
            _nobody_is_in_two_teams_or_shares_an_account()
        transaction.set_rollback(True)


def _nobody_is_in_two_teams_or_shares_an_account() -> None:
    places = people.Membership.objects.exclude(unit__kind="shop").order_by("employee", "starts_on")
    for one, later in pairwise(places):
        assert one.employee_id != later.employee_id or (one.ends_on and one.ends_on <= later.starts_on)
    uses = people.AgentAccount.objects.order_by("platform", "account", "starts_at")
    for one, later in pairwise(uses):
        assert one.account != later.account or (one.ends_at and one.ends_at <= later.starts_at)
