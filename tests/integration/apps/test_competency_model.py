"""The competency model as a text of the library: what is published counts, and nothing that was recorded is lost."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from peilian.adapters import packs
from peilian.adapters.packs.trees import tree_of
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from support.builders import an_employee
from support.library import a_pack, a_publisher, a_writer, an_article, installed, the_content

pytestmark = pytest.mark.django_db
KIND, KEY = "competency-model", "service-agents"
LOST = "selling"


def the_tree() -> dict[str, Any]:
    """The shipped model as data, with one competency more."""
    (one,) = packs.load(KIND)
    tree = copy.deepcopy(tree_of(one.document))
    extra = copy.deepcopy(tree["competencies"][0])
    tree["competencies"].append({**extra, "key": LOST, "name": {"zh": "顺带推荐", "en": "Selling"}})
    return tree


def without(tree: dict[str, Any], key: str) -> dict[str, Any]:
    return {**tree, "competencies": [one for one in tree["competencies"] if one["key"] != key]}


def a_draft(writer: people.User, body: dict[str, Any]) -> library.Draft:
    """A change of the model in review."""
    draft = library.start_draft(actor=writer, content=the_content(KEY, KIND))
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    return library.submit(actor=writer, draft=draft)


def a_piece(person: people.Employee, competency: str) -> record.NewEvidence:
    return record.NewEvidence(
        employee=person, competency=competency, kind="drill", score=0.8, at=datetime(2026, 3, 2, tzinfo=UTC),
        source_kind="practice.drill", source_id=competency, label=Reason("competency.kind.drill"),
    )  # fmt: skip


@pytest.fixture
def model(tmp_path) -> dict[str, Any]:
    """The model of the library, which is in force."""
    installed(tmp_path, the_tree(), an_article(competencies=[LOST]))
    return the_content(KEY, KIND).current.body


def test_without_an_installed_library_the_shipped_model_counts():
    assert record.competency_model().key == KEY
    assert LOST not in record.competency_model().competencies


def test_what_is_published_counts_at_once_and_evidence_keeps_the_version_it_was_made_by(model):
    writer, person = a_writer(), an_employee("林小禾")
    before = record.competency_model()
    assert LOST in before.competencies
    (old,) = record.add_evidence(actor=None, pieces=[a_piece(person, "empathy")])
    body = {**model, "stages": [{**model["stages"][0], "mean": 40.0}, *model["stages"][1:]]}
    library.publish(actor=a_publisher(), draft=a_draft(writer, body))
    after = record.competency_model()
    assert after.stage(None).mean == 40
    (new,) = record.add_evidence(actor=None, pieces=[a_piece(person, "integrity")])
    assert (old.model, old.model_version) == (KEY, before.version)
    assert (new.model, new.model_version) == (KEY, after.version)
    assert before.version != after.version


def test_the_same_model_keeps_its_version_whether_it_is_a_file_or_installed(tmp_path):
    shipped = record.competency_model()
    (one,) = packs.load(KIND)
    installed(tmp_path, tree_of(one.document))
    assert record.competency_model().version == shipped.version


def test_other_changes_of_the_library_do_not_make_the_model_anew(model, tmp_path):
    before = record.competency_model()
    installed(tmp_path / "other", an_article("mine/again"), version="2")
    assert record.competency_model() is before


def test_leaving_out_a_competency_takes_a_confirmation_that_names_what_hangs_on_it(model):
    writer, publisher, person = a_writer(), a_publisher(), an_employee("林小禾")
    record.add_evidence(actor=None, pieces=[a_piece(person, LOST)])
    draft = a_draft(writer, without(model, LOST))
    (lost,) = library.lost_competencies(user=publisher, draft=draft)
    assert (lost.key, [one.key for one in lost.texts]) == (LOST, ["mine/returns"])
    bearing = record.bearing_of(user=publisher, keys=[LOST])[LOST]
    assert (bearing.n_evidence, bearing.n_people, bearing.n_needs) == (1, 1, 0)
    with pytest.raises(InputError, match="competencies_lost"):
        library.publish(actor=publisher, draft=draft)
    with pytest.raises(InputError, match="competencies_lost"):
        library.publish(actor=publisher, draft=draft, losses=["empathy"])
    assert LOST in record.competency_model().competencies
    library.publish(actor=publisher, draft=draft, losses=[LOST])
    assert LOST not in record.competency_model().competencies


def test_evidence_on_a_competency_that_is_gone_keeps_its_name_and_can_still_be_corrected(model):
    writer, person = a_writer(), an_employee("林小禾")
    (row,) = record.add_evidence(actor=None, pieces=[a_piece(person, LOST)])
    library.publish(actor=a_publisher(), draft=a_draft(writer, without(model, LOST)), losses=[LOST])
    name = record.competency_text(LOST)
    assert name is not None
    assert name.zh == "顺带推荐"
    assert record.correct_evidence(actor=None, evidence=row, score=0.2, note="记错了").score == 0.2
    with pytest.raises(InputError, match="unknown_competency"):
        record.add_evidence(actor=None, pieces=[a_piece(person, LOST)])


def test_a_text_names_the_competencies_of_the_model_in_force(model):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=the_content())
    assert library.faults_of(draft=draft) == []
    library.publish(actor=a_publisher(), draft=a_draft(writer, without(model, LOST)), losses=[LOST])
    assert [(one.field, one.reason.params["name"]) for one in library.faults_of(draft=draft)] == [
        ("competencies", LOST)
    ]


def test_a_post_that_requires_what_the_model_does_not_have_is_told_before_it_is_submitted(model):
    writer = a_writer()
    posts = [{**model["posts"][0], "required": {"flying": [1, 2, 3, 4]}}, *model["posts"][1:]]
    draft = library.start_draft(actor=writer, content=the_content(KEY, KIND))
    draft = library.save_draft(actor=writer, draft=draft, body={**model, "posts": posts}, edition=draft.edition)
    with pytest.raises(InputError):
        library.submit(actor=writer, draft=draft)


def test_there_is_one_model_it_is_not_begun_anew_not_brought_in_and_not_retired(model):
    manager = a_publisher()
    for refused in (
        lambda: library.new_content(actor=manager, kind=KIND, key="own/model", title={"zh": "另一份"}),
        lambda: library.retire(actor=manager, content=the_content(KEY, KIND), why="不用了"),
    ):
        with pytest.raises(InputError, match="one_of_its_kind"):
            refused()
    assert KIND not in library.kinds_to_begin()
    source = packs.load(KIND)[0].path.read_bytes().replace(b"key: service-agents", b"key: another", 1)
    found = library.preview_files(user=manager, name="model.yaml", data=source)
    assert [fault.reason.key for fault in found.faults] == ["library.one_of_its_kind"]


def test_an_upgrade_of_the_pack_and_a_change_made_here_come_together(model, tmp_path):
    writer = a_writer()
    own = [{**model["competencies"][0], "name": {"zh": "以客为先", "en": "Customer first"}}, *model["competencies"][1:]]
    library.publish(actor=a_publisher(), draft=a_draft(writer, {**model, "competencies": own}))
    theirs = the_tree()
    theirs["stages"][0]["mean"] = 41.0
    library.install_packs(roots=(a_pack(tmp_path, theirs, an_article(competencies=[LOST]), version="2"),))
    draft = library.drafts(user=writer).get(content__kind=KIND)
    assert draft.conflicts == []
    assert draft.body["competencies"][0]["name"]["zh"] == "以客为先"
    assert draft.body["stages"][0]["mean"] == 41


def test_people_who_only_publish_lessons_do_not_publish_the_model(model):
    draft = a_draft(a_writer(), {**model, "name": {"zh": "新名字"}})
    with pytest.raises(LookupError):
        library.publish(actor=a_writer("other"), draft=draft)
