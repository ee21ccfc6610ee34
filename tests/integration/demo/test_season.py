"""The season of the demo: the same in every run, whole after a broken one, and like a company's service."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from peilian.demo import season as seasons
from peilian.demo.agents import agents
from peilian.demo.schedule import FIRST_DAY, LAST_DAY, Moment, on_duty
from peilian.demo.season import write_season

SMALL = 60


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seasons, "PART", 20)


def test_the_same_seed_writes_the_same_files_whoever_shares_the_work(tmp_path, monkeypatch):
    small_parts(monkeypatch)
    alone = write_season(tmp_path / "alone", contacts=SMALL, processes=1)
    shared = write_season(tmp_path / "shared", contacts=SMALL, processes=2)
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in shared]
    assert len(rows(alone[1])) == SMALL


def test_a_season_that_was_broken_off_plays_only_what_is_missing(tmp_path, monkeypatch):
    small_parts(monkeypatch)
    whole = [path.read_bytes() for path in write_season(tmp_path, contacts=SMALL, processes=1)]
    (lost,) = tmp_path.glob("parts-*/first/001.jsonl")
    lost.unlink()
    played = []

    def counted(calls, path):
        played.append(path.name)
        return play_part(calls, path)

    play_part = seasons.play_part
    monkeypatch.setattr(seasons, "play_part", counted)
    again = write_season(tmp_path, contacts=SMALL, processes=1)
    assert played == ["001.jsonl"]
    assert [path.read_bytes() for path in again] == whole


def test_progress_is_told_up_to_the_last_contact(tmp_path):
    told: list[tuple[int, int]] = []
    write_season(tmp_path, contacts=10, processes=1, told=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 10)
    assert told[-1] == (10, 10)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_whoever_answers_was_on_duty_within_the_season(season):
    known = {agent.account: agent for agent in agents()}
    begun = {row["conversation_id"]: datetime.fromisoformat(row["opened_at"]) for row in rows(season.conversations)}
    for row in rows(season.messages):
        if row["role"] == "agent":
            at = begun[row["conversation_id"]]
            moment = Moment(at.date(), at.hour * 3600 + at.minute * 60 + at.second)
            assert FIRST_DAY <= at.date() <= LAST_DAY
            assert known[row["author"]] in on_duty(moment, known[row["author"]].line)


def test_every_agent_serves_and_every_matter_comes_up(season):
    served = {row["author"] for row in rows(season.messages) if row["role"] == "agent"}
    assert served == {agent.account for agent in agents()}
    assert len({row["topic"] for row in rows(season.conversations)}) == 8


def test_messages_follow_each_other_in_time_and_belong_to_one_customer(season):
    by_conversation = defaultdict(list)
    for row in rows(season.messages):
        by_conversation[row["conversation_id"]].append(row)
    for messages in by_conversation.values():
        times = [datetime.fromisoformat(row["at"]) for row in messages]
        assert all(a <= b for a, b in pairwise(times))
        assert messages[0]["role"] == "customer"
        assert len({row["customer"] for row in messages}) == 1


def test_about_a_third_of_the_customers_rates_and_all_stars_are_given(season):
    stars = Counter(row["csat"] for row in rows(season.conversations))
    share = 1 - stars[""] / stars.total()
    assert 0.25 <= share <= 0.45
    assert set(stars) == {"", "1", "2", "3", "4", "5"}


def test_who_was_not_helped_often_comes_again_within_days(season):
    visits = defaultdict(list)
    for row in rows(season.conversations):
        visits[row["customer"], row["topic"]].append((row["opened_at"], row["resolved"]))
    again = [items for items in visits.values() if len(items) > 1 and sorted(items)[0][1] == "false"]
    assert len(again) >= 15


def test_no_conversation_tells_another_word_for_word(season):
    told = defaultdict(list)
    for row in rows(season.messages):
        told[row["conversation_id"]].append(row["text"])
    texts = Counter("\n".join(lines) for lines in told.values())
    assert max(texts.values()) == 1
