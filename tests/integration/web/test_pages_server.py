"""The server of pages: whole requests in threads that stay, streams part by part, nothing left over between two."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import translation

from peilian.web.shell.pages import Pages

threads: list[int] = []
closed: list[str] = []


def plain(request: HttpRequest) -> HttpResponse:
    """Says in which language it runs, and takes on another one."""
    threads.append(threading.get_ident())
    said = translation.get_language()
    translation.activate("en" if said != "en" else "zh-hans")
    return HttpResponse(f"{request.method} {said} {len(request.body)}")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Three parts, each made when the one before is sent."""

    def parts() -> Iterator[str]:
        try:
            for number in range(3):
                threads.append(threading.get_ident())
                yield f"part {number};"
        finally:
            closed.append("parts")

    return StreamingHttpResponse(parts())


class _Read(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        threads.append(threading.get_ident())
        return super().read(size)


def file(request: HttpRequest) -> FileResponse:
    """Large."""
    return FileResponse(_Read(b"x" * 200_000))


def fails(request: HttpRequest) -> HttpResponse:
    """Breaks."""
    raise RuntimeError("broken")


urlpatterns = [path("plain/", plain), path("stream/", stream), path("fails/", fails), path("file/", file)]


@pytest.fixture
def pages() -> Iterator[Pages]:
    threads.clear()
    closed.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"]):
        yield Pages()


def ask(pages: Pages, address: str, method: str = "GET", body: bytes = b"", *, breaks_off: bool = False) -> Any:
    """One request as a server would pass it on; status and body."""
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": breaks_off}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": address, "query_string": b"", "headers": [(b"host", b"x")],
        "http_version": "1.1", "scheme": "http", "server": ("x", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(pages(scope, receive, send))
    if not sent:
        return None
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


def test_a_request_is_answered_off_the_event_loop(pages: Pages) -> None:
    assert ask(pages, "/plain/", "POST", b"12345")[1].endswith(" 5")
    assert threads[0] != threading.get_ident()


def test_what_one_request_sets_is_gone_with_it(pages: Pages) -> None:
    said = {ask(pages, "/plain/")[1] for _ in range(40)}
    assert len(said) == 1


def test_a_stream_is_sent_part_by_part_and_closed(pages: Pages) -> None:
    assert ask(pages, "/stream/") == (200, "part 0;part 1;part 2;")
    assert threading.get_ident() not in threads
    assert closed == ["parts"]


def test_a_file_is_sent_in_large_parts(pages: Pages) -> None:
    assert ask(pages, "/file/") == (200, "x" * 200_000)
    assert len(threads) <= 5


def test_a_view_that_breaks_is_answered_with_500_and_the_next_one_as_ever(pages: Pages) -> None:
    assert ask(pages, "/fails/")[0] == 500
    assert ask(pages, "/plain/")[0] == 200


def test_a_request_that_breaks_off_before_its_body_is_there_reaches_no_view(pages: Pages) -> None:
    assert ask(pages, "/plain/", "POST", b"1", breaks_off=True) is None
    assert threads == []


def test_anything_but_http_is_refused(pages: Pages) -> None:
    with pytest.raises(ValueError, match="websocket"):
        asyncio.run(pages({"type": "websocket"}, None, None))  # type: ignore[arg-type]
