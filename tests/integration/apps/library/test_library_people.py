"""What readers do with texts: confirm, comment, suggest; and what a change of the products asks of texts."""

from __future__ import annotations

from datetime import date

import pytest

from peilian.adapters import packs
from peilian.adapters.packs.trees import tree_of
from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows import playing
from support.builders import a_unit, an_employee
from support.company import a_login
from support.library import a_policy, a_publisher, a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(tmp_path):
    installed(tmp_path, a_policy(), an_article(tags=["退款"]), a_policy("mine/dress", must_confirm=False))
    return the_content("mine/privacy", "policy")


def test_the_present_wording_of_a_policy_is_confirmed_once_by_each(policy):
    lin = a_writer("lin", role="agent")
    assert [content.key for content in library.to_confirm(user=lin)] == ["mine/privacy"]
    first = library.confirm_policy(actor=lin, version=policy.current)
    assert library.confirm_policy(actor=lin, version=policy.current).pk == first.pk
    assert library.to_confirm(user=lin) == []


def test_a_new_wording_has_to_be_confirmed_again_and_the_old_one_cannot_be(policy):
    lin = a_writer("lin", role="agent")
    old = policy.current
    library.confirm_policy(actor=lin, version=old)
    new = published(a_writer(), policy, body={"zh": "新的规定"})
    assert [content.key for content in library.to_confirm(user=lin)] == ["mine/privacy"]
    with pytest.raises(InputError, match="newer_wording"):
        library.confirm_policy(actor=lin, version=library.version(user=lin, pk=old.pk))
    library.confirm_policy(actor=lin, version=new)
    assert library.Confirmation.objects.count() == 2


def test_what_needs_no_confirmation_is_refused(policy):
    with pytest.raises(InputError, match="nothing_to_confirm"):
        library.confirm_policy(actor=a_writer("lin", role="agent"), version=the_content("mine/dress", "policy").current)


def test_a_lead_sees_who_of_the_team_has_confirmed_and_who_has_not(policy):
    team, other = a_unit("team-a"), a_unit("team-b")
    lin, zheng = an_employee("林小禾", unit=team), an_employee("郑凯", unit=team)
    an_employee("别组的人", unit=other)
    library.confirm_policy(actor=a_login("lin", "agent", employee=lin), version=policy.current)
    found = library.confirmations(user=a_login("lead", "supervisor", unit=team), content=policy)
    assert [row.employee for row in found.done] == [lin]
    assert list(found.missing) == [zheng]
    with pytest.raises(people.NotVisibleError):
        library.confirmations(user=a_login("lead2", "supervisor", unit=team), content=policy, unit=other)
    everybody = library.confirmations(user=a_publisher(), content=policy, unit=other)
    assert [employee.name for employee in everybody.missing] == ["别组的人"]


def test_a_suggestion_is_answered_and_its_maker_hears_of_it(policy):
    lin, writer, manager = a_writer("lin", role="agent"), a_writer(), a_publisher()
    made = library.add_comment(actor=lin, content=policy, text="请加一个例子", kind="suggestion")
    assert base.inbox_of(user=manager).get().key == "inbox.library_suggestion"
    assert list(library.comments(user=writer)) == [made]
    with pytest.raises(InputError, match="empty"):
        library.answer_comment(actor=writer, comment=made, state="declined")
    library.answer_comment(actor=writer, comment=made, state="accepted", answer="下一版加上")
    assert [row.state for row in library.own_comments(user=lin)] == ["accepted"]
    assert base.inbox_of(user=lin).get().params["answer"] == "下一版加上"
    assert not library.comments(user=writer).exists()


def test_an_answer_that_was_given_meanwhile_is_told_and_stays(policy):
    lin, writer, manager = a_writer("lin", role="agent"), a_writer("沈老师"), a_publisher()
    made = library.add_comment(actor=lin, content=policy, text="请加一个例子", kind="suggestion")
    library.answer_comment(actor=writer, comment=made, state="accepted", answer="下一版加上")
    with pytest.raises(InputError, match="answered_meanwhile") as caught:
        library.answer_comment(actor=manager, comment=made, state="declined", answer="不加")
    assert caught.value.faults[0].reason.params == {"name": "沈老师", "answer": "下一版加上"}
    (row,) = library.own_comments(user=lin)
    assert (row.state, row.answer, row.answered_by) == ("accepted", "下一版加上", writer)
    library.answer_comment(actor=writer, comment=made, state="accepted", answer="下一版加上")
    assert base.inbox_of(user=lin).count() == 1


def test_the_audit_trail_tells_who_reminded_how_many(policy):
    lead, unit = a_publisher(), a_unit("team-a")
    for name in ("林小禾", "郑凯"):
        a_login(name, "agent", employee=an_employee(name, unit=unit))
    assert library.remind_to_confirm(actor=lead, content=policy, unit=unit) == 2
    entry = base.AuditEntry.objects.get(verb="library.remind_to_confirm")
    assert (entry.actor, entry.object_id) == (lead, str(policy.pk))
    assert entry.changes == {"reminded": [None, 2], "unit": [None, unit.code]}
    assert library.remind_to_confirm(actor=lead, content=policy, unit=unit) == 0
    assert base.AuditEntry.objects.filter(verb="library.remind_to_confirm").count() == 1


