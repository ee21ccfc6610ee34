"""Files of texts: shown in the text, handed out without harm, films in parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.web.library import attachments
from support.company import SmallCompany, a_small_company
from support.library import a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db
SignIn = Callable[[people.User], Client]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
FILM = b"\0\0\0\x18ftypisom" + bytes(range(200))


@pytest.fixture
def company(home: Path, tmp_path: Path) -> SmallCompany:
    installed(tmp_path / "pack", an_article())
    return a_small_company()


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def attached(name: str, data: bytes) -> tuple[library.Attachment, str]:
    row = library.attach(actor=None, content=the_content(), name=name, data=data)
    library.publish(actor=None, draft=library.start_draft(actor=None, content=the_content()))
    return row, reverse("library_attachment", args=[row.pk, name])


def test_a_picture_is_shown_and_a_film_is_played(company: SmallCompany, signed_in: SignIn, tmp_path: Path) -> None:
    _picture, shown = attached("图.png", PNG)
    _film, played = attached("演示.mp4", FILM)
    words = "![看](图.png)\n\n![放](演示.mp4)\n\n![没有](别的.png) [下载](图.png)"
    installed(tmp_path / "pack", an_article(body=words), version="2")  # a pack may name what is not here
    page = signed_in(company.lin).get(reverse("library_text", args=["article", "mine/returns"])).content.decode()
    assert f'<img src="{shown}" alt="看" loading="lazy">' in page
    assert f'<video src="{played}"' in page
    assert f'href="{shown}"' in page
    assert "别的.png" not in page


def test_a_picture_may_be_shown_and_other_files_are_saved(company: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(company.lin)
    response = client.get(attached("图.png", PNG)[1])
    assert body(response) == PNG
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    response = client.get(attached("说明.txt", "你好".encode())[1])
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-9", 206, FILM[:10]),
        ("bytes=10-", 206, FILM[10:]),
        ("bytes=-5", 206, FILM[-5:]),
        ("bytes=-99999", 206, FILM),
        (f"bytes=5-{10**14}", 206, FILM[5:]),
        ("bytes=500-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=9-3", 416, b""),
        ("bytes=-", 200, FILM),
        ("bytes=0-1,4-5", 200, FILM),
        ("bytes=²-", 200, FILM),
        ("lines=1-2", 200, FILM),
    ],
)
def test_a_film_comes_in_the_parts_that_are_asked_for(
    company: SmallCompany, signed_in: SignIn, wanted: str, status: int, expected: bytes
) -> None:
    response = signed_in(company.lin).get(attached("演示.mp4", FILM)[1], headers={"Range": wanted})
    assert response.status_code == status
    assert body(response) == expected
    if status == 206:
        assert response["Content-Range"].endswith(f"/{len(FILM)}")


def test_no_part_is_larger_than_a_server_bears(
    company: SmallCompany, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "_MOST", 50)
    response = signed_in(company.lin).get(attached("演示.mp4", FILM)[1], headers={"Range": "bytes=10-"})
    assert response.content == FILM[10:60]
    assert response["Content-Range"] == f"bytes 10-59/{len(FILM)}"


def test_absent_unpublished_and_forbidden_are_the_same_answer(company: SmallCompany, signed_in: SignIn) -> None:
    _row, address = attached("图.png", PNG)
    assert signed_in(company.lecturer).get(address).status_code == 404
    client = signed_in(company.lin)
    fresh = library.attach(actor=a_writer(), content=the_content(), name="图.png", data=PNG + b"2")
    assert client.get(reverse("library_attachment", args=[fresh.pk, "图.png"])).status_code == 404
    assert client.get(reverse("library_attachment", args=[uuid4(), "x.png"])).status_code == 404
    assert client.post(address).status_code == 405


def test_each_wording_is_shown_with_the_files_that_it_was_published_with(
    company: SmallCompany, signed_in: SignIn
) -> None:
    _row, old = attached("图.png", PNG)
    published(a_writer(), the_content(), body={"zh": "见 ![图](图.png)"})
    earlier = the_content().current
    _row, new = attached("图.png", PNG + b"2")
    client = signed_in(company.lin)
    page = client.get(reverse("library_text", args=["article", "mine/returns"])).content.decode()
    assert f'src="{new}"' in page
    assert old not in page
    page = client.get(reverse("library_version", args=[earlier.pk])).content.decode()
    assert f'src="{old}"' in page
    assert new not in page
    assert (body(client.get(old)), body(client.get(new))) == (PNG, PNG + b"2")


def test_a_file_is_listed_beside_its_text(company: SmallCompany, signed_in: SignIn) -> None:
    _row, address = attached("<b>.txt", b"hello")
    page = signed_in(company.lin).get(reverse("library_text", args=["article", "mine/returns"])).content.decode()
    assert address in page
    assert "<b>.txt" not in page


@pytest.mark.parametrize("name", ["说明.html", "说明.HTM", "run.js", "setup.exe", "图.svg", "a.html ", "a.html."])
def test_a_name_that_a_computer_would_run_is_refused_whatever_the_file_holds(company: SmallCompany, name: str) -> None:
    for data in ("只是文字".encode(), PNG):
        with pytest.raises(InputError, match="file_is_run"):
            library.attach(actor=a_writer() if data is PNG else None, content=the_content(), name=name, data=data)
    assert not library.Attachment.objects.exists()
