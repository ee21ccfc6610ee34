"""How much a request may carry. Every request is bounded before its body is kept anywhere; views that take files say so
and are allowed more, but only for people who may use them.

The bounds are ``BODY_MOST_BYTES``, ``UPLOAD_MOST_BYTES`` and ``IMPORT_MOST_BYTES`` of the settings. This stands before
Django, which writes a body to disk, and its files once more, before a view can look at anything.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from peilian.apps.people.api import Permission, visible_to
from peilian.web.shell.errors import too_large

View = TypeVar("View", bound=Callable[..., HttpResponse])
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Bound = Literal["BODY_MOST_BYTES", "UPLOAD_MOST_BYTES", "IMPORT_MOST_BYTES"]
_MARK = "peilian.most_bytes"
# What still comes after a refusal is thrown away for a while: whoever is cut off while sending never sees the answer.
_LINGER_BYTES = 64 << 20
_LINGER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Files:
    bound: Bound
    permissions: frozenset[Permission]


def takes_files(*permissions: Permission, bound: Bound = "UPLOAD_MOST_BYTES") -> Callable[[View], View]:
    """Declare that a view takes files, from people with one of these permissions; others have the bound of a form."""

    def declare(view: View) -> View:
        view.takes_files = _Files(bound, frozenset(permissions))  # type: ignore[attr-defined]
        return view

    return declare


class BoundedBodies:
    """The ASGI application with a bound on request bodies: by what they say of their length, and as they come in."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(scope, receive)
        if await body.fits(_stated(scope)):
            await self.app(scope, body.receive, send)
        if body.is_too_large:
            answer = _Answer(receive, send)
            await self.app({**scope, "headers": _without_length(scope), _MARK: body.most}, answer.receive, answer.send)


class TooLargeMiddleware:
    """Answers what ``BoundedBodies`` refused, in the words and the frame of every other page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        most = getattr(request, "scope", {}).get(_MARK)
        return self.get_response(request) if most is None else too_large(request, most)


class _Body:
    """The body of one request, counted. Once it is too large it looks broken off, and nothing more of it is read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._n_bytes = 0
        self._is_asked = False
        self.most: int = settings.BODY_MOST_BYTES
        self.is_too_large = False

    async def fits(self, n_bytes: int) -> bool:
        """Whether so much is allowed; only what is more than any form makes us look who sends it."""
        if n_bytes > self.most and not self._is_asked:
            self._is_asked = True
            self.most = max(self.most, await database_sync_to_async(_most_of)(self._scope))
        self.is_too_large = n_bytes > self.most
        return not self.is_too_large

    async def receive(self) -> Mapping[str, Any]:
        """The next part, or that nothing more comes."""
        part = await self._receive()
        if part["type"] == "http.request":
            self._n_bytes += len(part.get("body", b""))
            if not await self.fits(self._n_bytes):
                return {"type": "http.disconnect"}
        return part


class _Answer:
    """The way of a refusal: an empty body in, the whole answer out, then what still comes is thrown away."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_read = False

    async def receive(self) -> Mapping[str, Any]:
        """Nothing came."""
        if self._is_read:
            await asyncio.Future()
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Mapping[str, Any]) -> None:
        """Pass the answer on; it ends only when the sender had a chance to read it."""
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send({**message, "more_body": True} if is_last else message)
        if is_last:
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        left = _LINGER_BYTES
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while left > 0:
                    part = await self._receive()
                    left -= len(part.get("body", b""))
                    if not part.get("more_body", False):
                        return
        except TimeoutError:
            pass


def _stated(scope: Scope) -> int:
    """What the request says of its length; 0 where it says nothing that can be read."""
    said = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0


def _without_length(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [
        (name, value)
        for name, value in scope["headers"]
        if name.lower() not in (b"content-length", b"transfer-encoding")
    ]


def _most_of(scope: Scope) -> int:
    """What the user of a request may send to its address."""
    request = ASGIRequest(dict(scope), io.BytesIO())
    try:
        files = getattr(resolve(request.path_info).func, "takes_files", None)
    except Resolver404:
        return 0
    if files is None:
        return 0
    sessions: Any = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated or not any(map(visible_to(user).may, files.permissions)):
        return 0
    most: int = getattr(settings, files.bound)
    return most
