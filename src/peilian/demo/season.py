"""A season of service: thousands of contacts played by the drill engine and written as canonical files.

Which contacts there are, and every word of them, follows from the seed alone: work is cut into fixed parts that any
number of processes may share. A part that is done stays done, so a broken run goes on.
"""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peilian.demo import outcomes
from peilian.demo.agents import SERVICE, agents
from peilian.demo.chance import SEED, chance
from peilian.demo.conversations import CONVERSATION_COLUMNS, MESSAGE_COLUMNS
from peilian.demo.schedule import Moment, later, moment, on_duty
from peilian.demo.stories import stories
from peilian.engine.drill import ENGINE_VERSION
from peilian.flows import playing

N_CONTACTS = 4000
PART = 125  # contacts
_FRESH = 0.92  # share of the contacts that are not about an earlier one
_COLUMNS = (*CONVERSATION_COLUMNS, "opened_at", "closed_at", "paid_at", "refunded_amount")

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Call:
    """A customer who comes: with which matter, when, and to whom. ``times`` tells how often before."""

    matter: int
    story: str
    at: Moment
    agent: str
    times: int = 0


def write_season(
    folder: Path, *, contacts: int = N_CONTACTS, processes: int | None = None, told: Told = lambda _done, _total: None
) -> list[Path]:
    """Play the season and write ``season_messages.csv`` and ``season_conversations.csv`` into ``folder``, once."""
    paths = [folder / "season_messages.csv", folder / "season_conversations.csv"]
    parts = folder / f"parts-{_version(contacts)}"
    parts.mkdir(parents=True, exist_ok=True)
    n_fresh = round(contacts * _FRESH)
    first = _play(_fresh(range(n_fresh)), parts / "first", processes, lambda done: told(done, contacts))
    again = _coming_again(first, contacts - n_fresh)
    rest = [*again, *_fresh(range(n_fresh, contacts - len(again)))]
    second = _play(rest, parts / "again", processes, lambda done: told(n_fresh + done, contacts))
    _write(paths, sorted([*first, *second], key=lambda contact: (contact["at_ms"], contact["matter"])))
    return paths


def _fresh(numbers: Iterable[int]) -> list[Call]:
    return [_call(number) for number in numbers]


def _call(number: int) -> Call:
    rng = chance("call", number)
    at = moment(rng)
    agent = rng.choice(on_duty(at))
    known = [(story.scenario, story.share.get(agent.line, 0)) for story in stories()]
    story = rng.choices([key for key, _ in known], [weight for _, weight in known])[0]
    return Call(number, story, at, agent.number)


def _coming_again(contacts: Sequence[dict[str, Any]], most: int) -> list[Call]:
    """Customers whose matter was not settled come again within days, to whoever is there."""
    lines = {agent.number: agent.line for agent in agents()}
    calls = []
    for contact in contacts:
        rng = chance("again", contact["matter"])
        if contact["is_resolved"] or rng.random() > 0.6:
            continue
        since = Moment(outcomes.day_of(contact["at_ms"]), outcomes.second_of(contact["at_ms"]))
        at = later(rng, since, rng.choice((0, 1, 1, 2, 3, 5)))
        if at is not None:
            agent = rng.choice(on_duty(at, lines[contact["agent"]]))
            calls.append(Call(contact["matter"], contact["story"], at, agent.number, times=1))
    return calls[:most]


def _play(
    calls: Sequence[Call], folder: Path, processes: int | None, told: Callable[[int], None]
) -> list[dict[str, Any]]:
    """Play the calls part by part; parts that lie in ``folder`` already are taken as they are."""
    folder.mkdir(exist_ok=True)
    parts = [calls[start : start + PART] for start in range(0, len(calls), PART)]
    paths = [folder / f"{number:03}.jsonl" for number in range(len(parts))]
    waiting = [(part, path) for part, path in zip(parts, paths, strict=True) if not path.exists()]
    done = len(calls) - sum(len(part) for part, _ in waiting)
    told(done)
    for n_played in _played(waiting, processes or min(2, os.cpu_count() or 1)):
        done += n_played
        told(done)
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def _played(waiting: Sequence[tuple[Sequence[Call], Path]], processes: int) -> Iterator[int]:
    if processes < 2 or len(waiting) < 2:
        yield from (play_part(part, path) for part, path in waiting)
        return
    # A fresh process each: this one may hold connections and threads that do not survive a fork.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(play_part, *zip(*waiting, strict=True))


def play_part(calls: Sequence[Call], path: Path) -> int:
    """Play some calls and write them down, all or none; returns how many."""
    lines = [json.dumps(outcomes.contact(call), ensure_ascii=False) for call in calls]
    unfinished = path.with_suffix(".part")
    unfinished.write_text("\n".join(lines), encoding="utf-8")
    unfinished.replace(path)
    return len(calls)


def _version(contacts: int) -> str:
    """What all contacts follow from, as a short name."""
    scenarios = sorted((key, version) for key, (_, version) in playing.scenarios().items())
    files = sorted(SERVICE.rglob("*.yaml"))
    digest = hashlib.blake2b(repr((SEED, contacts, ENGINE_VERSION, scenarios)).encode(), digest_size=8)
    for path in (*files, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(paths: Sequence[Path], contacts: Sequence[dict[str, Any]]) -> None:
    messages, conversations = paths
    named = [(f"kf-{number:05}", contact) for number, contact in enumerate(contacts, start=1)]
    _table(messages, MESSAGE_COLUMNS, (row for name, item in named for row in outcomes.message_rows(name, item)))
    _table(conversations, _COLUMNS, (outcomes.conversation_row(name, item) for name, item in named))


def _table(path: Path, columns: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
