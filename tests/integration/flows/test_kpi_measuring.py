"""Measuring lakes and files: the same answer from both, rosters, presets, calendars, snapshots."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from peilian.adapters.lake import AccountSpan, Lake, Visibility
from peilian.engine._kernel import InputError
from peilian.engine.kpi.cells import Cell, merge
from peilian.engine.kpi.query import DIMENSIONS
from peilian.flows import importing, measuring
from support.messages import write_messages

EVERYTHING = Visibility.everything()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_messages(tmp_path / "messages.csv")


@pytest.fixture
def lake(tmp_path: Path, file: Path) -> Lake:
    made = Lake.create(tmp_path / "lake")
    importing.import_files([file], lake=made, now_ms=0)
    return made


def values(rows, key):
    return {tuple(row.group.values()): row.cells[key].value for row in rows}


@pytest.mark.parametrize("by", [(), *((name,) for name in DIMENSIONS)], ids=lambda by: ",".join(by) or "total")
def test_a_lake_and_its_file_give_the_same(lake, file, by):
    of_lake = measuring.measure(lake, ["all"], by, visible=EVERYTHING)
    assert of_lake
    assert of_lake == measuring.measure(file, ["all"], by, visible=EVERYTHING)
    assert of_lake == measuring.measure(lake.path, ["all"], by, visible=EVERYTHING)


@pytest.mark.parametrize(
    "more", [{"calendar": "cn-workdays"}, {"preset": "taobao_ww_3min"}, {"calendar": "always", "preset": "generic"}]
)
def test_a_lake_and_its_file_give_the_same_under_other_rules(lake, file, more):
    of_lake = measuring.measure(lake, ["all"], ["day"], visible=EVERYTHING, **more)
    assert of_lake == measuring.measure(file, ["all"], ["day"], visible=EVERYTHING, **more)


def test_a_lake_shows_what_is_visible_and_nothing_else(lake):
    visible = Visibility.of([AccountSpan("a1")])
    rows = measuring.measure(lake, ["conversations", "agent_messages"], ["agent"], visible=visible)
    assert values(rows, "conversations") == {("a1",): 1}
    assert measuring.measure(lake, ["conversations"], visible=Visibility.nothing()) == []


def write_roster(path: Path, *lines: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("author", "employee", "team", "post", "from", "to"), *lines])
    return path


def test_a_roster_file_gives_teams(lake, tmp_path):
    path = write_roster(
        tmp_path / "roster.csv",
        ("a1", "林小禾", "售后一组", "", "2026-01-01", "2026-11-02"),
        ("a1", "林小禾", "售后二组", "", "2026-11-02", ""),
        ("a2", "陈安", "售后一组", "", "", ""),
    )
    rows = measuring.measure(lake, ["conversations"], ["team"], roster=measuring.roster_of(path), visible=EVERYTHING)
    assert values(rows, "conversations") == {("售后一组",): 1, ("售后二组",): 1, (None,): 1}


def test_a_roster_without_accounts_is_refused(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("number,employee\nE1,林小禾\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"kpi\.roster_without_account"):
        measuring.roster_of(path)


def test_a_preset_leaves_out_what_came_before_it(lake, file):
    preset = measuring.presets()["taobao_ww_3min"]
    old = file.with_name("old.csv")
    old.write_text(file.read_text(encoding="utf-8").replace("2026-11-03", "2022-12-31"), encoding="utf-8")
    assert preset.effective_from == date(2023, 1, 1)
    rows = measuring.measure(old, ["conversations"], ["day"], preset=preset.key, visible=EVERYTHING)
    assert values(rows, "conversations") == {("2026-11-02",): 2}


def test_a_preset_caps_rounds_and_counts_the_open_ones(lake):
    plain = measuring.measure(lake, ["response_seconds_mean"], visible=EVERYTHING)
    capped = measuring.measure(lake, ["response_seconds_mean"], preset="taobao_ww_3min", visible=EVERYTHING)
    assert plain[0].cells["response_seconds_mean"].value == pytest.approx((20 + 300) / 2)
    # two open rounds stand at the cap of 600 s
    assert capped[0].cells["response_seconds_mean"].value == pytest.approx((20 + 300 + 600 + 600) / 4)


@pytest.mark.parametrize("name", ["calendar", "preset"])
def test_an_unknown_name_is_refused_with_the_known_ones(lake, name):
    with pytest.raises(InputError) as caught:
        measuring.measure(lake, ["rounds"], visible=EVERYTHING, **{name: "lunar"})
    [fault] = caught.value.faults
    assert fault.reason.key == f"kpi.unknown_{name}"
    assert str(fault.reason.params["known"]).count(", ") >= 2


def test_a_source_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"kpi\.nothing_here"):
        measuring.measure(tmp_path / "none.csv", ["rounds"], visible=EVERYTHING)


def test_a_faulty_conversation_of_a_file_is_told_and_left_out(file):
    with file.open("a", encoding="utf-8") as out:
        out.write("c9,1,yesterday,customer,k9,hello,k9,chat,refund\n")
    told = []
    rows = measuring.measure(file, ["conversations"], visible=EVERYTHING, on_fault=told.append)
    assert rows[0].cells["conversations"].value == 3
    assert [(fault.row, fault.field) for fault in told] == [(7, "at")]
    with pytest.raises(InputError):
        measuring.measure(file, ["conversations"], visible=EVERYTHING)


def test_snapshots_of_days_add_up_to_the_whole(lake):
    days = [date(2026, 11, 2), date(2026, 11, 3)]
    whole = {cell.key: cell for cell in measuring.snapshot(lake, visible=EVERYTHING, from_=days[0], to=days[-1])}
    parts = [cell for day in days for cell in measuring.snapshot(lake, visible=EVERYTHING, from_=day, to=day)]
    for measure in measuring.measures():
        if measure.key.endswith(("p50", "p90")):
            continue
        cells = [
            Cell(part.value, part.n, part.numerator, part.denominator, part.is_provisional)
            for part in parts
            if (part.key, part.version) == (measure.key, measure.version)
        ]
        assert len(cells) == 2
        merged = merge(measure.aggregate, cells)
        assert (merged.value, merged.n) == (whole[measure.key].value, whole[measure.key].n), measure.key


def test_a_snapshot_says_whose_it_is_and_whether_it_may_still_change(lake):
    cells = measuring.snapshot(lake, ["agent"], keys=["first_contact_resolution_7d_ratio"], visible=EVERYTHING)
    assert [(cell.subject, cell.is_provisional) for cell in cells] == [("a1", True), ("a2", True), (None, True)]
    later = measuring.snapshot(lake, visible=EVERYTHING, keys=["first_contact_resolution_7d_ratio"], now_ms=2**42)
    assert [(cell.is_provisional, cell.numerator, cell.denominator) for cell in later] == [(False, 2, 3)]
