"""The months of the lake become evidence in people's records: once, again when they say something else, by job."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts.work import read_unread
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.flows import importing
from peilian.flows.wording import say
from support.builders import an_employee
from support.company import SmallCompany, a_login, a_small_company, write_files

pytestmark = pytest.mark.django_db
FEBRUARY = date(2026, 2, 14)
LATE = "conversation_id,at,role,author,text,channel\n" + "".join(
    f"late{n},2026-02-20T10:{n:02}:{second:02}+08:00,{role},{author},{text},chat\n"
    for n in range(8)
    for second, role, author, text in (
        (0, "customer", "k", "气死我了，怎么还没到！"),
        (9, "agent", "shop:lin", "等了这么久确实让人着急，非常抱歉，我帮您查一下"),
    )
)


@pytest.fixture
def company(home: Path, tmp_path: Path) -> SmallCompany:
    """The small company with its conversations, read."""
    lake = Lake.create(home / "lake")
    importing.import_files(write_files(tmp_path), lake=lake, now_ms=0)
    read_unread(lake)
    return a_small_company()


def pieces(employee: people.Employee) -> dict[tuple[str, str], record.Evidence]:
    return {(row.competency, row.kind): row for row in record.Evidence.objects.current().filter(employee=employee)}


def test_a_month_writes_evidence_for_everybody_who_used_an_account(company):
    written = contacts.write_work_evidence(actor=None, month=FEBRUARY)
    assert written == record.Evidence.objects.count() > 0
    lin, zheng = pieces(company.lin.employee), pieces(company.zheng.employee)
    assert lin["integrity", "conversation"].score < zheng["integrity", "conversation"].score  # Lin promised too much
    row = lin["integrity", "conversation"]
    assert (row.source_kind, row.source_id, row.n, row.recorded_by) == ("contacts.month", "2026-02", 2, None)
    assert say(row.label, "zh") == "2026-02 的真实会话"


def test_the_same_month_again_writes_nothing(company):
    contacts.write_work_evidence(actor=None, month=FEBRUARY)
    assert contacts.write_work_evidence(actor=None, month=date(2026, 2, 1)) == 0


def test_a_month_that_says_something_else_supersedes_what_it_said(company, home, tmp_path):
    contacts.write_work_evidence(actor=None, month=FEBRUARY)
    before = pieces(company.lin.employee)["empathy", "conversation"]
    (tmp_path / "late.csv").write_text(LATE, encoding="utf-8")
    lake = Lake.open(home / "lake")
    importing.import_files([tmp_path / "late.csv"], lake=lake, now_ms=0)
    read_unread(lake)
    contacts.write_work_evidence(actor=None, month=FEBRUARY)
    after = pieces(company.lin.employee)["empathy", "conversation"]
    assert (after.supersedes_id, after.revision) == (before.pk, 1)
    assert after.n > before.n
    estimate = record.profile_of(user=company.lead_a, employee=company.lin.employee).profile.estimates["empathy"]
    assert estimate.n == 1


def test_two_people_of_one_name_are_two_people(company):
    namesake = an_employee("林小禾", account="shop:other")
    contacts.write_work_evidence(actor=None, month=FEBRUARY)
    assert pieces(company.lin.employee)
    assert not pieces(namesake)


def test_an_account_counts_for_whoever_used_it_at_the_time(company):
    use = people.AgentAccount.objects.get(account="shop:lin")
    people.end_account(actor=None, use=use, ends_at=datetime(2026, 2, 11, tzinfo=UTC))
    successor = an_employee("继任")
    people.assign_account(
        actor=None,
        platform="test",
        account="shop:lin",
        employee=successor,
        starts_at=datetime(2026, 2, 11, tzinfo=UTC),
    )
    contacts.write_work_evidence(actor=None, month=FEBRUARY)
    assert pieces(company.lin.employee)["integrity", "conversation"].score > 0.7
    assert pieces(successor)["integrity", "conversation"].score < 0.4  # promised what nobody can know


def test_a_month_without_conversations_writes_nothing(company):
    assert contacts.write_work_evidence(actor=None, month=date(2025, 1, 1)) == 0


def test_only_who_trains_the_whole_company_writes_it(company):
    for user in (company.lin, company.lead_a, company.leadership, company.admin):
        for act in (contacts.write_work_evidence, contacts.start_work_evidence):
            with pytest.raises(people.NotVisibleError):
                act(actor=user, month=FEBRUARY)
    assert contacts.write_work_evidence(actor=a_login("tm", "training_manager"), month=FEBRUARY) > 0


def test_the_job_is_queued_once_and_tells_how_much_it_wrote(company):
    manager = a_login("tm", "training_manager")
    first = contacts.start_work_evidence(actor=manager, month=FEBRUARY)
    assert contacts.start_work_evidence(actor=manager, month=FEBRUARY).pk == first.pk
    assert base.run_next_job()
    first.refresh_from_db()
    assert (first.state, first.result) == ("done", {"evidence": record.Evidence.objects.count()})


def test_an_import_is_followed_by_the_evidence_of_its_months(home, tmp_path):
    company = a_small_company()
    manager = a_login("tm", "training_manager")
    uploads = [(path.name, [path.read_bytes()]) for path in write_files(tmp_path)]
    contacts.start_import(actor=manager, row=contacts.prepare_import(actor=manager, uploads=uploads))
    while base.run_next_job():
        pass
    job = base.Job.objects.get(kind="contacts.evidence")
    assert (job.state, job.parameters) == ("done", {"months": ["2026-02"]})
    assert pieces(company.lin.employee)


def test_an_import_without_people_is_followed_by_none(home, tmp_path):
    manager = a_login("tm", "training_manager")
    uploads = [(path.name, [path.read_bytes()]) for path in write_files(tmp_path)]
    contacts.start_import(actor=manager, row=contacts.prepare_import(actor=manager, uploads=uploads))
    while base.run_next_job():
        pass
    assert not base.Job.objects.filter(kind="contacts.evidence").exists()
