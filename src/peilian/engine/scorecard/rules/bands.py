"""``bands``: points by the band a value lies in (区间计分)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from itertools import groupby, pairwise

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Param, Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import PointReason, exact, shown


@dataclass(frozen=True, slots=True)
class Band:
    """A band and what it is worth: ``points``, or a ``change`` from the weight.

    ``at_least`` and ``at_most`` belong to the band, ``above`` and ``below`` do not; a side left out is open.
    """

    at_least: Decimal | None = None
    above: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None
    points: Decimal | None = None
    change: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.points is None) == (self.change is None):
            raise WrongValue(Reason("scorecard.wrong.band_worth"))
        if None not in (self.at_least, self.above) or None not in (self.at_most, self.below):
            raise WrongValue(Reason("scorecard.wrong.band_sides"))
        if len(self.edges) == 2 and not self.edges[0] < self.edges[1] and not self.holds(self.edges[0]):
            raise WrongValue(Reason("scorecard.wrong.empty_band", {"band": str(self)}))

    @property
    def edges(self) -> tuple[Decimal, ...]:
        """Its bounds, the lower one first."""
        return tuple(edge for edge in (self.at_least, self.above, self.at_most, self.below) if edge is not None)

    def holds(self, value: Decimal) -> bool:
        """Whether ``value`` lies in it."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def worth(self, weight: Decimal) -> Decimal:
        """What it changes of full points."""
        return self.change if self.change is not None else (self.points or Decimal(0)) - weight

    def times(self, standard: Decimal) -> Band:
        """The same band with edges that were shares of ``standard``."""
        if standard == 1:
            return self
        with localcontext(ARITHMETIC):
            sides = {name: getattr(self, name) for name in ("at_least", "above", "at_most", "below")}
            return replace(self, **{name: edge * standard for name, edge in sides.items() if edge is not None})

    # Signs say the same in every language.
    def __str__(self) -> str:
        low = f"≥ {exact(self.at_least)}" if self.at_least is not None else ""
        low = f"> {exact(self.above)}" if self.above is not None else low
        high = f"≤ {exact(self.at_most)}" if self.at_most is not None else ""
        high = f"< {exact(self.below)}" if self.below is not None else high
        return ", ".join(side for side in (low, high) if side) or "–"


@rule("bands")
@dataclass(frozen=True, slots=True)
class Bands(Rule):
    """The first band that holds the value decides. Together the bands must hold every value.

    With ``of`` the edges are shares of that standard: 0.8 of 450 is 360.
    """

    bands: tuple[Band, ...]
    of: Decimal = Decimal(1)
    _scaled: tuple[Band, ...] = field(init=False, repr=False, compare=False)
    _named: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.of <= 0:
            raise WrongValue(Reason("scorecard.wrong.standard"))
        object.__setattr__(self, "_scaled", tuple(band.times(self.of) for band in self.bands))
        if not self.bands:
            raise WrongValue(Reason("scorecard.wrong.no_band"))
        open_ = [place for place in self._places() if self._band_of(place) is None]
        if open_:
            raise WrongValue(Reason("scorecard.wrong.gap", {"value": exact(open_[0])}))
        object.__setattr__(self, "_named", tuple(map(self._stretch, self._scaled)))

    def score(self, given: Given) -> Outcome:
        """As monotone as its bands are."""
        value = given.value
        place, band = next((n, band) for n, band in enumerate(self._scaled) if band.holds(value))
        params: dict[str, Param] = {"value": exact(value), "band": self._named[place]}
        reason = Reason("scorecard.band", params)
        if self.of != 1:
            reason = Reason(
                "scorecard.band.of", {**params, "standard": exact(self.of), "share": shown(value / self.of)}
            )
        return Outcome((PointReason(reason, band.worth(given.weight), given.evidence),))

    def doubts(self, weight: Decimal) -> tuple[Reason, ...]:
        """Points that rise and fall again along the values, and bands that no value reaches."""
        reached = [band for place in self._places() if (band := self._band_of(place)) is not None]
        doubts = [
            Reason("scorecard.doubt.unreached_band", {"band": str(band)})
            for band in self._scaled
            if not any(band is other for other in reached)
        ]
        points = [weight + band.worth(weight) for band in reached]
        steps = {before < after for before, after in pairwise(points) if before != after}
        if len(steps) > 1:
            told = " → ".join(shown(one) for one, _ in groupby(points))
            doubts.append(Reason("scorecard.doubt.not_monotone", {"points": told}))
        return tuple(doubts)

    def reach(self, weight: Decimal) -> Decimal:
        """Those of the best band."""
        return max(weight + band.worth(weight) for band in self.bands)

    def _stretch(self, band: Band) -> str:
        """On which values it decides, bands before it apart; its own words when these are not one stretch."""
        places = self._places()
        held = [n for n, place in enumerate(places) if self._band_of(place) is band]
        if not held or held != list(range(held[0], held[-1] + 1)):
            return str(band)
        edges = frozenset(edge for one in self._scaled for edge in one.edges)
        first, last = held[0], held[-1]
        low = high = ""
        if first > 0:
            low = f"≥ {exact(places[first])}" if places[first] in edges else f"> {exact(places[first - 1])}"
        if last < len(places) - 1:
            high = f"≤ {exact(places[last])}" if places[last] in edges else f"< {exact(places[last + 1])}"
        return ", ".join(side for side in (low, high) if side) or "–"

    def _band_of(self, value: Decimal) -> Band | None:
        return next((band for band in self._scaled if band.holds(value)), None)

    def _places(self) -> list[Decimal]:
        """A value for every stretch on which the same bands hold, in order: each edge, and one between any two."""
        edges = sorted({edge for band in self._scaled for edge in band.edges})
        if not edges:
            return [Decimal(0)]
        between = [place for low, high in pairwise(edges) for place in (low, (low + high) / 2)]
        beyond = 2 * max(abs(edges[0]), abs(edges[-1])) + 1  # further out, however large and precise the edges are
        return [-beyond, *between, edges[-1], beyond]
