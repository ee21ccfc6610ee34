"""What the demo company practises: drills in the months of the season, ratings and assignments of the leads.

A drill is first served as agents of the demo serve, to know what is said and done when, and then played through the
door of the practice app by a clock that tells the day of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml
from django.utils import timezone

from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.demo.agents import SERVICE, Agent, agents
from peilian.demo.chance import chance
from peilian.demo.schedule import ZONE, Moment
from peilian.demo.serving import Served, serve
from peilian.demo.stories import Story, stories
from peilian.flows import playing
from peilian.flows.drill_results import score

Say = Callable[[str], None]
_TRIES = 30  # drills served until one passes
_JUST_OVER = timedelta(minutes=15)
_AT_ONCE = timedelta(seconds=1)
_AHEAD = 1.8  # times as fast as at work is learnt in drills, after beginning further back


def practise(say: Say) -> None:
    """Play the drills of the plan, rate some, and assign what is to be practised; what is there already is left."""
    plan = yaml.safe_load((SERVICE / "training.yaml").read_text(encoding="utf-8"))
    n_played = sum(_drill(**item) for item in _drills(plan["drills"]))
    for item in plan["assignments"]:
        _assign(item)
    for username, most in plan["ratings"].items():
        _rate(_user(username), most)
    if n_played:
        say(f"Drills played: {n_played}")


def _drills(rows: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        for place, day in enumerate(row["days"]):
            scenario = row["scenarios"][place % len(row["scenarios"])]
            yield {"number": row["number"], "day": day, "scenario": scenario}


def _drill(number: str, day: date, scenario: str) -> bool:
    """One drill on a day of the season; returns whether it was still to be played."""
    user = _trainee(number)
    if practice.DrillRun.objects.filter(employee=user.employee, day=day, scenario=scenario).exists():
        return False
    rng = chance("drill", number, day)
    at = Moment(day, rng.randrange(11 * 3600, 17 * 3600))
    seed = rng.randrange(1 << 30)
    served = _served(_agent(number), scenario, seed, _AHEAD * at.progress - (_AHEAD - 1) / 2)
    _play(user, scenario, seed, served, datetime.combine(day, time(), ZONE) + timedelta(seconds=at.second))
    return True


def _served(agent: Agent, scenario: str, seed: int, progress: float) -> Served:
    """How this agent serves the customer of the drill, as the scenario tells the story."""
    cast = playing.cast(scenario, "zh")
    rng = chance("served", agent.number, scenario, seed)
    return serve(agent, _story(scenario), cast, seed=seed, progress=progress, pace=0.8, rng=rng)


def _play(
    user: people.User,
    scenario: str,
    seed: int,
    served: Served,
    start: datetime,
    assignment: record.Assignment | None = None,
) -> practice.DrillRun:
    """Play what was served through the door, by a clock that goes from ``start``."""
    start_ms = int(start.timestamp() * 1000)
    clock = {"ms": start_ms}

    def go_to(ms: int) -> None:
        clock["ms"] = max(clock["ms"], start_ms + ms)

    with practice.showing(lambda: clock["ms"]):
        run = practice.start_drill(
            user=user, scenario=scenario, language="zh", seed=seed, has_consent=True, assignment=assignment
        )
        for place, turn in enumerate(served.script):
            go_to(turn.at_ms)
            client_id = uuid5(run.pk, str(place))
            if turn.action is not None:
                practice.act(user=user, run_id=run.pk, client_id=client_id, tool=turn.action, args=turn.args)
            else:
                practice.say(user=user, run_id=run.pk, client_id=client_id, text=turn.text or "")
        if served.hung_up_ms is not None:
            go_to(served.hung_up_ms)
            practice.end_drill(user=user, run_id=run.pk)
        go_to(run.limit_ms + 1000)
        practice.tick(run_id=run.pk)
    practice.forget(run.pk)
    return run


def _rate(lead: people.User, most: int) -> None:
    """The lead rates the newest drills of the own team, seldom far from the engine; what is rated stays."""
    for run in practice.team_runs(user=lead)[:most]:
        seen = practice.debrief_of(user=lead, run_id=run.pk)
        if seen.ratings or not run.is_scored:
            continue
        rng = chance("rating", lead.username, run.employee.number, run.day)
        points = {
            item["dimension"]: _near(item["points"], item["max"], rng.choice((-1, 0, 0, 0, 1)))
            for item in seen.result["scores"]
            if item["points"] is not None
        }
        practice.rate_run(user=lead, run_id=run.pk, points=points)


def _near(points: float, most: float, step: int) -> Decimal:
    """Points about a tenth of the scale beside the engine's, to halves as people give them."""
    halves = round(2 * (points + step * 0.15 * most))
    return Decimal(min(max(halves, 0), int(2 * most))) / 2


def _assign(item: Mapping[str, Any]) -> None:
    """Assign a drill once; where the plan says so, it is played and passed."""
    batch = uuid5(NAMESPACE_URL, f"peilian-demo/{item['number']}/{item['scenario']}")
    assignment = record.Assignment.objects.filter(batch=batch).first() or _assigned(item, batch)
    if item.get("is_done") and assignment.done_at is None:
        seed, served = _passing(_agent(item["number"]), item["scenario"])
        _play(_trainee(item["number"]), item["scenario"], seed, served, timezone.now() - _JUST_OVER, assignment)


def _assigned(item: Mapping[str, Any], batch: UUID) -> record.Assignment:
    employee = _trainee(item["number"]).employee
    assert employee is not None
    document, _version = playing.scenarios()[item["scenario"]]
    what = record.NewAssignment(
        target=item["scenario"],
        title=document.title.model_dump(exclude_none=True),
        # Nothing can be assigned that is due already: what is to be overdue is due in a moment.
        due_at=timezone.now() + (timedelta(days=item["due_in_days"]) or _AT_ONCE),
        pass_mark=Decimal(item["pass_mark"]),
        note=item["note"],
        batch=batch,
    )
    (assignment,) = record.assign(actor=_user(item["lead"]), employees=[employee], what=what)
    return assignment


def pass_drill(number: str, scenario: str, start: datetime) -> practice.DrillRun:
    """A drill that this agent plays and passes at a moment."""
    seed, served = _passing(_agent(number), scenario)
    return _play(_trainee(number), scenario, seed, served, start)


def _passing(agent: Agent, scenario: str) -> tuple[int, Served]:
    """A drill that this agent passes."""
    for seed in range(_TRIES):
        served = _served(agent, scenario, seed, 1.0)
        if score(served.drill).passed:
            return seed, served
    raise LookupError(f"agent {agent.number} passes {scenario} in none of {_TRIES} tries")


def _user(username: str) -> people.User:
    return people.User.objects.get(username=username)


def _trainee(number: str) -> people.User:
    return people.User.objects.get(employee__number=number)


def _agent(number: str) -> Agent:
    return next(agent for agent in agents() if agent.number == number)


@cache
def _story(scenario: str) -> Story:
    return next(story for story in stories() if story.scenario == scenario)
