"""The pages of exams: what may be taken, its rules, the room without JavaScript, and looking back."""

from __future__ import annotations

import html
import re
from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.record import api as record
from peilian.web.exams.answers import NoAnswerError, to_stored
from peilian.web.exams.faces import Face
from support.builders import an_employee
from support.company import a_login
from support.exam_pages import SECRET, a_whole_bank, a_whole_exam, right, stored
from support.exams import ExamClock, a_bank, a_short, a_sitting, an_exam, answers, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
HINTS = re.compile(r"secret|right-x|ok-one|wrong1|explanation|tolerance|is_true|" + SECRET)
"""Names and words that give an answer away; none of them is part of a page's own markup."""


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db):
    return a_trainee()


@pytest.fixture
def whole(tmp_path, time, lin, signed_in):
    """Somebody in the middle of an exam with a question of every kind, and the client of that person."""
    _, attempt = begun(a_sitting(tmp_path, a_whole_exam(), a_whole_bank()), lin)
    return attempt, signed_in(lin)


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def filled(text, **changes):
    """What a browser would send of the form of a room: every field as it stands, with changes."""
    form = text[text.index("data-form>") :]
    form = form[: form.index("</form>")]
    data: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or (re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag):
            continue
        data.setdefault(name[1], []).append(value[1] if value else "")
    for name, text_ in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        data[name] = [text_]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="(\d+)" selected', options)
        data[name] = [chosen[1] if chosen else ""]
    return data | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}


# -- what may be taken ------------------------------------------------------------------------------------------------


def test_without_an_exam_the_page_says_what_will_stand_here(lin, signed_in):
    assert "现在没有您的考试" in page(signed_in(lin), "exams")


def test_a_login_without_an_employee_is_told_that_exams_are_for_employees(signed_in, db):
    assert "考试面向员工" in page(signed_in(a_login("chief", "training_manager")), "exams")


def test_what_can_be_taken_runs_or_is_over_stands_apart(tmp_path, time, lin, signed_in):
    sitting = a_sitting(tmp_path)
    client = signed_in(lin)
    text = page(client, "exams")
    assert "人人可考" in text
    assert reverse("exam_sitting", args=[sitting.pk]) in text
    _, attempt = begun(sitting, lin)
    answers(lin, attempt, 1, {"chosen": ["b"]})
    text = page(client, "exams")
    assert "已答 1 / 3 题" in text
    assert "还剩 20 分钟" in text
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    text = page(client, "exams")
    assert "未通过" in text
    assert "再考一次" in text


def test_an_assigned_exam_says_when_it_is_due_and_its_task_leads_to_it(tmp_path, time, lin, signed_in):
    a_sitting(tmp_path)
    what = learning.NewSitting(exam="mine/exam", due_at=time.at.replace(year=time.at.year + 1))
    sitting = learning.open_sitting(actor=None, what=what, employees=[lin.employee])
    client = signed_in(lin)
    assert "安排给您" in page(client, "exams")
    assert f'href="{reverse("exam_sitting", args=[sitting.pk])}"' in page(client, "own_tasks")


def test_tasks_count_an_attempt_that_waits_for_marks_as_the_page_of_exams_does(tmp_path, time, lin, signed_in):
    a_sitting(tmp_path, bank=a_bank(a_short()), exam=an_exam(drawn=[{"count": 1}], attempts=3))
    what = learning.NewSitting(exam="mine/exam", due_at=time.at.replace(year=time.at.year + 1))
    sitting = learning.open_sitting(actor=None, what=what, employees=[lin.employee])
    client = signed_in(lin)
    assert "还剩 3 次" in page(client, "today")
    _, attempt = begun(sitting, lin)
    answers(lin, attempt, 1, {"text": "抱歉"})
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    assert fresh(attempt).state == learning.AttemptState.HANDED_IN
    for name in ("exams", "today"):
        assert "还剩 2 次" in page(client, name), name


def test_the_place_of_exams_is_assess(tmp_path, time, lin, signed_in):
    text = page(signed_in(lin), "exams")
    assert re.search(r'href="/assess/"[^>]*aria-current', text)


