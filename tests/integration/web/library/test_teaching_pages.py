"""Pages of what teaches and examines: lessons, courses, paths, surveys for all; banks and exams for who writes."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from peilian.adapters import packs
from peilian.adapters.packs.trees import tree_of
from peilian.apps.people import api as people
from support.company import SmallCompany, a_small_company
from support.exams import a_bank
from support.library import a_writer, installed, the_content

pytestmark = pytest.mark.django_db
SignIn = Callable[[people.User], Client]
KINDS = ("lesson", "course", "path", "survey", "items", "exam")


@pytest.fixture
def shelf(home: Path, tmp_path: Path) -> SmallCompany:
    """Every shipped text of these kinds, as the only ones."""
    found = a_small_company()
    installed(tmp_path / "pack", *(tree_of(item.document) for kind in KINDS for item in packs.load(kind)))
    return found


def page(client: Client, kind: str, key: str, **asked: str) -> str:
    answer = client.get(f"/learn/library/{kind}/{key}/", asked)
    assert answer.status_code == 200, (kind, key)
    return answer.content.decode()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_shipped_text_of_these_kinds_has_its_page(shelf: SmallCompany, signed_in: SignIn, language: str) -> None:
    client = signed_in(a_writer())
    client.post("/language/", {"language": language, "next": "/"})
    for kind in KINDS:
        for item in packs.load(kind):
            title = getattr(item.document.title, language)  # type: ignore[attr-defined]
            assert title.split("：")[0].split("“")[0] in unescape(page(client, kind, item.document.key))


def test_a_lesson_shows_its_goals_before_its_text_and_what_to_keep_after_it(
    shelf: SmallCompany, signed_in: SignIn
) -> None:
    said = page(signed_in(a_writer("reader", "agent")), "lesson", "service-core/first-things-first")
    places = [said.index(one) for one in ("十秒内判断", "嗓门大的不一定急", "安全、损失、时限，三问定先后", "评判标准")]
    assert places == sorted(places)


def test_readers_of_a_lesson_are_not_shown_its_questions(shelf: SmallCompany, signed_in: SignIn) -> None:
    stem = "四件事同时等着"
    assert stem in page(signed_in(a_writer()), "lesson", "service-core/first-things-first")
    assert stem not in page(signed_in(a_writer("reader", "agent")), "lesson", "service-core/first-things-first")


def test_a_course_links_its_units_and_keeps_the_exam_to_itself(shelf: SmallCompany, signed_in: SignIn) -> None:
    said = page(signed_in(a_writer("reader", "agent")), "course", "service-core/newcomer-basics")
    assert "/learn/library/lesson/service-core/four-steps/" in said
    assert "/learn/library/exam/" not in said
    assert "/learn/library/exam/service-core/newcomer-exam/" in page(
        signed_in(a_writer()), "course", "service-core/newcomer-basics"
    )


@pytest.mark.parametrize(("kind", "key"), [("items", "basics"), ("exam", "newcomer-exam")])
def test_questions_have_no_page_for_readers(shelf: SmallCompany, signed_in: SignIn, kind: str, key: str) -> None:
    client = signed_in(a_writer("reader", "agent"))
    for rest in ("", "versions/"):
        assert client.get(f"/learn/library/{kind}/service-core/{key}/{rest}").status_code == 404


def test_a_bank_is_narrowed_down_by_type_competency_and_difficulty(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(a_writer())
    said = page(client, "items", "service-core/basics", type="rewrite", difficulty="5")
    assert "item-rewrite-angry" in said
    assert "item-rewrite-late" not in said
    assert "item-first-words" not in said
    assert "item-first-words" in page(client, "items", "service-core/basics", competency="empathy", type="nonsense")


def test_what_a_field_names_is_offered_by_its_words(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(a_writer())

    def offered(of: str, typed: str) -> str:
        return client.get("/learn/drafts/references/", {"of": of, "f.x": typed}).content.decode()

    assert 'value="service-core/basics#urgent-first"' in offered("item", "四件事")
    assert 'value="service-core/newcomer-basics"' in offered("course", "新人")
    assert 'value="lesson:service-core/four-steps"' in offered("unit", "四步")
    assert "items:" not in offered("unit", "基本功")
    assert signed_in(a_writer("reader", "agent")).get("/learn/drafts/references/", {"of": "item"}).status_code == 404


def test_the_form_of_a_bank_adds_a_question_of_the_chosen_type(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(a_writer())
    row = the_content("service-core/basics", "items")
    draft = client.post(f"/learn/library/items/{row.key}/edit/", follow=True)
    pk = draft.redirect_chain[-1][0].split("/drafts/")[1].split("/")[0]
    card = client.get(f"/learn/drafts/{pk}/card/", {"name": "f.items", "token": "n1", "type": "order"})
    said = card.content.decode()
    assert 'name="f.items.n1.type" value="order"' in said
    assert "f.items.n1.steps" in said
    assert "f.items.n1.options" not in said


def test_gaps_of_a_question_stand_as_numbered_lines_above_their_answers(
    home: Path, tmp_path: Path, signed_in: SignIn
) -> None:
    fill = {
        "type": "fill", "id": "fill", "points": "2", "explanation": {"zh": "见退货政策"},
        "stem": {"zh": "退货期限是 {{days}} 天，运费由 {{who}} 承担。"},
        "blanks": [{"id": "days", "number": "7"}, {"id": "who", "accept": ["商家"]}],
    }  # fmt: skip
    installed(tmp_path, a_bank(fill))
    said = page(signed_in(a_writer()), "items", "mine/bank")
    assert "{{" not in said
    assert "退货期限是 ＿＿＿<sub>1</sub> 天，运费由 ＿＿＿<sub>2</sub> 承担。" in said
