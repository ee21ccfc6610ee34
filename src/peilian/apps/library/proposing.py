"""Texts that readers propose (推荐): drafts by people who do not write in the library, decided by those who publish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from peilian.apps.base.api import write
from peilian.apps.base.models import new_id
from peilian.apps.library.checks import permit, refuse, short
from peilian.apps.library.drafting import checked_body, opened
from peilian.apps.library.locking import locked_draft
from peilian.apps.library.models import Content, Draft, DraftState
from peilian.apps.library.reviewing import hand_to_review
from peilian.apps.people.api import NotVisibleError, Permission, User

_LONGEST_NOTE = 500


def propose_text(*, actor: User, title: str, text: str, tags: Sequence[str] = (), note: str = "") -> Draft:
    """Propose an article in Markdown, in the language that one reads. It is a draft in review at once: those who
    publish are told, may change it, and publish, return or drop it; who proposed it hears of that and publishes
    nothing."""
    permit(actor, Permission.SEE_LIBRARY)
    said = short(note, "note", limit=_LONGEST_NOTE)
    names = {actor.reading_language: title}
    with write(actor=actor, verb="library.propose_text") as audit:
        key = f"own/proposed-{new_id().hex}"
        content = Content.objects.create(
            kind="article", key=key, title=names, created_at=timezone.now(), created_by=actor
        )  # fmt: skip
        audit.created(content)
        body = checked_body(content, {**_body(content, actor, title, text), "tags": list(tags)})
        draft = opened(audit, actor, content, body)
        hand_to_review(audit, draft, said)
    return draft


def propose_again(*, actor: User, draft: Draft, title: str, text: str) -> Draft:
    """Hand in a proposal of one's own anew that came back."""
    permit(actor, Permission.SEE_LIBRARY)
    with write(actor=actor, verb="library.propose_again") as audit:
        row = locked_draft(draft)
        if str(actor.pk) not in row.writers or row.author_id != actor.pk:
            raise NotVisibleError
        if row.state != DraftState.RETURNED:
            raise refuse("library.not_returned", "draft")
        before = {"edition": row.edition, "state": row.state}
        row.body = checked_body(row.content, {**row.body, **_body(row.content, actor, title, text)})
        row.rewritten(at=audit.at, by=actor.pk)
        audit.changed(row, **before)
        hand_to_review(audit, row, row.note)
    return row


def _body(content: Content, actor: User, title: str, text: str) -> dict[str, Any]:
    language = actor.reading_language
    return {
        "kind": content.kind,
        "schema_version": 1,
        "key": content.key,
        "title": {language: title},
        "form": "guide",
        "body": {language: text},
    }
