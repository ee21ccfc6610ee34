"""Practical exams before a panel: each scores alone, a guest over a link, the results put together and kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.apps.base.api import bookkeeping, inbox_of
from peilian.apps.learning import api as learning
from peilian.apps.learning.models import Completion
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.credentials import a_certificate, learns
from support.curriculum import a_lesson, taught
from support.exam_drills import BothClocks
from support.exams import ExamClock
from support.practice import CALM, a_trainee, plays, says

pytestmark = pytest.mark.django_db
KEYS = ("resolution", "soothing", "expression", "rules")


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def boss(db):
    return a_login("boss", "training_manager", employee=an_employee("boss"))


@pytest.fixture
def judge(db):
    return a_login("judge", "judge", employee=an_employee("judge"))


@pytest.fixture
def lin(db):
    return a_trainee()


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


def what(time, **more):
    given = {
        "title": "投诉处理实操", "kind": "role_play", "story": "客户收到破损商品，很生气。", "form": "complaint-panel",
        "starts_at": time.at, **more,
    }  # fmt: skip
    return learning.NewPanel(**given)


def opened(time, boss, judge, *people, **more):
    asked = what(time, **{"examiners": [judge], "guests": ["王女士"], **more})
    return learning.open_panel(actor=boss, what=asked, employees=[one.employee for one in people])


def points(*given):
    return dict(zip(KEYS, given, strict=True))


def both_score(found, judge, first, second):
    """The judge and the guest score everybody."""
    guest = learning.guest_of(next(iter(found.links.values())))
    for one in found.panel.candidates.all():
        own = learning.examiner_of(user=judge, panel_id=found.panel.pk)
        learning.give_sheet(examiner=own, candidate_id=one.pk, points=points(*first))
        learning.give_sheet(examiner=guest, candidate_id=one.pk, points=points(*second), note="让人安心")
    return found.panel.candidates.first()


def test_the_last_sheet_makes_the_mean_by_dimension_the_grade_and_evidence(time, boss, judge, lin):
    done = both_score(opened(time, boss, judge, lin), judge, ("8", "9", "7", "10"), ("9", "8.5", "8", "9"))
    assert [D(one["mean"]) for one in done.result] == [D("8.5"), D("8.75"), D("7.5"), D("9.5")]
    assert done.percent == D("85.75"), "0.4 x 8.5 + 0.3 x 8.75 + 0.15 x 7.5 + 0.15 x 9.5, of 10"
    assert done.grade == "good"
    pieces = {one.competency: one for one in record.Evidence.objects.filter(employee=lin.employee)}
    assert pieces["problem_solving"].score == pytest.approx(0.85)
    assert {(str(one.kind), one.n) for one in pieces.values()} == {("observation", 2)}
    assert "inbox.panel_result" in [one.key for one in inbox_of(user=lin)]


def test_nobody_sees_another_s_sheet_and_one_sheet_decides_nothing(time, boss, judge, lin):
    found = opened(time, boss, judge, lin)
    guest = learning.guest_of(next(iter(found.links.values())))
    own = learning.examiner_of(user=judge, panel_id=found.panel.pk)
    (candidate,) = found.panel.candidates.all()
    learning.give_sheet(examiner=own, candidate_id=candidate.pk, points=points("1", "1", "1", "1"))
    assert [sheet for _one, sheet in learning.candidates_for(guest)] == [None]
    candidate.refresh_from_db()
    assert candidate.decided_at is None
    assert learning.panel_results_of(user=lin, employee=lin.employee) == []


def test_examiners_far_apart_are_flagged(time, boss, judge, lin):
    done = both_score(opened(time, boss, judge, lin), judge, ("2", "8", "8", "8"), ("9", "8", "8", "8"))
    assert [one.is_disagreed for one in learning.result_of(done).dimensions] == [True, False, False, False]


def test_a_sheet_stands_and_is_the_same_on_a_second_click(time, boss, judge, lin):
    found = opened(time, boss, judge, lin)
    own = learning.examiner_of(user=judge, panel_id=found.panel.pk)
    (candidate,) = found.panel.candidates.all()
    give = lambda *given: learning.give_sheet(  # noqa: E731
        examiner=own, candidate_id=candidate.pk, points=points(*given)
    )
    assert give("5", "5", "5", "5").pk == give("5", "5", "5", "5").pk
    assert refused(lambda: give("6", "5", "5", "5")) == "learning.scored_before"


@pytest.mark.parametrize("wrong", ["", "x", "-1", "10.5", "7.3", "NaN"])
def test_points_that_are_none_are_refused(time, boss, judge, lin, wrong):
    found = opened(time, boss, judge, lin)
    own = learning.examiner_of(user=judge, panel_id=found.panel.pk)
    (candidate,) = found.panel.candidates.all()
    with pytest.raises(InputError):
        learning.give_sheet(examiner=own, candidate_id=candidate.pk, points=points(wrong, "5", "5", "5"))
    with pytest.raises(InputError):
        learning.give_sheet(examiner=own, candidate_id=candidate.pk, points={"resolution": "5"})
    assert not candidate.sheets.exists()


# -- links ------------------------------------------------------------------------------------------------------------


def test_the_link_of_a_guest_ends_when_its_time_is_over_or_a_new_one_is_made(time, boss, judge, lin):
    found = opened(time, boss, judge, lin)
    ((examiner, token),) = found.links.items()
    assert token not in str(learning.Examiner.objects.get(pk=examiner).__dict__), "only a hash is kept"
    newer = learning.renew_link(actor=boss, examiner_id=examiner)
    for ended in (token, "", "guess"):
        with pytest.raises(NotVisibleError):
            learning.guest_of(ended)
    assert learning.guest_of(newer).pk == examiner
    time.pass_(days=15)
    with pytest.raises(NotVisibleError):
        learning.guest_of(newer)


def test_a_guest_scores_nobody_of_another_panel(time, boss, judge, lin):
    guest = learning.guest_of(next(iter(opened(time, boss, judge, lin).links.values())))
    other = opened(time, boss, judge, a_trainee()).panel.candidates.first()
    with pytest.raises(NotVisibleError):
        learning.give_sheet(examiner=guest, candidate_id=other.pk, points=points("5", "5", "5", "5"))


# -- opening ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"guests": []}, "learning.panel_size"),
        ({"examiners": [], "guests": ["王"]}, "learning.panel_size"),
        ({"form": "none"}, "learning.no_such_form"),
        ({"kind": "film"}, "learning.panel_kind"),
        ({"title": " "}, "base.empty"),
        ({"guests": [" "]}, "base.empty"),
    ],
)
def test_what_is_no_panel_is_refused_and_nothing_stored(time, boss, judge, lin, more, key):
    assert refused(lambda: opened(time, boss, judge, lin, **more)) == key
    assert not learning.Panel.objects.exists()


def test_somebody_stands_for_the_customer_and_nobody_examines_oneself(time, boss, judge, lin):
    second = a_login("second", "judge", employee=an_employee("second"))
    two = {"examiners": [judge, second], "guests": []}
    assert refused(lambda: opened(time, boss, judge, lin, **two)) == "learning.panel_needs_customer"
    assert opened(time, boss, judge, lin, **two, customers=[second]).panel.examiners.get(user=second).is_customer
    assert refused(lambda: opened(time, boss, judge, judge)) == "learning.examines_oneself"


def test_a_second_click_opens_nothing_more_and_tells_no_link_again(time, boss, judge, lin):
    batch = uuid4()
    first, again = (opened(time, boss, judge, lin, batch=batch) for _ in range(2))
    assert (again.panel.pk, dict(again.links)) == (first.panel.pk, {})
    assert learning.Panel.objects.count() == 1


def test_an_examiner_who_does_not_come_is_not_waited_for_with_a_reason(time, boss, judge, lin):
    second = a_login("second", "judge", employee=an_employee("second"))
    found = opened(time, boss, judge, lin, examiners=[judge, second])
    (candidate,) = found.panel.candidates.all()
    settle = lambda: learning.settle_panel(actor=boss, candidate_id=candidate.pk, reason="客户代表没有到场")  # noqa: E731
    for user in (judge, second):
        assert refused(settle) == "learning.too_few_sheets"
        own = learning.examiner_of(user=user, panel_id=found.panel.pk)
        learning.give_sheet(examiner=own, candidate_id=candidate.pk, points=points("8", "8", "8", "8"))
    assert (settle().percent, settle_reason(candidate)) == (80, "客户代表没有到场")
    assert refused(settle) == "learning.panel_decided"


def settle_reason(candidate):
    candidate.refresh_from_db()
    return candidate.settled_reason


# -- who may ----------------------------------------------------------------------------------------------------------


def test_results_are_one_s_own_and_those_of_whom_one_leads(time, boss, judge):
    unit = a_unit()
    lin = a_trainee(unit=unit)
    both_score(opened(time, boss, judge, lin), judge, ("8", "8", "8", "8"), ("8", "8", "8", "8"))
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    for user in (lin, lead, boss):
        assert len(learning.panel_results_of(user=user, employee=lin.employee)) == 1
    for user in (a_trainee(), a_login("other", "supervisor", unit=a_unit())):
        with pytest.raises(NotVisibleError):
            learning.panel_results_of(user=user, employee=lin.employee)


def test_who_does_not_lead_opens_runs_and_settles_nothing(time, boss, judge, lin):
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    found = opened(time, boss, judge, lin)
    (candidate,) = found.panel.candidates.all()
    for user in (other, lin, judge):
        for call in (
            lambda user=user: learning.panel_run(user=user, panel_id=found.panel.pk),
            lambda user=user: learning.settle_panel(actor=user, candidate_id=candidate.pk, reason="想"),
            lambda user=user: learning.renew_link(actor=user, examiner_id=next(iter(found.links))),
            lambda user=user: opened(time, user, judge, lin, starts_at=time.at + timedelta(days=1)),
        ):
            with pytest.raises(NotVisibleError):
                call()
    with pytest.raises(NotVisibleError):
        learning.examiner_of(user=other, panel_id=found.panel.pk)


# -- a drill before the panel -----------------------------------------------------------------------------------------


@pytest.fixture
def both(monkeypatch):
    return BothClocks(monkeypatch, timezone.now())


def a_drill_panel(both, boss, judge, *people, **more):
    return opened(both.exam, boss, judge, *people, kind="drill", scenario=CALM, **more)


def test_the_candidate_meets_the_customer_once_and_from_the_beginning_of_the_panel_on(both, boss, judge, lin):
    found = a_drill_panel(both, boss, judge, lin, starts_at=both.exam.at + timedelta(minutes=5))
    one = found.panel.candidates.get()
    assert refused(lambda: learning.start_panel_drill(user=lin, candidate_id=one.pk)) == "learning.panel_not_begun"
    both.pass_(301)
    first = learning.start_panel_drill(user=lin, candidate_id=one.pk)
    assert learning.start_panel_drill(user=lin, candidate_id=one.pk).pk == first.pk
    assert (first.is_enclosed, first.leads_back_to) == (True, "/exams/panels/")
    for other in (a_trainee(), judge):
        with pytest.raises(NotVisibleError):
            learning.start_panel_drill(user=other, candidate_id=one.pk)


def test_examiners_and_guests_read_along_and_nobody_else_does(both, boss, judge, lin):
    found = a_drill_panel(both, boss, judge, lin)
    one = found.panel.candidates.get()
    run = learning.start_panel_drill(user=lin, candidate_id=one.pk)
    says(lin, run, "我马上帮您查一下")
    guest = learning.guest_of(next(iter(found.links.values())))
    for examiner in (guest, learning.examiner_of(user=judge, panel_id=found.panel.pk)):
        talk = learning.talk_for_examiner(examiner=examiner, candidate_id=one.pk)
        assert talk.is_live
        assert any(line.text == "我马上帮您查一下" for line in talk.said)
        assert talk.debriefing is None
    assert learning.panel_talk(user=boss, candidate_id=one.pk).debriefing is None
    other_panel = opened(both.exam, boss, judge, a_trainee(), guests=["李女士"])
    stranger = learning.guest_of(next(iter(other_panel.links.values())))
    with pytest.raises(NotVisibleError):
        learning.talk_for_examiner(examiner=stranger, candidate_id=one.pk)
    for user in (lin, a_trainee(), a_login("far", "supervisor", unit=a_unit(), employee=an_employee("far"))):
        with pytest.raises(NotVisibleError):
            learning.panel_talk(user=user, candidate_id=one.pk)


def test_the_debrief_opens_when_all_is_decided_and_has_no_part_in_the_result(both, boss, judge, lin):
    found = a_drill_panel(both, boss, judge, lin)
    one = found.panel.candidates.get()
    run = plays(lin, learning.start_panel_drill(user=lin, candidate_id=one.pk), both.drill)
    both_score(found, judge, ("5", "5", "5", "5"), ("5", "5", "5", "5"))
    for user in (lin, boss):
        assert learning.panel_talk(user=user, candidate_id=one.pk).debriefing is not None
    one.refresh_from_db()
    assert (one.percent, run.passed) == (50, True)
    assert not record.Evidence.objects.filter(source_kind="practice.drill").exists()


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"kind": "role_play", "scenario": CALM}, "learning.panel_plays_no_drill"),
        ({"kind": "drill", "scenario": "telecom/abusive-customer"}, "learning.drill_cannot_be_set"),
        ({"kind": "drill", "scenario": "mine/nowhere"}, "learning.drill_cannot_be_set"),
    ],
)
def test_a_drill_that_cannot_be_played_before_a_panel_is_refused(both, boss, judge, lin, more, key):
    assert refused(lambda: opened(both.exam, boss, judge, lin, **more)) == key
    assert not learning.panels_run_by(boss).exists()


def test_a_result_stands_in_the_archive_once_and_can_earn_a_certificate(tmp_path, both, boss, judge, lin):
    asks = {"requires": ["lesson:mine/first"], "panel": "complaint-panel", "renew_by": None, "months": None}
    taught(tmp_path, a_lesson(), a_certificate(**asks))
    found = a_drill_panel(both, boss, judge, lin)
    learns(lin.employee, "lesson:mine/first", both.exam.at)
    learning.issue_due()
    asked = {one.what: one.is_met for one in learning.certificates_of(user=lin)[0].asked}
    assert asked == {"lesson:mine/first": True, "panel:complaint-panel": False}
    both_score(found, judge, ("8", "8", "8", "8"), ("8", "8", "8", "8"))
    kinds = [str(one.kind) for one in learning.archive_of(user=lin, employee=lin.employee).entries]
    assert kinds.count("panel") == 1
    assert "review" not in kinds
    learning.issue_due()
    assert learning.certificates_of(user=lin)[0].standing == "valid"


def test_who_fails_before_the_panel_earns_nothing_by_it(both, boss, judge, lin):
    both_score(a_drill_panel(both, boss, judge, lin), judge, ("2", "2", "2", "2"), ("3", "3", "3", "3"))
    entry = learning.archive_of(user=lin, employee=lin.employee).entries[0]
    assert (entry.kind, entry.is_passed, entry.percent) == ("panel", False, D("25.00"))
    assert not Completion.objects.exists()


# -- who has no part in it any more -----------------------------------------------------------------------------------


def test_a_guest_has_nobody_left_to_score_with_the_last_who_is_not_decided_and_keeps_the_own_sheet(
    time, boss, judge, lin
):
    other = a_trainee()
    second = a_login("second", "judge", employee=an_employee("second"))
    found = opened(time, boss, judge, lin, other, examiners=[judge, second])
    token = next(iter(found.links.values()))
    one, two = found.panel.candidates.order_by("pk")
    for user in (judge, second):
        own = learning.examiner_of(user=user, panel_id=found.panel.pk)
        learning.give_sheet(examiner=own, candidate_id=one.pk, points=points("5", "5", "5", "5"))
    learning.settle_panel(actor=boss, candidate_id=one.pk, reason="客户代表没来")
    guest = learning.guest_of(token)
    assert learning.has_to_score(guest)
    learning.give_sheet(examiner=guest, candidate_id=two.pk, points=points("5", "5", "5", "5"))
    after = learning.guest_of(token)
    assert not learning.has_to_score(after)
    own = {candidate.pk: sheet for candidate, sheet in learning.candidates_for(after)}
    assert own[one.pk] is None
    assert own[two.pk].points["resolution"] == "5"


def test_deciding_without_a_guest_leaves_the_guest_nobody_to_score(time, boss, judge, lin):
    second = a_login("second", "judge", employee=an_employee("second"))
    found = opened(time, boss, judge, lin, examiners=[judge, second])
    (candidate,) = found.panel.candidates.all()
    for user in (judge, second):
        own = learning.examiner_of(user=user, panel_id=found.panel.pk)
        learning.give_sheet(examiner=own, candidate_id=candidate.pk, points=points("5", "5", "5", "5"))
    learning.settle_panel(actor=boss, candidate_id=candidate.pk, reason="客户代表没来")
    guest = learning.guest_of(next(iter(found.links.values())))
    assert not learning.has_to_score(guest)
    with pytest.raises(InputError):
        learning.give_sheet(examiner=guest, candidate_id=candidate.pk, points=points("5", "5", "5", "5"))
    assert candidate.sheets.count() == 2


def test_a_guest_reads_conversations_only_while_anybody_is_left_to_score(both, boss, judge, lin):
    found = a_drill_panel(both, boss, judge, lin)
    one = found.panel.candidates.get()
    plays(lin, learning.start_panel_drill(user=lin, candidate_id=one.pk), both.drill)
    guest = learning.guest_of(next(iter(found.links.values())))
    assert learning.talk_for_examiner(examiner=guest, candidate_id=one.pk).said
    learning.give_sheet(examiner=guest, candidate_id=one.pk, points=points("5", "5", "5", "5"))
    with pytest.raises(NotVisibleError):
        learning.talk_for_examiner(examiner=guest, candidate_id=one.pk)
    own = learning.examiner_of(user=judge, panel_id=found.panel.pk)
    assert learning.talk_for_examiner(examiner=own, candidate_id=one.pk).said


def test_a_link_that_was_made_anew_while_its_page_was_open_scores_nobody(time, boss, judge, lin):
    found = opened(time, boss, judge, lin)
    ((examiner, token),) = found.links.items()
    guest = learning.guest_of(token)
    learning.renew_link(actor=boss, examiner_id=examiner)
    (candidate,) = found.panel.candidates.all()
    with pytest.raises(NotVisibleError):
        learning.give_sheet(examiner=guest, candidate_id=candidate.pk, points=points("5", "5", "5", "5"))
    assert not candidate.sheets.exists()


def test_an_examiner_who_turns_out_to_be_examined_neither_sees_nor_scores_oneself_and_is_not_waited_for(
    time, boss, judge, lin
):
    twice = a_login("twice", "training_manager")
    found = opened(time, boss, judge, lin, examiners=[judge, twice])
    with bookkeeping():
        lin.employee = None
        lin.save()
        twice.employee = found.panel.candidates.get().employee
        twice.save()
    own = learning.examiner_of(user=twice, panel_id=found.panel.pk)
    (candidate,) = found.panel.candidates.all()
    assert learning.candidates_for(own) == []
    assert learning.panel_run(user=twice, panel_id=found.panel.pk)[1] == []
    with pytest.raises(NotVisibleError):
        learning.give_sheet(examiner=own, candidate_id=candidate.pk, points=points("9", "9", "9", "9"))
    both_score(found, judge, ("5", "5", "5", "5"), ("6", "6", "6", "6"))
    candidate.refresh_from_db()
    assert candidate.decided_at is not None
