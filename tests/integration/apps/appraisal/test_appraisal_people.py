"""Who is in a cycle: teams at the period's end, joining and leaving, exemptions, posts; and one person once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from peilian.apps.appraisal import api as appraisal
from peilian.apps.appraisal.evaluation import appraised
from peilian.apps.base.api import today_in_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say
from support.appraisals import (
    LEVELS,
    Firm,
    a_cycle,
    a_template,
    frozen,
    last_month,
    published,
    result_of,
    reviewed,
    sheet_of,
)
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login

MIDDLE = 14


def middle() -> date:
    return last_month() + timedelta(days=MIDDLE)


def names(cycle: appraisal.Cycle) -> dict[str, str]:
    return {row.employee.name: str(row.unit) for row in cycle.appraisees.select_related("employee", "unit")}


def said(row: appraisal.Appraisee) -> list[str]:
    return [say(Reason(note["key"], note["params"]), "zh") for note in row.notes]


def key_of(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.faults[0].reason.key


def test_everybody_of_the_unit_and_below_is_in_it_once(firm):
    assert names(a_cycle(firm, unit=firm.service)) == {"林小禾": "一组", "周舟": "一组", "郑凯": "二组"}


def test_who_changed_teams_is_appraised_by_the_team_at_the_end_with_a_note(firm):
    people.place_employee(actor=None, employee=firm.lin.employee, unit=firm.other_team, post=None, starts_on=middle())
    assert names(a_cycle(firm)) == {"周舟": "一组"}
    there = a_cycle(firm, unit=firm.other_team)
    assert names(there) == {"林小禾": "二组", "郑凯": "二组"}
    assert said(sheet_of(there, firm.lin)) == [f"{middle().isoformat()} 从“一组”调到“二组”，由“二组”考核"]


def test_a_change_of_team_on_the_first_day_is_no_change_within_the_period(firm):
    people.place_employee(
        actor=None, employee=firm.lin.employee, unit=firm.other_team, post=None, starts_on=last_month()
    )
    assert said(sheet_of(a_cycle(firm, unit=firm.other_team), firm.lin)) == []


def test_who_joined_or_left_within_the_period_is_in_it_with_a_note(firm):
    fresh = people.add_employee(actor=None, number="N1", name="新人", hired_on=middle())
    people.place_employee(actor=None, employee=fresh, unit=firm.team, post=None, starts_on=middle())
    leaver = firm.zhou.employee
    people.change_employee(actor=None, employee=leaver, name=leaver.name, hired_on=None, left_on=middle())
    people.end_membership(actor=None, membership=leaver.memberships.get(), ends_on=middle())
    cycle = a_cycle(firm)
    assert set(names(cycle)) == {"林小禾", "周舟", "新人"}
    assert said(cycle.appraisees.get(employee=fresh)) == [f"{middle().isoformat()} 入职，当期没有满勤"]
    assert said(sheet_of(cycle, firm.zhou)) == [f"{middle().isoformat()} 离职"]


def test_who_left_before_or_joins_later_is_not_in_it(firm):
    later = people.add_employee(actor=None, number="N1", name="下月新人")
    people.place_employee(
        actor=None, employee=later, unit=firm.team, post=None, starts_on=last_month() + timedelta(days=40)
    )
    people.end_membership(actor=None, membership=firm.zhou.employee.memberships.get(), ends_on=last_month())
    assert names(a_cycle(firm)) == {"林小禾": "一组"}


def test_a_shop_is_a_workplace_and_no_team(firm):
    shop = a_unit("shop-1", parent=firm.company, kind="shop", zh="旗舰店", en="Flagship")
    people.place_employee(actor=None, employee=firm.lin.employee, unit=shop, post=None, starts_on=LONG_AGO)
    assert names(a_cycle(firm)) == {"林小禾": "一组", "周舟": "一组"}
    assert names(a_cycle(firm, actor=None, unit=shop, template=a_template("of-shops").template)) == {"林小禾": "旗舰店"}


def test_a_cycle_can_be_about_some_posts(firm):
    post = people.add_post(actor=None, code="agent", name={"zh": "客服", "en": "Agent"})
    worker = an_employee("客服甲")
    people.place_employee(actor=None, employee=worker, unit=firm.team, post=post, starts_on=LONG_AGO)
    cycle = a_cycle(firm, posts=[post])
    assert names(cycle) == {"客服甲": "一组"}
    assert appraisal.refresh_people(actor=firm.manager, cycle=cycle) == 0


def test_who_comes_while_the_cycle_is_open_is_taken_in_by_collecting(firm):
    cycle = a_cycle(firm)
    an_employee("补录", unit=firm.team)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert "补录" in names(cycle)


def test_one_template_appraises_a_person_once_in_a_period(firm):
    cycle = a_cycle(firm)
    with pytest.raises(InputError) as error:
        a_cycle(firm, unit=firm.service)
    assert key_of(error) == "appraisal.appraised_elsewhere"
    assert a_cycle(firm, unit=firm.service, template=a_template("weekly").template).pk != cycle.pk
    assert a_cycle(firm, period=last_month() - timedelta(days=1)).pk != cycle.pk


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"period": (date(2026, 3, 2), date(2026, 3, 1))}, "appraisal.ends_before_start"),
        ({"period": (date(2026, 1, 1), date(2027, 6, 1))}, "appraisal.too_long_period"),
        ({"period": date(2020, 5, 1)}, "appraisal.no_version_yet"),
        ({"appeal_days": 91}, "appraisal.window_range"),
        ({"grades": [{"key": "a", "label": {"zh": "甲"}, "at_least": "很高"}]}, "appraisal.grade_range"),
        ({"grades": [{"key": "a", "label": {}, "at_least": "90"}] * 2}, "appraisal.grade_twice"),
        ({"grades": [{"key": "", "label": {}, "at_least": "90"}]}, "base.empty"),
    ],
)
def test_a_cycle_that_makes_no_sense_is_refused(firm, change, key):
    with pytest.raises(InputError) as error:
        a_cycle(firm, **change)
    assert key_of(error) == key
    assert not appraisal.Cycle.objects.exists()


def test_a_unit_without_people_has_no_cycle(firm):
    with pytest.raises(InputError) as error:
        a_cycle(firm, unit=a_unit("empty", parent=firm.service))
    assert key_of(error) == "appraisal.nobody_there"


def test_periods_are_called_by_month_day_or_both_ends(firm):
    assert a_cycle(firm).period == f"{last_month():%Y-%m}"
    daily = a_template("daily").template
    assert a_cycle(firm, template=daily, period=(middle(), middle())).period == middle().isoformat()
    week = (middle() + timedelta(days=1), middle() + timedelta(days=7))
    assert a_cycle(firm, template=daily, period=week).period == f"{week[0].isoformat()}/{week[1].isoformat()}"


# Exemptions


def a_whole_exemption(firm: Firm, cycle: appraisal.Cycle, user: people.User, **more) -> appraisal.Exemption:
    given = {"starts_on": cycle.starts_on - timedelta(days=20), "ends_on": cycle.ends_on, "reason": "产假"}
    return appraisal.exempt(actor=firm.manager, employee=user.employee, **(given | more))


def test_who_is_exempt_has_no_result_and_nothing_lacks(firm):
    cycle = a_cycle(firm)
    a_whole_exemption(firm, cycle, firm.zhou)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    appraisal.rate(actor=firm.lead, appraisee=sheet_of(cycle, firm.lin), levels=LEVELS)
    assert appraisal.missing(user=firm.manager, cycle=cycle) == []
    view = appraisal.sheet(user=firm.lead, appraisee=sheet_of(cycle, firm.zhou))
    assert (view.is_exempt, view.exempt_reason, view.stored) == (True, "产假", {})
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    appraisal.publish(actor=firm.manager, cycle=cycle)
    assert [row.appraisee.employee for row in appraisal.results(cycle=cycle)] == [firm.lin.employee]
    assert sheet_of(cycle, firm.zhou).exempt_reason == "产假"
    assert appraisal.sheet(user=firm.zhou, appraisee=sheet_of(cycle, firm.zhou)).exempt_reason == "产假"


def test_an_exemption_for_a_part_of_the_period_does_not_take_the_sheet_away(firm):
    cycle = a_cycle(firm)
    a_whole_exemption(firm, cycle, firm.zhou, ends_on=middle())
    view = appraisal.sheet(user=firm.lead, appraisee=sheet_of(cycle, firm.zhou))
    assert not view.is_exempt


def test_an_exemption_that_covers_the_time_in_the_company_is_whole(firm):
    fresh = people.add_employee(actor=None, number="N1", name="新人", hired_on=middle())
    people.place_employee(actor=None, employee=fresh, unit=firm.team, post=None, starts_on=middle())
    user = a_login("fresh", "agent", employee=fresh)
    cycle = a_cycle(firm)
    a_whole_exemption(firm, cycle, user, starts_on=middle())
    assert appraisal.sheet(user=firm.lead, appraisee=sheet_of(cycle, user)).is_exempt


def test_an_exemption_from_an_indicator_takes_its_line_off_the_sheet(firm):
    cycle = a_cycle(firm)
    a_whole_exemption(firm, cycle, firm.lin, indicators=["conversion_ratio"], reason="系统故障，数据不可信")
    appraisal.collect(actor=firm.manager, cycle=cycle)
    for row in cycle.appraisees.all():
        appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS)
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    mine, other = (appraisal.results(cycle=cycle).get(appraisee__employee=u.employee_id) for u in (firm.lin, firm.zhou))
    assert (mine.max, other.max) == (100, 105)
    assert mine.inputs["conversion_ratio"]["is_excused"]
    line = next(item for item in mine.result["lines"] if item["line"] == "conversion")
    assert (line["status"], line["points"]) == ("dropped", None)


def test_an_exemption_that_ended_no_longer_counts(firm):
    cycle = a_cycle(firm)
    exemption = a_whole_exemption(firm, cycle, firm.zhou)
    appraisal.end_exemption(actor=firm.manager, exemption=exemption)
    assert not appraisal.sheet(user=firm.lead, appraisee=sheet_of(cycle, firm.zhou)).is_exempt


def test_somebody_can_be_set_aside_and_taken_in_again(firm):
    cycle = a_cycle(firm)
    row = sheet_of(cycle, firm.zhou)
    appraisal.set_aside(actor=firm.manager, appraisee=row, reason="借调外部门")
    with pytest.raises(InputError) as error:
        appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS)
    assert key_of(error) == "appraisal.not_appraised"
    appraisal.take_in(actor=firm.manager, appraisee=row)
    assert appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS)


# Rankings


def ranks(firm: Firm, user: people.User, cycle: appraisal.Cycle) -> list[tuple[str, int | None, int | None]]:
    return [(row.appraisee.employee.name, row.rank, row.team_rank) for row in appraisal.ranking(user=user, cycle=cycle)]


@pytest.fixture
def ranked(firm: Firm) -> appraisal.Cycle:
    """Three people of two teams; two of them are equal."""
    firm.figures.own[firm.zhou.employee_id] = {"responses": "100"}
    cycle = a_cycle(firm, unit=firm.service)
    appraisal.collect(actor=None, cycle=cycle)
    for row in cycle.appraisees.all():
        appraisal.rate(actor=None, appraisee=row, levels=LEVELS)
    appraisal.freeze(actor=None, cycle=cycle)
    return appraisal.publish(actor=None, cycle=cycle)


def test_equal_results_share_a_place(firm, ranked):
    expected = [("林小禾", 1, 1), ("郑凯", 1, 1), ("周舟", 3, 2)]
    assert ranks(firm, firm.manager, ranked) == expected
    assert ranks(firm, firm.leadership, ranked) == expected


def test_leads_see_the_places_of_their_team(firm, ranked):
    assert ranks(firm, firm.other_lead, ranked) == [("郑凯", 1, 1)]
    assert [row.appraisee.employee.name for row in appraisal.basis(user=firm.lead, cycle=ranked)] == ["林小禾", "周舟"]


def test_agents_know_the_own_place_and_nobodys_name(firm, ranked):
    assert appraisal.own_place(user=firm.zhou, cycle=ranked) == appraisal.Place(rank=2, of=2)
    with pytest.raises(people.NotVisibleError):
        appraisal.ranking(user=firm.zhou, cycle=ranked)


def test_the_basis_of_bonus_and_promotion_has_earlier_months_and_no_amounts(firm):
    before = published(firm, period=last_month() - timedelta(days=1))
    firm.figures.common["responses"] = "300"
    cycle = published(firm)
    row = next(
        item for item in appraisal.basis(user=firm.manager, cycle=cycle) if item.appraisee.employee == firm.lin.employee
    )
    assert (row.grade, row.rank) == ("good", 2)
    (earlier,) = row.earlier
    assert (earlier.period, earlier.grade) == (before.period, result_of(before, firm.lin).grade)
    assert not [name for name in row.__slots__ if "amount" in name or "money" in name]
    periods = [month.period for month, _, _ in appraisal.trend(user=firm.lin, employee=firm.lin.employee)]
    assert periods == [before.period, cycle.period]


def test_the_former_and_the_present_lead_see_a_published_sheet(firm):
    cycle = published(firm)
    row = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.sheet(user=firm.other_lead, appraisee=row)
    people.place_employee(
        actor=None,
        employee=firm.lin.employee,
        unit=firm.other_team,
        post=None,
        starts_on=last_month() + timedelta(days=31),
    )
    for user in (firm.lead, firm.other_lead):
        assert appraisal.sheet(user=user, appraisee=row).version == 1


def moved(firm: Firm) -> None:
    """林小禾 belongs to the other team from today on."""
    people.place_employee(
        actor=None, employee=firm.lin.employee, unit=firm.other_team, post=None, starts_on=today_in_company()
    )


def test_what_happened_in_a_team_stays_with_who_led_it_on_that_day(firm):
    moved(firm)
    row = appraisal.register_event(
        actor=firm.lead, employee=firm.lin.employee, on=middle(), kind="complaint", text="客户投诉"
    )
    assert list(appraisal.events_of(user=firm.lead)) == [row]
    appraisal.confirm_event(actor=firm.lead, event=row)
    assert appraisal.event(user=firm.lead, pk=row.pk).state == "confirmed"
    with pytest.raises(people.NotVisibleError):
        appraisal.register_event(
            actor=firm.lead, employee=firm.lin.employee, on=today_in_company(), kind="complaint", text="客户投诉"
        )


def test_who_never_led_a_person_sees_no_event_of_the_person(firm):
    row = appraisal.register_event(
        actor=firm.lead, employee=firm.lin.employee, on=middle(), kind="complaint", text="客户投诉"
    )
    assert not appraisal.events_of(user=firm.other_lead).exists()
    with pytest.raises(people.NotVisibleError):
        appraisal.confirm_event(actor=firm.other_lead, event=row)


def test_somebody_who_left_can_still_be_exempted_for_the_days_before(firm):
    outside = a_unit("elsewhere", parent=firm.company, kind="department", zh="别处", en="Elsewhere")
    people.place_employee(actor=None, employee=firm.lin.employee, unit=outside, post=None, starts_on=today_in_company())
    row = appraisal.exempt(
        actor=firm.manager,
        employee=firm.lin.employee,
        starts_on=last_month(),
        ends_on=middle(),
        reason="病假",
    )
    assert list(appraisal.exemptions(user=firm.manager)) == [row]
    with pytest.raises(people.NotVisibleError):
        appraisal.exempt(
            actor=firm.manager,
            employee=firm.lin.employee,
            starts_on=today_in_company(),
            ends_on=today_in_company(),
            reason="病假",
        )


def test_an_exemption_up_to_the_last_working_day_covers_who_left_after_it(firm):
    leaver = firm.zhou.employee
    people.change_employee(actor=None, employee=leaver, name=leaver.name, hired_on=None, left_on=middle())
    people.end_membership(actor=None, membership=leaver.memberships.get(), ends_on=middle())
    cycle = a_cycle(firm)
    appraisal.exempt(
        actor=firm.manager,
        employee=leaver,
        starts_on=last_month(),
        ends_on=middle() - timedelta(days=1),
        reason="病假",
    )
    assert {row.employee.name for row in appraised(cycle)} == {"林小禾"}


def test_an_exemption_that_ended_counts_no_more_when_fixed_results_are_given_up(firm):
    row = appraisal.exempt(
        actor=firm.manager,
        employee=firm.zhou.employee,
        starts_on=last_month(),
        ends_on=last_month() + timedelta(days=31),
        reason="产假",
    )
    cycle = frozen(firm)
    assert sheet_of(cycle, firm.zhou).exempt_reason == "产假"
    appraisal.end_exemption(actor=firm.manager, exemption=row)
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="豁免登记错了人")
    assert sheet_of(cycle, firm.zhou).exempt_reason == ""
    assert {item.employee.name for item in appraised(cycle)} == {"林小禾", "周舟"}


def test_who_was_set_aside_by_hand_stays_so_when_fixed_results_are_given_up(firm):
    cycle = reviewed(firm)
    appraisal.set_aside(actor=firm.manager, appraisee=sheet_of(cycle, firm.zhou), reason="外派")
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="数据有误")
    assert sheet_of(cycle, firm.zhou).exempt_reason == "外派"


def test_the_last_day_for_own_comments_can_be_taken_away(firm):
    cycle = a_cycle(firm, self_comment_until=today_in_company())
    kept = appraisal.change_cycle(actor=firm.manager, cycle=cycle, appeal_days=5)
    assert kept.self_comment_until == today_in_company()
    assert appraisal.change_cycle(actor=firm.manager, cycle=cycle, self_comment_until=None).self_comment_until is None
