"""Rules of assigning (分派规则): who is to get something, why, and who of those it is meant for does not get it.

Pure: a rule, what is known of a person and the day are given; a verdict comes back, with its reasons. A rule is served
once for one occasion: whatever became of it, that occasion brings nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from peilian.engine._kernel import Bilingual, Param, Reason
from peilian.engine.curriculum.awards import last_day_of

Often = Literal["once", "occasion", "months"]
Move = Literal["post", "stage"]
Outcome = Literal["gets", "left_out", "not_meant"]
ONCE = "once"


@dataclass(frozen=True, slots=True)
class Hired:
    """So many days since somebody was hired; the day itself is day 0."""

    least_days: int | None = None
    most_days: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody came to another post or stage within the last ``days``."""

    of: Move
    days: int


@dataclass(frozen=True, slots=True)
class Needed:
    """An open need of a competency. ``points``: at least so many are missing; a need that a person raised, and one that
    nothing was measured of, fits whatever is missing."""

    competency: str
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The last score of an exam in percent: below one bound, at or above the other."""

    exam: str
    below: Decimal | None = None
    at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Who gets something: those for whom all that is given holds. ``posts`` and ``stages`` are any of them; an empty
    one is everybody. ``names`` are those of the competency and the exam that it asks about.

    ``often``: once for good; once an occasion; or again after ``months``.
    """

    posts: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    hired: Hired | None = None
    moved: Moved | None = None
    needed: Needed | None = None
    scored: Scored | None = None
    often: Often = "once"
    months: int | None = None
    names: Mapping[str, Bilingual] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MoveOf:
    """That somebody came to a post or stage on a day, from another."""

    of: Move
    to: str
    on: date
    name: Bilingual = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeedOf:
    """A live need: its id, its competency, the points that are missing now, and since when. ``by_person``: somebody
    raised it, nothing measured."""

    id: str
    competency: str
    since: date
    points: Decimal | None = None
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class ScoreOf:
    """The last settled result of an exam, by the id of its attempt."""

    id: str
    exam: str
    percent: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a person about one rule. ``posts`` are all names that the post goes by.

    ``completed_on`` is when what the rule assigns was completed last, ``is_on_it`` whether it is being learnt or waits
    to be taken; ``served`` are the occasions that the rule was served for, with the day of each.
    """

    posts: frozenset[str] = frozenset()
    stage: str = ""
    hired_on: date | None = None
    left_on: date | None = None
    is_away: bool = False
    post_name: Bilingual = field(default_factory=dict)
    stage_name: Bilingual = field(default_factory=dict)
    moves: tuple[MoveOf, ...] = ()
    needs: tuple[NeedOf, ...] = ()
    scores: tuple[ScoreOf, ...] = ()
    completed_on: date | None = None
    is_on_it: bool = False
    served: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a person. Who ``gets`` it, gets it for ``occasion``, because of all of ``because``. Who is
    ``left_out`` is meant by the rule, ``why_not`` says what stands against it; for who is ``not_meant`` it says which
    condition does not hold."""

    outcome: Outcome
    occasion: str = ""
    because: tuple[Reason, ...] = ()
    why_not: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Holds:
    """That a condition holds, why, and the occasion it makes, if it is one. What was completed before ``since`` does
    not answer it."""

    because: Reason
    occasion: str = ""
    since: date | None = None


def judge(rule: AssignmentRule, person: PersonFacts, day: date) -> Verdict:
    """Whether a person gets what a rule assigns, on a day of the company."""
    if person.left_on is not None and person.left_on <= day:
        return Verdict("not_meant", why_not=Reason("rule.left"))
    if person.hired_on is not None and person.hired_on > day:
        return Verdict("not_meant", why_not=Reason("rule.not_begun", {"day": person.hired_on.isoformat()}))
    held: list[_Holds] = []
    for found in _conditions(rule, person, day):
        if isinstance(found, Reason):
            return Verdict("not_meant", why_not=found)
        held.append(found)
    because = tuple(one.because for one in held)
    occasion = _occasion(rule, held, person)
    against = _against(rule, person, held, occasion, day)
    if against is not None:
        return Verdict("left_out", occasion, because, against)
    return Verdict("gets", occasion, because)


def _conditions(rule: AssignmentRule, person: PersonFacts, day: date) -> Iterator[_Holds | Reason]:
    """Each condition that is given, in turn: that it holds, or why it does not."""
    if rule.posts:
        fits = not rule.posts.isdisjoint(person.posts)
        yield _Holds(Reason("rule.post", {"post": person.post_name})) if fits else Reason("rule.other_post")
    if rule.stages:
        fits = person.stage in rule.stages
        yield _Holds(Reason("rule.stage", {"stage": person.stage_name})) if fits else Reason("rule.other_stage")
    if rule.hired is not None:
        yield _hired(rule.hired, person, day)
    if rule.moved is not None:
        yield _moved(rule.moved, person, day)
    if rule.needed is not None:
        yield _needed(rule.needed, person, rule.names)
    if rule.scored is not None:
        yield _scored(rule.scored, person, rule.names)


