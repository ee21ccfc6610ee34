"""Extraction through the door: who may, what is stored and what is not, and that nothing is half-stored."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from peilian.adapters.lake import Lake
from peilian.apps.base.models import AuditEntry
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts.extracting import _staff_names
from peilian.apps.contacts.models import Extraction
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.flows import importing, reading
from support.builders import a_unit
from support.company import SmallCompany, a_login, a_small_company, write_files

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


def start(user, conversation_id="a-good", *, is_confirmed=True, seen=None, **wish) -> library.Draft:
    chosen = contacts.Wish(**wish)
    shown = contacts.propose_extraction(user=user, conversation_id=conversation_id, wish=chosen)
    return contacts.start_extraction(
        actor=user,
        conversation_id=conversation_id,
        wish=chosen,
        seen=shown.seen if seen is None else seen,
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
            actor=user, conversation_id="a-good", wish=contacts.Wish(), seen="", is_confirmed=True
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


def test_names_of_the_staff_are_suspicious_in_full_and_in_short(company):
    found = contacts.conversation(user=company.manager, conversation_id="a-good").conversation
    said = replace(found.messages[2], text="我是小禾，林小禾")
    assert _staff_names([replace(found, messages=(said,))]) == {"林小禾": "name", "小禾": "name"}
