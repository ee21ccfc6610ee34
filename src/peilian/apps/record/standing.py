"""Where people stand: their evidence through the competency model in force. No permission is asked here: callers do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from uuid import UUID

from django.utils import timezone

from peilian.adapters.packs.competency import CompetencyModelDocument, load_models, version_of
from peilian.adapters.packs.trees import digest, tree_of
from peilian.apps.base.api import company_zone
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, StageEntry
from peilian.apps.record.models import Evidence
from peilian.engine._kernel import Text
from peilian.engine.competency import CompetencyModel, Gap, Profile, gaps, profile, radar
from peilian.engine.competency import Evidence as EvidenceValue
from peilian.engine.competency.model import Post
from peilian.engine.competency.profile import RadarValue

KIND = "competency-model"
MODEL = "service-agents"

_models: dict[str, CompetencyModel] = {}
"""Those that were made, by version: there are few."""


@dataclass(frozen=True, slots=True)
class PersonProfile:
    """One person's profile against what the post requires on the person's stage."""

    employee: Employee
    post: Post
    stage: str
    profile: Profile
    required: Mapping[str, int]
    gaps: tuple[Gap, ...]
    radar: tuple[RadarValue, ...]

    @property
    def model(self) -> CompetencyModel:
        """The model it was made with."""
        return self.profile.model


def competency_model() -> CompetencyModel:
    """The competency model in force: that of the library, or as it comes with the product where none is installed.

    Cheap: it is made once a version. What another process publishes is seen within about a second.
    """
    return _kept(library.mark()).model


def competency_text(key: str) -> Text | None:
    """What a competency is called; of one that is no longer in the model, what it was called last."""
    return _kept(library.mark()).names.get(key)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The model at one mark of the library, and the names of all competencies that it ever had."""

    model: CompetencyModel
    names: Mapping[str, Text]


@lru_cache(maxsize=4)
def _kept(_mark: str) -> _Kept:
    made = [
        _made(document)
        for document in library.former_documents(kind=KIND, key=MODEL)
        if isinstance(document, CompetencyModelDocument)
    ] or [_shipped()]
    names: dict[str, Text] = {}
    for model in made:
        for key, competency in model.competencies.items():
            names.setdefault(key, competency.name)
    return _Kept(made[0], names)


def _made(document: CompetencyModelDocument) -> CompetencyModel:
    version = version_of(digest(tree_of(document)))
    return _models.get(version) or _models.setdefault(version, document.to_model(version))


@cache
def _shipped() -> CompetencyModel:
    return load_models()[MODEL]


def profiles(people: Iterable[Employee], *, at: datetime | None = None) -> dict[UUID, PersonProfile]:
    """The profiles of these people, in their order."""
    listed, now = list(people), at or timezone.now()
    ids = [person.pk for person in listed]
    evidence = counting_evidence(ids, until=now)
    day = timezone.localdate(now, company_zone())
    stages, posts = _stages(ids, day), _posts(ids, day)
    found = {}
    for person in listed:
        post = posts.get(person.pk) or competency_model().post()
        rows = evidence.get(person.pk, [])
        found[person.pk] = _profile(person, post, stages.get(person.pk), rows, as_ms(now))
    return found


def _profile(
    person: Employee, post: Post, stage: str | None, rows: Iterable[EvidenceValue], now_ms: int
) -> PersonProfile:
    model = competency_model()
    made = profile(model, rows, now_ms, stage=stage)
    required = model.required(post.key, stage)
    return PersonProfile(
        employee=person,
        post=post,
        stage=made.stage,
        profile=made,
        required=required,
        gaps=gaps(made, required),
        radar=radar(made, required),
    )


def counting_evidence(
    employee_ids: Iterable[UUID], *, until: datetime | None = None
) -> dict[UUID, list[EvidenceValue]]:
    """What bears on the estimates of these people, as the engine takes it, in one query."""
    rows = Evidence.objects.counting().filter(employee__in=employee_ids)
    if until is not None:
        rows = rows.filter(at__lte=until)
    found: dict[UUID, list[EvidenceValue]] = defaultdict(list)
    # A team has tens of thousands of pieces; as rows of the model they would take three times as long.
    for employee_id, *fields in rows.order_by().values_list("employee_id", *Evidence.VALUE_FIELDS):
        found[employee_id].append(Evidence.value_of(*fields))
    return found


def _stages(ids: list[UUID], day: date) -> dict[UUID, str]:
    rows = StageEntry.objects.filter(employee__in=ids, starts_on__lte=day).order_by("starts_on", "id")
    return dict(rows.values_list("employee_id", "stage"))


def _posts(ids: list[UUID], day: date) -> dict[UUID, Post]:
    """The model's post of each person, by the latest place that names one."""
    rows = Membership.objects.on(day).filter(employee__in=ids, post__isnull=False).select_related("post")
    found = {}
    for row in rows.order_by("starts_on", "id"):
        if row.post is not None:
            found[row.employee_id] = competency_model().post(code=row.post.code, agent_kind=row.post.agent_kind)
    return found


def as_ms(moment: datetime) -> int:
    """Integer milliseconds, as engines take times."""
    return int(moment.timestamp() * 1000)
