"""The competency model on pages: read by all, written in a form without code, published with a look at what is lost."""

from __future__ import annotations

import pytest
from django.urls import reverse

from peilian.adapters import packs
from peilian.adapters.packs.trees import tree_of
from peilian.apps.library import api as library
from peilian.apps.record import api as record
from support.library import a_publisher, a_writer, installed, the_content
from support.library_pages import client_of, form_of, see, send, send_form

pytestmark = pytest.mark.django_db
KIND, KEY = "competency-model", "service-agents"
PARTS = ("competencies", "posts", "grades", "evidence", "words")


@pytest.fixture
def model(tmp_path):
    """The shipped model, in the library."""
    installed(tmp_path, tree_of(packs.load(KIND)[0].document))
    return the_content(KEY, KIND)


def test_everybody_reads_what_levels_look_like_and_what_posts_require(model):
    said = see(a_writer("lin", role="agent"), "library_text", KIND, KEY)
    assert "胜任力模型" in said
    assert "把客户的事当成自己的事" in said
    assert "在线客服" in said
    assert 'href="/learn/library/' in said


def test_the_form_has_no_code_and_gives_every_part_back_as_it_was(model):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=model)
    for part in PARTS:
        data = form_of(writer, draft, part=part)
        assert not [name for name in data if name.startswith("y.")], part
        assert send_form(writer, draft, data).status_code == 302
    assert library.draft(user=writer, pk=draft.pk).body == model.current.body


def test_a_level_that_a_post_requires_is_chosen_in_a_table(model):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=model)
    data = form_of(writer, draft, part="posts")
    data.setlist("f.posts.0.required.integrity", ["4", "4", "5", "5"])
    data.setlist("f.posts.0.required.empathy", ["", "", "", ""])
    send_form(writer, draft, data)
    required = library.draft(user=writer, pk=draft.pk).body["posts"][0]["required"]
    assert required["integrity"] == [4, 4, 5, 5]
    assert "empathy" not in required


def test_a_row_that_is_half_chosen_is_kept_and_told_in_words(model):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=model)
    data = form_of(writer, draft, part="posts")
    data.setlist("f.posts.0.required.integrity", ["4", "", "5", "5"])
    send_form(writer, draft, data)
    said = see(writer, "library_draft", draft.pk, part="posts", check=1)
    assert "合规与守信" in said
    assert "不能小于 1" in said


def test_a_new_competency_needs_no_key_and_can_be_required_at_once(model):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=model)
    data = form_of(writer, draft, part="competencies")
    data.appendlist("f.competencies", "new1")
    data["f.competencies.new1.name.zh"] = "多语种接待"
    send_form(writer, draft, data)
    fresh = library.draft(user=writer, pk=draft.pk).body["competencies"][-1]
    assert fresh["key"].startswith("competencies_")
    assert "多语种接待" in see(writer, "library_draft", draft.pk, part="posts")


def test_publishing_without_a_competency_asks_for_a_tick_at_each_that_would_be_gone(model):
    writer, publisher = a_writer(), a_publisher()
    body = model.current.body
    gone = body["competencies"][-1]["key"]
    posts = [{**one, "required": {k: v for k, v in one["required"].items() if k != gone}} for one in body["posts"]]
    axes = [{**one, "competencies": [key for key in one["competencies"] if key != gone]} for one in body["radar"]]
    less = {**body, "competencies": body["competencies"][:-1], "posts": posts, "radar": axes}
    draft = library.start_draft(actor=writer, content=model)
    draft = library.save_draft(actor=writer, draft=draft, body=less, edition=draft.edition)
    draft = library.submit(actor=writer, draft=draft)
    said = see(publisher, "library_draft", draft.pk)
    assert f'name="loss" value="{gone}"' in said
    assert "将去掉 1 项能力" in said
    send(publisher, "library_draft_do", draft.pk, "publish", edition=draft.edition)
    assert gone in record.competency_model().competencies
    send(publisher, "library_draft_do", draft.pk, "publish", edition=draft.edition, loss=gone)
    assert gone not in record.competency_model().competencies


@pytest.mark.parametrize("value", [5, [5], {"a": [5]}], ids=str)
def test_a_model_whose_every_field_is_of_another_kind_can_still_be_opened(model, value):
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=model)
    fields = {name: value for name in model.current.body if name not in ("kind", "schema_version", "key")}
    draft = library.save_draft(actor=writer, draft=draft, body={**draft.body, **fields}, edition=draft.edition)
    for query in ({"part": "posts"}, {"source": "1"}, {"review": "1"}):
        see(writer, "library_draft", draft.pk, **query)


def test_the_model_is_not_offered_as_a_new_text_and_has_no_way_to_be_retired(model):
    manager = a_publisher()
    assert f'value="{KIND}"' not in see(manager, "library_new")
    send(manager, "library_retire", KIND, KEY, why="不用了")
    assert the_content(KEY, KIND).state == "published"


def test_who_does_not_write_does_not_begin_a_change(model):
    response = client_of(a_writer("lin", role="agent")).post(reverse("library_edit", args=[KIND, KEY]))
    assert response.status_code == 404
