"""Snapshots: months kept with their sums and counts; what was final stays, what was too early is replaced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts import snapshots, work
from peilian.apps.contacts.models import KpiSnapshot
from peilian.flows import importing
from support.company import LIN, a_login, a_small_company, write_files
from support.messages import write_messages

pytestmark = pytest.mark.django_db
FEBRUARY, NOVEMBER = date(2026, 2, 1), date(2026, 11, 1)
FCR = "first_contact_resolution_7d_ratio"


@pytest.fixture
def lake(home: Path, tmp_path: Path) -> Lake:
    """The conversations of the small company."""
    source = Lake.create(home / "lake")
    importing.import_files(write_files(tmp_path), lake=source, now_ms=0)
    a_small_company()
    return source


@pytest.fixture
def clock(monkeypatch):
    """``clock("2026-02-13")``: what day snapshots take it to be."""

    def set_to(day: str) -> None:
        at = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
        monkeypatch.setattr(snapshots.time, "time_ns", lambda: at * 1_000_000_000)

    return set_to


@pytest.fixture
def lake_of_customers(home: Path, tmp_path: Path) -> Lake:
    """Conversations of November whose customers are known, so that their coming back can be judged."""
    source = Lake.create(home / "lake")
    importing.import_files([write_messages(tmp_path / "messages.csv")], lake=source, now_ms=0)
    return source


def taken(kpi: str, grain: str = "company", subject: str = "", period: str = "2026-02") -> KpiSnapshot:
    return KpiSnapshot.objects.get(kpi=kpi, grain=grain, subject=subject, period=period)


def test_a_snapshot_keeps_sum_and_count_and_not_only_the_mean(lake, clock):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=date(2026, 2, 17))
    mean = taken("first_response_seconds_mean")
    # Lin 12 s and 100 s, Zheng 20 s
    assert (mean.numerator, mean.denominator, mean.n, mean.value) == (132.0, 3, 3, 44.0)
    answered = taken("answer_rate")
    assert (answered.numerator, answered.denominator, answered.value) == (3, 4, 0.75)
    assert taken("conversations").value == 4


def test_every_measure_is_kept_for_company_agents_and_teams(lake, clock):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    keys = {measure.key for measure in contacts.measures()}
    for grain in ("company", "agent", "team"):
        assert set(KpiSnapshot.objects.filter(grain=grain).values_list("kpi", flat=True)) == keys
    assert taken("conversations", "agent", LIN).value == 2
    assert taken("conversations", "team", "二组").value == 1


def test_a_team_keeps_its_sums_so_that_months_and_teams_can_be_added(lake, clock):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    parts = [taken("first_response_seconds_mean", "team", team) for team in ("一组", "二组")]
    whole = taken("first_response_seconds_mean")
    assert sum(part.numerator for part in parts) == whole.numerator
    assert sum(part.n for part in parts) == whole.n


def test_what_was_taken_too_early_is_replaced_once_it_can_be_judged(lake_of_customers, clock):
    clock("2026-11-05")
    contacts.take_snapshots(actor=None, source=lake_of_customers, month=NOVEMBER)
    early = taken(FCR, period="2026-11")
    assert (early.is_mature, early.n) == (False, 0)
    clock("2026-12-30")
    contacts.take_snapshots(actor=None, source=lake_of_customers, month=NOVEMBER)
    final = taken(FCR, period="2026-11")
    assert (final.is_mature, final.n) == (True, 3)
    assert KpiSnapshot.objects.filter(kpi=FCR, grain="company").count() == 1


def test_a_final_snapshot_stays_as_it_was_taken(lake, clock):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    before = dict(KpiSnapshot.objects.values_list("id", "taken_at"))
    assert contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY) == 0
    assert dict(KpiSnapshot.objects.values_list("id", "taken_at")) == before


def test_a_final_snapshot_follows_other_data_of_its_month(lake, clock, tmp_path):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    late = tmp_path / "late.csv"
    late.write_text("conversation_id,at,role,text\nlate,2026-02-20T10:00:00+08:00,customer,hello\n")
    importing.import_files([late], lake=lake, now_ms=0)
    assert contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY) > 0
    assert taken("conversations").value == 5
    assert taken("first_response_seconds_mean").n == 3


def test_a_snapshot_of_another_definition_is_never_touched(lake, clock):
    clock("2026-06-01")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    with base.bookkeeping():
        KpiSnapshot.objects.filter(kpi="answer_rate").update(definition_version=99, value=0.123)
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    versions = dict(
        KpiSnapshot.objects.filter(kpi="answer_rate", grain="company").values_list("definition_version", "value")
    )
    assert len(versions) == 2
    assert versions[99] == 0.123


def test_snapshots_are_measured_by_the_companys_calendar(lake, clock):
    clock("2026-06-01")
    base.change_company(actor=None, name={"zh": "禾一"}, time_zone="Asia/Shanghai", calendar="cn-workdays")
    contacts.take_snapshots(actor=None, source=lake, month=FEBRUARY)
    # Lin's answer at 20:01 came outside working hours, so none of its 100 seconds count.
    assert taken("first_response_seconds_mean").numerator == 32.0


def test_an_import_is_followed_by_the_snapshots_of_the_months_it_touched(home, tmp_path, clock):
    clock("2026-06-01")
    manager = a_login("manager", "training_manager")
    uploads = [(path.name, [path.read_bytes()]) for path in write_files(tmp_path)]
    contacts.start_import(actor=manager, row=contacts.prepare_import(actor=manager, uploads=uploads))
    while base.run_next_job():
        pass
    job = base.Job.objects.get(kind="contacts.snapshots")
    assert job.state == "done", job.faults
    assert job.parameters["months"] == ["2026-02"]
    assert taken("conversations").value == 4


def test_an_import_without_news_takes_no_snapshot(home, tmp_path, clock):
    clock("2026-06-01")
    manager = a_login("manager", "training_manager")
    uploads = [(path.name, [path.read_bytes()]) for path in write_files(tmp_path)]
    for _ in range(2):
        contacts.start_import(actor=manager, row=contacts.prepare_import(actor=manager, uploads=uploads))
        while base.run_next_job():
            pass
    assert base.Job.objects.filter(kind="contacts.snapshots").count() == 1


def test_the_next_import_takes_snapshots_again_that_were_too_early(lake_of_customers, clock):
    clock("2026-11-05")
    contacts.take_snapshots(actor=None, source=lake_of_customers, month=NOVEMBER)
    work.start_snapshots(["2026-12"])
    assert base.Job.objects.get(kind="contacts.snapshots").parameters["months"] == ["2026-11", "2026-12"]


@pytest.mark.parametrize(
    ("days", "months"),
    [
        (("2026-02-10", "2026-02-12"), ["2026-02"]),
        (("2026-01-31", "2026-01-31"), ["2026-01", "2026-02"]),
        (("2026-02-01", "2026-02-20"), ["2026-01", "2026-02"]),
        (("2025-11-15", "2026-02-15"), ["2025-11", "2025-12", "2026-01", "2026-02"]),
        ((None, None), []),
    ],
)
def test_months_reach_a_day_beyond_utc_days_on_either_side(days, months):
    class Segment:
        id, first_day, last_day = "1", *days

    class Source:
        segments = (Segment,)

    assert work.months_of(Source, without=set()) == months
    assert work.months_of(Source, without={"1"}) == []
