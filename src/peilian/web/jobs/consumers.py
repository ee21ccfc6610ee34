"""The live view of one job over a WebSocket.

The worker is another process, so the job's row is looked at a few times a second; what is sent is a piece of page
that htmx puts in place of ``#job-inner``. When the job is over, that piece reloads the page it stands on. Any page may
watch a job: include ``components/progress.html`` with ``name="job"`` and ``socket="/ws/jobs/<id>/"``, and put the
button that stops the job beside it, where no new piece takes it away from under the hand.
"""

from __future__ import annotations

import asyncio
from functools import partial

from django.template.loader import render_to_string
from django.utils import translation

from peilian.apps.base.api import Job
from peilian.apps.people.api import NotVisibleError, visible_to
from peilian.engine._kernel import Language
from peilian.web.jobs.wordings import phase_name
from peilian.web.shell.access import user_of_socket
from peilian.web.shell.languages import DJANGO_CODES
from peilian.web.shell.sockets import Socket, in_database

LOOK_EVERY_SECONDS = 0.5
REFUSED = 4404


class JobConsumer(Socket):
    """Sends the job's progress to whoever may see the job."""

    _watching: asyncio.Task[None] | None = None
    _language: Language = "zh"

    async def connect(self) -> None:
        """Accept who may see the job; absent and forbidden are refused alike."""
        await self.accept()
        if await self._look() is None:
            await self.close(code=REFUSED)
            return
        self._watching = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        """Stop looking."""
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        sent = ""
        while (job := await self._look()) is not None:
            piece = await in_database(partial(self._piece, job))
            if piece != sent:
                await self.send(text_data=piece)
                sent = piece
            if job.is_over:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        await self.close()

    async def _look(self) -> Job | None:
        """The job as it stands, asked through the gate every time: a right that ends, ends the view; so does signing
        out in another tab."""
        return await in_database(self._seen)

    def _seen(self) -> Job | None:
        try:
            user = user_of_socket(self.scope)
            self._language = user.reading_language
            return visible_to(user).job(self.scope["url_route"]["kwargs"]["pk"])
        except NotVisibleError:
            return None

    def _piece(self, job: Job) -> str:
        context = {
            "name": "job",
            "is_over": job.is_over,
            "done": job.done,
            "total": job.total,
            "is_cancelling": job.is_cancel_requested,
        }
        with translation.override(DJANGO_CODES[self._language]):
            return render_to_string("jobs/live.html", {**context, "phase": phase_name(job)})
