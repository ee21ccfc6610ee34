"""Drills are played with what the library publishes; a run stays with the version that it was begun with."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from peilian.adapters.packs.trees import tree_of
from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError
from peilian.flows import contents, playing
from support.library import a_pack, a_publisher, a_writer, the_content
from support.practice import CALM, Clock, a_new_process, a_run, a_trainee, folded, says

pytestmark = pytest.mark.django_db
TITLE = "我们自己的物流延误"


@pytest.fixture
def time(monkeypatch):
    return Clock().patch(monkeypatch)


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    """The shipped scenario in the library; what is published is not rehearsed, which takes seconds."""
    monkeypatch.setattr(contents, "rehearse", lambda _tree: [])
    document, _version = playing.scenarios()[CALM]
    library.install_packs(roots=(a_pack(tmp_path, tree_of(document), key="retail"),))
    return the_content(CALM, "scenario")


def rewritten(content: library.Content) -> library.ContentVersion:
    """Another wording, published."""
    writer = a_writer("scenario_writer")
    draft = library.start_draft(actor=writer, content=content)
    body = {**draft.body, "title": {"zh": TITLE, "en": "Our own delay"}, "difficulty": 4, "related": []}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    return library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))


def test_what_the_library_holds_unchanged_is_the_scenario_of_the_pack(scenario):
    assert practice.scenarios()[CALM] == playing.scenarios()[CALM]


def test_what_is_published_is_offered_in_place_of_the_shipped_one(scenario, time):
    version = rewritten(scenario)
    user = a_trainee()
    (entry,) = [entry for entry in practice.catalogue(user=user) if entry.key == CALM]
    assert (entry.title.zh, entry.difficulty, entry.version) == (TITLE, 4, f"sha256:{version.sha256}")
    run = a_run(user)
    assert (run.title, run.scenario_version) == (TITLE, f"sha256:{version.sha256}")
    assert library.uses_of(user=a_writer(), content=scenario).n_by_version == {version.number: 1}


def test_a_run_goes_on_as_it_began_when_a_newer_version_is_published(scenario, time):
    user = a_trainee()
    run = a_run(user)
    rewritten(scenario)
    a_new_process(run)
    before = folded(run)
    time.pass_(5)
    says(user, run)
    room = practice.open_room(user=user, run_id=run.pk)
    assert room.scenario is not None
    assert (room.scenario.title, room.scenario.version) == ("物流延误", run.scenario_version)
    assert {seq: event for seq, event in folded(run).items() if seq in before} == before


@pytest.mark.parametrize("change", ["newer", "retired"])
def test_a_run_of_an_own_version_is_not_changed_by_what_happens_to_the_text(scenario, time, change):
    rewritten(scenario)
    user = a_trainee()
    run = a_run(user)
    if change == "newer":
        again = library.start_draft(actor=None, content=scenario)
        body = {**again.body, "title": {"zh": "又改了"}}
        library.publish(actor=None, draft=library.save_draft(actor=None, draft=again, body=body, edition=1))
    else:
        library.retire(actor=None, content=scenario, why="过时")
    a_new_process(run)
    time.pass_(5)
    says(user, run)
    room = practice.open_room(user=user, run_id=run.pk)
    assert room.scenario is not None
    assert (room.scenario.title, room.run.state) == (TITLE, "running")


def test_a_run_goes_on_when_an_upgrade_of_the_product_changed_the_shipped_scenario(scenario, time, monkeypatch):
    user = a_trainee()
    run = a_run(user)
    document, version = playing.scenarios()[CALM]
    newer = {CALM: (document.model_copy(update={"difficulty": 5}), "sha256:newer")}
    monkeypatch.setattr(playing, "scenarios", lambda roots=None: newer)
    a_new_process(run)
    time.pass_(5)
    says(user, run)
    room = practice.open_room(user=user, run_id=run.pk)
    assert room.scenario is not None
    assert (room.scenario.version, room.scenario.difficulty) == (version, document.difficulty)


def test_a_retired_scenario_is_no_longer_offered(scenario, time):
    library.retire(actor=None, content=scenario, why="过时")
    assert CALM not in practice.scenarios()
    with pytest.raises(InputError, match="unknown_scenario"):
        a_run(a_trainee())
    library.restore(actor=None, content=scenario)
    assert a_run(a_trainee()).scenario == CALM


def test_a_replay_is_played_with_the_version_of_its_source(scenario, time):
    user = a_trainee()
    run = a_run(user)
    time.pass_(5)
    says(user, run)
    practice.stop_drill(user=user, run_id=run.pk)
    rewritten(scenario)
    again = practice.fork_run(user=user, run_id=run.pk, seq=2)
    assert again.scenario_version == run.scenario_version
    assert library.used_version(kind="practice.drill", id=again.pk).number == 1


def test_a_version_in_use_is_neither_changed_nor_deleted(scenario, time):
    a_run(a_trainee())
    version = scenario.current
    with pytest.raises(TypeError, match="never deleted"):
        version.delete()
    with pytest.raises(TypeError, match="never changed"):
        version.save()
    with pytest.raises(TypeError), base.bookkeeping():
        library.ContentVersion.objects.filter(pk=version.pk).update(note="x")
    for act in ("DELETE FROM library_contentversion", "UPDATE library_contentversion SET note = 'x'",
                "DELETE FROM library_use"):  # fmt: skip
        with pytest.raises(DatabaseError), base.bookkeeping(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)
    assert library.ContentVersion.objects.filter(pk=version.pk).exists()


def test_nobody_publishes_a_scenario_that_was_not_rehearsed_and_nothing_is_played_while_a_page_waits(
    scenario, monkeypatch
):
    played: list[object] = []
    monkeypatch.setattr(contents, "rehearse", lambda tree: played.append(tree) or [])
    writer, publisher = a_writer(), a_publisher()
    draft = library.start_draft(actor=writer, content=scenario)
    body = {**draft.body, "related": [], "covers": [], "difficulty": 4}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    draft = library.submit(actor=writer, draft=draft)
    with pytest.raises(InputError, match="rehearse_first"):
        library.publish(actor=publisher, draft=draft)
    assert (played, the_content(CALM, "scenario").current.number) == ([], 1)
    library.start_rehearsal(actor=writer, draft=draft)
    assert base.run_next_job()
    assert len(played) == 1
    assert library.publish(actor=publisher, draft=draft).number == 2
    assert len(played) == 1


def test_a_scenario_that_judges_wrongly_is_not_published(tmp_path):
    document, _version = playing.scenarios()[CALM]
    library.install_packs(roots=(a_pack(tmp_path, tree_of(document), key="retail"),))
    draft = library.start_draft(actor=None, content=the_content(CALM, "scenario"))
    plays = {**draft.body["plays"], "ideal": draft.body["plays"]["apology_only"]}
    body = {**draft.body, "languages": ["zh"], "plays": plays}
    draft = library.save_draft(actor=None, draft=draft, body=body, edition=1)
    with pytest.raises(InputError, match="rehearsal") as caught:
        library.publish(actor=None, draft=draft)
    assert all(fault.file is None for fault in caught.value.faults)
    assert the_content(CALM, "scenario").current.number == 1


def test_two_clicks_start_one_rehearsal_that_is_looked_for_and_started_in_one_transaction(scenario, monkeypatch):
    draft = library.start_draft(actor=a_writer(), content=scenario)
    looked = []
    find = base.jobs_of
    monkeypatch.setattr(base, "jobs_of", lambda *about: looked.append(base.is_writing()) or find(*about))
    first = library.start_rehearsal(actor=a_writer("second"), draft=draft)
    assert library.start_rehearsal(actor=a_writer("third"), draft=draft) == first
    assert looked == [True, True]
    base.cancel_job(actor=None, job=first)
    assert library.start_rehearsal(actor=None, draft=draft) != first


def test_the_rehearsals_of_a_draft_are_found_by_an_index(scenario):
    draft = library.start_draft(actor=a_writer(), content=scenario)
    library.start_rehearsal(actor=None, draft=draft)
    with CaptureQueriesContext(connection) as queries:
        library.last_rehearsal(user=a_writer("second"), draft=draft)
    (asked,) = [query["sql"] for query in queries if 'FROM "base_job"' in query["sql"]]
    assert "subject" in asked
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            assert "jobs_of_a_subject" in str(cursor.fetchall())


def test_what_a_scenario_shows_before_it_plays_is_told_at_its_field_before_it_is_submitted(scenario):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=scenario)
    needs = [{**draft.body["needs"][0], "resolved": "no_such_fact == true"}, *draft.body["needs"][1:]]
    body = {**draft.body, "related": [], "covers": [], "needs": needs}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    assert library.faults_of(draft=draft) == []
    found = library.faults_of(draft=draft, is_thorough=True)
    assert [fault for fault in found if (fault.field or "").startswith("needs.0")], found
    with pytest.raises(InputError):
        library.submit(actor=writer, draft=draft)
    assert library.draft(user=writer, pk=draft.pk).state == "writing"