def _hired(asked: Hired, person: PersonFacts, day: date) -> _Holds | Reason:
    if person.hired_on is None:
        return Reason("rule.hired_unknown")
    n = (day - person.hired_on).days
    if asked.least_days is not None and n < asked.least_days:
        return Reason("rule.hired_later", {"n": n, "least": asked.least_days})
    if asked.most_days is not None and n > asked.most_days:
        return Reason("rule.hired_earlier", {"n": n, "most": asked.most_days})
    return _Holds(Reason("rule.hired", {"n": n}), f"hired:{person.hired_on.isoformat()}")


def _moved(asked: Moved, person: PersonFacts, day: date) -> _Holds | Reason:
    moves = [one for one in person.moves if one.of == asked.of and one.on <= day]
    last = max(moves, key=lambda one: one.on, default=None)
    if last is None or (day - last.on).days > asked.days:
        return Reason(f"rule.no_move_of_{asked.of}", {"days": asked.days})
    because = Reason(f"rule.moved_{asked.of}", {"to": last.name, "day": last.on.isoformat()})
    return _Holds(because, f"{asked.of}:{last.to}:{last.on.isoformat()}")


def _needed(asked: Needed, person: PersonFacts, names: Mapping[str, Bilingual]) -> _Holds | Reason:
    name = names.get(asked.competency, {})
    need = next((one for one in person.needs if one.competency == asked.competency), None)
    if need is None:
        return Reason("rule.no_need", {"competency": name})
    is_told = need.by_person or need.points is None
    if asked.points is not None and not is_told and need.points is not None and need.points < asked.points:
        return Reason("rule.small_need", {"competency": name, "points": _plain(need.points)})
    key = "rule.need" if need.points is None else "rule.need_of_points"
    points = None if need.points is None else _plain(need.points)
    return _Holds(Reason(key, {"competency": name, "points": points}), f"need:{need.id}", need.since)


def _scored(asked: Scored, person: PersonFacts, names: Mapping[str, Bilingual]) -> _Holds | Reason:
    name = names.get(asked.exam, {})
    score = max((one for one in person.scores if one.exam == asked.exam), key=lambda one: one.on, default=None)
    if score is None:
        return Reason("rule.no_score", {"exam": name})
    told: dict[str, Param] = {"exam": name, "percent": _plain(score.percent)}
    is_low = asked.at_least is not None and score.percent < asked.at_least
    if is_low or (asked.below is not None and score.percent >= asked.below):
        return Reason("rule.other_score", told)
    return _Holds(Reason("rule.scored", told), f"attempt:{score.id}", score.on)


def _occasion(rule: AssignmentRule, held: Iterable[_Holds], person: PersonFacts) -> str:
    """What a verdict is given for. A rule that comes again numbers its times."""
    if rule.often == "months":
        return f"time:{len(person.served) + 1}"
    if rule.often == "once":
        return ONCE
    return "|".join(one.occasion for one in held if one.occasion) or ONCE


def _against(
    rule: AssignmentRule, person: PersonFacts, held: Iterable[_Holds], occasion: str, day: date
) -> Reason | None:
    last = max(person.served.values(), default=None)
    if rule.often == "months" and last is not None and rule.months is not None:
        again = last_again(last, rule.months)
        if day < again:
            return Reason("rule.served_lately", {"day": last.isoformat(), "again": again.isoformat()})
    if occasion in person.served:
        key = "rule.served_once" if occasion == ONCE else "rule.served"
        return Reason(key, {"day": person.served[occasion].isoformat()})
    if person.is_on_it:
        return Reason("rule.on_it")
    if person.completed_on is not None and _answers(rule, person.completed_on, held, day):
        return Reason("rule.completed", {"day": person.completed_on.isoformat()})
    return Reason("rule.away") if person.is_away else None


def last_again(served: date, months: int) -> date:
    """The first day on which a rule that comes again after ``months`` is due after it was served."""
    ends = last_day_of(served, months)
    assert ends is not None
    return ends + timedelta(days=1)


def _answers(rule: AssignmentRule, completed: date, held: Iterable[_Holds], day: date) -> bool:
    """Whether what was completed makes it needless: since what the rule goes by, and not too long ago."""
    if rule.often == "months" and rule.months is not None and day >= last_again(completed, rule.months):
        return False
    return all(one.since is None or completed >= one.since for one in held)


def _plain(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1')).normalize():f}"
