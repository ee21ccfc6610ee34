"""The pages of practice: catalogue, start, room, debrief, lists, and a supervisor's rating."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.base.audit import bookkeeping
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from support.builders import a_unit, a_user, an_employee
from support.company import a_login
from support.library import a_pack, an_article, installed
from support.practice import ABUSIVE, CALM, GOOD, RUDE, Clock, a_run, a_trainee, acts, plays, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> Clock:
    return Clock().patch(monkeypatch)


@pytest.fixture
def unit() -> people.Unit:
    return a_unit("team-a", zh="一组", en="Team A")


@pytest.fixture
def lin(unit) -> people.User:
    return a_login("lin", "agent", employee=an_employee("林小禾", unit=unit))


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


@pytest.fixture
def other_lead() -> people.User:
    return a_login("other", "supervisor", unit=a_unit("team-b"))


def page(client: Client, name: str, *arguments, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def main_of(text: str) -> str:
    return text.split('id="main"')[1].split("</main>")[0]


def said(points: Decimal) -> str:
    """Points as pages say them."""
    return f"{round(points, 1):f}".removesuffix(".0")


def an_assignment(user: people.User, target: str = CALM, **more) -> record.Assignment:
    what = record.NewAssignment(target=target, title={"zh": "物流延误", "en": "Delayed parcel"}, **more)
    (row,) = record.assign(actor=None, employees=[user.employee], what=what)
    return row


# The catalogue


def test_the_catalogue_shows_every_drill_with_what_it_trains_and_how_long_it_takes(signed_in, lin):
    text = page(signed_in(lin), "practise")
    for words in ("物流延误", "辱骂客户", "还没练过", "3分", "客户不满时缺少共情", "明确时限"):
        assert words in text
    assert reverse("drill_start", args=[CALM]) in text


def test_what_is_assigned_stands_first_with_deadline_and_attempts_left(signed_in, lin):
    task = an_assignment(lin, due_at=timezone.now() + timedelta(days=2), attempts_allowed=3)
    text = page(signed_in(lin), "practise")
    first = text.split("安排给您的")[1].split("全部演练")[0]
    assert "物流延误" in first
    assert "还剩 3 次" in first
    assert f"?assignment={task.pk}" in first


def test_what_helps_against_the_own_need_stands_before_the_rest(signed_in, lin):
    record.raise_need(actor=None, employee=lin.employee, subject="empathy", reason=Reason("record.need_raised"))
    text = page(signed_in(lin), "practise")
    assert "最值得您练的" in text
    started = page(signed_in(lin), "drill_start", CALM)
    assert "共情" in started.split("针对您的这些需求")[1].split("</p>")[0]


def test_the_teams_drills_stand_by_date_the_newest_first(signed_in, lin, lead, time):
    older, newer = plays(lin, a_run(lin), time), plays(lin, a_run(lin), time)
    with bookkeeping():
        practice.DrillRun.objects.filter(pk=older.pk).update(started_at=newer.started_at + timedelta(days=1))
    text = page(signed_in(lead), "team_runs")
    assert text.index(str(older.pk)) < text.index(str(newer.pk))


def test_best_and_last_result_stand_on_the_card(signed_in, lin, time):
    best, last = plays(lin, a_run(lin), time), plays(lin, a_run(lin), time, "policy_breaking")
    assert best.total > last.total
    card = page(signed_in(lin), "practise").split('class="drill-own"')
    (own,) = [part.split("</p>")[0] for part in card if "最好" in part.split("</p>")[0]]
    assert own.index(said(best.total)) < own.index("最近") < own.index(said(last.total))


def test_filters_leave_what_was_asked_for_and_survive_nonsense(signed_in, lin):
    client = signed_in(lin)
    kept = page(client, "practise", industry="telecom").split('id="all-drills"')[1]
    assert "辱骂客户" in kept
    assert "物流延误" not in kept
    assert "没有符合条件的演练" in page(client, "practise", industry="telecom", difficulty="1")
    assert "物流延误" in page(client, "practise", industry="x", difficulty="y", language="z")


def test_who_is_no_employee_sees_counts_or_is_led_to_the_people(signed_in, lin, lead, time):
    plays(lin, a_run(lin), time)
    led = signed_in(lead).get(reverse("practise"))
    assert (led.status_code, led.headers["Location"]) == (302, reverse("team_runs"))
    text = page(signed_in(a_login("boss", "leadership")), "practise")
    assert "1 人完成了 1 场" in text
    assert "林小禾" not in text


# The start


def test_the_start_page_says_what_each_difficulty_changes(signed_in, lin):
    text = page(signed_in(lin), "drill_start", CALM)
    for words in ("童趣玩具", "作为能力依据只算一半", "也不能暂停", "显示必备要素", "随时可以停止"):
        assert words in text


def test_an_unknown_drill_is_absent(signed_in, lin):
    page(signed_in(lin), "drill_start", "no/such-drill", status=404)


def test_starting_leads_into_the_room(signed_in, lin, time):
    response = signed_in(lin).post(reverse("drill_start", args=[CALM]), {"language": "en", "mode": "hard"})
    run = practice.DrillRun.objects.get()
    assert response.headers["Location"] == reverse("drill_room", args=[run.pk])
    assert (run.language, run.mode, run.shows_script) == ("en", "hard", False)


def test_a_start_without_choices_is_not_taken(signed_in, lin):
    assert signed_in(lin).post(reverse("drill_start", args=[CALM]), {}).status_code == 422
    assert not practice.DrillRun.objects.exists()


def test_an_abusive_customer_needs_a_yes_and_no_is_an_answer(signed_in, lin):
    client = signed_in(lin)
    text = page(client, "drill_start", ABUSIVE)
    for words in ("这位客户会辱骂", "“停止”按钮一直看得见", "您可以拒绝", "不练这个"):
        assert words in text
    how = {"language": "zh", "mode": "normal"}
    refused = client.post(reverse("drill_start", args=[ABUSIVE]), how)
    assert refused.status_code == 422
    assert "请先勾选" in refused.content.decode()
    assert not practice.DrillRun.objects.exists()
    client.post(reverse("drill_start", args=[ABUSIVE]), {**how, "consent": "on"})
    assert practice.DrillRun.objects.get().consent_at is not None


def test_an_assigned_drill_is_played_without_script_and_counts_for_the_assignment(signed_in, lin, time):
    task = an_assignment(lin, attempts_allowed=2)
    client = signed_in(lin)
    text = page(client, "drill_start", CALM, assignment=str(task.pk))
    assert "显示必备要素" not in text
    assert 'value="easy"' not in text
    how = {"language": "zh", "mode": "normal", "assignment": str(task.pk), "shows_script": "on"}
    client.post(reverse("drill_start", args=[CALM]), how)
    run = practice.DrillRun.objects.get()
    assert (run.assignment_id, run.is_exam, run.shows_script) == (task.pk, True, False)


def test_an_attempt_is_spent_only_by_who_means_to(signed_in, lin, time):
    task = an_assignment(lin, attempts_allowed=2, note="先看规则")
    client = signed_in(lin)
    text = page(client, "drill_start", CALM)
    assert f'value="{task.pk}"' not in text
    assert f"?assignment={task.pk}" in text
    assert "考核性练习" not in text
    named = page(client, "drill_start", CALM, assignment=str(task.pk))
    assert f'value="{task.pk}"' in named
    assert "考核性练习" in named
    assert "先看规则" in named
    run = plays(lin, a_run(lin, assignment=task), time)
    again = re.search(r'href="([^"]*again=[^"]*)"', page(client, "drill_debrief", run.pk))
    assert f'value="{task.pk}"' not in client.get(again[1]).content.decode()


def test_an_assignment_that_is_over_is_said_to_be_before_a_free_drill_begins(signed_in, lin):
    task = an_assignment(lin)
    record.cancel_assignment(actor=None, assignment=task)
    client = signed_in(lin)
    assert "这项任务已经结束" in page(client, "drill_start", CALM, assignment=str(task.pk))
    how = {"language": "zh", "mode": "normal"}
    refused = client.post(reverse("drill_start", args=[CALM]), how | {"assignment": str(task.pk)})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "这项任务已经结束" in text
    assert str(task.pk) not in text.split('<form method="post" class="panel start-form">')[1].split("</form>")[0]
    assert not practice.DrillRun.objects.exists()
    assert client.post(reverse("drill_start", args=[CALM]), how).status_code == 302


def test_another_running_drill_is_offered_to_go_on_with_or_to_stop(signed_in, lin):
    run = a_run(lin)
    client = signed_in(lin)
    response = client.post(reverse("drill_start", args=[CALM]), {"language": "zh", "mode": "normal"})
    assert response.status_code == 422
    text = response.content.decode()
    assert reverse("drill_room", args=[run.pk]) in text
    assert reverse("drill_stop", args=[run.pk]) in text
    assert reverse("drill_room", args=[run.pk]) in page(client, "practise")


def test_house_rules_are_told_on_the_start_page(signed_in, lin, settings):
    settings.DRILLS_A_DAY = 0
    response = signed_in(lin).post(reverse("drill_start", args=[CALM]), {"language": "zh", "mode": "normal"})
    assert response.status_code == 422
    assert "明天再来" in response.content.decode()


# The room


def test_the_room_has_everything_to_play_and_always_a_stop(signed_in, lin):
    run = a_run(lin)
    text = page(signed_in(lin), "drill_room", run.pk)
    for words in ("客户满意度指数", "问题解决效率", "停止", f"/ws/drills/{run.pk}/", "陈女士", 'role="log"'):
        assert words in text
    assert "style=" not in main_of(text)
    assert "必备要素" not in text


def test_the_script_is_ticked_off_only_where_it_was_asked_for(signed_in, lin, time):
    client = signed_in(lin)
    shown = a_run(lin, shows_script=True)
    assert "说清卡在哪里" in page(client, "drill_room", shown.pk)
    time.pass_(10)
    says(lin, shown, "包裹卡在杭州转运中心，那边暴雨积水停了分拣。")
    found = client.get(reverse("drill_script", args=[shown.pk])).json()["required"]
    assert {item["id"]: item["is_met"] for item in found}["cause"] is True
    assert {item["id"]: item["is_met"] for item in found}["eta"] is False
    practice.stop_drill(user=lin, run_id=shown.pk)
    hidden = a_run(lin)
    assert client.get(reverse("drill_script", args=[hidden.pk])).status_code == 404


def test_the_library_suggests_answers_in_a_drill_but_not_in_an_exam(signed_in, lin, time, home, tmp_path):
    phrase = {"id": "where", "when": {"zh": "客户催快递，问到哪了"}, "text": {"zh": "我马上查，五分钟内告诉您。"}}
    document = {
        "kind": "phrases", "schema_version": 1, "key": "mine/phrases", "title": {"zh": "物流"}, "phrases": [phrase],
    }  # fmt: skip
    installed(tmp_path / "pack", document)
    client = signed_in(lin)
    run = a_run(lin)
    address = reverse("drill_answers", args=[run.pk])
    assert address in page(client, "drill_room", run.pk)
    (answer,) = client.get(address, {"text": "我的快递到哪了？"}).json()["answers"]
    assert answer["text"] == "我马上查，五分钟内告诉您。"
    assert answer["when"] == "客户催快递，问到哪了"
    assert client.get(address).json() == {"answers": [], "known": []}
    assert client.post(address).status_code == 405
    practice.stop_drill(user=lin, run_id=run.pk)
    exam = a_run(lin, assignment=an_assignment(lin, attempts_allowed=2))
    assert "data-answers" not in page(client, "drill_room", exam.pk)
    assert client.get(reverse("drill_answers", args=[exam.pk]), {"text": "快递"}).status_code == 404


def test_only_what_suits_customer_channel_and_trainee_is_suggested(signed_in, lin, time, home, tmp_path):
    suited: dict[str, dict[str, list[str]]] = {
        "all": {},
        "chat": {"channels": ["chat"]},
        "phone": {"channels": ["phone"]},
        "upset": {"customers": ["upset"]},
        "new": {"customers": ["new"]},
        "in": {"entries": ["in_sale"]},
        "before": {"entries": ["pre_sale"]},
        "newcomer": {"seniority": ["newcomer"]},
        "experienced": {"seniority": ["experienced"]},
    }
    phrases = [
        {"id": name, "when": {"zh": "客户催快递，问到哪了"}, "text": {"zh": f"我马上查 {name}"}, **more}
        for name, more in suited.items()
    ]
    document = {
        "kind": "phrases", "schema_version": 1, "key": "mine/phrases", "title": {"zh": "物流"}, "phrases": phrases,
    }  # fmt: skip
    article = an_article("mine/parcel", zh="快递到哪了", body="先查轨迹，再说到哪了。")
    installed(tmp_path / "pack", document, article)
    client = signed_in(lin)
    address = reverse("drill_answers", args=[a_run(lin).pk])  # a delayed parcel: in the sale, upset from the start

    def suggested(suiting: set[str]) -> None:
        library.search(user=lin)
        found = client.get(address, {"text": "我的快递到哪了？"}).json()
        assert {each["text"].split()[-1] for each in found["answers"]} <= suiting
        assert len(found["answers"]) == 4
        assert [each["href"] for each in found["known"]] == ["/learn/library/article/mine/parcel/"]

    everybody = {"all", "chat", "upset", "in"}
    suggested(everybody | {"newcomer", "experienced"})
    for stage, name in ((people.Stage.NEWCOMER, "newcomer"), (people.Stage.BACKBONE, "experienced")):
        day = base.today_in_company() - timedelta(days=2 if name == "newcomer" else 1)
        people.set_stage(actor=None, employee=lin.employee, stage=stage, starts_on=day)
        suggested(everybody | {name})


def test_phrases_of_other_industries_are_not_suggested(signed_in, lin, time, home, tmp_path):
    def phrases(pack: str) -> dict[str, object]:
        phrase = {"id": "where", "when": {"zh": "客户催快递，问到哪了"}, "text": {"zh": f"我马上查 {pack}"}}
        return {
            "kind": "phrases", "schema_version": 1, "key": f"{pack}/phrases", "title": {"zh": "物流"},
            "phrases": [phrase],
        }  # fmt: skip

    packs = ("mine", "retail", "healthcare", "service-core")
    library.install_packs(roots=[a_pack(tmp_path / pack, phrases(pack), key=pack) for pack in packs])
    run = a_run(lin)
    assert run.scenario.startswith("retail/")
    found = signed_in(lin).get(reverse("drill_answers", args=[run.pk]), {"text": "我的快递到哪了？"}).json()
    assert {each["text"].split()[-1] for each in found["answers"]} == {"mine", "retail", "service-core"}


def test_nobody_else_enters_the_room(signed_in, lin, lead, time):
    run = a_run(lin)
    for who in (lead, a_trainee(), a_login("manager", "training_manager")):
        client = signed_in(who)
        for name in ("drill_room", "drill_script", "drill_answers"):
            page(client, name, run.pk, status=404)
        for name in ("drill_stop", "drill_fork"):
            assert client.post(reverse(name, args=[run.pk])).status_code == 404
    run.refresh_from_db()
    assert not run.is_over


def test_a_room_whose_drill_is_over_leads_to_the_debrief_and_a_stopped_one_back(signed_in, lin, time):
    client = signed_in(lin)
    done = plays(lin, a_run(lin), time)
    response = client.get(reverse("drill_room", args=[done.pk]))
    assert response.headers["Location"] == reverse("drill_debrief", args=[done.pk])
    run = a_run(lin)
    stopped = client.post(reverse("drill_stop", args=[run.pk]))
    assert stopped.headers["Location"] == reverse("practise")
    assert client.get(reverse("drill_room", args=[run.pk])).headers["Location"] == reverse("practise")
    page(client, "drill_debrief", run.pk, status=404)


def test_stopping_what_ended_meanwhile_says_that_it_is_scored(signed_in, lin, time):
    client, run = signed_in(lin), plays(lin, a_run(lin), time)
    response = client.post(f"{reverse('drill_stop', args=[run.pk])}?next=/practise/mine/", follow=True)
    assert response.redirect_chain == [(reverse("drill_debrief", args=[run.pk]), 302)]
    text = response.content.decode()
    assert "已经结束并计分" in text
    assert "不计分。" not in text


def test_that_a_stop_counts_is_told_before_the_start_in_the_room_and_after_the_stop(signed_in, lin):
    client, task = signed_in(lin), an_assignment(lin, attempts_allowed=2)
    before = page(client, "drill_start", CALM, assignment=str(task.pk))
    assert "停下来会按已完成的部分计分，算一次" in before
    assert "中途停止按已完成的部分计分" in before
    assert "停止的演练不计分" not in before
    run = a_run(lin, assignment=task)
    assert "会按已完成的部分计分，算一次" in page(client, "drill_room", run.pk)
    assert "停止，按已完成的部分计分" in page(client, "practise")
    response = client.post(reverse("drill_stop", args=[run.pk]), follow=True)
    assert response.redirect_chain == [(reverse("drill_debrief", args=[run.pk]), 302)]
    assert "您中途停止了考核性练习" in response.content.decode()


def test_stopping_leads_on_only_within_the_product(signed_in, lin):
    client = signed_in(lin)
    for onward, expected in (("/practise/mine/", "/practise/mine/"), ("https://evil.example/", reverse("practise"))):
        run = a_run(lin)
        response = client.post(f"{reverse('drill_stop', args=[run.pk])}?next={onward}")
        assert response.headers["Location"] == expected


@pytest.mark.parametrize("name", ["drill_stop", "drill_fork", "drill_rate"])
def test_what_changes_something_is_never_a_link(signed_in, lin, name):
    assert signed_in(lin).get(reverse(name, args=[uuid4()])).status_code == 405


@pytest.mark.parametrize("name", ["drill_room", "drill_script", "drill_debrief"])
def test_what_shows_something_takes_no_data(signed_in, lin, name):
    assert signed_in(lin).post(reverse(name, args=[uuid4()])).status_code == 405


def test_a_guest_is_asked_to_sign_in(client, db):
    for name in ("practise", "own_runs", "team_runs"):
        assert client.get(reverse(name)).status_code == 302


# The debrief


def test_the_debrief_says_what_to_do_before_it_says_any_score(signed_in, lin, time):
    run = plays(lin, a_run(lin), time, "policy_breaking")
    text = main_of(page(signed_in(lin), "drill_debrief", run.pk))
    places = [text.index(words) for words in ("下次先改这一点", "客户的心情", "关键时刻", "必备要素", 'id="score"')]
    assert places == sorted(places)
    assert f"{said(run.total)}</" not in text[: places[-1]]


def test_every_quote_leads_to_the_words_and_every_moment_to_its_reason(signed_in, lin, time):
    run = plays(lin, a_run(lin), time, "policy_breaking")
    text = main_of(page(signed_in(lin), "drill_debrief", run.pk))
    targets = set(re.findall(r'href="#([mt]\d+)"', text))
    assert targets
    assert {target for target in targets if f'id="{target}"' not in text} == set()
    assert '<mark class="hl-fault">' in text


def test_own_words_stand_beside_model_words(signed_in, lin, time):
    run = plays(lin, a_run(lin), time, "curt")
    text = main_of(page(signed_in(lin), "drill_debrief", run.pk))
    assert "您的原话" in text
    assert "参考说法" in text
    assert "没有说到" in text or "只说了一半" in text


def test_the_lecturers_view_keeps_to_the_three_dimensions(signed_in, lin, time):
    run = plays(lin, a_run(lin), time)
    client = signed_in(lin)
    whole = page(client, "drill_debrief", run.pk).split('id="score"')[1]
    three = page(client, "drill_debrief", run.pk, card="lecturer-review").split('id="score"')[1]
    assert whole.count('class="dimension"') == 6
    assert three.count('class="dimension"') == 3
    assert page(client, "drill_debrief", run.pk, card="nonsense").count('class="dimension"') == 6


def test_what_was_typed_is_text_and_never_runs(signed_in, lin, time):
    run = a_run(lin)
    time.pass_(9)
    says(lin, run, "<script>alert(1)</script> 我保证明天一定到 <img src=x onerror=alert(2)>")
    practice.end_drill(user=lin, run_id=run.pk)
    response = signed_in(lin).get(reverse("drill_debrief", args=[run.pk]))
    body = response.content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body


def test_a_turning_point_can_be_replayed_and_the_replay_is_marked(signed_in, lin, time):
    run = plays(lin, a_run(lin), time, "policy_breaking")
    client = signed_in(lin)
    text = page(client, "drill_debrief", run.pk)
    seq = text.split('name="seq" value="')[1].split('"')[0]
    response = client.post(reverse("drill_fork", args=[run.pk]), {"seq": seq})
    fork = practice.DrillRun.objects.exclude(pk=run.pk).get()
    assert response.headers["Location"] == reverse("drill_room", args=[fork.pk])
    assert (fork.forked_from_id, fork.fork_seq) == (run.pk, int(seq))
    assert "重练，不计入" in page(client, "drill_room", fork.pk)


@pytest.mark.parametrize("seq", ["", "-1", "x", "999999999999", "1", "²"])
def test_a_replay_from_nowhere_says_so(signed_in, lin, time, seq):
    run = plays(lin, a_run(lin), time, "curt")
    response = signed_in(lin).post(reverse("drill_fork", args=[run.pk]), {"seq": seq})
    assert response.headers["Location"] == reverse("drill_debrief", args=[run.pk])
    assert practice.DrillRun.objects.count() == 1


def test_a_debrief_is_seen_by_who_leads_and_by_nobody_beside(signed_in, lin, lead, other_lead, time):
    run = plays(lin, a_run(lin), time)
    text = page(signed_in(lead), "drill_debrief", run.pk)
    assert "林小禾" in text
    assert "从这里重练" not in text
    for who in (
        a_login("manager", "training_manager"),
        a_login("quality", "quality_inspector", unit=a_unit("x").parent),
    ):
        assert "林小禾" in page(signed_in(who), "drill_debrief", run.pk)
    for who in (other_lead, a_trainee(), a_login("boss", "leadership"), a_login("admin", "administrator")):
        page(signed_in(who), "drill_debrief", run.pk, status=404)


# The lists


def test_own_drills_are_listed_with_their_outcome(signed_in, lin, time):
    assert "还没有演练过" in page(signed_in(lin), "own_runs")
    run = plays(lin, a_run(lin), time)
    text = page(signed_in(lin), "own_runs")
    assert "问题解决，客户满意" in text
    assert reverse("drill_debrief", args=[run.pk]) in text


def test_the_teams_drills_are_filtered_and_keep_to_the_team(signed_in, lin, lead, other_lead, time):
    plays(lin, a_run(lin), time, "policy_breaking")
    client = signed_in(lead)
    assert "林小禾" in page(client, "team_runs")
    assert "林小禾" in page(client, "team_runs", q=lin.employee.number, scenario=CALM, how="failed")
    for query in ({"q": "nobody"}, {"how": "passed"}, {"how": "stopped"}, {"scenario": ABUSIVE}):
        assert "林小禾" not in main_of(page(client, "team_runs", **query)).split('id="runs-part"')[1]
    assert "林小禾" in page(client, "team_runs", unit="x", how="y", scenario="z", page="q")
    assert "林小禾" not in page(signed_in(other_lead), "team_runs")
    page(signed_in(lin), "team_runs", status=404)
    page(signed_in(a_login("admin", "administrator")), "team_runs", status=404)


def test_fifty_drills_are_listed_at_a_constant_number_of_queries(
    signed_in, lin, lead, time, django_assert_max_num_queries
):
    for _ in range(6):
        run = a_run(lin)
        practice.stop_drill(user=lin, run_id=run.pk)
    client = signed_in(lead)
    client.get(reverse("team_runs"))
    with django_assert_max_num_queries(25):
        assert client.get(reverse("team_runs")).content.decode().count("物流延误") >= 6


# Rating


def test_a_supervisor_rates_the_same_dimensions_and_sees_the_difference(signed_in, lin, lead, time):
    run = plays(lin, a_run(lin), time)
    client = signed_in(lead)
    assert "给这场演练评分" in page(client, "drill_debrief", run.pk)
    response = client.post(reverse("drill_rate", args=[run.pk]), {"points-speed": "9.5", "note": "开头很稳"})
    assert response.status_code == 302
    rating = practice.DrillRating.objects.get()
    assert Decimal(rating.points["speed"]) == Decimal("9.5")
    text = page(client, "drill_debrief", run.pk)
    assert "开头很稳" in text
    assert "修改我的评分" in text
    assert "人工评分与系统评分的一致性" in page(client, "team_runs")
    assert "开头很稳" in page(signed_in(lin), "drill_debrief", run.pk)


def test_who_is_to_rate_reads_and_rates_before_the_product_says_what_it_found(signed_in, lin, lead, time):
    run = plays(lin, a_run(lin), time, "policy_breaking")
    client = signed_in(lead)
    text = main_of(page(client, "drill_debrief", run.pk))
    before, held = text.split("held-back")
    assert before.index("完整对话") < before.index("给这场演练评分")
    assert "<mark" not in before
    assert 'id="score"' not in before
    assert "下次" not in before
    assert f"{said(run.total)}</" in held
    client.post(reverse("drill_rate", args=[run.pk]), {"points-speed": "9"})
    after = main_of(page(client, "drill_debrief", run.pk))
    assert "held-back" not in after
    assert after.index('id="score"') < after.index("完整对话")


def test_the_trainee_never_has_to_rate_first(signed_in, lin, time):
    run = plays(lin, a_run(lin), time)
    assert "held-back" not in page(signed_in(lin), "drill_debrief", run.pk)


def test_tools_stand_in_their_places_in_the_transcript(signed_in, lin, lead, time):
    run = a_run(lin)
    time.pass_(9)
    acts(lin, run, "track")
    acts(lin, run, "coupon", amount=30)
    time.pass_(5)
    says(lin, run)
    time.pass_(180)
    practice.tick(run_id=run.pk)
    for who in (lin, lead):
        text = main_of(page(signed_in(who), "drill_debrief", run.pk))
        assert "<strong>查物流：</strong>杭州转运中心" in text
        assert "<strong>发优惠券 30（没办成）：</strong>超出补偿规则" in text
        assert text.index("查物流：") < text.index("发优惠券 30") < text.rindex(GOOD[:6])


def test_the_reasons_shown_add_up_and_the_last_live_index_is_explained(signed_in, lin, time):
    run = plays(lin, a_run(lin), time)
    text = main_of(page(signed_in(lin), "drill_debrief", run.pk))
    moments = re.findall(r'<li id="t\d+">(.*?)</li>', text, re.DOTALL)
    n_changes = 0
    for moment in moments:
        change = re.search(r'<span class="muted">([^<]*)</span>', moment)[1]
        parts = re.findall(r'<span class="tag tag-(?:good|bad)">([^<]*)</span>', moment)
        assert sum(map(number, parts)) == number(change)
        n_changes += bool(parts)
    assert n_changes >= 5
    assert "演练室里最后显示的满意度是" in text


def number(text: str) -> int:
    return int(text.replace("−", "-").strip("+±") or 0)


@pytest.mark.parametrize("given", [{"points-speed": "99"}, {"points-speed": "-1"}, {"points-speed": "x"}, {}])
def test_points_beyond_the_scale_are_not_kept(signed_in, lin, lead, time, given):
    run = plays(lin, a_run(lin), time)
    response = signed_in(lead).post(reverse("drill_rate", args=[run.pk]), given)
    assert response.status_code == 422
    assert not practice.DrillRating.objects.exists()


def test_nobody_rates_the_own_drill_or_that_of_another_team(signed_in, lin, lead, other_lead, time):
    run = plays(lin, a_run(lin), time)
    for who in (lin, other_lead, a_user("mentor", employee=an_employee("导师"))):
        response = signed_in(who).post(reverse("drill_rate", args=[run.pk]), {"points-speed": "5"})
        assert response.status_code == 404
    assert not practice.DrillRating.objects.exists()


def test_words_of_the_room_in_both_languages_are_there(signed_in, lin):
    run = a_run(lin)
    people.set_language(user=lin, language="en")
    text = page(signed_in(people.User.objects.get(pk=lin.pk)), "drill_room", run.pk)
    assert "Customer satisfaction index" in text
    assert RUDE not in text
    assert GOOD not in text