def test_nobody_decides_the_own_suggestion(policy):
    writer = a_writer()
    made = library.add_comment(actor=writer, content=policy, text="改一下", kind="suggestion")
    with pytest.raises(people.NotVisibleError):
        library.answer_comment(actor=writer, comment=made, state="accepted")


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "字" * 2001])
def test_an_empty_or_endless_comment_is_refused(policy, text):
    with pytest.raises(InputError):
        library.add_comment(actor=a_writer(), content=policy, text=text)


def test_a_change_marks_the_texts_that_it_touches_and_those_that_name_them(tmp_path):
    installed(
        tmp_path, an_article(tags=["退款"]), an_article("mine/b", related=["article:mine/returns"]),
        an_article("mine/c", competencies=["empathy"]), an_article("mine/d"),
    )  # fmt: skip
    writer, lin = a_writer(), a_writer("lin", role="agent")
    notice = library.announce_change(
        actor=writer, title={"zh": "退款时限缩短"}, text="改为 24 小时", effective_on=date(2026, 12, 1), tags=["退款"]
    )
    assert [row.content.key for row in library.revisions_due(user=writer)] == ["mine/b", "mine/returns"]
    assert base.inbox_of(user=lin).get().params == {"title": "退款时限缩短", "day": "2026-12-01"}
    published(writer, the_content(), body={"zh": "24 小时"})
    (left,) = library.revisions_due(user=writer, notice=notice)
    library.settle_revision(actor=writer, revision=left, state="unaffected", note="不涉及")
    assert sorted(notice.revisions.values_list("state", flat=True)) == ["revised", "unaffected"]


def test_a_retired_text_waits_for_no_revision_until_it_is_restored(policy):
    writer = a_writer()
    library.announce_change(
        actor=writer, title={"zh": "退款"}, text="改为 24 小时", effective_on=date(2026, 12, 1), tags=["退款"]
    )
    assert library.revisions_due(user=writer).count() == 1
    library.retire(actor=None, content=the_content(), why="旧")
    assert not library.revisions_due(user=writer).exists()
    library.restore(actor=None, content=the_content())
    assert library.revisions_due(user=writer).count() == 1


def a_drill(**more):
    """A shipped scenario as data, with other links."""
    document, _version = playing.scenarios()["retail/logistics-delay"]
    return {**tree_of(document), "key": "mine/drill", "covers": [], **more}


def affected(*names):
    found = [the_content(f"mine/{name}") for name in names]
    writer = people.User.objects.get(username="asker") if people.User.objects.exists() else a_writer("asker")
    return [row.key.removeprefix("mine/") for row in library.affected_by(user=writer, contents=found)]


def test_when_an_article_changes_the_drill_that_plays_by_it_is_due(tmp_path):
    installed(tmp_path, an_article(), a_drill(related=["article:mine/returns"]))
    writer = a_writer()
    library.announce_change(
        actor=writer, title={"zh": "改"}, text="改", effective_on=date(2026, 12, 1), contents=[the_content()]
    )
    assert [row.content.reference for row in library.revisions_due(user=writer)] == [
        "article:mine/returns", "scenario:mine/drill",
    ]  # fmt: skip


def test_a_change_goes_on_to_what_is_made_after_what_it_touches(tmp_path):
    installed(
        tmp_path,
        a_policy("mine/policy"),
        an_article("mine/a", related=["policy:mine/policy", "article:mine/b"]),
        a_drill(related=["article:mine/a"]),
    )
    rows = library.affected_by(user=a_writer(), contents=[the_content("mine/policy", "policy")])
    assert [row.kind for row in rows] == ["article", "policy", "scenario"]


def test_texts_of_one_rank_that_name_each_other_in_a_circle_are_each_told_once_and_not_followed_further(tmp_path):
    installed(
        tmp_path,
        an_article("mine/a", related=["article:mine/b"]),
        an_article("mine/b", related=["article:mine/c"]),
        an_article("mine/c", related=["article:mine/a"]),
        a_drill(related=["article:mine/b", "article:mine/c"]),
    )
    assert affected("a") == ["a", "c", "drill"]
    assert affected("a", "b") == ["a", "b", "c", "drill"]


@pytest.mark.parametrize("document", playing.scenarios().values(), ids=lambda item: item[0].key)
def test_every_shipped_drill_names_texts_that_there_are(document):
    there = {f"{kind}:{item.document.key}" for kind in library.kinds() for item in packs.load(kind)}
    assert document[0].related
    assert set(document[0].related) <= there


def test_a_withdrawn_change_asks_nothing_any_more(policy):
    writer = a_writer()
    notice = library.announce_change(
        actor=writer, title={"zh": "改"}, text="改", effective_on=date(2026, 12, 1), contents=[policy]
    )
    library.withdraw_change(actor=writer, notice=notice)
    assert not library.revisions_due(user=writer).exists()
    assert not library.change_notices(user=writer).exists()


def test_texts_whose_review_is_due_are_told(tmp_path):
    installed(tmp_path, an_article(review_by="2026-01-01"), an_article("mine/b", review_by="2999-01-01"))
    assert [row.key for row in library.reviews_due(user=a_writer())] == ["mine/returns"]