# -- before it --------------------------------------------------------------------------------------------------------


def test_the_start_says_time_questions_attempts_grades_criteria_and_what_is_shown_afterwards(
    tmp_path, time, lin, signed_in
):
    sitting = a_sitting(tmp_path, a_whole_exam(), a_whole_bank())
    text = page(signed_in(lin), "exam_sitting", sitting.pk)
    for said in (
        "10 题",
        "20 分钟",
        "还剩 2 次",
        "60% 合格",
        "90% 优秀",
        "说到客户心里",
        "正确答案和解析在通过以后",
        "题目语言",
    ):
        assert said in text
    assert not HINTS.search(text)


def test_the_button_begins_in_the_language_that_was_chosen(tmp_path, time, lin, signed_in):
    sitting = a_sitting(tmp_path, a_whole_exam(), a_whole_bank())
    answer = signed_in(lin).post(reverse("exam_sitting", args=[sitting.pk]), {"language": "en"})
    (attempt,) = learning.attempts_of(user=lin)
    assert answer.url == reverse("exam_room", args=[attempt.pk])
    assert attempt.language == "en"
    assert "What belongs into the answer?" in page(signed_in(lin), "exam_room", attempt.pk)


def test_who_has_no_attempt_left_is_told_so_and_offered_no_button(tmp_path, time, lin, signed_in):
    sitting = a_sitting(tmp_path, an_exam(attempts=1))
    _, attempt = begun(sitting, lin)
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    client = signed_in(lin)
    text = page(client, "exam_sitting", sitting.pk)
    assert "1 次机会已经用完" in text
    assert "开始考试" not in text
    assert client.post(reverse("exam_sitting", args=[sitting.pk])).status_code == 422


def test_a_sitting_of_others_and_one_that_is_not_there_are_the_same_answer(tmp_path, time, lin, signed_in):
    a_sitting(tmp_path)
    other = a_trainee()
    sitting = learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[other.employee])
    page(signed_in(lin), "exam_sitting", sitting.pk, status=404)
    page(signed_in(lin), "exam_sitting", uuid4(), status=404)


# -- the room ---------------------------------------------------------------------------------------------------------


def test_the_room_shows_every_question_and_nothing_that_gives_an_answer_away(whole):
    attempt, client = whole
    text = page(client, "exam_room", attempt.pk)
    assert text.count("data-question=") == 10
    for said in (
        "让您久等了，我马上查",
        "退货期限是",
        "听客户说完",
        "退款未到账",
        "前台",
        "不知道，你自己去查。",
        "先查物流。",
    ):
        assert said in text
    assert not HINTS.search(text)


@pytest.mark.parametrize("name", ["exam_room", "exam_review", "exam_hand_in"])
def test_nobody_sees_or_hands_in_the_attempt_of_another(whole, signed_in, name):
    attempt, _ = whole
    client = signed_in(a_trainee())
    call = client.post if name == "exam_hand_in" else client.get
    assert call(reverse(name, args=[attempt.pk])).status_code == 404
    assert client.post(reverse("exam_room", args=[attempt.pk]), {"known1": "0", "q1": "1"}).status_code == 404


def test_handing_in_and_looking_take_their_own_methods(whole):
    attempt, client = whole
    assert client.get(reverse("exam_hand_in", args=[attempt.pk])).status_code == 405
    assert client.post(reverse("exam_review", args=[attempt.pk])).status_code == 405
    assert client.post(reverse("exams")).status_code == 405
    assert client.put(reverse("exam_room", args=[attempt.pk])).status_code == 405


def sent(attempt):
    """The right answers as the fields of the form."""
    data = {}
    for number, answer in enumerate(right(attempt), start=1):
        data |= _fields(f"q{number}", answer)
    return data


