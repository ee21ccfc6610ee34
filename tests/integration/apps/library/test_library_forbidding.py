"""What phrases forbid is forbidden at work and in drills alike, by the texts that are published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peilian.apps.library import api as library
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import read_conversation
from support.library import a_writer, installed, published, the_content

pytestmark = pytest.mark.django_db
KEY = "mine/words"
WORDS = "全宇宙第一"


def phrases(*avoid, **more):
    return {
        "kind": "phrases", "schema_version": 1, "key": KEY, "title": {"zh": "禁用清单"},
        "phrases": [{"id": "boast", "when": {"zh": "介绍商品"}, "text": {"zh": "这款卖得最好"}, "avoid": list(avoid)}],
        **more,
    }  # fmt: skip


def banned(words=WORDS, **more):
    return {
        "text": {"zh": words}, "why": {"zh": "广告法不许"}, "strength": "forbidden", "watch": {"zh": [words]}, **more
    }  # fmt: skip


def is_found(lexicons, text=f"我们家{WORDS}", at=None):
    at_ms = None if at is None else int(at.timestamp() * 1000)
    message = Message("0", 0, Role.AGENT, text, at_ms, "a-1")
    return read_conversation(Conversation("k", (message,)), lexicons).messages[0].has("forbidden")


def test_a_published_list_is_what_work_and_drills_are_read_by_from_then_on(tmp_path):
    installed(tmp_path, phrases())
    assert not is_found(library.lexicons_at_work(), at=datetime.now(UTC))
    before = datetime.now(UTC)
    published(a_writer(), the_content(KEY, "phrases"), **phrases(banned()))
    after = datetime.now(UTC) + timedelta(seconds=1)
    assert is_found(library.lexicons_at_work(), at=after)
    assert not is_found(library.lexicons_at_work(), at=before), "nobody is charged with what was forbidden later"
    assert is_found(library.lexicons_for_drill(after))
    assert not is_found(library.lexicons_for_drill(before)), "a drill stays with what was forbidden when it began"


def test_what_a_pack_forbids_from_the_first_counts_for_all_time_before(tmp_path):
    installed(tmp_path, phrases(banned()))
    assert is_found(library.lexicons_at_work())
    assert is_found(library.lexicons_at_work(), at=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_wording_that_begins_later_leaves_the_present_one_in_force(tmp_path):
    installed(tmp_path, phrases(banned()))
    published(a_writer(), the_content(KEY, "phrases"), **phrases(banned("全世界第一"), valid_from="2099-01-01"))
    now, then = datetime.now(UTC) + timedelta(seconds=1), datetime(2099, 1, 2, tzinfo=UTC)
    for lexicons in (library.lexicons_at_work(), library.lexicons_for_drill(now)):
        assert is_found(lexicons, at=now)
        assert not is_found(lexicons, "我们家全世界第一", at=now)
    assert is_found(library.lexicons_at_work(), "我们家全世界第一", at=then)
    assert not is_found(library.lexicons_at_work(), at=then)
    assert is_found(library.lexicons_for_drill(then), "我们家全世界第一")


def test_a_retired_list_forbids_nothing_more_and_stays_the_measure_of_its_time(tmp_path):
    installed(tmp_path, phrases(banned()))
    content, before = (
        the_content(KEY, "phrases"),
        datetime.now(UTC) - timedelta(seconds=1),
    )  # times of messages are whole milliseconds
    library.retire(actor=None, content=content, why="不再使用")
    after = datetime.now(UTC) + timedelta(seconds=1)
    assert is_found(library.lexicons_at_work(), at=before)
    assert not is_found(library.lexicons_at_work(), at=after)
    assert not is_found(library.lexicons_for_drill(after))
    assert is_found(library.lexicons_for_drill(before))


def test_a_ban_holds_from_the_company_s_midnight_of_its_day(tmp_path):
    installed(tmp_path, phrases(banned(), valid_from="2026-03-01"))
    first = datetime(2026, 2, 28, 16, tzinfo=UTC)  # midnight in Shanghai
    lexicons = library.lexicons_at_work()
    assert is_found(lexicons, at=first)
    assert not is_found(lexicons, at=first - timedelta(milliseconds=1))
    assert not is_found(lexicons), "when it was said is unknown"


def test_a_wording_that_is_not_watched_for_is_told_and_not_marked(tmp_path):
    installed(tmp_path, phrases({"text": {"zh": WORDS}, "why": {"zh": "夸大"}, "strength": "forbidden"}))
    assert not is_found(library.lexicons_at_work())


@pytest.mark.parametrize(
    ("avoid", "reason"),
    [
        (banned(strength="better"), "pack.watch_needs_forbidden"),
        (banned(watch={"zh": ["(开着"]}), "pack.watched_words"),
        (banned(watch={"zh": ["<class>"]}), "pack.watched_words"),
        (banned(watch={"zh": ["稍等" + "...好" * 14 + "尾"]}), "pack.watched_words"),
    ],
)
def test_what_cannot_be_watched_for_is_refused_before_it_is_submitted(tmp_path, avoid, reason):
    installed(tmp_path, phrases())
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=the_content(KEY, "phrases"))
    draft = library.save_draft(actor=writer, draft=draft, body=phrases(avoid), edition=draft.edition)
    assert reason in [fault.reason.key for fault in library.faults_of(draft=draft)]
