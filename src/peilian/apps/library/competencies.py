"""The competency model among the texts (胜任力模型): one, and a change may leave things without a name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from peilian.adapters.packs.authored import named_by
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.models import Content, ContentState, Draft
from peilian.apps.library.shelf import documents
from peilian.apps.people.api import Permission, User
from peilian.engine._kernel import Text

MODEL_KIND = "competency-model"


@dataclass(frozen=True, slots=True)
class LostCompetency:
    """A competency that counts today and would no longer, with the published texts that name it."""

    key: str
    name: Text
    texts: tuple[Content, ...]


def lost_competencies(*, user: User, draft: Draft) -> tuple[LostCompetency, ...]:
    """What a draft of the model leaves out of the competencies in force, for who writes; nothing for other kinds."""
    permit(user, Permission.WRITE_LIBRARY)
    lost = _lost(draft)
    naming = _texts_naming(lost)
    return tuple(LostCompetency(key, name, naming[key]) for key, name in lost.items())


def require_losses_seen(draft: Draft, seen: Collection[str]) -> None:
    """``InputError`` unless whoever publishes has said to know of each competency that the draft leaves out."""
    unseen = [key for key in _lost(draft) if key not in seen]
    if unseen:
        raise refuse("library.competencies_lost", "losses", n=len(unseen), names="、".join(unseen))


def _lost(draft: Draft) -> dict[str, Text]:
    current = draft.content.current
    if draft.content.kind != MODEL_KIND or current is None:
        return {}
    kept = _names(draft.body)
    return {key: name for key, name in _names(current.body).items() if key not in kept}


def _names(body: Mapping[str, Any]) -> dict[str, Text]:
    listed = body.get("competencies")
    found = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("key"), str):
            name = one.get("name")
            said = name if isinstance(name, Mapping) else {}
            found[one["key"]] = Text(zh=said.get("zh"), en=said.get("en") or one["key"])
    return found


def _texts_naming(keys: Collection[str]) -> dict[str, tuple[Content, ...]]:
    """The published texts that name each of these competencies, themselves or in a question or a line of an exam."""
    rows = Content.objects.filter(state=ContentState.PUBLISHED).exclude(kind=MODEL_KIND)
    rows = rows.annotate(said=Cast("current__body", TextField())).select_related("current")
    found = {}
    for key in keys:
        # The words of the document tell which texts may; the document itself, which do.
        likely = list(rows.filter(Q(said__contains=json.dumps(key))).defer("current__body"))
        kept = []
        for row in likely:
            assert row.current is not None
            (document,) = documents([row.current], row.kind)
            trained = getattr(document, "trains", ())
            if key in trained or any(one.what == "competency" and one.name == key for one in named_by(document)):
                kept.append(row)
        found[key] = tuple(kept)
    return found