def _fields(name, answer):
    match answer:
        case {"chosen": places}:
            return {name: [str(place) for place in places]}
        case {"gaps": texts}:
            return {f"{name}.g{place}": text for place, text in enumerate(texts)}
        case {"order": places}:
            return {f"{name}.o": [str(place) for place in places], f"{name}.set": "1"}
        case {"partners": partners}:
            return {f"{name}.m{place}": str(partner) for place, partner in enumerate(partners)}
        case {"text": text}:
            return {f"{name}.t": text}
        case {"inner": parts}:
            return {key: value for at, part in enumerate(parts) for key, value in _fields(f"{name}.{at}", part).items()}


def test_without_javascript_a_form_saves_and_hands_in_all_that_was_answered(whole):
    attempt, client = whole
    address = reverse("exam_room", args=[attempt.pk])
    text = page(client, "exam_room", attempt.pk)
    assert client.post(address, filled(text, **sent(attempt))).status_code == 302
    assert len(stored(attempt)) == 10
    assert stored(attempt)["4"] == {"blanks": {"secret-days": "7", "secret-who": f"商家{SECRET}"}}
    again = filled(page(client, "exam_room", attempt.pk))
    before = fresh(attempt).seq
    assert client.post(address, again | {"do": "hand_in"}).url == reverse("exam_review", args=[attempt.pk])
    found = fresh(attempt)
    assert (found.state, found.points, found.seq) == ("marked", D("19.33"), before + 1) or found.points == 20


def test_steps_move_by_buttons_that_work_without_javascript(whole):
    attempt, client = whole
    address = reverse("exam_room", args=[attempt.pk])
    shown = fresh(attempt).paper[4]["shown"][""]
    text = page(client, "exam_room", attempt.pk)
    answer = client.post(address, filled(text, move="q5.down0"))
    assert answer.url == f"{address}#q5"
    assert stored(attempt) == {"5": {"order": [shown[1], shown[0], shown[2]]}}
    client.post(address, filled(page(client, "exam_room", attempt.pk), move="q5.up0"))  # the first goes no higher
    assert stored(attempt)["5"] == {"order": [shown[1], shown[0], shown[2]]}


def test_an_order_that_nobody_touched_is_no_answer_until_it_is_kept(whole):
    attempt, client = whole
    address = reverse("exam_room", args=[attempt.pk])
    client.post(address, filled(page(client, "exam_room", attempt.pk)))
    assert stored(attempt) == {}
    client.post(address, filled(page(client, "exam_room", attempt.pk), move="q5.keep"))
    assert list(stored(attempt)) == ["5"]


def test_a_page_that_is_behind_is_told_what_stands_and_keeps_its_own_until_it_is_saved_once_more(whole, lin):
    attempt, client = whole
    address = reverse("exam_room", args=[attempt.pk])
    old = page(client, "exam_room", attempt.pk)
    answers(lin, attempt, 1, {"chosen": ["wrong1"]})
    answer = client.post(address, filled(old, q1="1"))
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "请您耐心等待" in text.partition("那边的答案是：")[2][:20]
    assert stored(attempt)["1"] == {"chosen": ["wrong1"]}
    assert client.post(address, filled(text)).status_code == 302
    assert stored(attempt)["1"] == {"chosen": ["right-x"]}


@pytest.mark.parametrize(
    "change", [{"q1": "7"}, {"q1": ["0", "1"]}, {"q6.m0": "99"}, {"q6.m0": "x"}, {"q5.set": "1", "q5.o": "0"}]
)
def test_what_is_no_answer_is_not_stored_and_said(whole, change):
    attempt, client = whole
    text = page(client, "exam_room", attempt.pk)
    answer = client.post(reverse("exam_room", args=[attempt.pk]), filled(text, **change))
    assert answer.status_code == 409
    assert "没能读懂" in answer.content.decode()
    assert stored(attempt) == {}


@pytest.mark.parametrize("sent_points", [{"points": "100"}, {"text": "100"}, {"chosen": [0]}])
def test_a_drill_takes_no_points_from_a_page(sent_points):
    face = Face("drill", "drill", ())
    with pytest.raises(NoAnswerError):
        to_stored(face, sent_points)


