"""Texts and answers as other programs ask for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from support.company import a_login
from support.library import a_publisher, a_writer, an_article, installed, the_content

pytestmark = pytest.mark.django_db
SEARCH, ANSWERS = "/api/v1/library/search", "/api/v1/library/answers"


def signed_in(user: people.User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def agent(home: Path, tmp_path: Path) -> people.User:
    phrases = {
        "kind": "phrases",
        "schema_version": 1,
        "key": "mine/phrases",
        "title": {"zh": "物流话术"},
        "phrases": [
            {"id": "chat", "when": {"zh": "客户催快递"}, "text": {"zh": "我马上查。", "en": "Checking now."}},
            {"id": "phone", "when": {"zh": "来电催快递"}, "text": {"zh": "您别挂。"}, "channels": ["phone"]},
        ],
    }
    article = an_article(zh="退换货流程", body="七天无理由退换，运费先说清。", tags=["售后"])
    over = an_article("mine/over", zh="旧的退换货", valid_until="2026-01-01")
    installed(tmp_path / "pack", phrases, article, over)
    return a_login("agent", "agent")


def found(client: Client, **query: Any) -> dict[str, Any]:
    response = client.get(SEARCH, query)
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()
    return data


def asked(client: Client, **body: Any) -> Any:
    return client.post(ANSWERS, json.dumps(body), content_type="application/json")


def test_texts_are_found_with_marks_reasons_and_facets(agent):
    data = found(signed_in(agent), q="thh", language="zh")
    (item,) = data["items"]
    assert (data["total"], data["meant"], data["remark"]) == (1, "退换货", None)
    assert (item["reference"], item["title"], item["piece"]) == ("article:mine/returns", "退换货流程", "")
    assert item["address"] == "/learn/library/article/mine/returns/"
    title = item["excerpts"][0]
    assert [title["text"][start:end] for start, end in title["spans"]] == ["退换货"]
    assert "按“退换货”查找" in item["why"]
    assert data["facets"]["kind"] == {"article": 1}
    told = {"kind", "tag", "competency", "pack", "channel", "customer", "entry", "seniority", "language"}
    assert set(data["facets"]) <= told


def test_choices_narrow_down(agent):
    client = signed_in(agent)
    assert found(client, kind=["policy", "law"])["total"] == 0
    assert found(client, kind=["policy", "article"])["total"] == 1
    assert found(client, tag="售后")["total"] == 1
    assert found(client, any_day="true")["total"] == 3
    assert found(client, written_in="en")["total"] == 0
    assert found(client, written_in="zh")["total"] == found(client)["total"]
    assert found(client, q="旧的", day="2025-06-01")["total"] == 1
    pieces = found(client, q="催快递", pieces="true", kind="phrases", channel="chat")["items"]
    assert [(item["piece"], item["says"]) for item in pieces] == [("chat", "我马上查。")]
    assert [item["says"] for item in found(client, q="催快递", pieces=1, channel="chat", language="en")["items"]] == [
        "Checking now."
    ]
    assert found(client, limit=1, offset=1, order="latest")["total"] == 2


def test_a_message_gets_answers_by_family(agent):
    data = asked(signed_in(agent), message="我的快递到哪了？催一下", channel="chat", most=2).json()
    assert set(data) == {"phrases", "passages", "scenes", "procedures"}
    assert [(item["piece"], item["says"]) for item in data["phrases"]] == [("chat", "我马上查。")]
    assert [item["piece"] for item in asked(signed_in(agent), message="退换运费").json()["passages"]] == ["s0"]


@pytest.mark.parametrize(
    ("query", "field", "zh"),
    [
        ({"limit": "0"}, "limit", "1"),
        ({"limit": "1000"}, "limit", "100"),
        ({"limit": "many"}, "limit", "整数"),
        ({"offset": "-1"}, "offset", "0"),
        ({"q": "x" * 301}, "q", "300"),
        ({"channel": "pigeon"}, "channel", "chat"),
        ({"day": "tomorrow"}, "day", "日期"),
        ({"chanel": "chat"}, "chanel", "chanel"),
        ({"tag": ["x"] * 21}, "tag", "20"),
        ({"state": "new"}, "state", "published"),
        ({"language": "fr"}, "language", "zh"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_field(agent, query, field, zh):
    response = signed_in(agent).get(SEARCH, query)
    assert response.status_code == 400
    (fault,) = response.json()["faults"]
    assert fault["field"] == field
    assert zh in fault["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message"),
        ({"message": ""}, "message"),
        ({"message": "x" * 2001}, "message"),
        ({"message": 5}, "message"),
        ({"message": "退货", "most": 99}, "most"),
        ({"message": "退货", "entry": "nowhere"}, "entry"),
        ({"message": "退货", "chanel": "chat"}, "chanel"),
    ],
)
def test_a_body_that_cannot_be_understood_is_refused_by_field(agent, body, field):
    response = asked(signed_in(agent), **body)
    assert response.status_code == 400
    assert [fault["field"] for fault in response.json()["faults"]] == [field]


@pytest.mark.parametrize("body", ["", "{", "[1]", "\0", "null", "退货"])
def test_a_body_that_is_no_object_is_refused(agent, body):
    response = signed_in(agent).post(ANSWERS, body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"].startswith("application/json")


def test_reasons_come_in_the_language_of_the_reader(agent):
    assert Client(headers={"Accept-Language": "en"}).get(SEARCH).json()["detail"] == "sign in first"
    assert Client(headers={"Accept-Language": "zh-CN"}).get(SEARCH).json()["detail"] == "请先登录"
    for language, said in (("en", "whole number"), ("zh", "整数")):
        response = signed_in(agent).get(SEARCH, {"limit": "many", "language": language})
        assert said in response.json()["faults"][0]["detail"]


def test_whoever_is_not_signed_in_is_told_so_as_data(agent):
    for response in (Client().get(SEARCH), asked(Client(), message="退货")):
        assert response.status_code == 401
        assert response.json()["error"] == "not_signed_in"


def test_who_may_not_see_the_library_gets_the_answer_of_what_does_not_exist(agent):
    client = signed_in(a_login("outsider", "legal_adviser"))
    for response in (client.get(SEARCH), asked(client, message="退货")):
        assert response.status_code == 404
        assert response.json()["error"] == "not_found"


def test_a_form_of_another_site_asks_nothing(agent):
    client = signed_in(agent, enforce_csrf_checks=True)
    response = asked(client, message="退货")
    assert response.status_code == 403
    assert response.json()["error"] == "forged"
    assert client.get(SEARCH).status_code == 200


def test_retired_texts_are_for_who_writes(agent):
    library.retire(actor=a_publisher(), content=the_content(), why="过时")
    assert found(signed_in(agent), state="retired", any_day="true")["total"] == 0
    writer = a_writer()
    assert found(signed_in(writer), state="retired", any_day="true")["total"] == 1


def test_the_description_names_both_routes_and_is_for_who_is_signed_in(agent):
    paths = signed_in(agent).get("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {SEARCH, ANSWERS}
    assert Client().get("/api/v1/openapi.json").status_code == 302


def test_only_the_method_of_a_route_is_answered(agent):
    client = signed_in(agent)
    for response, allowed in ((client.post(SEARCH), "GET"), (client.get(ANSWERS), "POST")):
        assert (response.status_code, response["Allow"]) == (405, allowed)
        assert response.json() == {"error": "not_allowed", "detail": "这个地址不支持这种请求方法"}


def test_a_form_in_place_of_json_is_refused_also_when_its_token_was_looked_for(agent):
    client = signed_in(agent, enforce_csrf_checks=True)
    page = client.get("/learn/library/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n--x--\r\n'
    response = client.post(ANSWERS, form, content_type="multipart/form-data; boundary=x")
    assert (response.status_code, response.json()["error"]) == (400, "not_json")
    client = signed_in(agent, enforce_csrf_checks=True)
    response = client.post(ANSWERS, "--x--", content_type="multipart/form-data; boundary=x")
    assert (response.status_code, response.json()["error"]) == (403, "forged")


def test_a_kind_that_there_is_none_of_is_refused_by_name(agent):
    response = signed_in(agent).get(SEARCH, {"q": "退换货", "kind": "artikel", "language": "en"})
    assert response.status_code == 400
    (fault,) = response.json()["faults"]
    assert fault["field"] == "kind"
    assert "article" in fault["detail"]


@pytest.mark.parametrize("body", [{"message": "退货", "most": "4"}, {"message": "退货", "most": True}, {"message": 7}])
def test_a_value_of_another_type_is_refused_and_not_bent_into_shape(agent, body):
    assert asked(signed_in(agent), **body).status_code == 400


def test_a_refusal_is_in_the_language_that_the_body_asks_for(agent):
    told = {
        language: asked(signed_in(agent), message="退货", most=99, language=language).json()["faults"][0]["detail"]
        for language in ("zh", "en")
    }
    assert told["zh"] != told["en"]
    assert told["en"].isascii()
