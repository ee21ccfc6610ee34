"""The pages of learning: my next step, courses, the lesson player without JavaScript, and the team's learning."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people.api import set_language
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from support.builders import a_unit
from support.company import a_login
from support.curriculum import a_course, a_lesson, a_path, learns, taught
from support.exam_pages import SECRET, a_whole_bank, items
from support.exams import BANK, ExamClock, a_bank, an_exam, an_item
from support.library import a_policy, an_article, installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
KEY, COURSE = "mine/first", "mine/course"


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db):
    return a_trainee()


@pytest.fixture
def two(tmp_path, time):
    """A course of two lessons."""
    taught(
        tmp_path, a_lesson(reflect={"zh": "哪一步漏了？"}), a_lesson("mine/second"),
        a_course(units=[{"what": "lesson:mine/first", "days": 3}, "lesson:mine/second"]), a_path(COURSE),
    )  # fmt: skip


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def sends(client, name, *arguments, status=302, **data):
    response = client.post(reverse(name, args=arguments), data)
    assert response.status_code == status
    return response


def place(text: str, words: str) -> str:
    """The value of the option with these words."""
    found = re.search(r'value="(\d+)"[^>]*><span[^>]*>' + words, text)
    assert found is not None
    return found[1]


def answer(client, number=1, words="乙", **more):
    text = page(client, "lesson", KEY, **({"again": number} if more.pop("again", False) else {}))
    section = text[text.index(f'id="q{number}"') :]
    return client.post(
        reverse("lesson_answer", args=[KEY]),
        {"n": number, f"q{number}": place(section, words), "click": uuid4()},
        **more,
    )


# -- my learning ------------------------------------------------------------------------------------------------------


def test_without_a_course_the_page_says_where_to_find_one(two, lin, signed_in):
    text = page(signed_in(lin), "learn")
    assert "现在没有在学的课程" in text
    assert reverse("courses") in text


def test_the_next_step_stands_at_the_top_with_its_date_and_the_share_that_is_done(two, lin, signed_in):
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    text = page(client, "learn")
    assert "您的下一步" in text
    assert "课时 mine/first" in text
    assert f'href="{reverse("lesson", args=[KEY])}?course=mine%2Fcourse"' in text
    learns(lin)
    text = page(client, "learn")
    assert "50%" in text
    assert "课时 mine/second" in text


def test_what_is_overdue_is_marked(two, time, lin, signed_in):
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    time.pass_(days=5)
    assert "逾期" in page(client, "learn")


def test_one_leaves_a_course_that_one_chose(two, lin, signed_in):
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    row = learning.Enrolment.objects.get()
    sends(client, "enrolment_change", row.pk, do="leave")
    assert "现在没有在学的课程" in page(client, "learn")
    other = signed_in(a_trainee())
    assert other.post(reverse("enrolment_change", args=[row.pk]), {"do": "leave"}).status_code == 404


def test_a_task_of_learning_leads_to_its_page(two, lin, signed_in):
    for what in ("course:mine/course", "lesson:mine/first", "path:mine/path"):
        learning.enrol(actor=None, employees=[lin.employee], what=what)
    text = page(signed_in(lin), "own_tasks")
    for address in (reverse("course", args=[COURSE]), reverse("lesson", args=[KEY]), reverse("learn")):
        assert f'href="{address}"' in text
    assert "去学课时" in text


# -- courses ----------------------------------------------------------------------------------------------------------


def test_the_catalogue_is_narrowed_down_by_what_is_chosen(tmp_path, time, lin, signed_in):
    taught(
        tmp_path, a_lesson(), a_course(stages=["newcomer"], layer="service_awareness"),
        a_course("mine/extra", obligation="voluntary", title={"zh": "情绪自护"}),
    )  # fmt: skip
    client = signed_in(lin)
    text = page(client, "courses")
    assert "课程 mine/course" in text
    assert "情绪自护" in text
    assert "情绪自护" not in page(client, "courses", obligation="compulsory")
    assert "情绪自护" in page(client, "courses", stage="backbone")
    assert "课程 mine/course" not in page(client, "courses", stage="backbone")
    assert "课程 mine/course" in page(client, "courses", obligation="nonsense")
    assert "没有符合条件的课程" in page(client, "courses", obligation="by_post")


def test_a_lesson_opens_whatever_course_its_address_names(two, lin, signed_in):
    client = signed_in(lin)
    assert reverse("course", args=[COURSE]) in page(client, "lesson", KEY, course=COURSE)
    for course in ("1\nX: y", "x" * 5000):
        assert "课时" in page(client, "lesson", KEY, course=course)


def test_a_course_says_why_a_unit_is_locked_and_what_there_is_to_do(two, lin, signed_in):
    client = signed_in(lin)
    text = page(client, "course", COURSE)
    assert "开始学习" in text
    assert reverse("lesson", args=["mine/second"]) not in text
    sends(client, "course_act", COURSE, do="join")
    text = page(client, "course", COURSE)
    assert "先完成“课时 mine/first”" in text
    assert text.count("lesson/") == 0


def test_who_reads_english_sees_which_units_of_a_course_are_in_chinese(two, lin, signed_in):
    client = signed_in(lin)
    course = page(client, "course", "mine/course")
    assert "tag-language" not in course
    set_language(user=lin, language="en")
    course = page(client, "course", "mine/course")
    assert course.count("in Chinese") == course.count('class="tag">Lesson</span>') == 2


def test_a_course_for_other_posts_cannot_be_begun(tmp_path, time, lin, signed_in):
    taught(tmp_path, a_lesson(), a_course(obligation="by_post", posts=["somebody"]))
    client = signed_in(lin)
    assert "其他岗位的选修课" in page(client, "course", COURSE)
    sends(client, "course_act", COURSE, do="join")
    assert not learning.Enrolment.objects.exists()


def test_an_article_is_marked_as_read_and_a_policy_is_confirmed_on_its_own_page(tmp_path, time, lin, signed_in):
    taught(tmp_path, an_article(), a_policy(), a_course(units=["article:mine/returns", "policy:mine/privacy"]))
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    sends(client, "course_act", COURSE, do="read", what="article:mine/returns")
    text = page(client, "course", COURSE)
    assert "已读" in text
    sends(client, "course_act", COURSE, do="read", what="policy:mine/privacy")
    assert "确认" in page(client, "course", COURSE)
    row = learning.Enrolment.objects.get()
    assert row.completed_at is None


def test_testing_out_leads_to_the_exam_and_its_result_is_told(tmp_path, time, lin, signed_in):
    fixed = [{"item": f"{BANK}#q{n}"} for n in (1, 2)]
    installed(
        tmp_path, a_bank(an_item("q1"), an_item("q2")), a_lesson(), an_exam(fixed=fixed, drawn=[]),
        a_course(test_out="mine/exam", exam="mine/exam"),
    )  # fmt: skip
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    assert "参加免修测试" in page(client, "course", COURSE)
    there = sends(client, "course_act", COURSE, do="test_out").url
    assert client.get(there).status_code == 200
    assert "您的课程" in page(client, "exams")
    sitting = learning.sittings_for(user=lin).get()
    attempt = learning.start_attempt(user=lin, sitting_id=sitting.pk)
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    text = page(client, "course", COURSE)
    assert "免修测试结果" in text
    assert "还要学" in text


@pytest.mark.parametrize("name", ["course", "lesson"])
def test_what_is_not_there_and_what_is_anothers_give_the_same_answer(two, lin, signed_in, name):
    page(signed_in(lin), name, "mine/none", status=404)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("course_act", [COURSE]), ("lesson_act", [KEY]), ("lesson_answer", [KEY]), ("path_join", ["mine/path"])],
)
def test_pages_that_change_something_are_not_opened_by_a_link(two, lin, signed_in, name, arguments):
    assert signed_in(lin).get(reverse(name, args=arguments)).status_code in (404, 405)


def test_who_is_no_employee_reads_courses_and_lessons_in_the_library(two, signed_in):
    client = signed_in(a_login("chief", "training_manager"))
    for name, key in (("course", COURSE), ("lesson", KEY)):
        response = client.get(reverse(name, args=[key]))
        assert response.status_code == 302
        assert response.url == reverse("library_text", args=[name, key])
    assert client.post(reverse("course_act", args=[COURSE]), {"do": "join"}).status_code == 404
    assert page(client, "learn")


def test_a_path_is_begun_from_the_catalogue(two, lin, signed_in):
    client = signed_in(lin)
    assert "新人路径" in page(client, "courses")
    sends(client, "path_join", "mine/path")
    assert "新人路径" in page(client, "learn")


# -- the lesson player ------------------------------------------------------------------------------------------------


def test_a_lesson_shows_goals_matter_and_the_first_question_alone(two, lin, signed_in):
    text = page(signed_in(lin), "lesson", KEY)
    assert text.index("学完这一课") < text.index("先说一句接住客户的话") < text.index("题 q1")
    assert "题 q2" not in text
    assert "因为乙" not in text


def test_the_explanation_comes_with_the_answer_and_a_wrong_one_may_be_given_again(two, lin, signed_in):
    client = signed_in(lin)
    assert answer(client, 1, "甲").status_code == 302
    text = page(client, "lesson", KEY)
    assert "还不对" in text
    assert "因为乙" in text
    assert "再答一次" in text
    assert "题 q2" in text
    answer(client, 1, "乙", again=True)
    answer(client, 2, "乙")
    text = page(client, "lesson", KEY)
    assert "这一课已经完成" in text
    assert "50%" in text
    assert learning.Completion.objects.count() == 1


def test_no_key_is_on_the_page_before_the_answer(tmp_path, time, lin, signed_in):
    names = [f"{BANK}#{one['id']}" for one in items() if one["type"] != "rewrite"]
    installed(tmp_path, a_whole_bank(), a_lesson(check={"items": names}, rewrite=f"{BANK}#rewrite"))
    text = page(signed_in(lin), "lesson", KEY)
    assert SECRET not in text
    assert "right-x" not in text


def test_an_answer_without_a_choice_is_refused_with_a_word(two, lin, signed_in):
    response = signed_in(lin).post(reverse("lesson_answer", args=[KEY]), {"n": 1})
    assert response.status_code == 422
    assert "还没有作答" in response.content.decode()
    assert not learning.LessonWork.objects.exists()


def test_with_htmx_the_answer_brings_its_question_the_next_one_and_what_is_left(two, lin, signed_in):
    response = answer(signed_in(lin), 1, "乙", headers={"HX-Request": "true"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "答对了" in text
    assert 'id="q2"' in text
    assert 'hx-swap-oob="true"' in text
    assert "<html" not in text


def test_answering_once_more_does_not_bring_the_next_question_a_second_time(two, lin, signed_in):
    client = signed_in(lin)
    answer(client, 1, "甲", headers={"HX-Request": "true"})
    text = answer(client, 1, "乙", again=True, headers={"HX-Request": "true"}).content.decode()
    assert "答对了" in text
    assert 'id="q2"' not in text


def test_the_page_of_a_text_leads_back_to_its_course(tmp_path, time, lin, signed_in):
    taught(tmp_path, an_article(), a_course(units=["article:mine/returns"]))
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    there = reverse("library_text", args=["article", "mine/returns"])
    assert f"{there}?course=mine%2Fcourse" in page(client, "course", COURSE)
    text = page(client, "library_text", "article", "mine/returns", course=COURSE)
    assert "课程里的一个单元" in text
    assert "课程里的一个单元" not in page(client, "library_text", "article", "mine/returns")


def test_steps_are_moved_by_buttons_without_being_answered(tmp_path, time, lin, signed_in):
    installed(tmp_path, a_whole_bank(), a_lesson(check={"items": [f"{BANK}#order"]}))
    client = signed_in(lin)
    text = page(client, "lesson", KEY)
    order = re.findall(r'name="q1.o" value="(\d)"', text)
    response = client.post(
        reverse("lesson_answer", args=[KEY]), {"n": 1, "q1.o": order, "q1.set": "", "move": "q1.down0"}
    )
    moved = re.findall(r'name="q1.o" value="(\d)"', response.content.decode())
    assert moved == [order[1], order[0], order[2]]
    assert not learning.LessonWork.objects.exists()
    client.post(reverse("lesson_answer", args=[KEY]), {"n": 1, "q1.o": order, "q1.set": "", "click": uuid4()})
    assert learning.LessonWork.objects.count() == 1, "steps that were not moved are an answer too"


def test_a_line_is_said_better_and_what_was_found_in_it_is_told(tmp_path, time, lin, signed_in):
    installed(tmp_path, a_whole_bank(), a_lesson(check=None, rewrite=f"{BANK}#rewrite"))
    client = signed_in(lin)
    response = client.post(
        reverse("lesson_answer", args=[KEY]), {"n": 0, "q0.t": "让您久等了，我这就帮您查物流", "click": uuid4()}
    )
    assert response.status_code == 302
    text = page(client, "lesson", KEY)
    assert "您这句话里看到的" in text
    assert "这一课已经完成" in text


def test_a_reflection_stays_in_its_field(two, lin, signed_in):
    client = signed_in(lin)
    page(client, "lesson", KEY)
    sends(client, "lesson_act", KEY, do="reflect", text="漏了澄清", click=str(uuid4()))
    assert "漏了澄清" in page(client, "lesson", KEY)


def test_a_lesson_that_is_to_be_read_is_done_by_saying_so_and_can_be_learnt_again(tmp_path, time, lin, signed_in):
    taught(tmp_path, a_lesson(check=None))
    client = signed_in(lin)
    assert "读完了" in page(client, "lesson", KEY)
    sends(client, "lesson_act", KEY, do="read", click=str(uuid4()))
    assert "再学一遍" in page(client, "lesson", KEY)
    time.pass_(minutes=1)
    sends(client, "lesson_act", KEY, do="again")
    assert "第 2 遍" in page(client, "lesson", KEY)


def test_a_locked_lesson_can_be_read_and_says_what_comes_first(two, lin, signed_in):
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    text = page(client, "lesson", "mine/second")
    assert "先完成“课时 mine/first”" in text
    assert "题 q1" not in text


def test_after_a_lesson_the_next_one_is_offered(two, lin, signed_in):
    client = signed_in(lin)
    sends(client, "course_act", COURSE, do="join")
    learns(lin)
    assert f'href="{reverse("lesson", args=["mine/second"])}' in page(client, "lesson", KEY)


# -- after a failed exam ----------------------------------------------------------------------------------------------


def test_before_a_resit_the_page_of_the_exam_names_the_lessons(tmp_path, time, lin, signed_in):
    installed(
        tmp_path, a_bank(), a_lesson(),
        an_exam(fixed=[{"item": f"{BANK}#q1"}], drawn=[], remedial=[KEY]),
    )  # fmt: skip
    sitting = learning.open_sitting(
        actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[lin.employee]
    )  # fmt: skip
    attempt = learning.start_attempt(user=lin, sitting_id=sitting.pk)
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    text = page(signed_in(lin), "exam_sitting", sitting.pk)
    assert "先学完补训课时" in text
    assert f'href="{reverse("lesson", args=[KEY])}"' in text


# -- the team ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def team(two):
    unit = a_unit()
    lead, one, stranger = a_trainee(role="supervisor", unit=unit), a_trainee(unit=unit), a_trainee(unit=a_unit())
    return lead, one, stranger


def test_a_lead_assigns_a_course_and_sees_who_is_where(team, time, signed_in):
    lead, one, stranger = team
    client = signed_in(lead)
    assert "还没有人在学课程" in page(client, "team_learning")
    text = page(client, "learning_assign")
    assert one.employee.name in text
    assert stranger.employee.name not in text
    data = {"what": "course:mine/course", "learners": [str(one.employee.pk)], "due_on": "", "note": "加油"}
    sends(client, "learning_assign", **data)
    assert record.Assignment.objects.get().note == "加油"
    text = page(client, "team_learning")
    assert one.employee.name in text
    assert "0%" in text
    time.pass_(days=9)
    assert "1 项逾期" in page(client, "team_learning")
    assert one.employee.name not in page(client, "team_learning", what="path:mine/path")


def test_a_lead_sees_unit_by_unit_where_somebody_is(team, signed_in):
    lead, one, stranger = team
    learning.enrol(actor=None, employees=[one.employee], what="course:mine/course")
    learns(one)
    text = page(signed_in(lead), "person_learning", one.employee.pk)
    assert "50%" in text
    assert "已学完" in text
    assert "课时 mine/second" in text
    assert "还没有" not in text
    page(signed_in(lead), "person_learning", stranger.employee.pk, status=404)
    page(signed_in(one), "person_learning", one.employee.pk, status=404)
    assert one.employee.name in page(signed_in(lead), "learning_assign", person=str(one.employee.pk))


def test_from_the_library_a_way_leads_to_the_lesson_and_the_course(two, lin, signed_in):
    client = signed_in(lin)
    for kind, key in (("lesson", KEY), ("course", COURSE)):
        assert f'href="{reverse(kind, args=[key])}"' in page(client, "library_text", kind, key)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"learners": []}, "至少"),
        ({"what": ""}, "需要填写"),
        ({"what": "course:mine/none"}, "mine/none"),
        ({"due_on": "2020-01-01"}, "已经过去"),
    ],
)
def test_what_cannot_be_assigned_is_said_beside_its_field(team, signed_in, data, said):
    lead, one, _ = team
    given = {"what": "course:mine/course", "learners": [str(one.employee.pk)], "due_on": "", "note": "", **data}
    response = signed_in(lead).post(reverse("learning_assign"), given)
    assert response.status_code == 422
    assert not learning.Enrolment.objects.exists()


def test_people_of_other_teams_cannot_be_put_on_anything(team, signed_in):
    lead, _, stranger = team
    response = signed_in(lead).post(
        reverse("learning_assign"), {"what": "course:mine/course", "learners": [str(stranger.employee.pk)]}
    )
    assert response.status_code == 422
    assert not learning.Enrolment.objects.exists()


@pytest.mark.parametrize("name", ["team_learning", "learning_assign"])
def test_who_leads_nobody_has_no_page_of_a_team(two, lin, signed_in, name):
    page(signed_in(lin), name, status=404)


def test_signed_out_nobody_learns(two, client):
    for name, arguments in (("learn", []), ("courses", []), ("course", [COURSE]), ("lesson", [KEY])):
        assert client.get(reverse(name, args=arguments)).status_code == 302


def test_a_need_leads_to_what_trains_it_and_is_assigned_with_it(team, signed_in):
    lead, one, _ = team
    need = record.raise_need(
        actor=lead, employee=one.employee, subject_kind=record.NeedSubject.COMPETENCY, subject="problem_solving",
        reason=Reason("record.need_raised"),
    )  # fmt: skip
    client = signed_in(lead)
    assert reverse("learning_assign") in page(client, "team_needs")
    text = page(client, "learning_assign", need=str(need.pk))
    assert text.index("能补上这个需求") < text.index('value="course:mine/course"')
    data = {"what": "course:mine/course", "learners": [str(one.employee.pk)], "due_on": "", "note": "", "need": need.pk}
    sends(client, "learning_assign", **data)
    need.refresh_from_db()
    assert need.state == record.NeedState.ASSIGNED
    assert record.Assignment.objects.get().need == need
