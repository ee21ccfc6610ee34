"""Adaptive tests (自适应测验): the next question by what it tells, within the blueprint, sparing worn questions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from peilian.engine._kernel import Reason, WrongValue
from peilian.engine.assessment.psychometrics.ability import Ability, Method, estimate_ability
from peilian.engine.assessment.psychometrics.model import ItemParameters, information


@dataclass(frozen=True, slots=True)
class AdaptiveState:
    """Where a test stands: the answers so far in order, and the question that waits for one. Plain data inside."""

    answers: tuple[tuple[str, float], ...] = ()
    pending: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The state as plain data."""
        return {"schema_version": 1, "answers": [list(answer) for answer in self.answers], "pending": self.pending}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``; ``WrongValue`` for another version."""
        if data.get("schema_version") != 1:
            raise WrongValue(Reason("psychometrics.unknown_state_version", {"found": str(data.get("schema_version"))}))
        return cls(tuple((str(item), float(share)) for item, share in data["answers"]), data.get("pending"))


@dataclass(frozen=True, slots=True)
class AdaptiveTest:
    """An adaptive test: a calibrated bank, a blueprint, and when to stop.

    ``areas`` tells the content area of each question, ``blueprint`` the weight of each area. Without a blueprint
    content is not balanced; with one, questions outside of its areas are not asked. One of the ``among`` most
    informative questions of the area that is most behind is drawn (randomesque: G. Kingsbury and A. Zara, Applied
    Measurement in Education 2, 1989). A question that was in more than ``most_exposure`` of former tests rests while
    others are left (J. Revuelta and V. Ponsoda, Journal of Educational Measurement 35, 1998).
    """

    bank: Mapping[str, ItemParameters]
    areas: Mapping[str, str] = field(default_factory=dict)
    blueprint: Mapping[str, float] = field(default_factory=dict)
    least_items: int = 5
    most_items: int = 30
    target_error: float = 0.35
    among: int = 5
    most_exposure: float = 0.3
    population: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.blueprint and not (min(self.blueprint.values()) >= 0 and sum(self.blueprint.values()) > 0):
            raise WrongValue(Reason("psychometrics.wrong_blueprint"))
        if not 1 <= self.least_items <= self.most_items or self.among < 1 or self.target_error <= 0:
            raise WrongValue(Reason("psychometrics.wrong_stopping"))
        lacking = [area for area, weight in self.blueprint.items() if weight > 0 and not self._of_area(area)]
        if lacking:
            raise WrongValue(Reason("psychometrics.area_without_items", {"areas": ", ".join(sorted(lacking))}))

    def ability(self, state: AdaptiveState, *, method: Method = "eap") -> Ability:
        """What is known of the ability by now."""
        return estimate_ability(self.bank, dict(state.answers), method=method, population=self.population)

    def stopped(self, state: AdaptiveState) -> Reason | None:
        """Why the test is over; ``None`` while it goes on."""
        asked = len(state.answers)
        if asked >= self.most_items:
            return Reason("psychometrics.stopped_by_length", {"n": asked})
        error = self.ability(state).standard_error
        if asked >= self.least_items and error is not None and error <= self.target_error:
            return Reason("psychometrics.stopped_by_precision", {"n": asked, "error": error})
        if state.pending is None and not self._left(state):
            return Reason("psychometrics.stopped_by_bank", {"n": asked})
        return None

    def next_item(
        self, state: AdaptiveState, rng: random.Random, *, exposure: Mapping[str, float] | None = None
    ) -> AdaptiveState:
        """The state with the next question pending; as it was when one is pending already or the test is over.

        ``exposure`` is the share of former tests in which each question was asked, as far as known.
        """
        if state.pending is not None or self.stopped(state) is not None:
            return state
        left = self._left(state)
        area = self._most_behind(state, left)
        open_ = [key for key in left if area is None or self.areas.get(key) == area]
        rested = [key for key in open_ if (exposure or {}).get(key, 0.0) <= self.most_exposure]
        open_ = rested or open_
        value = self.ability(state).value
        assert value is not None
        told = information([self.bank[key] for key in open_], value)
        order = sorted(range(len(open_)), key=lambda place: (-float(told[place]), open_[place]))
        return replace(state, pending=open_[rng.choice(order[: self.among])])

    def answer(self, state: AdaptiveState, share: float) -> AdaptiveState:
        """Take the answer to the pending question, 0 wrong to 1 right; ``WrongValue`` when none is pending."""
        if state.pending is None:
            raise WrongValue(Reason("psychometrics.nothing_pending"))
        if not 0 <= share <= 1:
            raise WrongValue(Reason("psychometrics.share_out_of_range", {"share": share}))
        return AdaptiveState((*state.answers, (state.pending, float(share))))

    def _of_area(self, area: str) -> list[str]:
        return [key for key in self.bank if self.areas.get(key) == area]

    def _left(self, state: AdaptiveState) -> list[str]:
        asked = {item for item, _share in state.answers}
        wanted = {area for area, weight in self.blueprint.items() if weight > 0}
        return sorted(
            key for key in self.bank if key not in asked and (not wanted or self.areas.get(key, "") in wanted)
        )

    def _most_behind(self, state: AdaptiveState, left: list[str]) -> str | None:
        """The area that has most fewer questions than its weight asks for, of those with questions left."""
        total = sum(self.blueprint.values())
        if not total:
            return None
        given: dict[str, int] = {}
        for item, _share in state.answers:
            area = self.areas.get(item, "")
            given[area] = given.get(area, 0) + 1
        due = (len(state.answers) + 1) / total
        stocked = sorted({self.areas.get(key, "") for key in left})
        return max(stocked, key=lambda area: self.blueprint.get(area, 0) * due - given.get(area, 0))
