"""The server of pages (页面服务): every request is answered from beginning to end in one thread of a pool.

Django's own handler gives each request a new thread, so that it connects to the database anew, and passes it between
threads and the event loop once per middleware. All our views are plain functions: to them this is only a cost, and one
greater than that of most pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.http import FileResponse
from django.urls import set_script_prefix

THREADS = 16
"""Requests that are answered at once; each thread keeps a connection to the database."""

Result = TypeVar("Result")
Scope = dict[str, Any]
_END = object()


class Pages(ASGIHandler):
    """The ASGI application of pages."""

    def __init__(self) -> None:
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
        """Answer one request; one that breaks off before its body is there is forgotten."""
        if scope["type"] != "http":
            raise ValueError(f"pages are served over HTTP, not {scope['type']}")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            response = await self._in_thread(self._respond, scope, body)
            if not response.streaming:
                await self.send_response(response, send)
                return
            if not response.is_async:
                response.streaming_content = self._parts(iter(response.streaming_content))
            try:
                await self.send_response(response, send)
            finally:
                await self._in_thread(response.close)
        finally:
            body.close()

    def _respond(self, scope: Scope, body: Any) -> Any:
        """The response to a request; closed already when it is there as a whole."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = self.get_response(request) if request is not None else refused
        response._handler_class = type(self)  # whom the end of a request is told by
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size  # each part of a file is read in a thread: few of them
        if not response.streaming:
            response.close()
        return response

    async def _parts(self, parts: Iterator[Any]) -> AsyncIterator[Any]:
        """The parts of a plain iterator, each made off the event loop."""
        while (part := await self._in_thread(next, parts, _END)) is not _END:
            yield part

    async def _in_thread(self, call: Callable[..., Result], *args: Any) -> Result:
        # In a context of its own: what one request sets, such as the language, is gone with it.
        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, call, *args)
