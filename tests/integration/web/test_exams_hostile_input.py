"""Whatever is sent to the pages of exams, by whomever: an answer in words, never a fault of the server."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from support.builders import an_employee
from support.company import a_login
from support.exam_pages import a_whole_bank, a_whole_exam
from support.exams import ExamClock, a_sitting, begun
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
VALUES = ["", "\x00", "\ud800", "-1", "9" * 400, "9" * 5000, "1\nX: y", "x" * 20_000]
FIELDS = [
    "n", "known", "client_id", "do", "q1", "q2", "q3", "q1-0", "reason", "points", "points.", "points.first", "item",
    "how", "minutes", "attempt", "person", "batch", "candidate", "note", "exam", "closes_at", "opens_at", "decision",
    "seconds", "language", "page", "form", "answers", "tried", "text", "scenario", "title", "kind", "story", "guests",
    "customer", "examiners", "candidates", "starts_at", "due_at", "attempts", "is_for_all", "sitting", "response",
]  # fmt: skip
NAMES = sorted(
    str(name) for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith(("exam", "panel"))
)


@pytest.fixture
def ids(tmp_path, monkeypatch):
    """A sitting with an attempt that runs and one that is over, of a trainee and somebody who leads."""
    ExamClock(monkeypatch, timezone.now())
    boss, lin, other = (a_login("boss", "training_manager", employee=an_employee("boss")), a_trainee(), a_trainee())
    sitting = a_sitting(tmp_path, a_whole_exam(), a_whole_bank())
    _, runs = begun(sitting, lin)
    _, over = begun(sitting, other)
    learning.hand_in(user=other, attempt_id=over.pk)
    return {"boss": boss, "lin": lin, "keys": [sitting.pk, runs.pk, over.pk, over.responses.first().pk, uuid4()]}


def addresses(keys):
    for name in NAMES:
        for arguments in ([], *([key] for key in keys), ["bank", "mine/bank"], ["\x00"], ["x" * 5000]):
            try:
                yield reverse(name, args=arguments)
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("who", ["lin", "boss"])
def test_hostile_values_are_answered_and_never_a_fault(ids, who, signed_in):
    client = signed_in(ids[who])
    client.raise_request_exception = False
    faults = []
    for address in addresses(ids["keys"]):
        for place, value in enumerate(VALUES):
            sent = dict.fromkeys(FIELDS, value)
            if place == 0:
                answers = [client.get(address), client.post(address, {}), client.put(address)]
            elif "\ud800" in value:
                body = "&".join(f"{name}=%ED%A0%80" for name in FIELDS)
                answers = [client.post(address, body, content_type="application/x-www-form-urlencoded")]
            else:
                answers = [client.get(address, dict.fromkeys(FIELDS, value[:2000])), client.post(address, sent)]
            faults += [(address, value[:20], one.status_code) for one in answers if one.status_code >= 500]
    assert not faults
