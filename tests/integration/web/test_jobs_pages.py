"""Jobs on pages and live over a WebSocket."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.people.sessions import SessionStore
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.web.jobs import consumers
from peilian.web.sockets import socket_urls
from support.builders import a_unit, a_user

pytestmark = pytest.mark.django_db
NASTY = "<b>bold</b>"


@pytest.fixture
def work(monkeypatch):
    """Starts a job whose handler is given; ``None`` does nothing."""

    def start(actor, handler=lambda _: None) -> base.Job:
        monkeypatch.setitem(base.handlers._items, "contacts.import", handler)
        return base.start_job(actor=actor, kind="contacts.import", parameters={})

    return start


def signed_in(user: people.User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin() -> people.User:
    return a_user("administrator")


def the_page(client: Client, name: str, *arguments, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return response.content.decode()


def test_a_job_is_named_by_what_it_does_and_watched_live(admin, work):
    job = work(admin)
    page = the_page(signed_in(admin), "job", job.pk)
    assert "导入会话" in page
    assert f'ws-connect="/ws/jobs/{job.pk}/"' in page
    assert reverse("job_cancel", args=[job.pk]) in page


def test_a_job_that_is_over_shows_its_counts_and_no_way_to_stop_it(admin, work):
    job = work(admin, lambda _: {"stored": 1234, "note": "text"})
    base.run_next_job()
    page = the_page(signed_in(admin), "job", job.pk)
    assert "1,234" in page
    assert "ws-connect" not in page
    assert reverse("job_cancel", args=[job.pk]) not in page


def test_a_failed_job_says_why_in_words(admin, work):
    def fail(_: base.JobContext) -> None:
        raise InputError(Fault(Reason("roster.not_a_date", {"value": NASTY}), file="a.csv", row=3, field="from"))

    job = work(admin, fail)
    base.run_next_job()
    page = the_page(signed_in(admin), "job", job.pk)
    assert "第 3 行" in page
    assert "这一列需要日期" in page
    assert NASTY not in page


def test_a_fault_whose_words_are_gone_is_shown_by_its_key(admin, work):
    def fail(_: base.JobContext) -> None:
        raise InputError(Fault(Reason("some.old_reason")))

    job = work(admin, fail)
    base.run_next_job()
    assert "some.old_reason" in the_page(signed_in(admin), "job", job.pk)


def test_everybody_sees_the_own_jobs_and_who_runs_the_installation_all(admin, work):
    lead = a_user("supervisor", unit=a_unit())
    own, other = work(lead), work(admin)
    client = signed_in(lead)
    page = the_page(client, "jobs")
    assert str(own.pk) in page
    assert str(other.pk) not in page
    the_page(client, "job", other.pk, status=404)
    assert client.post(reverse("job_cancel", args=[other.pk])).status_code == 404
    assert str(own.pk) in the_page(signed_in(admin), "jobs")


def test_without_jobs_the_page_says_what_it_is_for():
    assert "还没有后台任务" in the_page(signed_in(a_user("agent")), "jobs")


@pytest.mark.parametrize(("method", "name"), [("post", "jobs"), ("post", "job"), ("get", "job_cancel")])
def test_wrong_methods_are_refused(admin, work, method, name):
    job = work(admin)
    address = reverse(name, args=[] if name == "jobs" else [job.pk])
    assert getattr(signed_in(admin), method)(address).status_code == 405


def test_a_waiting_job_is_stopped_from_its_page(admin, work):
    job = work(admin)
    client = signed_in(admin)
    assert client.post(reverse("job_cancel", args=[job.pk])).url == reverse("job", args=[job.pk])
    job.refresh_from_db()
    assert job.state == base.JobState.CANCELLED
    assert "已中途停止" in the_page(client, "job", job.pk)
    assert "任务已经结束了" not in client.post(reverse("job_cancel", args=[job.pk]), follow=True).content.decode()


def test_stopping_a_job_that_is_done_says_that_it_is_over(admin, work):
    job = work(admin)
    base.run_next_job()
    page = signed_in(admin).post(reverse("job_cancel", args=[job.pk]), follow=True).content.decode()
    assert "任务已经结束了" in page


def test_with_htmx_a_stop_needs_no_new_page(admin, work):
    response = signed_in(admin).post(reverse("job_cancel", args=[work(admin).pk]), headers={"HX-Request": "true"})
    assert response.status_code == 204


def test_jobs_are_listed_at_a_constant_number_of_queries(admin, work):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("jobs"))
        return len(seen)

    work(admin)
    queries()
    few = queries()
    for _ in range(20):
        work(admin)
    assert queries() == few < 14


# Live


class Socket(ApplicationCommunicator):
    """The browser's side of a WebSocket to one job."""

    def __init__(self, job: base.Job, user, **more: object) -> None:
        scope = {"type": "websocket", "path": f"/ws/jobs/{job.pk}/", "headers": [], "user": user, **more}
        super().__init__(URLRouter(socket_urls), scope)

    async def open(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output())["type"] == "websocket.accept"

    async def piece(self) -> str:
        return (await self.receive_output())["text"]


