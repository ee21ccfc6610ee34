"""What a request may carry: refused by its stated length or as it comes in, before anything of it is stored."""

from __future__ import annotations

import ast
import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings as installed
from django.core.handlers import asgi as django_asgi
from django.test import Client

import peilian.web
from peilian.apps.people import api as people
from peilian.config.asgi import application
from support.builders import a_company, a_user

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1 << 20
IMPORT, DRAFTS, SIGN_IN = "/imports/new/", "/learn/drafts/", "/sign-in/"


class Sender:
    """Somebody who sends a body in parts, and what became of it."""

    def __init__(
        self, path: str, n_bytes: int, *, user: people.User | None = None, says_length: bool = True, **headers
    ):
        given = {"host": "localhost", "content-type": "multipart/form-data; boundary=b"}
        given |= {key.replace("_", "-"): value for key, value in headers.items()}
        if says_length:
            given["content-length"] = str(n_bytes)
        if user is not None:
            client = Client()
            client.force_login(user, backend="peilian.apps.people.backends.PeopleBackend")
            given["cookie"] = f"sessionid={client.cookies['sessionid'].value}"
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ["127.0.0.1", 1],
            "server": ["localhost", 80],
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        self.left = n_bytes
        self.n_before_answer = 0
        self.said: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self.left <= 0:
            await asyncio.Future()
        part = min(MB, self.left)
        self.left -= part
        if not self.said:
            self.n_before_answer += part
        return {"type": "http.request", "body": bytes(part), "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        self.said.append(message)

    def go(self) -> Sender:
        async def whole() -> None:
            await application(self.scope, self.receive, self.send)
            await database_sync_to_async(lambda: None)()

        asyncio.run(whole())
        return self

    @property
    def status(self) -> int:
        return self.said[0]["status"]

    @property
    def text(self) -> str:
        return b"".join(part.get("body", b"") for part in self.said[1:]).decode()


@pytest.fixture
def written(monkeypatch) -> list[int]:
    """How many bytes of bodies Django kept."""
    sizes: list[int] = []

    class Watched(django_asgi.tempfile.SpooledTemporaryFile):
        def write(self, data: bytes) -> int:
            sizes.append(len(data))
            return super().write(data)

    monkeypatch.setattr(django_asgi.tempfile, "SpooledTemporaryFile", Watched)
    return sizes


@pytest.fixture
def importer(db) -> people.User:
    a_company()
    return a_user("administrator", language="en")


def test_half_a_gigabyte_is_refused_by_what_it_says_of_its_length_and_nothing_of_it_is_kept(db, written):
    sender = Sender(SIGN_IN, 500 * MB).go()
    assert sender.status == 413
    assert sender.n_before_answer == 0
    assert sum(written) == 0


def test_half_a_gigabyte_that_hides_its_length_is_refused_after_a_few_megabytes(db, written):
    sender = Sender(SIGN_IN, 500 * MB, says_length=False).go()
    assert sender.status == 413
    assert sender.n_before_answer <= installed.BODY_MOST_BYTES + MB
    assert sum(written) <= installed.BODY_MOST_BYTES


def test_what_comes_after_a_refusal_is_thrown_away_up_to_a_bound_so_that_the_answer_is_seen(db):
    assert Sender(SIGN_IN, 20 * MB).go().left == 0
    assert Sender(SIGN_IN, 500 * MB).go().left > 400 * MB
    assert (b"connection", b"close") in Sender(SIGN_IN, 20 * MB).go().said[0]["headers"]


@pytest.mark.parametrize("says_length", [True, False])
def test_who_may_not_bring_files_in_has_the_bound_of_a_form_on_a_page_for_files(importer, says_length, written):
    agent = a_user("agent")
    for who in (None, agent):
        sender = Sender(IMPORT, 20 * MB, user=who, says_length=says_length).go()
        assert sender.status == 413
        assert sum(written) <= installed.BODY_MOST_BYTES
        written.clear()


def test_who_may_bring_files_in_may_send_more_there_and_nowhere_else(importer):
    assert Sender(IMPORT, 20 * MB, user=importer).go().status != 413
    assert Sender(DRAFTS, 20 * MB, user=importer).go().status == 413
    assert Sender(IMPORT, 500 * MB, user=importer).go().status == 413


def test_the_page_says_how_much_is_taken_in_the_readers_language(importer):
    page = Sender(DRAFTS, 20 * MB, user=importer).go().text
    assert "At most 5 MB are taken here at once." in page
    assert "</html>" in page
    assert "这里一次最多接收 5 MB" in Sender(SIGN_IN, 20 * MB, accept_language="zh-CN").go().text


@pytest.mark.parametrize("headers", [{"accept": "application/json"}, {"content_type": "application/json"}])
def test_who_asks_for_json_is_refused_in_json(db, headers):
    sender = Sender(SIGN_IN, 20 * MB, **headers).go()
    assert sender.status == 413
    assert json.loads(sender.text) | {"detail": ""} == {
        "error": "body_too_large", "most_bytes": installed.BODY_MOST_BYTES, "detail": "",
    }  # fmt: skip


def test_a_form_of_ordinary_size_and_an_absurd_length_are_served_as_ever(db):
    assert Sender(SIGN_IN, 1000).go().status == 403  # no token of a form
    assert Sender(SIGN_IN, 10, content_length="9" * 40, says_length=False).go().status in (400, 403)


def test_every_view_that_looks_for_files_declares_that_it_takes_them():
    looked = set()
    for path in Path(peilian.web.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and "request.FILES" in ast.unparse(node):
                assert any("takes_files" in ast.unparse(one) for one in node.decorator_list), f"{path}: {node.name}"
                looked.add(node.name)
    assert len(looked) >= 4
