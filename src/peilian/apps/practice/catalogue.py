"""What can be practised, and what it is good for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import AgentKind, Membership, NotVisibleError
from peilian.apps.practice import offered
from peilian.apps.practice.models import LIVE_RUNS, DrillRun
from peilian.apps.practice.starting import trainee
from peilian.apps.practice.turns import close_abandoned
from peilian.apps.record import api as record
from peilian.engine._kernel import Language, Text

if TYPE_CHECKING:
    from peilian.apps.people.api import Employee, User


@dataclass(frozen=True, slots=True)
class ScenarioEntry:
    """A scenario for somebody to choose. ``best`` and ``last`` are totals of own drills that count; ``assignments`` are
    those still to be done, ``needs`` the own needs that it trains."""

    key: str
    version: str
    title: Text
    brief: Text
    industry: str
    channel: str
    difficulty: int
    languages: tuple[Language, ...]
    limit_seconds: int
    is_abuse: bool
    trains: tuple[str, ...]
    n_runs: int = 0
    best: Decimal | None = None
    last: Decimal | None = None
    last_at: datetime | None = None
    assignments: tuple[record.Assignment, ...] = ()
    needs: tuple[record.Need, ...] = ()


def catalogue(*, user: User) -> list[ScenarioEntry]:
    """Every scenario: first what is assigned, the soonest due in front, then what the user needs, easy ones first."""
    employee = trainee(user)
    close_abandoned()
    assigned = _assigned(user, employee)
    needs = _needs(user, employee)
    tallies = _tallies(employee)
    last = _last(employee)
    entries = []
    documents = offered.scenarios()
    for key, (document, version) in documents.items():
        tally = tallies.get(key, {})
        latest = last.get(key)
        entries.append(
            ScenarioEntry(
                key=key,
                version=version,
                title=document.title.to_text(),
                brief=document.brief.to_text(),
                industry=document.industry,
                channel=document.channel,
                difficulty=document.difficulty,
                languages=document.languages,
                limit_seconds=document.time_limit_seconds,
                is_abuse=document.is_abuse,
                trains=document.trains,
                n_runs=tally.get("n", 0),
                best=tally.get("best"),
                last=latest.total if latest else None,
                last_at=latest.ended_at if latest else None,
                assignments=tuple(assigned.get(key, ())),
                needs=tuple(need for need in needs if _overlap(document, _keys(need.subject))),
            )
        )
    place = _place_of([employee], documents)
    return sorted(entries, key=lambda entry: _order(entry, place))


def scenarios_for(*, subject: str, people: Iterable[Employee] = ()) -> list[str]:
    """The keys of the scenarios that train a competency, a pain point, or what an issue, a fault or a move is called.

    Those that train most of it come first; then those about little else, those of the channel and industry of
    ``people``, and the easier ones. A competency that every drill shows is trained by all.
    """
    documents = offered.scenarios()
    wanted, place = _keys(subject), _place_of(people, documents)
    found = {key: document for key, (document, _) in documents.items()}
    matching = {key: document for key, document in found.items() if _overlap(document, wanted)}
    if not matching and _is_shown_by_drills(subject):
        matching = found

    def rank(key: str) -> tuple[object, ...]:
        document = matching[key]
        return (*_fit(document, wanted), place.distance(document), document.difficulty, key)

    return sorted(matching, key=rank)


def running_run(*, user: User) -> DrillRun | None:
    """The drill that the user is in the middle of."""
    employee = trainee(user)
    close_abandoned(employee=employee.pk)
    return DrillRun.objects.filter(employee=employee, state__in=LIVE_RUNS).defer("result", "debrief").first()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where people work: the channels of their posts, and the industries that they have practised so far."""

    channels: frozenset[str]
    industries: frozenset[str]

    def distance(self, scenario: ScenarioDocument | ScenarioEntry) -> int:
        """How much of a scenario's surroundings is foreign to them; what is not known of them counts for nothing."""
        is_other_trade = bool(self.industries) and scenario.industry not in self.industries
        is_other_channel = bool(self.channels) and scenario.channel not in self.channels
        return is_other_trade + is_other_channel


def _place_of(people: Iterable[Employee], documents: Mapping[str, tuple[ScenarioDocument, str]]) -> _Place:
    ids = [person.pk for person in people]
    if not ids:
        return _Place(frozenset(), frozenset())
    places = Membership.objects.on(today_in_company()).filter(employee__in=ids, post__isnull=False)
    kinds = set(places.values_list("post__agent_kind", flat=True)) - {""}
    played = set(DrillRun.objects.filter(employee__in=ids).order_by().values_list("scenario", flat=True))
    return _Place(
        frozenset("phone" if kind == AgentKind.PHONE else "chat" for kind in kinds),
        frozenset(documents[key][0].industry for key in played if key in documents),
    )


def _fit(document: ScenarioDocument, wanted: frozenset[str]) -> tuple[float, float]:
    """How well a scenario trains what is wanted, smaller is better: by how much of it, then by how little else."""
    shared = _overlap(document, wanted)
    return -shared, -shared / max(1, len(document.trains))


def _order(entry: ScenarioEntry, place: _Place) -> tuple[object, ...]:
    """What is assigned by deadline; then what trains most of the needs, near the own work; then the easy ones."""
    due = [item.due_at.timestamp() for item in entry.assignments if item.due_at is not None]
    soonest = min(due, default=float("inf"))
    served = frozenset[str]().union(*(_keys(need.subject) for need in entry.needs))
    shared = len(served.intersection(entry.trains))
    distance = place.distance(entry)
    return (not entry.assignments, soonest, -shared, distance if shared else 0, entry.difficulty, entry.key)


def _assigned(user: User, employee: Employee) -> dict[str, list[record.Assignment]]:
    states = (record.AssignmentState.OPEN, record.AssignmentState.OVERDUE)
    found: dict[str, list[record.Assignment]] = {}
    for item in record.assignments_of(user=user, employee=employee, states=states):
        if item.kind == record.AssignmentKind.DRILL:
            found.setdefault(item.target, []).append(item)
    return found


def _needs(user: User, employee: Employee) -> list[record.Need]:
    """The own live needs; somebody whose role does not let the own record be seen is told none."""
    try:
        return list(record.needs_of(user=user, employee=employee))
    except NotVisibleError:
        return []


def _tallies(employee: Employee) -> dict[str, Any]:
    rows = DrillRun.objects.counted().filter(employee=employee).order_by().values("scenario")
    return {row["scenario"]: row for row in rows.annotate(n=Count("pk"), best=Max("total"))}


def _last(employee: Employee) -> dict[str, DrillRun]:
    """The newest drill of each scenario that counts."""
    rows = DrillRun.objects.counted().filter(employee=employee)
    newest = rows.order_by().values("scenario").annotate(newest=Max("ended_at")).values_list("newest", flat=True)
    found = rows.filter(ended_at__in=list(newest)).defer("result", "debrief").order_by("id")
    return {run.scenario: run for run in found}


def _overlap(document: ScenarioDocument, wanted: frozenset[str]) -> int:
    return len(wanted.intersection(document.trains))


def _keys(subject: str) -> frozenset[str]:
    """What scenarios may call that which ``subject`` is about."""
    competency = record.competency_model().competencies.get(subject)
    feeds = competency.feeds if competency else ()
    return frozenset({subject, *(feed.key.partition(":")[2] for feed in feeds if ":" in feed.key)})


def _is_shown_by_drills(subject: str) -> bool:
    competency = record.competency_model().competencies.get(subject)
    return competency is not None and any(feed.kind == "drill" for feed in competency.feeds)
