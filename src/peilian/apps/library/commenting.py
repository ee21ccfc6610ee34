"""Comments and suggestions (评论与改进建议): readers say what is wrong or could be better, and get an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet, UUIDField
from django.utils import timezone

from peilian.apps.base.api import Argument, Prepared, write
from peilian.apps.library.checks import permit, refuse, require_sight, short
from peilian.apps.library.models import Comment, CommentKind, CommentState, Content, ContentState
from peilian.apps.library.telling import holders, tell
from peilian.apps.people.api import NotVisibleError, Permission, User

if TYPE_CHECKING:
    from collections.abc import Collection

_LIMIT = 2000
_MOST_OWN = 50


def add_comment(*, actor: User, content: Content, text: str, kind: CommentKind | str = CommentKind.COMMENT) -> Comment:
    """Say something about a published text. A suggestion is answered; those who publish hear of it."""
    permit(actor, Permission.SEE_LIBRARY)
    require_sight(actor, content)
    if content.state == ContentState.NEW:
        permit(actor, Permission.WRITE_LIBRARY)
    if kind not in CommentKind.values:
        raise refuse("library.unknown_choice", "kind", known=", ".join(CommentKind.values))
    text = short(text, "text", limit=_LIMIT, is_needed=True)
    with write(actor=actor, verb="library.add_comment") as audit:
        row = Comment.objects.create(
            content=content,
            version=content.current,
            kind=str(kind),
            text=text,
            made_at=timezone.now(),
            made_by=actor,
        )
        audit.created(row)
        if row.kind == CommentKind.SUGGESTION:
            tell(holders(Permission.PUBLISH_LIBRARY, but=[actor.pk]), "inbox.library_suggestion", content)
    return row


def comments_of(*, user: User, content: Content) -> QuerySet[Comment]:
    """What was said about a text, the oldest first."""
    permit(user, Permission.SEE_LIBRARY)
    require_sight(user, content)
    if content.state == ContentState.NEW:
        permit(user, Permission.WRITE_LIBRARY)
    return Comment.objects.filter(content=content).select_related("made_by", "answered_by", "version")


def comments(
    *,
    user: User,
    kinds: Collection[str] = tuple(CommentKind.values),
    states: Collection[str] = (CommentState.OPEN,),
) -> QuerySet[Comment]:
    """Comments and suggestions on all texts in these states, the oldest first, for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    rows = Comment.objects.filter(kind__in=list(kinds), state__in=list(states))
    return rows.select_related("content", "made_by", "answered_by")


_OWN = Prepared(
    lambda: (
        Comment.objects.filter(made_by=Argument("user", UUIDField()))
        .select_related("content", "answered_by")
        .order_by("-id")[:_MOST_OWN]
    )
)


def own_comments(*, user: User) -> list[Comment]:
    """The user's own comments and suggestions with what became of them, the newest first; older ones than the newest
    fifty are left out."""
    return _OWN(user=user.pk)


def answer_comment(*, actor: User | None, comment: Comment, state: CommentState | str, answer: str = "") -> Comment:
    """Accept, decline or close an open comment; a suggestion is declined with a word why. Nobody decides the own one.
    ``InputError`` tells the answer when somebody gave one meanwhile."""
    permit(actor, Permission.WRITE_LIBRARY)
    if actor is not None and comment.made_by_id == actor.pk and state != CommentState.CLOSED:
        raise NotVisibleError
    if state not in CommentState.values or state == CommentState.OPEN:
        raise refuse("library.unknown_choice", "state", known="accepted, declined, closed")
    answer = short(answer, "answer", limit=_LIMIT, is_needed=state == CommentState.DECLINED)
    with write(actor=actor, verb="library.answer_comment") as audit:
        row = Comment.objects.select_for_update(of=("self",)).select_related("content", "made_by").get(pk=comment.pk)
        if row.state != CommentState.OPEN:
            if (row.state, row.answer, row.answered_by) != (state, answer, actor):
                by = row.answered_by.name if row.answered_by is not None else ""
                raise refuse("library.answered_meanwhile", "state", name=by, answer=row.answer or "–")
            audit.unchanged()
            return row
        before = {"state": row.state, "answer": row.answer}
        row.state, row.answer = str(state), answer
        row.answered_at, row.answered_by = timezone.now(), actor
        row.save()
        audit.changed(row, **before)
        if actor is None or row.made_by_id != actor.pk:
            tell([row.made_by], "inbox.library_answer", row.content, answer=answer or "–")
    return row
