"""Rules from results to rewards, proposals and decisions, the honour board, the suggestion box."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import AuditEntry, InboxMessage, bookkeeping
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record.api import Need, raise_need
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say
from support.appraisals import Firm, a_firm, frozen, last_month, published
from support.builders import an_employee
from support.company import a_login

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(monkeypatch: pytest.MonkeyPatch) -> Firm:
    return a_firm(monkeypatch)


def a_rule(**more: Any) -> appraisal.RewardRule:
    given: dict[str, Any] = {
        "actor": None,
        "key": "everybody",
        "title": {"zh": "当月之星", "en": "Star of the month"},
        "when": "normalised > 0",
        "kind": "recognition",
        "is_on": True,
    }
    return appraisal.set_rule(**(given | more))


def reason_of(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.faults[0].reason.key


def test_rules_that_are_on_propose_once_with_what_was_known(firm: Firm) -> None:
    a_rule()
    a_rule(key="off", is_on=False)
    a_rule(key="nobody", when="normalised > 1000")
    cycle = published(firm)
    found = appraisal.propose(actor=firm.manager, cycle=cycle)
    assert {row.employee.name for row in found} == {"林小禾", "周舟"}
    assert all(Decimal(row.known["normalised"]) > 0 for row in found)
    assert appraisal.propose(actor=firm.manager, cycle=cycle) == []


def test_a_rule_speaks_of_what_is_known_only(firm: Firm) -> None:
    a_rule(when="change > 0")  # there is no month before
    assert appraisal.propose(actor=firm.manager, cycle=published(firm)) == []


@pytest.mark.parametrize(("months_before", "is_known"), [(1, True), (2, False)])
def test_the_month_before_is_the_one_right_before(firm: Firm, months_before: int, is_known: bool) -> None:
    earlier = last_month()
    for _ in range(months_before):
        earlier = (earlier - timedelta(days=1)).replace(day=1)
    published(firm, period=earlier)
    a_rule(when="change > 0 or change <= 0 or months_at_90 > 1")
    found = appraisal.propose(actor=firm.manager, cycle=published(firm))
    assert {row.employee.name for row in found} == ({"林小禾", "周舟"} if is_known else set())


def test_a_preview_shows_whom_a_run_would_propose_and_never_oneself(firm: Firm) -> None:
    boss = a_login("boss", "service_manager", unit=firm.service, employee=an_employee("何经理", unit=firm.team))
    cycle = frozen(firm)
    with pytest.raises(InputError) as error:
        appraisal.preview_rule(user=boss, when="normalised > 0", cycle=cycle)
    assert reason_of(error) == "appraisal.not_published"
    cycle = appraisal.publish(actor=firm.manager, cycle=cycle)
    seen = {row.appraisee.employee.name for row, _ in appraisal.preview_rule(user=boss, when="people > 0", cycle=cycle)}
    a_rule(when="people > 0")
    assert seen == {row.employee.name for row in appraisal.propose(actor=boss, cycle=cycle)} == {"林小禾", "周舟"}


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"when": "salary > 1"}, "expression.unknown_name"),
        ({"when": "normalised"}, "expression.truth_expected"),
        ({"when": "normalised >"}, "expression."),
        ({"kind": "fine"}, "rewards.unknown_kind"),
        ({"kind": "points", "points": Decimal(-1)}, "rewards.number"),
        ({"kind": "retraining", "competency": "flying"}, "appraisal.unknown_competency"),
        ({"title": {}}, "base.empty"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(more: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as error:
        a_rule(**more)
    assert reason_of(error).startswith(key)
    assert not appraisal.RewardRule.objects.exists()


def test_a_changed_rule_is_a_new_version_and_leaves_what_was_proposed(firm: Firm) -> None:
    first = a_rule(kind="points", points=Decimal(10))
    row = appraisal.propose(actor=firm.manager, cycle=published(firm))[0]
    a_rule(kind="points", points=Decimal(50))
    assert (row.rule, row.points) == (first, 10)
    assert [rule.number for rule in appraisal.reward_rules(user=firm.manager)] == [2]


def test_what_costs_money_needs_a_second_pair_of_eyes(firm: Firm) -> None:
    a_rule(kind="points", points=Decimal(10))
    row = appraisal.propose(actor=firm.manager, cycle=published(firm))[0]
    with pytest.raises(InputError) as error:
        appraisal.decide_award(actor=firm.manager, award=row, state="approved")
    assert reason_of(error) == "rewards.second_pair_of_eyes"
    appraisal.decide_award(actor=firm.head, award=row, state="approved")
    assert appraisal.state_of(row) == "approved"


def test_points_count_from_approval_until_they_are_revoked(firm: Firm) -> None:
    a_rule(kind="points", points=Decimal("12.50"))
    rows = appraisal.propose(actor=firm.manager, cycle=published(firm))
    own = next(row for row in rows if row.employee_id == firm.lin.employee_id)
    assert appraisal.balance(user=firm.lin).points == 0
    appraisal.decide_award(actor=firm.head, award=own, state="approved")
    assert appraisal.balance(user=firm.lin).points == Decimal("12.50")
    with pytest.raises(InputError):
        appraisal.decide_award(actor=firm.head, award=own, state="revoked")  # without a word
    appraisal.decide_award(actor=firm.head, award=own, state="revoked", note="数据有误")
    assert appraisal.balance(user=firm.lin).points == 0
    told = {row.key: row.params for row in InboxMessage.objects.filter(recipient=firm.lin)}
    assert "inbox.reward_approved" in told
    assert "数据有误" in say(Reason("inbox.reward_revoked", told["inbox.reward_revoked"]), "zh")


@pytest.mark.parametrize("who", ["lin", "zhou", "lead", "inspector", "admin", "leadership"])
def test_nobody_without_the_permission_proposes_gives_or_decides(firm: Firm, who: str) -> None:
    a_rule()
    cycle = published(firm)
    row = appraisal.propose(actor=firm.manager, cycle=cycle)[0]
    user = firm.users[who]
    for act in (
        lambda: appraisal.propose(actor=user, cycle=cycle),
        lambda: appraisal.decide_award(actor=user, award=row, state="approved"),
        lambda: appraisal.give(actor=user, employee=row.employee, kind="recognition", title={"zh": "好"}, why="好"),
        lambda: appraisal.preview_rule(user=user, when="normalised > 0", cycle=cycle),
    ):
        with pytest.raises(NotVisibleError):
            act()


def test_approved_retraining_becomes_a_need(firm: Firm) -> None:
    a_rule(kind="retraining", competency="coaching")
    row = appraisal.propose(actor=firm.manager, cycle=published(firm))[0]
    appraisal.decide_award(actor=firm.head, award=row, state="approved")
    need = Need.objects.get(employee=row.employee, subject="coaching")
    appraisal.decide_award(actor=firm.head, award=row, state="revoked", note="申诉后名次变了")
    need.refresh_from_db()
    assert (need.state, need.note) == ("dismissed", "申诉后名次变了")


def test_a_need_that_something_else_speaks_for_outlives_the_retraining(firm: Firm) -> None:
    a_rule(kind="retraining", competency="coaching")
    row = appraisal.propose(actor=firm.manager, cycle=published(firm))[0]
    appraisal.decide_award(actor=firm.head, award=row, state="approved")
    raise_need(
        actor=None,
        employee=row.employee,
        subject="coaching",
        reason=Reason("rewards.need", {"period": ""}),
        evidence=[{"kind": "evidence", "id": "1"}],
    )
    appraisal.decide_award(actor=firm.head, award=row, state="revoked", note="申诉后名次变了")
    assert Need.objects.get(employee=row.employee, subject="coaching").is_live


def test_somebody_else_approves_what_was_given_by_hand(firm: Firm) -> None:
    row = appraisal.give(
        actor=firm.manager,
        employee=firm.lin.employee,
        kind="points",
        title={"zh": "讲课"},
        why="内训两节",
        points=Decimal(20),
    )
    with pytest.raises(InputError):
        appraisal.decide_award(actor=firm.manager, award=row, state="approved")
    appraisal.decide_award(actor=firm.head, award=row, state="approved")
    with pytest.raises(InputError) as error:
        appraisal.decide_award(actor=firm.head, award=row, state="approved")
    assert reason_of(error).startswith("rewards.not_now.")


def test_the_board_shows_recognitions_of_those_who_like_it(firm: Firm) -> None:
    a_rule()
    for row in appraisal.propose(actor=firm.manager, cycle=published(firm)):
        appraisal.decide_award(actor=firm.head, award=row, state="approved")
    ((_month, honours),) = appraisal.honour_board(user=firm.zheng)
    assert {one.award.employee.name for one in honours} == {"林小禾", "周舟"}
    appraisal.choose_board(actor=firm.lin, is_shown=False)
    ((_month, honours),) = appraisal.honour_board(user=firm.zheng)
    assert {one.award.employee.name for one in honours} == {"周舟"}
    appraisal.choose_board(actor=firm.lin, is_shown=True)
    assert appraisal.is_on_board(user=firm.lin)


def test_a_suggestion_is_answered_and_its_author_told(firm: Firm) -> None:
    row = appraisal.suggest(actor=firm.lin, subject="process", text="退款进度可以自动发给客户")
    assert list(appraisal.suggestions(user=firm.zhou)) == []
    appraisal.answer_suggestion(actor=firm.lead, suggestion=row, state="accepted", answer="下月上线")
    assert appraisal.suggestion(user=firm.lin, pk=row.pk).state == "accepted"
    assert InboxMessage.objects.filter(recipient=firm.lin, key="inbox.suggestion").exists()
    with pytest.raises(InputError):
        appraisal.answer_suggestion(actor=firm.lead, suggestion=row, state="declined")
    appraisal.answer_suggestion(actor=firm.lead, suggestion=row, state="done", answer="已经上线")
    with pytest.raises(InputError) as error:
        appraisal.answer_suggestion(actor=firm.lead, suggestion=row, state="accepted", answer="再看看")
    assert reason_of(error) == "rewards.suggestion_over"


def test_what_cannot_be_stored_or_seen_is_no_text(firm: Firm) -> None:
    row = appraisal.suggest(actor=firm.lin, subject="tool", text="排班\0表看不清\u202e")
    assert row.text == "排班表看不清"
    with pytest.raises(InputError) as error:
        appraisal.suggest(actor=firm.lin, subject="tool", text="\u200b\0")
    assert reason_of(error) == "base.empty"


def test_an_anonymous_suggestion_names_its_author_to_nobody(firm: Firm) -> None:
    row = appraisal.suggest(actor=firm.lin, subject="tool", text="系统太慢", is_anonymous=True)
    assert appraisal.author_shown(row, firm.trainer_in_chief) == ""
    assert row in appraisal.suggestions(user=firm.trainer_in_chief)
    assert row not in appraisal.suggestions(user=firm.lead)
    assert appraisal.author_shown(row, firm.lin) == firm.lin.name
    entry = AuditEntry.objects.get(verb="rewards.suggest")
    assert entry.actor is None
    assert "lin" not in str(entry.changes)


def test_a_lead_reads_and_answers_only_what_the_own_people_suggest(firm: Firm) -> None:
    row = appraisal.suggest(actor=firm.lin, subject="tool", text="排班表看不清")
    assert row not in appraisal.suggestions(user=firm.other_lead)
    with pytest.raises(NotVisibleError):
        appraisal.answer_suggestion(actor=firm.other_lead, suggestion=row, state="accepted")


def test_nobody_answers_the_own_suggestion(firm: Firm) -> None:
    row = appraisal.suggest(actor=firm.lead, subject="tool", text="排班表看不清")
    with pytest.raises(NotVisibleError):
        appraisal.answer_suggestion(actor=firm.lead, suggestion=row, state="accepted")


def test_what_was_awarded_and_decided_stays_as_it_is(firm: Firm) -> None:
    a_rule()
    row = appraisal.propose(actor=firm.manager, cycle=published(firm))[0]
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        appraisal.Award.objects.all().delete()
    with bookkeeping(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute("UPDATE appraisal_award SET points = 5")
