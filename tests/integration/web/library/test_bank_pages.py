"""Questions brought into a bank and taken out of it, for who writes the library and for nobody else."""

from __future__ import annotations

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from peilian.adapters.banks import read_bank
from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from support.exams import BANK, a_bank
from support.library import a_writer, installed, the_content
from support.library_pages import client_of, see

pytestmark = pytest.mark.django_db
GIFT = """::q1::题 q1 {~甲 ~乙 =丙 ####因为丙}

::new::还在查，先回一句？{T####给个时间}

::essay::谈谈{}
"""
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 40
MOODLE = f"""<quiz><question type="truefalse"><name><text>seen</text></name>
<questiontext format="html"><text>看图 &lt;img src="@@PLUGINFILE@@/shot.png"&gt;</text>
<file name="shot.png" encoding="base64">{base64.b64encode(PICTURE).decode()}</file></questiontext>
<answer fraction="100"><text>true</text></answer></question></quiz>"""


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def bank(tmp_path):
    installed(tmp_path, a_bank())
    return the_content(BANK, "items")


def sent(user, name, data, status=302):
    response = client_of(user).post(reverse("library_questions", args=[BANK]), {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == status
    while base.run_next_job():
        pass
    return response.headers.get("Location", "")


def brought_in(user, place):
    client_of(user).post(place, {"do": "import"})
    while base.run_next_job():
        pass
    return library.drafts(user=user).get()


def test_questions_become_a_draft_of_the_bank_beside_those_that_are_there(writer, bank):
    place = sent(writer, "quiz.gift", GIFT.encode())
    look = client_of(writer).get(place).content.decode()
    assert "essay" in look
    draft = brought_in(writer, place)
    items = {item["id"]: item for item in draft.body["items"]}
    assert list(items) == ["q1", "q2", "q3", "q4", "q5", "q6", "new"]
    assert [one["id"] for one in items["q1"]["options"] if one.get("right")] == ["c"]
    assert items["q1"]["points"] == "2"
    assert draft.body["title"] == {"zh": "题库"}
    assert draft.body["competencies"] == ["problem_solving"]


def test_a_file_that_brings_nothing_new_changes_nothing(writer, bank):
    made = library.export_bank(user=writer, content=bank, form="gift")
    place = sent(writer, "bank.gift", made.data)
    prepared = library.prepared_files(user=writer, pk=place.rstrip("/").rpartition("/")[2])
    assert prepared.counts == {"refused": 0, "changed": 0, "new": 0, "same": 1}


def test_one_question_that_cannot_be_read_keeps_all_of_them_out(writer, bank):
    place = sent(writer, "quiz.gift", (GIFT + "\n选{=甲 =}乙{x").encode())
    assert client_of(writer).get(place).status_code == 422
    fetched = client_of(writer).get(place, headers={"HX-Request": "true"})
    assert fetched.status_code == 200
    assert "quiz.gift" in fetched.content.decode()
    client_of(writer).post(place, {"do": "import"})
    assert not library.drafts(user=writer).exists()


def test_pictures_come_in_as_files_of_the_bank(writer, bank):
    draft = brought_in(writer, sent(writer, "quiz.xml", MOODLE.encode()))
    assert list(draft.files) == ["shot.png"]
    assert "![](shot.png)" in next(item for item in draft.body["items"] if item["id"] == "seen")["stem"]["zh"]


def test_a_file_of_questions_without_a_bank_makes_one(writer, bank):
    response = client_of(writer).post(reverse("library_files"), {"file": SimpleUploadedFile("Refunds.gift", b"x{T}")})
    while base.run_next_job():
        pass
    draft = brought_in(writer, response["Location"])
    assert draft.content.reference == "items:own/refunds"


@pytest.mark.parametrize("form", library.BANK_FORMS)
def test_a_bank_is_taken_out_in_each_form(writer, bank, form):
    response = client_of(writer).get(reverse("library_take_out", args=[BANK]), {"form": form})
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    if form != "table":
        assert len(read_bank({"gift": "a.gift", "moodle": "a.xml"}[form], response.content).items) == 6


def test_a_form_that_is_none_is_told_on_the_page(writer, bank):
    response = client_of(writer).get(reverse("library_take_out", args=[BANK]), {"form": "pdf"}, follow=True)
    assert response.redirect_chain
    with pytest.raises(InputError):
        library.export_bank(user=writer, content=bank, form="pdf")  # type: ignore[arg-type]


def test_what_stays_behind_is_told_before_it_is_taken_out(writer, bank):
    text = see(writer, "library_questions", BANK)
    assert "GIFT" in text
    assert "points" in text


def test_who_does_not_write_gets_no_key(tmp_path, bank):
    agent = a_writer("agent", "agent")
    for name in ("library_questions", "library_take_out"):
        see(agent, name, BANK, status=404)
    with pytest.raises(NotVisibleError):
        library.export_bank(user=agent, content=bank, form="gift")


def test_other_texts_have_no_questions(writer, bank):
    see(writer, "library_questions", "mine/none", status=404)
    assert client_of(writer).put(reverse("library_questions", args=[BANK])).status_code == 405
    assert client_of(writer).post(reverse("library_take_out", args=[BANK])).status_code == 405


@pytest.mark.parametrize(("name", "data"), [("a.pdf", b"%PDF-"), ("a.md", b"# x"), ("empty.gift", b" ")])
def test_a_file_that_holds_no_questions_is_refused_with_the_reason(writer, bank, name, data):
    place = sent(writer, name, data)
    assert client_of(writer).get(place).status_code == 422
