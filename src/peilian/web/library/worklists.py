"""Drafts by what they want of the reader, as queries: lists show a page of them and count the rest in the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import JSONField, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from peilian.apps.library import api as library
from peilian.apps.people.api import User

NAMES: dict[str, str | Promise] = {
    "review": gettext_lazy("Waiting for your review"),
    "conflicts": gettext_lazy("Upgrades and imports with conflicts"),
    "yours": gettext_lazy("Yours"),
    "others": gettext_lazy("Others"),
}


@dataclass(frozen=True, slots=True)
class Worklists:
    """The open drafts as one user has to do with them; a draft stands in the first of ``NAMES`` that it fits."""

    rows: QuerySet[library.Draft]
    published_by: frozenset[str]
    mine: Q

    def named(self, name: str) -> QuerySet[library.Draft]:
        """One of the lists."""
        if name == "review":
            return self.rows.filter(self.to_review)
        rows = self.rows.exclude(self.to_review)
        if name == "conflicts":
            return rows.exclude(conflicts=[])
        rows = rows.filter(conflicts=[])
        return rows.filter(self.mine) if name == "yours" else rows.exclude(self.mine)

    @property
    def to_review(self) -> Q:
        """What waits for this reader to publish or return it; who wrote in it leaves that to others."""
        waiting = Q(state=library.DraftState.IN_REVIEW, content__kind__in=self.published_by)
        return waiting & ~self.mine if library.needs_second_eyes() else waiting


def worklists(user: User) -> Worklists:
    """The lists of a user who writes."""
    rows = listed(library.drafts(user=user)).annotate(names=Cast("writers", TextField()))
    return Worklists(rows, library.published_by(user=user), Q(names__contains=f'"{user.pk}"'))


def listed(rows: QuerySet[library.Draft]) -> QuerySet[library.Draft]:
    """Drafts without their bodies, which may be large; of those only the title, as ``said_title``."""
    titled = rows.annotate(said_title=KeyTransform("title", "body", output_field=JSONField()))
    return titled.select_related(None).select_related("content", "author").defer("body")
