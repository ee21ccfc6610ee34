"""The door of contacts: what each role gets of measures, diagnosis and conversations, and what it never gets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import NotVisibleError, Permission, assign_account, end_grant
from peilian.engine._kernel import InputError
from peilian.flows import importing, reading
from support.company import LIN, ZHENG, SmallCompany, a_login, a_small_company, write_files

pytestmark = pytest.mark.django_db

# What each account's own numbers are: conversations, seconds to the first answer.
LINS, ZHENGS = (2, (12.0, 100.0)), (1, (20.0,))


@pytest.fixture(scope="module")
def read_lake(tmp_path_factory) -> Path:
    """The conversations of the small company, read."""
    folder = tmp_path_factory.mktemp("door")
    lake = Lake.create(folder / "lake")
    importing.import_files(write_files(folder), lake=lake, now_ms=0)
    reading.read_lake(lake)
    return lake.path


@pytest.fixture
def company(home: Path, read_lake: Path) -> SmallCompany:
    """The small company with its lake."""
    shutil.copytree(read_lake, home / "lake")
    return a_small_company()


def by_agent(user) -> dict[str | None, int]:
    question = contacts.KpiQuestion(("conversations",), ("agent",))
    return {row.group["agent"]: row.cells["conversations"].value for row in contacts.kpis(user=user, question=question)}


def whole(user, **limits) -> tuple[float, tuple[float, ...]]:
    question = contacts.KpiQuestion(("conversations",), **limits)
    rows = contacts.kpis(user=user, question=question)
    seconds = contacts.spread(user=user, question=contacts.KpiQuestion(("first_response_seconds_mean",), **limits))
    return (rows[0].cells["conversations"].value if rows else 0, tuple(seconds))


@pytest.mark.parametrize(
    ("who", "accounts"),
    [
        ("manager", {LIN: 2, ZHENG: 1}),
        ("lead_a", {LIN: 2}),
        ("lead_b", {ZHENG: 1}),
        ("lin", {LIN: 2}),
        ("zheng", {ZHENG: 1}),
        ("leadership", {LIN: 2, ZHENG: 1, None: 1}),
    ],
)
def test_measures_hold_only_the_own_people(company, who, accounts):
    assert {key: n for key, n in by_agent(getattr(company, who)).items() if key or who == "leadership"} == accounts


@pytest.mark.parametrize(("who", "numbers"), [("lead_a", LINS), ("lin", LINS), ("lead_b", ZHENGS), ("zheng", ZHENGS)])
def test_totals_and_spreads_hold_only_the_own_people(company, who, numbers):
    assert whole(getattr(company, who)) == numbers


@pytest.mark.parametrize("limits", [{"teams": ("一组",)}, {"agents": (LIN,)}])
def test_asking_for_another_team_or_its_agent_gives_nothing(company, limits):
    assert whole(company.lead_b, **limits) == (0, ())
    assert whole(company.zheng, **limits) == (0, ())


@pytest.mark.parametrize("who", ["lecturer", "admin"])
def test_without_the_permission_there_are_no_measures(company, who):
    assert whole(getattr(company, who)) == (0, ())
    assert contacts.choices(user=getattr(company, who)).agents == ()
    assert contacts.conversations(user=getattr(company, who), question=contacts.ConversationFilter()).total == 0


def test_nobody_and_the_inactive_get_nothing(company):
    assert whole(AnonymousUser()) == (0, ())
    company.manager.is_active = False
    assert whole(company.manager) == (0, ())
    assert contacts.conversation(user=company.manager, conversation_id="a-good") is None


@pytest.mark.parametrize("who", ["lin", "zheng", "lecturer", "admin"])
def test_the_diagnosis_is_closed_to_who_leads_nobody(company, who):
    with pytest.raises(NotVisibleError):
        contacts.diagnosis(user=getattr(company, who))


@pytest.mark.parametrize(
    ("who", "ids", "agents"),
    [
        ("manager", {"a-good", "a-hard", "a-open", "b/one"}, {"林小禾", "郑凯"}),
        ("lead_a", {"a-good", "a-hard"}, {"林小禾"}),
        ("lead_b", {"b/one"}, {"郑凯"}),
    ],
)
def test_a_diagnosis_quotes_and_names_only_the_own_people(company, who, ids, agents):
    found = contacts.diagnosis(user=getattr(company, who))
    assert found.coverage.n_conversations == len(ids)
    assert {quote.conversation_id for point in found.pain_points for quote in point.quotes} <= ids
    assert {agent.agent for point in found.pain_points for agent in point.agents} <= agents


def test_a_lead_gets_nothing_of_another_team_by_naming_it(company):
    found = contacts.diagnosis(user=company.lead_b, team="一组")
    assert found.coverage.n_conversations == 0
    assert found.pain_points == ()
    with pytest.raises(InputError):
        contacts.diagnosis(user=company.lead_b, team="三组")


@pytest.mark.parametrize(
    ("who", "own", "other"), [("lin", "a-good", "b/one"), ("lead_a", "a-hard", "b/one"), ("lead_b", "b/one", "a-good")]
)
def test_another_teams_conversation_is_absent(company, who, own, other):
    user = getattr(company, who)
    assert contacts.conversation(user=user, conversation_id=own) is not None
    assert contacts.conversation(user=user, conversation_id=other) is None
    assert contacts.conversation(user=user, conversation_id="no such") is None


def test_what_was_read_before_is_shown_to_nobody_whose_right_has_ended(company):
    everything = contacts.ConversationFilter()
    for user in (company.lead_a, company.manager):
        assert contacts.conversation(user=user, conversation_id="a-hard") is not None
        assert contacts.conversations(user=user, question=everything).total > 0
    end_grant(actor=None, grant=company.lead_a.grants.get())
    assert contacts.conversation(user=company.lead_a, conversation_id="a-hard") is None
    assert contacts.conversations(user=company.lead_a, question=everything).total == 0
    assert contacts.conversation(user=company.manager, conversation_id="a-hard") is not None


@pytest.mark.parametrize(
    ("who", "agents"), [("manager", (LIN, ZHENG)), ("lead_a", (LIN,)), ("lead_b", (ZHENG,)), ("zheng", (ZHENG,))]
)
def test_filters_offer_only_what_may_be_seen(company, who, agents):
    assert contacts.choices(user=getattr(company, who)).agents == agents


def test_what_somebody_may_see_no_more_is_not_remembered_for_them(company):
    assert by_agent(company.lead_a) == {LIN: 2}
    with base.bookkeeping():
        company.lead_a.grants.all().delete()
    assert by_agent(company.lead_a) == {}
    with pytest.raises(NotVisibleError):
        contacts.diagnosis(user=company.lead_a)


def test_an_answer_is_forgotten_when_the_lake_changes(company, tmp_path):
    assert whole(company.manager)[0] == 4
    late = tmp_path / "late.csv"
    late.write_text("conversation_id,at,role,author,text\nlate,2026-02-20T10:00:00+08:00,customer,k,hello\n")
    contacts.import_now(actor=None, paths=[late])
    assert whole(company.leadership)[0] == 5


def test_an_answer_is_forgotten_when_the_roster_changes(company):
    question = contacts.KpiQuestion(("conversations",), ("team",))

    def teams():
        return {row.group["team"] for row in contacts.kpis(user=company.leadership, question=question)}

    assert teams() == {"一组", "二组", None}
    with base.bookkeeping():
        company.zheng.employee.memberships.all().delete()
    assert teams() == {"一组", None}


def test_the_same_question_is_not_worked_out_twice(company, monkeypatch):
    first = contacts.diagnosis(user=company.manager)
    monkeypatch.setattr(contacts.diagnosing, "diagnose_lake", None)
    assert contacts.diagnosis(user=company.manager) is first
    with pytest.raises(TypeError):
        contacts.diagnosis(user=company.lead_a)


def test_only_administrators_erase(company):
    for who in ("manager", "lead_a", "lin", "leadership"):
        with pytest.raises(NotVisibleError):
            contacts.erase_customer(actor=getattr(company, who), customer="k1")


def test_an_erased_customer_is_gone_and_the_trail_knows_only_a_pseudonym(company, tmp_path):
    source = tmp_path / "known.csv"
    source.write_text(
        "conversation_id,at,role,author,customer,text\n"
        f"e1,2026-02-20T10:00:00+08:00,customer,kai-1,kai-1,my parcel\n"
        f"e1,2026-02-20T10:00:30+08:00,agent,{LIN},kai-1,on its way\n"
    )
    contacts.import_now(actor=None, paths=[source])
    assert contacts.erase_customer(actor=company.admin, customer="kai-1").n_conversations == 1
    assert contacts.erase_customer(actor=company.admin, customer="kai-1").n_conversations == 0
    view = contacts.conversation(user=company.lin, conversation_id="e1")
    assert {message.text for message in view.conversation.messages} == {""}
    assert whole(company.lin)[0] == 3
    entry = base.AuditEntry.objects.filter(verb="contacts.erase_customer").last()
    assert "kai-1" not in f"{entry.object_id} {entry.object_label} {entry.changes}"


def test_measures_follow_an_account_to_its_next_user_only_from_then_on(company):
    """A mentor's or lead's sight ends where the account was handed over."""
    from datetime import UTC, datetime

    newcomer = a_login("new", "agent", employee=None)
    assert contacts.choices(user=newcomer, permission=Permission.SEE_KPIS).agents == ()
    with base.bookkeeping():
        company.lin.employee.accounts.update(ends_at=datetime(2026, 2, 11, tzinfo=UTC))
    assign_account(
        actor=None,
        platform="test",
        account=LIN,
        employee=company.zheng.employee,
        starts_at=datetime(2026, 2, 11, tzinfo=UTC),
    )
    assert by_agent(company.lin) == {LIN: 1}
    assert by_agent(company.zheng) == {LIN: 1, ZHENG: 1}