def tell(job: base.Job, **fields) -> None:
    with base.bookkeeping():
        base.Job.objects.filter(pk=job.pk).update(**fields)


@pytest.mark.django_db(transaction=True)
def test_progress_is_sent_as_it_happens_and_the_end_reloads_the_page(work, monkeypatch):
    monkeypatch.setattr(consumers, "LOOK_EVERY_SECONDS", 0)
    user = a_user("training_manager", language="en")
    job = work(user)
    tell(job, state="running", done=3, total=12, phase="import.write")

    async def watch() -> list[str]:
        socket = Socket(job, user)
        await socket.open()
        first = await socket.piece()
        await database_sync_to_async(tell)(job, done=6)
        second = await socket.piece()
        await database_sync_to_async(tell)(job, state="done", done=12)
        last = await socket.piece()
        closed = await socket.receive_output()
        return [first, second, last, closed["type"]]

    first, second, last, closed = asyncio.run(watch())
    assert 'value="3" max="12"' in first
    assert "Storing conversations" in first
    assert 'value="6"' in second
    assert 'id="job-inner"' in last
    assert 'hx-trigger="load"' in last
    assert closed == "websocket.close"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["guest", "other", "closed"])
def test_who_may_not_see_a_job_is_sent_nothing(work, who):
    job = work(a_user("administrator"))
    user = AnonymousUser() if who == "guest" else a_user("supervisor", unit=a_unit())
    if who == "closed":
        user = job.created_by
        a_user("administrator")
        people.set_active(actor=None, user=people.User.objects.get(pk=user.pk), is_active=False)

    async def watch() -> dict:
        socket = Socket(job, user)
        await socket.open()
        return await socket.receive_output()

    answer = asyncio.run(watch())
    assert (answer["type"], answer["code"]) == ("websocket.close", consumers.REFUSED)


@pytest.mark.django_db(transaction=True)
def test_a_right_that_ends_ends_the_view(work, monkeypatch):
    monkeypatch.setattr(consumers, "LOOK_EVERY_SECONDS", 0)
    starter, watcher = a_user("training_manager"), a_user("training_manager")
    job = work(starter)
    grant = watcher.grants.get()

    async def watch() -> str:
        socket = Socket(job, watcher)
        await socket.open()
        await socket.piece()
        await sync_to_async(people.end_grant)(actor=None, grant=grant)
        return (await socket.receive_output())["type"]

    assert asyncio.run(watch()) == "websocket.close"


@pytest.mark.django_db(transaction=True)
def test_signing_out_in_another_tab_ends_the_view(work, monkeypatch):
    monkeypatch.setattr(consumers, "LOOK_EVERY_SECONDS", 0)
    user, session = a_user("training_manager"), SessionStore()
    session.create()
    job = work(user)

    async def watch() -> str:
        socket = Socket(job, user, session=session)
        await socket.open()
        await socket.piece()
        await sync_to_async(SessionStore(session.session_key).flush)()
        return (await socket.receive_output())["type"]

    assert asyncio.run(watch()) == "websocket.close"


def test_the_socket_of_the_installation_is_reached_by_its_address():
    assert "ws/jobs/<uuid:pk>/" in [str(pattern.pattern) for pattern in socket_urls]
