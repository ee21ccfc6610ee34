"""What was mistyped, or meant to do harm, is refused before anything of it is kept."""

from __future__ import annotations

import copy
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import today_in_company
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from support.appraisals import Firm, a_cycle, a_template, last_month, published, result_of, reviewed, sheet_of
from support.builders import LONG_AGO


def key_of(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.faults[0].reason.key


def a_body(place: str, value: Any) -> dict[str, Any]:
    """The shipped sheet with another value at ``place`` of its lines."""
    body = copy.deepcopy(dict(appraisal.shipped_templates()["ecommerce-monthly"].body))
    line, param = place.split(".")
    target = next(item for item in body["lines"] if item["key"] == line)
    target["params"] = {**target.get("params", {}), param: value}
    return body


def test_a_value_that_leads_to_meaningless_points_is_refused_when_results_are_fixed(firm: Firm) -> None:
    cycle = reviewed(firm)
    appraisal.enter_input(
        actor=firm.lead, appraisee=sheet_of(cycle, firm.lin), indicator="sales_growth_ratio", value="99999999999%"
    )
    with pytest.raises(InputError) as error:
        appraisal.freeze(actor=firm.manager, cycle=cycle)
    assert key_of(error) == "appraisal.points_beyond"
    reason = error.value.faults[0].reason
    assert reason.params["person"] == "林小禾"
    told = {language: say(reason, language) for language in ("zh", "en")}
    assert "sales_growth" not in told["zh"]
    assert not re.search(r"[\u4e00-\u9fff]", told["en"].replace("林小禾", ""))
    assert not appraisal.Appraisal.objects.exists()


def test_a_correction_that_leads_to_meaningless_points_is_refused(firm: Firm) -> None:
    cycle = published(firm)
    with pytest.raises(InputError) as error:
        appraisal.correct(
            actor=firm.head,
            appraisal=result_of(cycle, firm.lin),
            changes={"sales_growth_ratio": "99999999999%"},
            note="补录",
        )
    assert key_of(error) == "appraisal.points_beyond"
    assert result_of(cycle, firm.lin).version == 1


@pytest.mark.parametrize("value", [Decimal("1e400"), Decimal("1e28"), "1e60", float("inf"), 10**30])
@pytest.mark.parametrize("place", ["attendance.allowed", "sales_growth.add"])
def test_a_rule_with_a_number_beyond_meaning_is_refused(db: None, place: str, value: Any) -> None:
    with pytest.raises(InputError) as error:
        a_template(body=a_body(place, value))
    assert key_of(error) == "pack.less_than_equal"
    assert place.split(".")[1] in (error.value.faults[0].field or "")


def test_texts_of_rules_are_kept_without_what_cannot_be_stored_and_not_without_end(db: None) -> None:
    body = a_body("attendance.allowed", 2)
    body["lines"][0]["label"] = {"zh": "销售\x00额\u202e"}
    assert a_template(body=body).body["lines"][0]["label"]["zh"] == "销售额"
    body["lines"][0]["label"] = {"zh": "长" * 5000}
    with pytest.raises(InputError) as error:
        a_template("another", body=body)
    assert key_of(error) == "pack.text_too_long"


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1024, 1, 1)])
def test_a_version_from_a_mistyped_year_is_refused(db: None, day: date) -> None:
    with pytest.raises(InputError) as error:
        a_template(effective_from=day)
    assert key_of(error) == "appraisal.day_range"
    version = a_template()
    with pytest.raises(InputError):
        appraisal.add_version(
            actor=None, template=version.template, settings={"report_points": "scaled"}, effective_from=day
        )


@pytest.mark.parametrize("period", [date(9999, 12, 1), (date(9999, 12, 1), date(9999, 12, 31)), date(1900, 1, 1)])
def test_a_period_of_a_mistyped_year_is_refused(firm: Firm, period: Any) -> None:
    with pytest.raises(InputError) as error:
        a_cycle(firm, period=period)
    assert key_of(error) == "appraisal.day_range"


def test_own_comments_do_not_end_before_the_period_begins(firm: Firm) -> None:
    cycle = a_cycle(firm)
    with pytest.raises(InputError) as error:
        appraisal.change_cycle(actor=firm.manager, cycle=cycle, self_comment_until=LONG_AGO - timedelta(days=9999))
    assert key_of(error) == "appraisal.ends_before_start"


def test_nobody_is_taken_into_a_second_cycle_of_the_same_days(firm: Firm) -> None:
    first = a_cycle(firm)
    for row in first.appraisees.all():
        appraisal.set_aside(actor=firm.manager, appraisee=row, reason="在另一个周期考核")
    second = a_cycle(firm, unit=firm.service)
    with pytest.raises(InputError) as error:
        appraisal.take_in(actor=firm.manager, appraisee=sheet_of(first, firm.lin))
    assert key_of(error) == "appraisal.appraised_elsewhere"
    for cycle in (first, second):
        appraisal.collect(actor=firm.manager, cycle=cycle)


def test_a_withdrawn_event_is_not_put_on_another_line(firm: Firm) -> None:
    row = appraisal.register_event(
        actor=firm.inspector, employee=firm.lin.employee, on=last_month(), kind="complaint", text="客户投诉"
    )
    appraisal.withdraw_event(actor=firm.lead, event=row, reason="登记错人")
    with pytest.raises(InputError) as error:
        appraisal.count_on(actor=firm.lead, event=row, indicator="complaints")
    assert key_of(error) == "appraisal.event_withdrawn"


def test_the_proof_of_an_event_is_one_line(firm: Firm) -> None:
    row = appraisal.register_event(
        actor=firm.inspector,
        employee=firm.lin.employee,
        on=today_in_company(),
        kind="complaint",
        text="客户投诉",
        reference=("conversation", "a\nb"),
    )
    assert row.reference_id == "a b"


def test_a_reward_for_the_same_reason_is_proposed_once(firm: Firm) -> None:
    given: dict[str, Any] = {
        "actor": firm.manager,
        "employee": firm.lin.employee,
        "kind": "recognition",
        "title": {"zh": "讲了一课"},
        "why": "内部分享",
        "source": ("hand", "one"),
    }
    assert appraisal.give(**given) == appraisal.give(**given)
    assert appraisal.Award.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"title": {"zh": "\u200b"}}, "base.empty"),
        ({"points": Decimal(5)}, "rewards.points_with_points_only"),
    ],
)
def test_a_reward_without_a_name_or_with_points_that_would_be_lost_is_refused(
    firm: Firm, more: dict[str, Any], key: str
) -> None:
    given: dict[str, Any] = {
        "actor": firm.manager,
        "employee": firm.lin.employee,
        "kind": "recognition",
        "title": {"zh": "讲了一课"},
        "why": "内部分享",
    }
    with pytest.raises(InputError) as error:
        appraisal.give(**(given | more))
    assert key_of(error) == key


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"when": "1/0 > 1"}, "rewards.never_known"),
        ({"when": "round(normalised, 99) > 1"}, "expression.places_expected"),
        ({"key": "new"}, "rewards.rule_exists"),
        ({"is_new": True}, "rewards.rule_exists"),
    ],
)
def test_a_rule_of_rewards_that_could_not_work_is_refused(firm: Firm, more: dict[str, Any], key: str) -> None:
    given: dict[str, Any] = {
        "actor": None,
        "key": "star",
        "title": {"zh": "当月之星"},
        "when": "normalised > 90",
        "kind": "recognition",
    }
    appraisal.set_rule(**given)
    with pytest.raises(InputError) as error:
        appraisal.set_rule(**(given | more))
    assert key_of(error) == key
