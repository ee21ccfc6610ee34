"""Learning a lesson: its check, the line to say better, drills, homework, and going through it again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.learning.curriculum import lessons
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.curriculum import RIGHT, WRONG, a_lesson, answers, learns, taught
from support.exams import BANK, ExamClock, a_bank, an_item
from support.library import installed
from support.practice import CALM, Clock, a_run, a_trainee, plays

pytestmark = pytest.mark.django_db
KEY = "mine/first"


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


def a_rewrite(**more) -> dict:
    return {
        "type": "rewrite", "id": "line", "stem": {"zh": "改写这句话"}, "explanation": {"zh": "先接住"},
        "line": {"zh": "不知道，你自己查。"}, "model": {"zh": "我帮您查一下"},
        "keys": [{"id": "look", "label": {"zh": "主动查"}, "zh": ["帮您查"]}], "faults": [], **more,
    }  # fmt: skip


def seen(user) -> learning.LessonView:
    return learning.lesson_of(user=user, key=KEY)


def test_a_lesson_begins_when_it_is_opened_and_goes_on_where_it_was_left(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    answers(lin, 1, RIGHT)
    view = seen(lin)
    assert view.check[0].is_whole
    assert view.check[1].tries == ()
    assert [one.reason.key for one in view.standing.lacking] == ["curriculum.check.unanswered"]
    assert learning.LessonRound.objects.count() == 1


def test_a_wrong_answer_may_be_given_again_and_the_first_try_is_what_is_kept(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    assert not answers(lin, 1, WRONG).tried.is_whole
    answers(lin, 2, RIGHT)
    assert not seen(lin).is_over
    done = answers(lin, 1, RIGHT)
    assert done.is_complete
    assert (done.standing.best, done.standing.first) == (D(100), D(50))
    row = learning.Completion.objects.get()
    assert (row.how, row.percent, row.minutes) == ("learnt", D(50), 8)


def test_what_a_lesson_shows_of_somebody_is_the_first_try_with_little_weight(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    answers(lin, 1, WRONG)
    answers(lin, 1, RIGHT)
    answers(lin, 2, RIGHT)
    (piece,) = record.evidence_of(user=lin, employee=lin.employee)
    assert (piece.competency, piece.kind, piece.score, piece.n) == ("problem_solving", "exam", 0.5, 2)
    assert piece.weight < 0.5


def test_the_same_click_sent_twice_is_one_try(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    click = uuid4()
    answers(lin, 1, WRONG, client_id=click)
    again = answers(lin, 1, RIGHT, client_id=click)
    assert len(again.tried.tries) == 1
    assert not again.tried.is_whole


@pytest.mark.parametrize(
    ("number", "answer", "key"),
    [(1, None, "nothing_answered"), (1, {"chosen": []}, "nothing_answered"), (1, {"chosen": ["z"]}, "no_answer"),
     (1, {"text": "b"}, "no_answer"), (3, RIGHT, "no_such_question"), (0, RIGHT, "no_such_question")],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_not_kept(tmp_path, time, lin, number, answer, key) -> None:
    taught(tmp_path, a_lesson())
    with pytest.raises(InputError, match=key):
        answers(lin, number, answer)
    assert not learning.LessonWork.objects.exists()


def test_after_it_is_learnt_a_lesson_takes_no_answers_until_it_is_learnt_again(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    learns(lin)
    with pytest.raises(InputError, match="lesson_is_over"):
        answers(lin, 1, RIGHT)
    time.pass_(days=1)
    view = learning.learn_again(user=lin, lesson=KEY)
    assert (view.round.number, view.check[0].tries, view.is_over) == (2, (), False)
    assert learning.learn_again(user=lin, lesson=KEY).round == view.round
    learns(lin)
    assert learning.Completion.objects.count() == 2


def test_a_line_is_said_better_until_it_is_good_enough(tmp_path, time, lin) -> None:
    installed(tmp_path, a_bank(an_item("q1"), a_rewrite()), a_lesson(check=None, rewrite=f"{BANK}#line"))
    first = learning.rewrite(user=lin, lesson=KEY, text="不知道，你自己查一下。", client_id=uuid4())
    assert not first.is_complete
    assert first.tried.tries[0].parts
    second = learning.rewrite(user=lin, lesson=KEY, text="您稍等，我马上帮您查物流。", client_id=uuid4())
    assert second.is_complete
    assert seen(lin).is_over


def test_a_reflection_is_kept_as_it_was_said_last_and_is_not_asked_for(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson(reflect={"zh": "哪一步漏了？"}))
    seen(lin)
    learning.reflect(user=lin, lesson=KEY, text="漏了澄清", client_id=uuid4())
    assert learning.reflect(user=lin, lesson=KEY, text=" 先问再答 ", client_id=uuid4()).reflection == "先问再答"
    with pytest.raises(InputError):
        learning.reflect(user=lin, lesson=KEY, text=" ", client_id=uuid4())
    learns(lin)
    assert seen(lin).is_over


def test_a_lesson_that_asks_for_nothing_is_learnt_by_reading_it(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson(check=None))
    assert [one.part for one in seen(lin).standing.lacking] == ["read"]
    assert learning.read_lesson(user=lin, lesson=KEY, client_id=uuid4()).is_over
    assert learning.read_lesson(user=lin, lesson=KEY, client_id=uuid4()).is_over
    assert learning.Completion.objects.count() == 1


def test_a_lesson_with_a_drill_is_complete_once_the_drill_is_good_enough(monkeypatch, tmp_path, lin) -> None:
    drills = Clock(int(timezone.now().timestamp() * 1000)).patch(monkeypatch)
    taught(tmp_path, a_lesson(drill=CALM, drill_pass=40))
    learns(lin)
    view = seen(lin)
    assert not view.is_over
    assert [one.reason.key for one in view.standing.lacking] == ["curriculum.drill.missing"]
    run = plays(lin, a_run(lin), drills)
    assert run.total is not None
    assert seen(lin).is_over
    assert learning.Completion.objects.get(what=f"lesson:{KEY}").how == "learnt"


def test_the_worker_completes_what_only_the_drill_was_missing_for(monkeypatch, tmp_path, lin) -> None:
    drills = Clock(int(timezone.now().timestamp() * 1000)).patch(monkeypatch)
    taught(tmp_path, a_lesson(drill=CALM, drill_pass=40))
    learns(lin)
    assert learning.finish_lessons_due() == 0
    plays(lin, a_run(lin), drills)
    assert learning.finish_lessons_due() == 1
    assert learning.finish_lessons_due() == 0


def test_a_lesson_that_cannot_be_completed_keeps_no_other_back(monkeypatch, tmp_path, lin) -> None:
    drills = Clock(int(timezone.now().timestamp() * 1000)).patch(monkeypatch)
    taught(tmp_path, a_lesson(drill=CALM, drill_pass=40), a_lesson("mine/second", drill=CALM, drill_pass=40))
    learns(lin)
    learns(lin, "mine/second")
    plays(lin, a_run(lin), drills)
    finish, tried = lessons._finish, []

    def once_broken(row: learning.LessonRound) -> bool:
        tried.append(row.pk)
        if len(tried) == 1:
            raise RuntimeError
        return finish(row)

    monkeypatch.setattr(lessons, "_finish", once_broken)
    assert learning.finish_lessons_due() == 1


def test_homework_that_was_accepted_completes_the_lesson_once(tmp_path, time, lin) -> None:
    work = {"do": {"zh": "写三句"}, "judged_by": [{"zh": "有事实"}]}
    taught(tmp_path, a_lesson(homework=work))
    learns(lin)
    assert not seen(lin).is_over
    done = {"employee": lin.employee, "lesson": KEY, "part": "homework", "source_id": "h1"}
    assert learning.lesson_part_done(**done)
    assert not learning.lesson_part_done(**done)
    assert learning.Completion.objects.count() == 1
    assert learning.LessonWork.objects.filter(kind="homework").count() == 1


def test_an_item_that_is_gone_keeps_nobody_from_learning(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson(check={"items": [f"{BANK}#q1"]}))
    installed(tmp_path, a_bank(an_item("other")), a_lesson("mine/other", check={"items": [f"{BANK}#other"]}))
    view = seen(lin)
    assert view.check == ()
    assert view.plan.parts == ("read",)


def test_everybody_has_a_round_to_oneself(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    answers(lin, 1, RIGHT)
    assert seen(a_trainee()).check[0].tries == ()


def test_a_lesson_that_is_not_there_or_of_nobody_is_not_to_be_seen(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    with pytest.raises(people.NotVisibleError):
        learning.lesson_of(user=lin, key="mine/none")
    with pytest.raises(people.NotVisibleError):
        learning.reflect(user=lin, lesson=KEY, text="还没开始", client_id=uuid4())


@pytest.mark.parametrize("sql", ["UPDATE learning_lessonwork SET points = 2", "DELETE FROM learning_lessonwork"])
def test_the_database_itself_refuses_to_change_work(tmp_path, time, lin, sql) -> None:
    taught(tmp_path, a_lesson())
    answers(lin, 1, WRONG)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_drill_from_before_a_lesson_is_learnt_again_does_not_count(monkeypatch, tmp_path, lin) -> None:
    start = timezone.now()
    time = ExamClock(monkeypatch, start)
    drills = Clock(int((start - timedelta(days=2)).timestamp() * 1000)).patch(monkeypatch)
    taught(tmp_path, a_lesson(drill=CALM, drill_pass=40))
    plays(lin, a_run(lin), drills)
    learns(lin)
    assert seen(lin).is_over  # played two days before it was learnt for the first time
    time.pass_(days=1)
    learning.learn_again(user=lin, lesson=KEY)
    learns(lin)
    assert [one.part for one in seen(lin).standing.lacking] == ["drill"]
