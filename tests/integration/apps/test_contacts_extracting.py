"""Extraction through the door: who may, what is stored and what is not, and that nothing is half-stored."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.base.models import AuditEntry
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts import extracting as contacts_extracting
from peilian.apps.contacts.extracting import _staff_names
from peilian.apps.contacts.models import Extraction
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError, Reason
from peilian.engine.conversation import leftovers
from peilian.flows import importing, reading
from peilian.flows.wording import say
from support.builders import a_unit
from support.company import LIN, SmallCompany, a_login, a_small_company, write_files

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def read_lake(tmp_path_factory) -> Path:
    """The conversations of the small company, read."""
    folder = tmp_path_factory.mktemp("extraction")
    lake = Lake.create(folder / "lake")
    importing.import_files(write_files(folder), lake=lake, now_ms=0)
    reading.read_lake(lake)
    return lake.path


@pytest.fixture
def company(home: Path, read_lake: Path) -> SmallCompany:
    """The small company with its lake."""
    shutil.copytree(read_lake, home / "lake")
    return a_small_company()


def all_of(shown: contacts.Proposed) -> set[str]:
    """Every suspicious word that is shown."""
    return {one.word for found in shown.reviews for one in found.suspects}


def start(user, conversation_id="a-good", *, is_confirmed=True, seen=None, offered=None, **wish) -> library.Draft:
    chosen = contacts.Wish(**wish)
    shown = contacts.propose_extraction(user=user, conversation_id=conversation_id, wish=chosen)
    return contacts.start_extraction(
        actor=user,
        conversation_id=conversation_id,
        wish=chosen,
        seen=shown.seen if seen is None else seen,
        offered=all_of(shown) if offered is None else offered,
        is_confirmed=is_confirmed,
    )


def refused(error: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str | None]]:
    return [(fault.reason.key.removeprefix("extraction.refused."), fault.field) for fault in error.value.faults]


@pytest.mark.parametrize("who", ["lead_a", "manager"])
def test_leaders_make_drafts_of_what_they_may_see(company, who):
    user = getattr(company, who)
    assert contacts.may_extract(user=user)
    draft = start(user)
    assert draft.content.key.startswith("own/case-")
    assert draft.content.state == library.ContentState.NEW
    assert draft.author == user


@pytest.mark.parametrize("who", ["lin", "zheng", "admin", "leadership", "lecturer"])
def test_who_does_not_write_or_does_not_see_gets_nothing(company, who):
    user = getattr(company, who)
    assert not contacts.may_extract(user=user)
    with pytest.raises(NotVisibleError):
        contacts.propose_extraction(user=user, conversation_id="a-good")
    with pytest.raises(NotVisibleError):
        contacts.start_extraction(
            actor=user, conversation_id="a-good", wish=contacts.Wish(), seen="", offered=(), is_confirmed=True
        )
    assert not Extraction.objects.exists()


def test_a_writer_who_sees_no_conversations_extracts_none(company):
    trainer = a_login("trainer", "trainer", unit=a_unit("training", zh="培训部", en="Training"))
    with pytest.raises(NotVisibleError):
        contacts.propose_extraction(user=trainer, conversation_id="a-good")


@pytest.mark.parametrize("conversation_id", ["a-good", "nothing"])
def test_a_conversation_of_another_team_is_absent(company, conversation_id):
    with pytest.raises(NotVisibleError):
        contacts.propose_extraction(user=company.lead_b, conversation_id=conversation_id)


@pytest.mark.parametrize("second", ["a-hard", "nothing"])
def test_a_second_conversation_of_another_team_is_absent_too(company, second):
    with pytest.raises(InputError) as error:
        contacts.propose_extraction(user=company.lead_b, conversation_id="b/one", wish=contacts.Wish(second=second))
    assert refused(error) == [("no_such_conversation", "second")]


def test_looking_stores_nothing(company):
    contacts.propose_extraction(user=company.lead_a, conversation_id="a-good")
    assert not Extraction.objects.exists()
    assert not library.drafts(user=company.manager).exists()


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"is_confirmed": False}, ("not_confirmed", "confirmed")),
        ({"seen": "other"}, ("changed", "seen")),
        ({"hidden": {}, "offered": ()}, ("unseen", "hidden")),
        ({"told": {"a-good": frozenset({0})}}, ("too_little", "told")),
        ({"second": "a-good"}, ("same_conversation", "second")),
        ({"hidden": {f"词{n:04}": "other" for n in range(400)}}, ("too_many_words", "hidden")),
    ],
)
def test_without_a_look_and_a_word_nothing_is_stored(company, how, why):
    with pytest.raises(InputError) as error:
        start(company.lead_a, **how)
    assert refused(error) == [why]
    assert not Extraction.objects.exists()
    assert not library.drafts(user=company.manager).exists()


def test_what_is_hidden_need_not_have_been_shown(company):
    assert start(company.lead_a, hidden={"YS2026": "order"}, offered=())


def with_topic(monkeypatch, topic: str) -> None:
    """The conversations have another topic."""
    found = contacts_extracting._found

    def other(user, conversation_id):
        conversation = found(user, conversation_id)
        return conversation and replace(conversation, topic=topic)

    monkeypatch.setattr(contacts_extracting, "_found", other)


@pytest.mark.parametrize("kind", ["case", "scenario"])
def test_a_name_that_stands_only_in_the_topic_is_shown_and_hidden(company, monkeypatch, kind):
    with_topic(monkeypatch, "联系人王小明的快递")
    shown = contacts.propose_extraction(user=company.lead_a, conversation_id="a-good", wish=contacts.Wish(kind=kind))
    assert "王小明" in shown.hidden
    assert "王小明" not in json.dumps(shown.proposal.body, ensure_ascii=False)
    with pytest.raises(InputError) as error:
        start(company.lead_a, kind=kind, hidden={"YS2026": "order"}, offered=())
    assert refused(error) == [("unseen", "hidden")]
    start(company.lead_a, kind=kind)
    assert {"message": -1, "start": 3, "end": 6, "kind": "name"} in Extraction.objects.get().hidden[0]


def test_a_topic_that_has_changed_is_looked_at_again(company, monkeypatch):
    seen = contacts.propose_extraction(user=company.lead_a, conversation_id="a-good").seen
    with_topic(monkeypatch, "别的事")
    with pytest.raises(InputError) as error:
        start(company.lead_a, seen=seen)
    assert refused(error) == [("changed", "seen")]


def test_the_day_of_a_drill_is_not_the_real_one_but_the_same_weekday(company):
    real = contacts.conversation(user=company.lead_a, conversation_id="a-good").conversation.started_at_ms
    day = datetime.fromtimestamp(real / 1000, base.company_zone()).date()
    told = date.fromisoformat(start(company.lead_a, kind="scenario").body["today"])
    assert told != day
    assert abs((told - day).days) in (7, 14, 21, 28)


def test_a_conversation_is_folded_once_for_all_names_of_the_staff(company, monkeypatch):
    found = contacts.conversation(user=company.manager, conversation_id="a-good").conversation
    lines = [SimpleNamespace(account=f"a{n}", employee=f"王小{chr(0x4E00 + n)}") for n in range(500)]
    monkeypatch.setattr(contacts_extracting, "roster_lines", lambda: lines)
    folds = []
    fold = leftovers._folded
    monkeypatch.setattr(leftovers, "_folded", lambda text: folds.append(len(text)) or fold(text))
    assert _staff_names([found]) == {}
    assert sum(length > 10 for length in folds) == 1


def test_an_unknown_kind_is_refused(company):
    with pytest.raises(InputError) as error:
        start(company.lead_a, kind="song")
    assert refused(error) == [("unknown_kind", "kind")]


def test_when_the_row_cannot_be_stored_the_draft_is_not_either(company, monkeypatch):
    monkeypatch.setattr(Extraction.objects, "create", lambda **_: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(RuntimeError):
        start(company.lead_a)
    assert not library.drafts(user=company.manager).exists()


def test_what_is_kept_is_who_when_and_where_but_no_word(company):
    draft = start(company.lead_a, hidden={"快递": "other"}, told={"a-good": frozenset({0, 2, 4})})
    row = Extraction.objects.get()
    assert (row.draft, row.confirmed_by, row.kind) == (draft, company.lead_a, "case")
    assert row.conversations == ["a-good"]
    assert row.told == [[0, 2, 4]]
    assert row.hidden == [[{"message": 0, "start": 2, "end": 4, "kind": "other"}]]
    kept = json.dumps([row.hidden, row.told, row.kept], ensure_ascii=False)
    assert "快递" not in kept


def test_the_trail_tells_what_was_hidden_and_not_in_which_conversation(company):
    start(company.lead_a, hidden={"快递": "other"})
    entry = AuditEntry.objects.get(verb="contacts.start_extraction")
    assert entry.actor == company.lead_a
    assert entry.changes["hidden"] == [None, [{"message": 0, "start": 2, "end": 4, "kind": "other"}]]
    assert "a-good" not in json.dumps([entry.changes, entry.object_label])


@pytest.mark.parametrize("kind", ["case", "scenario"])
def test_the_draft_names_neither_the_conversation_nor_a_hidden_word(company, kind):
    draft = start(
        company.lead_a, kind=kind, hidden={"没动了": "other"}, title="a-good 里的没动了", answers={"cause": "没动了"}
    )
    told = json.dumps(draft.body, ensure_ascii=False)
    assert "没动了" not in told
    assert "a-good" not in json.dumps({**draft.body, "title": ""})
    assert draft.body["key"] == draft.content.key


def test_everything_suspicious_is_hidden_until_a_person_says_otherwise(company):
    shown = contacts.propose_extraction(user=company.lead_a, conversation_id="a-good")
    assert shown.hidden == {"YS2026": "order"}
    assert "YS2026" not in json.dumps(shown.proposal.body)
    kept = contacts.propose_extraction(user=company.lead_a, conversation_id="a-good", wish=contacts.Wish(hidden={}))
    assert "YS2026" in json.dumps(kept.proposal.body)


def test_what_looked_suspicious_and_stayed_is_counted(company):
    start(company.lead_a, hidden={})
    assert Extraction.objects.get().kept == {"order": 1}


def test_two_conversations_make_a_pair_with_the_better_one_first(company):
    shown = contacts.propose_extraction(
        user=company.lead_a, conversation_id="a-hard", wish=contacts.Wish(second="a-good")
    )
    assert shown.efficient == 1
    turned = contacts.propose_extraction(
        user=company.lead_a, conversation_id="a-hard", wish=contacts.Wish(second="a-good", efficient=0)
    )
    assert turned.efficient == 0
    draft = start(company.lead_a, "a-hard", second="a-good", answers={"lesson": "先查再答"})
    assert draft.body["form"] == "pair"
    assert library.faults_of(draft=draft) == []
    assert Extraction.objects.get().conversations == ["a-hard", "a-good"]


def test_a_drill_from_a_conversation_tells_at_once_what_is_missing(company):
    draft = start(company.lead_a, "a-hard", kind="scenario")
    assert library.faults_of(draft=draft) == []
    problems = library.rehearse_draft(user=company.lead_a, draft=draft)
    assert {fault.reason.key for fault in problems} == {"drill.lint.gap"}
    assert all(fault.field for fault in problems)


def test_keys_are_counted_up(company):
    first, second = start(company.lead_a), start(company.lead_a)
    assert first.content.key.removesuffix("1") == second.content.key.removesuffix("2")


def test_a_draft_leads_back_only_for_those_who_may_see(company):
    draft = start(company.lead_a)
    origin = contacts.extraction_of(user=company.manager, draft=draft)
    assert (origin.confirmed_by, origin.conversations) == (company.lead_a, ("a-good",))
    assert contacts.extraction_of(user=company.lead_b, draft=draft).conversations == ()
    with pytest.raises(NotVisibleError):
        contacts.extraction_of(user=company.lin, draft=draft)


def test_other_drafts_have_no_such_origin(company):
    draft = library.new_content(actor=company.lead_a, kind="case", key="own/x", title={"zh": "新"})
    assert contacts.extraction_of(user=company.lead_a, draft=draft) is None


@pytest.fixture
def known(company, tmp_path) -> SmallCompany:
    """The small company, with a conversation of a customer whose id is known, and one in which that customer wrote."""
    source = tmp_path / "known.csv"
    said = [
        ("e1", "10:00:00", "customer", "kai-1", "kai-1", "我的快递三天没动了，到底在哪里"),
        ("e1", "10:00:40", "agent", LIN, "kai-1", "抱歉让您等了，我马上查一下物流"),
        ("e1", "10:01:30", "agent", LIN, "kai-1", "查到了，暴雨停运，明天下午五点前送到"),
        ("e1", "10:02:10", "customer", "kai-1", "kai-1", "好的，谢谢"),
    ]
    lines = [f"{c},2026-02-20T{at}+08:00,{role},{who},{customer},{text}" for c, at, role, who, customer, text in said]
    source.write_text("\n".join(["conversation_id,at,role,author,customer,text", *lines]) + "\n", encoding="utf-8")
    contacts.import_now(actor=None, paths=[source])
    return company


def made(company, **wish) -> library.Draft:
    answers = {"lesson": "先查再答", "cause": "暴雨", "result.telling": "按时送到"}
    return start(company.lead_a, "e1", answers=answers, title="快递停运", **wish)


def erased(company) -> contacts.ErasedCustomer:
    return contacts.erase_customer(actor=company.admin, customer="kai-1")


def to_revise(company) -> list[str]:
    return [row.content.reference for row in library.revisions_due(user=company.manager)]


def test_when_its_customer_is_erased_a_draft_no_longer_leads_back_and_is_to_be_revised(known):
    draft = made(known)
    other = start(known.lead_a, "a-good")
    assert erased(known) == contacts.ErasedCustomer(n_conversations=1, n_texts=1)
    row = Extraction.objects.get(draft=draft)
    assert (row.conversations, row.told, row.hidden) == ([], [], [])
    assert contacts.extraction_of(user=known.manager, draft=draft).conversations == ()
    assert to_revise(known) == [draft.content.reference]
    assert Extraction.objects.get(draft=other).conversations == ["a-good"]
    assert "请重新检查《快递停运》" in say_all(base.inbox_of(user=known.lead_a))
    trail = AuditEntry.objects.filter(verb__in=["contacts.forget_extractions", "library.ask_revision"])
    assert {entry.verb for entry in trail} == {"contacts.forget_extractions", "library.ask_revision"}
    assert '"e1"' not in json.dumps([entry.changes for entry in trail])


def say_all(inbox) -> str:
    return "\n".join(say(Reason(row.key, row.params), "zh") for row in inbox)


def test_what_was_published_of_it_is_to_be_revised_and_readers_are_not_told_whose_story_it_is(known):
    draft = made(known)
    library.publish(actor=None, draft=library.submit(actor=known.lead_a, draft=draft))
    assert erased(known).n_texts == 1
    assert to_revise(known) == [draft.content.reference]
    assert not library.change_notices(user=known.lin).exists()
    assert not base.inbox_of(user=known.lin).filter(key__startswith="inbox.library_revision").exists()
    assert library.change_notices(user=known.manager).get().is_internal


def test_a_draft_in_review_goes_back_to_writing_and_publishing_it_settles_the_revision(known):
    draft = library.submit(actor=known.lead_a, draft=made(known))
    erased(known)
    draft.refresh_from_db()
    assert draft.state == library.DraftState.RETURNED
    library.publish(actor=None, draft=library.submit(actor=known.lead_a, draft=draft))
    assert to_revise(known) == []


def test_a_draft_that_was_given_up_is_parted_and_not_marked(known):
    draft = made(known)
    library.drop_draft(actor=known.lead_a, draft=draft)
    assert erased(known).n_texts == 0
    assert Extraction.objects.get().conversations == []
    assert not library.change_notices(user=known.manager).exists()


def test_of_a_pair_the_other_conversation_stays_with_its_places(known):
    draft = start(known.lead_a, "a-hard", second="e1", answers={"lesson": "先查再答"}, title="一对")
    told = Extraction.objects.get().told
    assert erased(known).n_texts == 1
    row = Extraction.objects.get(draft=draft)
    assert (row.conversations, row.told, len(row.hidden)) == (["a-hard"], told[:1], 1)


def test_what_the_command_line_erased_from_the_lake_alone_is_found_by_the_next_erasure(known, home):
    draft = made(known)
    Lake.open(home / "lake").erase_customer("kai-1", now_ms=0)
    assert contacts.erase_customer(actor=known.admin, customer="nobody") == contacts.ErasedCustomer(0, 1)
    assert to_revise(known) == [draft.content.reference]
    assert erased(known) == contacts.ErasedCustomer(0, 0)


def test_nothing_is_written_down_about_texts_when_none_was_made_of_the_conversations(known):
    start(known.lead_a, "a-good")
    assert erased(known).n_texts == 0
    assert not AuditEntry.objects.filter(verb="contacts.forget_extractions").exists()


def test_names_of_the_staff_are_suspicious_in_full_and_in_short(company):
    found = contacts.conversation(user=company.manager, conversation_id="a-good").conversation
    said = replace(found.messages[2], text="我是小禾，林小禾")
    assert _staff_names([replace(found, messages=(said,))]) == {"林小禾": "name", "小禾": "name"}
