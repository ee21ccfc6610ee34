"""What tests of the handbook share: texts to keep passages of, and notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from peilian.apps.learning import api as learning
from support.curriculum import a_lesson, taught

LESSON = "mine/first"
EXAMPLE = {
    "situation": {"zh": "客户催单"},
    "instead_of": {"zh": "您再等等"},
    "say": {"zh": "我现在就查，十分钟内回您"},
    "why": {"zh": "有动作，有时间"},
}
PHRASES: dict[str, Any] = {
    "kind": "phrases",
    "schema_version": 1,
    "key": "mine/waiting",
    "title": {"zh": "等待话术"},
    "phrases": [
        {"id": "busy", "when": {"zh": "高峰排队"}, "text": {"zh": "前面还有两位，三分钟内轮到您"}},
        {"id": "long", "when": {"zh": "要查很久"}, "text": {"zh": "这件事要查半小时，我查到就打给您"}},
    ],
}


def an_article(key: str = "mine/refunds", body: str = "## 退款\n\n三天内到账。", **more: Any) -> dict[str, Any]:
    """An article of a few words."""
    return {
        "kind": "article",
        "schema_version": 1,
        "key": key,
        "title": {"zh": "退款要点"},
        "body": {"zh": body},
        **more,
    }


def shelved(folder: Path, **more: Any) -> None:
    """A library with a lesson, phrases and an article."""
    lesson = a_lesson(keep=[{"zh": "先接住"}, {"zh": "再办事"}], examples=[EXAMPLE], **more)
    taught(folder, lesson, PHRASES, an_article())


def keeps(user: Any, place: str = "keep", source: str = f"lesson:{LESSON}", **more: Any) -> learning.HandbookEntry:
    """Keep a passage."""
    kind, _colon, key = source.partition(":")
    return learning.keep_from_text(actor=user, kind=kind, key=key, place=place, **more)


def writes(user: Any, title: str = "我的笔记", text: str = "先问单号", **more: Any) -> learning.HandbookEntry:
    """Write a note."""
    what = learning.Written(title, text, **more)
    return learning.write_entry(actor=user, what=what, client_id=uuid4())
