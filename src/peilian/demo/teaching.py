"""What the demo company teaches and examines: an exam for several, courses with certificates, homework, daily rounds
and a handbook. All of it goes through the door of the learning app, by a clock that tells the day of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

import yaml
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.demo.agents import SERVICE
from peilian.demo.answering import answer
from peilian.demo.chance import chance
from peilian.demo.moments import GoOn, moment_on, on_day
from peilian.demo.staff import demo_id, trainee, user_called
from peilian.demo.training import pass_drill

Say = Callable[[str], None]
_A_MINUTE = timedelta(minutes=1)


def teach(say: Say) -> None:
    """Let the agents learn and be examined; what is there already is left."""
    plan = yaml.safe_load((SERVICE / "teaching.yaml").read_text(encoding="utf-8"))
    say("Courses and exams")
    _exam(plan["exam"])
    for item in plan["courses"]:
        _course(item)
    for item in plan["homework"]:
        _homework(item)
    for item in plan["rounds"]:
        _rounds(item)
    for username, entries in plan["handbook"].items():
        _handbook(user_called(username), entries)


def _exam(plan: Mapping[str, Any]) -> None:
    """A fixed paper that several took: most passed, one answer waits for its marks."""
    batch = demo_id("exam", plan["exam"])
    if learning.Sitting.objects.filter(pk=batch).exists():
        sitting = learning.Sitting.objects.get(pk=batch)
    else:
        takers = people.Employee.objects.filter(number__in=[one["number"] for one in plan["takers"]])
        closes = timezone.now() + timedelta(days=plan["closes_in"])
        with on_day(plan["opened"]):
            what = learning.NewSitting(
                exam=plan["exam"], closes_at=closes, due_at=closes, note=plan["note"], batch=batch
            )
            sitting = learning.open_sitting(actor=user_called("manager"), what=what, employees=list(takers))
    for taker in plan["takers"]:
        _take(sitting, plan, taker)


def _take(sitting: learning.Sitting, plan: Mapping[str, Any], taker: Mapping[str, Any]) -> None:
    user = trainee(taker["number"])
    done = learning.Attempt.objects.filter(sitting=sitting, employee=user.employee)
    if done.exclude(state=learning.AttemptState.RUNNING).exists():
        return
    written = plan["steps"] if taker["knows"] > 0.5 else plan["steps_short"]
    with on_day(taker["day"]) as go_on:
        attempt = _answered(user, sitting, taker["knows"], go_on, weak=plan["weak"], written=written)
    if taker["number"] != plan["left_open"]:
        with on_day(taker["day"], hour=16):
            _mark(user_called(plan["marks"][taker["number"][:2]]), attempt)


def _answered(
    user: people.User,
    sitting: learning.Sitting,
    knows: float,
    go_on: GoOn,
    *,
    weak: str = "",
    written: str | None = None,
) -> learning.Attempt:
    """Somebody takes an exam from its beginning to its end, within a ``on_day`` that goes on with each answer."""
    rng = chance("exam", user.username, sitting.exam)
    attempt = learning.start_attempt(user=user, sitting_id=sitting.pk, language="zh", seed=rng.randrange(1 << 30))
    room = learning.open_attempt(user=user, attempt_id=attempt.pk)
    assert room is not None
    for one in room.asked:
        likely = 1 - knows if one.question.item == weak else knows
        given = answer(
            one.field, is_right=rng.random() < likely, rng=rng, text=written if one.field.type == "steps" else None
        )
        go_on(timedelta(seconds=rng.randrange(25, 80)))
        learning.save_answer(
            user=user, attempt_id=attempt.pk, number=one.question.number, answer=given, known=one.seq,
            client_id=uuid5(attempt.pk, str(one.question.number)),
        )  # fmt: skip
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def _mark(lead: people.User, attempt: learning.Attempt) -> None:
    """Give the written answers the points that the engine proposes, to halves."""
    for response in learning.to_mark(user=lead, sitting_id=attempt.sitting_id).filter(attempt=attempt):
        points = Decimal(round(2 * (response.points or 0))) / 2
        learning.mark(actor=lead, response_id=response.pk, points=points)


def _course(item: Mapping[str, Any]) -> None:
    """A course from its first lesson to its certificate, over some days."""
    user, course = trainee(item["number"]), item["course"]
    assert user.employee is not None
    if learning.Completion.objects.filter(employee=user.employee, what=f"course:{course}").exists():
        return
    first, middle, last = item["days"]
    with on_day(first):
        for former, title in item["credited"].items():
            _credit(user.employee, former, title)
        learning.enrol(actor=user_called("manager"), employees=[user.employee], what=f"course:{course}")
        _units(user, course, {"lesson"})
    with on_day(middle):
        _units(user, course, set(learning.READ_KINDS))
    start = moment_on(middle)
    if not practice.DrillRun.objects.filter(
        employee=user.employee, day=start.date(), scenario=item["scenario"]
    ).exists():
        pass_drill(item["number"], item["scenario"], start)
    with on_day(last) as go_on:
        _units(user, course, set(learning.READ_KINDS))
        go_on(_A_MINUTE)
        _answered(user, learning.start_course_exam(user=user, course=course), item["knows"], go_on)


def _credit(employee: people.Employee, course: str, title: Mapping[str, str]) -> None:
    """What was learnt before there were records of it counts."""
    learning.complete(
        employee=employee,
        done=learning.Done(
            what=f"course:{course}", how=learning.CompletionHow.CREDITED, at=timezone.now() - timedelta(days=365),
            source_kind="earlier", source_id=str(demo_id("earlier", employee.number, course)), title=title,
        ),
    )  # fmt: skip


def _units(user: people.User, course: str, kinds: set[str]) -> None:
    """Do what is open of a course and of these kinds."""
    for unit in learning.course_of(user=user, key=course).view.units:
        if unit.kind not in kinds or unit.standing.state not in ("next", "open"):
            continue
        if unit.kind == "lesson":
            _learn(user, unit.what.partition(":")[2])
        else:
            learning.read_done(user=user, what=unit.what)


def _learn(user: people.User, lesson: str) -> None:
    """The questions of a lesson and its line to say better."""
    rng = chance("lesson", user.username, lesson)
    view = learning.lesson_of(user=user, key=lesson)
    for one in view.check:
        number = one.asked.question.number
        given = answer(one.asked.field, is_right=True, rng=rng)
        learning.answer_check_item(
            user=user, lesson=lesson, number=number, answer=given, client_id=uuid5(view.round.pk, str(number))
        )
    if view.rewrite is not None:
        said = answer(view.rewrite.asked.field, is_right=True, rng=rng)["text"]
        learning.rewrite(user=user, lesson=lesson, text=said, client_id=uuid5(view.round.pk, "rewrite"))


def _homework(item: Mapping[str, Any]) -> None:
    user = trainee(item["number"])
    sent = demo_id("homework", item["number"], item["lesson"])
    row = learning.Homework.objects.filter(versions__client_id=sent).first()
    if row is None:
        with on_day(item["day"]):
            _learn(user, item["lesson"])
            what = learning.HandIn(client_id=sent, text=item["text"])
            row = learning.hand_in_homework(actor=user, lesson=item["lesson"], what=what)
    if "accepts" in item and row.state == learning.HomeworkState.SUBMITTED:
        with on_day(item["day"] - 1):
            learning.decide_homework(
                actor=user_called(item["lead"]), pk=row.pk, number=1, accepts=item["accepts"], note=item["note"],
                criteria=[learning.Criterion(is_met) for is_met in item["met"]],
            )  # fmt: skip


def _rounds(item: Mapping[str, Any]) -> None:
    """Daily rounds on some days, the earliest first."""
    user = trainee(item["number"])
    if learning.DailyRound.objects.filter(employee=user.employee).exists():
        return
    rng = chance("rounds", item["number"])
    for day in item["days"]:
        with on_day(day, hour=9) as go_on:
            view = learning.ask_next(user=user)
            while view is not None and view.next is not None:
                given = answer(view.next.asked.field, is_right=rng.random() < item["knows"], rng=rng)
                go_on(timedelta(seconds=rng.randrange(8, 30)))
                learning.answer_card(user=user, round_id=view.round.pk, number=view.next.number, answer=given)
                view = learning.ask_next(user=user)


def _handbook(user: people.User, entries: list[Mapping[str, Any]]) -> None:
    for n, entry in enumerate(entries):
        with on_day(3 * (len(entries) - n)):
            learning.write_entry(
                actor=user, what=learning.Written(**entry), client_id=demo_id("handbook", user.username, str(n))
            )
