"""A server makes drills ready by itself, once it has started and without holding anybody up."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from peilian.apps.practice import api as practice
from peilian.cli import _service
from peilian.flows import playing


def attend(server: SimpleNamespace) -> None:
    _service._attend(server, has_worker=False, on_start=lambda: None)


def test_a_server_that_has_started_warms_up_once_and_goes_on_when_that_fails(monkeypatch):
    server, calls, done = SimpleNamespace(started=True, should_exit=False), [], threading.Event()

    def fail() -> None:
        calls.append(threading.current_thread().daemon)
        done.set()
        raise OSError("the packs cannot be read")

    monkeypatch.setattr(_service, "_WARM_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(_service, "_LOOK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(practice, "warm_up", fail)
    attendant = threading.Thread(target=attend, args=(server,))
    attendant.start()
    assert done.wait(30)
    server.should_exit = True
    attendant.join(30)
    assert calls == [True]


@pytest.mark.parametrize("server", [SimpleNamespace(started=False, should_exit=False)])
def test_a_server_that_never_starts_warms_nothing_up(server, monkeypatch):
    monkeypatch.setattr(_service, "_WARM_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(practice, "warm_up", lambda: pytest.fail("warmed up too early"))
    monkeypatch.setattr(_service.time, "sleep", lambda _seconds: setattr(server, "should_exit", True))
    attend(server)


@pytest.mark.django_db
def test_warming_up_leaves_nothing_for_the_first_drill_to_load():
    practice.warm_up()
    before = playing._cast.cache_info().misses
    for key, (document, _version) in playing.scenarios().items():
        for language in document.languages:
            assert playing.cast(key, language).scenario.key == key
    assert playing._cast.cache_info().misses == before