def test_after_the_time_the_room_is_over_and_what_was_answered_is_handed_in(whole, time, lin):
    attempt, client = whole
    text = page(client, "exam_room", attempt.pk)
    answers(lin, attempt, 3, {"chosen": ["false"]})
    time.pass_(minutes=21)
    answer = client.post(reverse("exam_room", args=[attempt.pk]), filled(text, q1="1"))
    assert answer.url == reverse("exam_review", args=[attempt.pk])
    assert fresh(attempt).points == 1


# -- looking back -----------------------------------------------------------------------------------------------------


def over(client, attempt):
    client.post(reverse("exam_room", args=[attempt.pk]), filled(page(client, "exam_room", attempt.pk), do="hand_in"))
    return page(client, "exam_review", attempt.pk)


def test_the_review_shows_answers_points_reasons_keys_and_explanations(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_sitting(tmp_path, a_whole_exam(attempts=1), a_whole_bank()), lin)
    client = signed_in(lin)
    answers(lin, attempt, 1, {"chosen": ["right-x"]})
    answers(lin, attempt, 4, {"blanks": {"secret-days": "7", "secret-who": "客户"}})
    answers(lin, attempt, 10, {"items": {"secret-t": {"chosen": ["true"]}}})
    text = over(client, attempt)
    for said in (
        "未通过",
        "4</strong> / 20 分",
        "选对了",
        "填对了",
        "没有填对",
        "没有作答",
        f"{SECRET}：先处理情绪",
        "听客户说完",
    ):
        assert said in text, said
    assert "第 2 空" in text
    assert "财务" in text


def test_the_review_of_a_failed_attempt_leads_to_how_to_go_on(tmp_path, time, lin, signed_in):
    sitting = a_sitting(tmp_path, a_whole_exam(attempts=2), a_whole_bank())
    _, attempt = begun(sitting, lin)
    client, here = signed_in(lin), reverse("exam_sitting", args=[sitting.pk])
    assert f'href="{here}"' in over(client, attempt)
    assert client.get(here).status_code == 200
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=True)
    assert f'href="{here}"' not in page(client, "exam_review", attempt.pk)


@pytest.mark.parametrize(("reveals", "points", "key"), [("nothing", False, False), ("points", True, False)])
def test_a_paper_that_reveals_less_shows_less(tmp_path, time, lin, signed_in, reveals, points, key):
    sitting = a_sitting(tmp_path, a_whole_exam(reveals=reveals), a_whole_bank())
    _, attempt = begun(sitting, lin)
    answers(lin, attempt, 1, {"chosen": ["right-x"]})
    text = over(signed_in(lin), attempt)
    assert ("选对了" in text) is points
    assert SECRET not in text
    assert "正确答案</dt>" not in text


def an_open_attempt(tmp_path, lin):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}])
    _, attempt = begun(a_sitting(tmp_path, exam, a_bank(a_short())), lin)
    answers(lin, attempt, 1, {"text": "抱歉"})
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    return attempt


def test_what_waits_for_marks_says_so_and_shows_no_points(tmp_path, time, lin, signed_in):
    attempt = an_open_attempt(tmp_path, lin)
    text = page(signed_in(lin), "exam_review", attempt.pk)
    assert "还有 1 道题等人阅卷" in text
    assert "待阅卷" in text
    assert "建议分" not in text


def test_who_judges_a_person_sees_the_attempt_with_the_proposal_and_others_do_not(tmp_path, time, lin, signed_in):
    attempt = an_open_attempt(tmp_path, lin)
    judge = a_login("judge", "training_manager", employee=an_employee("judge"))
    text = page(signed_in(judge), "exam_review", attempt.pk)
    assert lin.employee.name in text
    assert "建议分" in text
    page(signed_in(a_trainee()), "exam_review", attempt.pk, status=404)


def test_a_result_that_counts_for_an_assignment_is_found_from_my_tasks(tmp_path, time, lin, signed_in):
    a_sitting(tmp_path)
    sitting = learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[lin.employee])
    _, attempt = begun(sitting, lin)
    over(signed_in(lin), attempt)
    assert record.Assignment.objects.get(employee=lin.employee).results.count() == 1
