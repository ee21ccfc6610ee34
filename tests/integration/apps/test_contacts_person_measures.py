"""What conversations say of a person in a month: KPIs, and the means of the four service indicators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say_fault
from support.company import a_small_company, write_files

pytestmark = pytest.mark.django_db
FEBRUARY = {"first_day": date(2026, 2, 1), "last_day": date(2026, 2, 28)}


@pytest.fixture
def firm(home, tmp_path):
    company = a_small_company()
    contacts.import_now(actor=None, paths=write_files(tmp_path))
    return company


def measured(*users: people.User, keys: tuple[str, ...], **more):
    ids = [user.employee_id for user in users]
    return contacts.person_measures(employees=ids, keys=keys, **(FEBRUARY | more))


def test_each_person_is_measured_over_the_own_conversations(firm):
    found = measured(firm.lin, firm.zheng, keys=("csat_ratio", "agent_messages", "empathy", "compliance"))
    lin, zheng = found[firm.lin.employee_id], found[firm.zheng.employee_id]
    assert (lin["csat_ratio"].value, lin["csat_ratio"].n) == (Decimal("0.5"), 2)
    assert (zheng["agent_messages"].value, zheng["agent_messages"].n) == (1, 1)
    assert 0 <= lin["empathy"].value <= 1
    # One of Lin's two talks promises what cannot be kept.
    assert lin["compliance"].value < zheng["compliance"].value == 1
    assert lin["compliance"].n == 2


def test_other_months_and_people_without_conversations_say_nothing(firm):
    assert (
        measured(firm.lin, keys=("csat_ratio", "empathy"), first_day=date(2026, 3, 1), last_day=date(2026, 3, 31)) == {}
    )
    idle = people.add_employee(actor=None, number="E9", name="新人")
    assert contacts.person_measures(employees=[idle.pk], keys=("csat_ratio", "empathy"), **FEBRUARY) == {}


def test_a_conversation_that_several_people_answered_is_nobodys(firm, tmp_path):
    lines = (
        "conversation_id,message_id,at,role,author,text",
        "both,1,2026-02-15T10:00:00+08:00,customer,,东西坏了怎么办",
        "both,2,2026-02-15T10:00:20+08:00,agent,shop:lin,我保证今天到账",
        "both,3,2026-02-15T10:01:00+08:00,agent,shop:zheng,非常抱歉，我马上帮您查",
    )
    path = tmp_path / "both.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    before = measured(firm.lin, firm.zheng, keys=("compliance",))
    contacts.import_now(actor=None, paths=[path])
    assert measured(firm.lin, firm.zheng, keys=("compliance",)) == before


def test_without_conversations_nothing_is_measured(db, home):
    firm = a_small_company()
    assert measured(firm.lin, keys=("csat_ratio", "empathy")) == {}


def test_a_key_that_is_no_measure_is_named(firm):
    with pytest.raises(InputError) as error:
        measured(firm.lin, keys=("charm",))
    assert "charm" in say_fault(error.value.faults[0], "zh")
