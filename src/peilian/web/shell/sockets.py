"""WebSockets of the product (实时连接): what all consumers share, and their way to the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import connection

T = TypeVar("T")
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One page that is connected. It talks to its page alone: there are no groups that something is sent to."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve the connection: one message after another, without a task for each as Channels needs for groups."""
        self.scope, self.base_send = scope, send
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one message. Channels would look through the connections to the database in another thread before each
        one, which costs as much as an answer to an exam; ``in_database`` sees to its own."""
        await getattr(self, get_handler_name(message))(message)


async def in_database(call: Callable[[], T]) -> T:
    """Run ``call`` in the thread of the database, off the event loop.

    Unlike ``database_sync_to_async`` the connection stays open from one text to the next: to open one, and to close the
    last one of SQLite, costs more than the whole turn. One that broke is replaced.
    """

    def guarded() -> T:
        if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
            connection.close()
        return call()

    found: T = await sync_to_async(guarded)()
    return found
