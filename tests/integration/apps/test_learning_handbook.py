"""The personal handbook through the door: keeping, writing, order, newer wordings, proposing, counts, and who may."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.apps.base.api import AuditEntry, InboxMessage
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import a_unit
from support.company import a_login
from support.exams import ExamClock
from support.handbook import LESSON, keeps, shelved, writes
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def team():
    return a_unit("team-a")


@pytest.fixture
def lin(tmp_path, time, team) -> people.User:
    shelved(tmp_path)
    return a_trainee("lin", unit=team)


@pytest.fixture
def trainer(team) -> people.User:
    return a_login("trainer", "trainer", unit=team)


def refused(call, key: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.faults[0].reason.key == key


def titles(user, **asked) -> list[str]:
    return [one.title for one in learning.handbook_of(user=user, **asked).entries]


def rewritten(reference: str, **parts) -> library.ContentVersion:
    """Publish a newer version of a text."""
    kind, _colon, key = reference.partition(":")
    content = library.Content.objects.get(kind=kind, key=key)
    draft = library.start_draft(actor=None, content=content)
    saved = library.save_draft(actor=None, draft=draft, body={**draft.body, **parts}, edition=draft.edition)
    return library.publish(actor=None, draft=saved)


# -- keeping ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "place", "title", "text"),
    [
        (f"lesson:{LESSON}", "keep", f"课时 {LESSON}", "- 先接住\n- 再办事"),
        (f"lesson:{LESSON}", "keep.2", f"课时 {LESSON}", "再办事"),
        (f"lesson:{LESSON}", "examples.1", "客户催单", "> 我现在就查，十分钟内回您\n\n有动作，有时间"),
        ("phrases:mine/waiting", "phrases.busy", "高峰排队", "> 前面还有两位，三分钟内轮到您"),
        ("article:mine/refunds", "text", "退款要点", "## 退款\n\n三天内到账。"),
    ],
)
def test_a_passage_is_kept_with_where_it_comes_from(lin, source, place, title, text) -> None:
    row = keeps(lin, place, source)
    assert (row.title, row.text, row.source, row.place) == (title, text, source, place)
    assert row.version == row.content.current
    assert learning.kept_places(user=lin, source=source) == {place}


def test_words_that_were_marked_are_kept_as_they_are(lin) -> None:
    row = keeps(lin, source="article:mine/refunds", words="  三天内到账 ")
    again = keeps(lin, source="article:mine/refunds", words="三天内到账")
    other = keeps(lin, source="article:mine/refunds", words="退款")
    assert row == again
    assert (row.title, row.text) == ("退款要点", "三天内到账")
    assert other != row


def test_pressing_twice_keeps_once(lin) -> None:
    assert keeps(lin) == keeps(lin)
    assert learning.HandbookEntry.objects.count() == 1


@pytest.mark.parametrize("place", ["keep.9", "keep.x", "examples.2", "phrases.busy", "nowhere", "q1"])
def test_a_place_that_is_not_there_keeps_nothing(lin, place) -> None:
    with pytest.raises(people.NotVisibleError):
        keeps(lin, place)
    assert not learning.HandbookEntry.objects.exists()


def test_a_text_that_one_may_not_see_is_not_kept(lin) -> None:
    library.new_content(actor=None, kind="article", key="own/secret", title={"zh": "未发布"})
    for source in ("article:own/secret", "article:own/none"):
        with pytest.raises(people.NotVisibleError):
            keeps(lin, "text", source)


def test_who_is_no_employee_has_no_handbook(lin, trainer) -> None:
    with pytest.raises(people.NotVisibleError):
        keeps(trainer)
    with pytest.raises(people.NotVisibleError):
        learning.handbook_of(user=trainer)


def test_the_trail_tells_nothing_of_what_somebody_keeps(lin) -> None:
    n = AuditEntry.objects.count()
    row = keeps(lin)
    learning.change_entry(actor=lin, pk=row.pk, what=learning.Written("秘密", "只有我看"))
    assert AuditEntry.objects.count() == n


# -- writing ----------------------------------------------------------------------------------------------------------


def test_a_note_is_written_once_and_changed(lin, time) -> None:
    click = uuid4()
    what = learning.Written("催单", "先报时间", heading="高峰", tags=["催单", "催单", " 时间 "])
    first, second = (learning.write_entry(actor=lin, what=what, client_id=click) for _ in range(2))
    assert first == second
    assert first.tags == ["催单", "时间"]
    time.pass_(minutes=1)
    row = learning.change_entry(actor=lin, pk=first.pk, what=learning.Written("催单", "", note="我自己的话"))
    assert (row.text, row.note, row.heading) == ("", "我自己的话", "")
    assert row.changed_at is not None


@pytest.mark.parametrize(
    ("what", "key"),
    [
        (learning.Written("", "字"), "base.empty"),
        (learning.Written("题", " ", note=""), "learning.handbook_empty"),
        (learning.Written("题", "字" * 8001), "base.too_long"),
        (learning.Written("题", "字", tags=[str(n) for n in range(11)]), "learning.handbook_too_many_tags"),
        (learning.Written("题", "字", tags=["长" * 41]), "base.too_long"),
    ],
)
def test_what_does_not_fit_is_refused_whole(lin, what, key) -> None:
    refused(lambda: learning.write_entry(actor=lin, what=what, client_id=uuid4()), key)
    assert not learning.HandbookEntry.objects.exists()


def test_a_full_handbook_says_so(lin, monkeypatch) -> None:
    monkeypatch.setattr("peilian.apps.learning.handbook.keeping.MOST_ENTRIES", 1)
    writes(lin)
    refused(lambda: writes(lin), "learning.handbook_full")


def test_nobody_else_reads_changes_or_deletes(lin, team) -> None:
    row, other = writes(lin), a_trainee(unit=team)
    for call in (
        lambda: learning.handbook_entry(user=other, pk=row.pk),
        lambda: learning.change_entry(actor=other, pk=row.pk, what=learning.Written("题", "字")),
        lambda: learning.delete_entry(actor=other, pk=row.pk),
        lambda: learning.restore_entry(actor=other, pk=row.pk),
        lambda: learning.move_entry(actor=other, pk=row.pk, way="up"),
        lambda: learning.take_newer(actor=other, pk=row.pk, takes_words=True),
        lambda: learning.propose_entry(actor=other, pk=row.pk, title="题", text="字"),
    ):
        with pytest.raises(people.NotVisibleError):
            call()
    assert titles(other) == []


# -- deleting and order -----------------------------------------------------------------------------------------------


def test_what_was_deleted_can_be_brought_back_for_thirty_days(lin, time) -> None:
    row = keeps(lin)
    for _ in range(2):
        learning.delete_entry(actor=lin, pk=row.pk)
    assert titles(lin) == []
    assert learning.handbook_of(user=lin).deleted == (row,)
    assert learning.kept_places(user=lin, source=row.source) == frozenset()
    learning.restore_entry(actor=lin, pk=row.pk)
    assert titles(lin) == [row.title]
    learning.delete_entry(actor=lin, pk=row.pk)
    time.pass_(days=31)
    with pytest.raises(people.NotVisibleError):
        learning.restore_entry(actor=lin, pk=row.pk)
    kept, late = writes(lin), keeps(lin, "examples.1")
    learning.delete_entry(actor=lin, pk=late.pk)
    assert learning.forget_deleted_due() == 1
    assert set(learning.HandbookEntry.objects.all()) == {kept, late}
    assert learning.forget_deleted_due() == 0


def test_what_was_kept_again_meanwhile_is_not_there_twice(lin) -> None:
    row = keeps(lin)
    learning.delete_entry(actor=lin, pk=row.pk)
    again = keeps(lin)
    assert again != row
    assert learning.restore_entry(actor=lin, pk=row.pk) == again
    assert len(titles(lin)) == 1


def test_entries_move_under_their_heading_and_headings_among_each_other(lin) -> None:
    rows = [writes(lin, title, heading=heading) for title, heading in (("一", "甲"), ("二", "乙"), ("三", "甲"))]
    learning.move_entry(actor=lin, pk=rows[2].pk, way="up")
    assert [one for _heading, some in learning.by_heading(learning.handbook_of(user=lin).entries) for one in some] == [
        rows[2], rows[0], rows[1],
    ]  # fmt: skip
    learning.move_entry(actor=lin, pk=rows[2].pk, way="up")
    learning.move_heading(actor=lin, heading="乙", way="up")
    assert titles(lin) == ["二", "三", "一"]
    learning.move_heading(actor=lin, heading="乙", way="up")
    assert learning.handbook_of(user=lin).headings == ("乙", "甲")
    with pytest.raises(people.NotVisibleError):
        learning.move_heading(actor=lin, heading="丙", way="up")


# -- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("退款", ["退款三步"]),
        ("三天 退款", ["退款三步"]),
        ("tuikuan", ["退款三步"]),
        ("tk", ["退款三步"]),
        ("cuidan", ["催单"]),
        ("ALIPAY", ["催单"]),
        ("售后", ["退款三步"]),
        ("gaofeng", ["催单"]),
        ("没有的", []),
        ("", ["退款三步", "催单"]),
    ],
)
def test_entries_are_found_by_words_pinyin_and_initials(lin, words, found) -> None:
    writes(lin, "退款三步", "三天内到账", tags=["售后"])
    writes(lin, "催单", "先报时间 alipay", heading="高峰")
    assert titles(lin, words=words) == found


def test_a_heading_and_a_tag_narrow_it_down(lin) -> None:
    writes(lin, "一", heading="甲", tags=["急"])
    writes(lin, "二", heading="乙", tags=["急"])
    writes(lin, "三", heading="乙")
    assert titles(lin, heading="乙") == ["二", "三"]
    assert titles(lin, tag="急") == ["一", "二"]
    assert titles(lin, heading="") == []
    found = learning.handbook_of(user=lin, heading="乙")
    assert (found.headings, found.tags, found.n_all) == (("甲", "乙"), ("急",), 3)


def test_the_whole_handbook_is_one_markdown_text(lin) -> None:
    row = keeps(lin, heading="课时")
    learning.change_entry(
        actor=lin, pk=row.pk,
        what=learning.Written("两条", row.text, note="高峰时先念一遍", heading="课时", tags=["高峰"]),
    )  # fmt: skip
    writes(lin, "备忘", "先问单号")
    entries = learning.handbook_of(user=lin).entries
    assert learning.as_markdown(entries, title="我的手册", unsorted="未分类", note="我的话") == (
        "# 我的手册\n\n## 课时\n\n### 两条\n\n- 先接住\n- 再办事\n\n**我的话**\n\n高峰时先念一遍\n\n#高峰\n\n"
        "## 未分类\n\n### 备忘\n\n先问单号\n"
    )


# -- newer wordings ---------------------------------------------------------------------------------------------------


def test_a_newer_wording_is_told_and_taken(lin) -> None:
    row = keeps(lin, "keep.1")
    assert learning.newer_of(user=lin, entry=row) is None
    fresh = rewritten(f"lesson:{LESSON}", keep=[{"zh": "先接住情绪"}])
    row = learning.handbook_entry(user=lin, pk=row.pk)
    assert learning.has_newer(row)
    newer = learning.newer_of(user=lin, entry=row)
    assert newer is not None
    assert (newer.version, newer.words) == (fresh, "先接住情绪")
    taken = learning.take_newer(actor=lin, pk=row.pk, takes_words=True)
    assert (taken.text, taken.version) == ("先接住情绪", fresh)
    assert not learning.has_newer(learning.handbook_entry(user=lin, pk=row.pk))


def test_one_may_keep_the_own_wording(lin) -> None:
    row = keeps(lin, "keep.1")
    fresh = rewritten(f"lesson:{LESSON}", keep=[{"zh": "先接住情绪"}])
    kept = learning.take_newer(actor=lin, pk=row.pk, takes_words=False)
    assert (kept.text, kept.version) == ("先接住", fresh)


def test_words_marked_by_hand_and_places_that_are_gone_keep_their_words(lin) -> None:
    marked = keeps(lin, source="article:mine/refunds", words="三天内到账")
    gone = keeps(lin, "keep.2")
    rewritten("article:mine/refunds", body={"zh": "两天内到账。"})
    rewritten(f"lesson:{LESSON}", keep=[{"zh": "先接住"}])
    for row in (marked, gone):
        fresh = learning.handbook_entry(user=lin, pk=row.pk)
        newer = learning.newer_of(user=lin, entry=fresh)
        assert newer is not None
        assert newer.words is None
        assert learning.take_newer(actor=lin, pk=row.pk, takes_words=True).text == row.text


# -- proposing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(lin, trainer) -> learning.HandbookProposal:
    row = writes(lin, "催单三句", "先报时间")
    return learning.propose_entry(actor=lin, pk=row.pk, title="催单三句", text="先报时间，再查，再回。")


def standing(user) -> str:
    return learning.standing_of_proposal(learning.proposals_of(user=user).get())


def test_a_proposal_is_a_draft_that_waits_for_those_who_publish(proposed, lin, trainer) -> None:
    draft = library.draft(user=trainer, pk=proposed.draft_id)
    assert (draft.state, draft.author, draft.content.kind) == ("in_review", lin, "article")
    assert draft.body["body"] == {"zh": "先报时间，再查，再回。"}
    assert draft.body["tags"] == ["最佳实践"]
    assert InboxMessage.objects.get(recipient=trainer).key == "inbox.library_review"
    assert standing(lin) == "waits"
    with pytest.raises(people.NotVisibleError):
        library.content(user=lin, kind="article", key=proposed.content.key)


def test_proposing_the_same_twice_is_one_draft_and_something_else_waits(proposed, lin) -> None:
    again = learning.propose_entry(actor=lin, pk=proposed.entry_id, title="催单三句", text="先报时间，再查，再回。")
    assert again == proposed
    refused(
        lambda: learning.propose_entry(actor=lin, pk=proposed.entry_id, title="催单", text="另写"),
        "learning.handbook_waits",
    )
    assert library.Draft.objects.filter(content=proposed.content).count() == 1


def test_what_is_published_shows_in_the_archive_of_its_author(proposed, lin, trainer) -> None:
    library.publish(actor=trainer, draft=library.draft(user=trainer, pk=proposed.draft_id))
    assert standing(lin) == "published"
    archive = learning.archive_of(user=lin, employee=lin.employee)
    (line,) = [one for one in archive.entries if one.kind == "shared"]
    assert (line.title, line.what) == ({"zh": "催单三句"}, f"article:{proposed.content.key}")
    (told,) = InboxMessage.objects.filter(recipient=lin)
    assert (told.key, told.link) == ("inbox.library_published", f"/learn/library/article/{proposed.content.key}/")
    refused(
        lambda: learning.propose_entry(actor=lin, pk=proposed.entry_id, title="催单", text="另写"),
        "learning.handbook_published",
    )
    assert learning.deposit_of(user=lin, employee=lin.employee).published == 1


def test_what_comes_back_is_mended_and_handed_in_anew(proposed, lin, trainer) -> None:
    library.return_draft(
        actor=trainer, draft=library.draft(user=trainer, pk=proposed.draft_id), decision="补一个例子"
    )  # fmt: skip
    assert standing(lin) == "returned"
    (told,) = InboxMessage.objects.filter(recipient=lin)
    assert (told.key, told.link) == ("inbox.library_returned", "/learn/handbook/proposals/")
    mended = "先报时间。例：十分钟内回您。"
    again = learning.propose_entry(actor=lin, pk=proposed.entry_id, title="催单三句", text=mended)
    assert again == proposed
    assert standing(lin) == "waits"
    assert library.draft(user=trainer, pk=proposed.draft_id).body["body"] == {"zh": mended}


def test_what_was_not_taken_up_may_be_proposed_anew(proposed, lin, trainer) -> None:
    library.drop_draft(actor=trainer, draft=library.draft(user=trainer, pk=proposed.draft_id), why="已经有了")
    assert standing(lin) == "declined"
    (told,) = InboxMessage.objects.filter(recipient=lin)
    assert (told.key, told.params["why"]) == ("inbox.library_dropped", "已经有了")
    again = learning.propose_entry(actor=lin, pk=proposed.entry_id, title="催单三句", text="换个说法")
    assert again != proposed


def test_the_author_publishes_nothing_and_nobody_else_hands_it_in_again(proposed, lin, team, trainer) -> None:
    with pytest.raises(people.NotVisibleError):
        library.publish(actor=lin, draft=proposed.draft)
    library.return_draft(actor=trainer, draft=library.draft(user=trainer, pk=proposed.draft_id), decision="补例子")
    with pytest.raises(people.NotVisibleError):
        library.propose_again(actor=a_trainee(unit=team), draft=proposed.draft, title="题", text="字")


def test_a_proposal_outlives_its_entry(proposed, lin, time) -> None:
    learning.delete_entry(actor=lin, pk=proposed.entry_id)
    time.pass_(days=31)
    assert learning.forget_deleted_due() == 1
    assert learning.proposals_of(user=lin).get().entry is None


# -- counts -----------------------------------------------------------------------------------------------------------


def test_leaders_see_counts_alone(proposed, lin, team, trainer) -> None:
    keeps(lin)
    row = keeps(lin, "examples.1")
    learning.change_entry(
        actor=lin, pk=row.pk, what=learning.Written(row.title, row.text, note="我常用")
    )  # fmt: skip
    lead = a_login("lead", "supervisor", unit=team)
    (line,) = learning.team_deposits(user=lead)
    assert line == learning.Deposit(lin.employee, kept=2, own_written=2, proposed=1, published=0)
    assert learning.deposit_of(user=lead, employee=lin.employee) == line
    assert learning.deposit_of(user=lin, employee=lin.employee) == line
    with pytest.raises(people.NotVisibleError):
        learning.handbook_entry(user=lead, pk=row.pk)


def test_counts_are_of_a_time_and_of_whom_one_may_see(proposed, lin, team) -> None:
    now = timezone.now()
    later = learning.deposits_of([lin.employee], since=now + timezone.timedelta(days=1))
    assert later[lin.employee.pk] == learning.Deposit(lin.employee)
    other = a_login("other", "supervisor", unit=a_unit())
    assert learning.team_deposits(user=other) == []
    with pytest.raises(people.NotVisibleError):
        learning.deposit_of(user=other, employee=lin.employee)
    with pytest.raises(people.NotVisibleError):
        learning.team_deposits(user=lin)
