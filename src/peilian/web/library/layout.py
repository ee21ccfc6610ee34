"""Where the boxes and ways of a flow chart stand: layers from top to bottom, without two boxes on one place.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (IEEE SMC 11,
1981): break circles, assign layers by the longest way, give each way a place in every layer that it passes, order by
the middle of the neighbours, then straighten. Every second layer is for the words on the ways, which so have a place of
their own. Boxes of one lane (a role) keep to its column. Pure; lengths are in pixels, y grows downwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

APART = 28.0
"""Between two boxes beside each other."""
_GAP, _TRACK = 13.0, 9.0
_SWEEPS = 10
_LANE_PADDING = 16.0

Point = tuple[float, float]
Spot = tuple[str, ...]  # (node,), or (way, layer) for the place of a way


@dataclass(frozen=True, slots=True)
class Node:
    """A box to be placed: its size, and the number of its lane."""

    id: str
    width: float
    height: float
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """A line from one box to another, with the size of the words on it (0, 0 for none)."""

    source: str
    target: str
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its centre and size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """How a way runs, from its source to its target, and where its words stand. ``is_back`` leads upwards."""

    points: tuple[Point, ...]
    label: Box | None
    is_back: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything placed; ``lanes`` are the left and right edges of the columns."""

    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]
    lanes: tuple[tuple[float, float], ...]
    width: float
    height: float


def place(nodes: Sequence[Node], ways: Sequence[Way], *, n_lanes: int = 1, top: float = 0.0) -> Layout:
    """Place boxes and ways below ``top``. The first node is where it begins; ways name nodes that are there."""
    plan = _Plan(nodes, ways, n_lanes)
    plan.order()
    plan.straighten()
    return plan.finished(top)


@dataclass
class _Run:
    """A way in the layers that it passes, from the upper to the lower end."""

    way: Way
    upper: str
    lower: str
    is_back: bool
    spots: list[Spot] = field(default_factory=list)
    label: Spot | None = None


class _Plan:
    """The layout while it is made."""

    def __init__(self, nodes: Sequence[Node], ways: Sequence[Way], n_lanes: int) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.n_lanes = max(1, n_lanes)
        backs = _backs([node.id for node in nodes], ways)
        self.runs = [
            _Run(way, way.target if n in backs else way.source, way.source if n in backs else way.target, n in backs)
            for n, way in enumerate(ways)
            if way.source != way.target
        ]
        self.level = _levels([node.id for node in nodes], self.runs)
        self.size: dict[Spot, tuple[float, float]] = {(n.id,): (n.width, n.height) for n in nodes}
        self.lane: dict[Spot, int] = {(n.id,): min(n.lane, self.n_lanes - 1) for n in nodes}
        n_layers = 2 * max(self.level.values(), default=0) + 1
        self.layers: list[list[Spot]] = [[] for _ in range(n_layers)]
        for node in nodes:
            self.layers[2 * self.level[node.id]].append((node.id,))
        for number, run in enumerate(self.runs):
            self._thread(number, run)
        self.above: dict[Spot, list[Spot]] = defaultdict(list)
        self.below: dict[Spot, list[Spot]] = defaultdict(list)
        for run in self.runs:
            for upper, lower in zip(run.spots, run.spots[1:], strict=False):
                self.below[upper].append(lower)
                self.above[lower].append(upper)
        self.x: dict[Spot, float] = {}
        self.bounds: list[tuple[float, float]] = []

    def _thread(self, number: int, run: _Run) -> None:
        """Give the way a place in every layer between its ends; its words stand near where it comes from."""
        first, last = 2 * self.level[run.upper], 2 * self.level[run.lower]
        run.spots = [(run.upper,)]
        for layer in range(first + 1, last):
            spot = (str(number), str(layer))
            run.spots.append(spot)
            self.layers[layer].append(spot)
            self.size[spot] = (0.0, 0.0)
            self.lane[spot] = self.lane[(run.lower,)]
        run.spots.append((run.lower,))
        if run.way.width:
            run.label = run.spots[-2] if run.is_back else run.spots[1]
            self.size[run.label] = (run.way.width, run.way.height)

    def order(self) -> None:
        """Order each layer by lane and by the middle of the neighbours, and keep what crosses least."""
        best, fewest = [list(layer) for layer in self.layers], self._n_crossings()
        for sweep in range(_SWEEPS):
            is_down = sweep % 2 == 0
            numbers = range(1, len(self.layers)) if is_down else range(len(self.layers) - 2, -1, -1)
            for number in numbers:
                self._sort(
                    number, self.layers[number - 1 if is_down else number + 1], self.above if is_down else self.below
                )
            if (crossings := self._n_crossings()) < fewest:
                best, fewest = [list(layer) for layer in self.layers], crossings
        self.layers = best
        for number in range(len(self.layers)):
            self.layers[number].sort(key=self.lane.__getitem__)

    def _sort(self, number: int, beside: list[Spot], neighbours: Mapping[Spot, list[Spot]]) -> None:
        place = {spot: float(n) for n, spot in enumerate(beside)}
        middle = {}
        for n, spot in enumerate(self.layers[number]):
            found = [place[each] for each in neighbours.get(spot, ()) if each in place]
            middle[spot] = sum(found) / len(found) if found else float(n)
        self.layers[number].sort(key=lambda spot: (self.lane[spot], middle[spot]))

    def _n_crossings(self) -> int:
        total = 0
        for number, layer in enumerate(self.layers[:-1]):
            place = {spot: n for n, spot in enumerate(self.layers[number + 1])}
            ends = [(n, place[low]) for n, spot in enumerate(layer) for low in self.below.get(spot, ())]
            total += sum(1 for a, b in ends for c, d in ends if a < c and b > d)
        return total

    def straighten(self) -> None:
        """Move everything towards its neighbours, as far as the others leave room."""
        self._pack()
        for sweep in range(2 * _SWEEPS):
            layers = self.layers if sweep % 2 == 0 else self.layers[::-1]
            for layer in layers:
                self._pull(layer, (self.above,) if sweep % 2 == 0 else (self.below,))
        for layer in self.layers:
            self._pull(layer, (self.above, self.below))
        # Words stand above what they lead to, and a line that passes turns as late as it can.
        for layer in self.layers[::-1]:
            if all(len(spot) > 1 for spot in layer):
                self._pull(layer, (self.below,))

    def _pack(self) -> None:
        widths = [0.0] * self.n_lanes
        for layer in self.layers:
            for lane in range(self.n_lanes):
                inside = [spot for spot in layer if self.lane[spot] == lane]
                wide = sum(self.size[spot][0] for spot in inside) + APART * max(0, len(inside) - 1)
                widths[lane] = max(widths[lane], wide)
        left = 0.0
        for width in widths:
            self.bounds.append((left, left + width + 2 * _LANE_PADDING))
            left += width + 2 * _LANE_PADDING
        for layer in self.layers:
            self._pull(layer, ())

    def _pull(self, layer: list[Spot], sides: tuple[Mapping[Spot, list[Spot]], ...]) -> None:
        for lane in range(self.n_lanes):
            inside = [spot for spot in layer if self.lane[spot] == lane]
            low, high = self.bounds[lane]
            wanted = [self._wanted(spot, sides, (low + high) / 2) for spot in inside]
            widths = [self.size[spot][0] for spot in inside]
            placed = _spread([x for x, _weight in wanted], [w for _x, w in wanted], widths, low, high)
            self.x.update(zip(inside, placed, strict=True))

    def _wanted(self, spot: Spot, sides: tuple[Mapping[Spot, list[Spot]], ...], middle: float) -> tuple[float, float]:
        """Where a spot would like to stand, and how much: the place of a way holds its line straight."""
        found = [(self.x[each], 3.0 if len(each) > 1 else 1.0) for side in sides for each in side.get(spot, ())]
        if not found:
            return self.x.get(spot, middle), 0.5
        weight = sum(w for _x, w in found)
        return sum(x * w for x, w in found) / weight, 4.0 if len(spot) > 1 else 1.0

    def finished(self, top: float) -> Layout:
        """Give layers their heights and ways their lines."""
        tracks = [self._tracks(number) for number in range(len(self.layers) - 1)]
        tops, y = [], top
        for number, layer in enumerate(self.layers):
            tops.append(y)
            y += max((self.size[spot][1] for spot in layer), default=0.0)
            if number < len(tracks):
                y += 2 * _GAP + _TRACK * max(0, max(tracks[number].values(), default=0))
        middles = [
            tops[number] + max((self.size[spot][1] for spot in layer), default=0.0) / 2
            for number, layer in enumerate(self.layers)
        ]
        box = {
            spot: Box(self.x[spot], middles[number], *self.size[spot])
            for number, layer in enumerate(self.layers)
            for spot in layer
        }
        routes = tuple(self._route(run, box, tracks, tops) for run in self.runs)
        boxes = {node: box[(node,)] for node in self.nodes}
        return Layout(boxes, routes, tuple(self.bounds), self.bounds[-1][1], y)

    def _joint(self, run: _Run, upper: Spot, lower: Spot) -> tuple[str, Spot]:
        """What shares a line with this piece of a way: what leaves the same box, or what comes to the same box."""
        if run.is_back:
            return ("back", (str(id(run)),))
        if len(upper) == 1:
            return ("from", upper)
        return ("to", lower) if len(lower) == 1 else ("way", upper)

    def _tracks(self, number: int) -> dict[tuple[str, Spot], int]:
        """The height of the horizontal piece of every way between two layers, so that none lies upon another."""
        spans: dict[tuple[str, Spot], list[tuple[float, float]]] = defaultdict(list)
        for run in self.runs:
            at = number - 2 * self.level[run.upper]
            if 0 <= at < len(run.spots) - 1:
                upper, lower = run.spots[at], run.spots[at + 1]
                spans[self._joint(run, upper, lower)].append((self._port(run, upper), self._port(run, lower)))
        taken: list[list[tuple[float, float]]] = []
        found = {}
        # What runs to the right begins lower the further left it comes from, and the other way round: fewer crossings.
        for joint, ends in sorted(spans.items(), key=lambda item: _turn(item[1])):
            low, high = min(min(e) for e in ends) - 3, max(max(e) for e in ends) + 3
            track = next((n for n, row in enumerate(taken) if all(high < a or low > b for a, b in row)), len(taken))
            if track == len(taken):
                taken.append([])
            taken[track].append((low, high))
            found[joint] = track
        return found

    def _port(self, run: _Run, spot: Spot) -> float:
        """Where a way meets a spot: in its middle; one that leads back keeps to the right of a box."""
        return self.x[spot] + (self.size[spot][0] / 4 if run.is_back and len(spot) == 1 else 0.0)

    def _route(
        self, run: _Run, box: Mapping[Spot, Box], tracks: list[dict[tuple[str, Spot], int]], tops: list[float]
    ) -> Route:
        first = 2 * self.level[run.upper]
        points: list[Point] = [(self._port(run, run.spots[0]), box[run.spots[0]].bottom)]
        for n, (upper, lower) in enumerate(zip(run.spots, run.spots[1:], strict=False)):
            gap = first + n
            bottom = tops[gap] + max((self.size[spot][1] for spot in self.layers[gap]), default=0.0)
            y = bottom + _GAP + _TRACK * tracks[gap][self._joint(run, upper, lower)]
            points += [(self._port(run, upper), y), (self._port(run, lower), y)]
        points.append((self._port(run, run.spots[-1]), box[run.spots[-1]].top))
        line = _simple(points)
        label = box[run.label] if run.label is not None else None
        return Route(tuple(line[::-1] if run.is_back else line), label, run.is_back)


def _turn(ends: list[tuple[float, float]]) -> tuple[float, float]:
    begin = sum(a for a, _b in ends) / len(ends)
    end = sum(b for _a, b in ends) / len(ends)
    return (0.0, -begin) if end > begin else (1.0, begin)


def _backs(ids: Sequence[str], ways: Sequence[Way]) -> set[int]:
    """The numbers of the ways that close a circle, going from the first node."""
    leaving: dict[str, list[int]] = defaultdict(list)
    for n, way in enumerate(ways):
        leaving[way.source].append(n)
    backs: set[int] = set()
    state: dict[str, int] = {}  # 1: on the path, 2: done
    for start in ids:
        stack = [(start, iter(leaving[start]))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            here, rest = stack[-1]
            n = next(rest, -1)
            if n < 0:
                state[here] = 2
                stack.pop()
            elif state.get(ways[n].target) == 1:
                backs.add(n)
            elif ways[n].target not in state:
                state[ways[n].target] = 1
                stack.append((ways[n].target, iter(leaving[ways[n].target])))
    return backs


def _levels(ids: Sequence[str], runs: Iterable[_Run]) -> dict[str, int]:
    """The layer of each node: below everything that leads to it."""
    lower: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(ids, 0)
    for run in runs:
        lower[run.upper].append(run.lower)
        waiting[run.lower] += 1
    level = dict.fromkeys(ids, 0)
    ready = [one for one in ids if not waiting[one]]
    while ready:
        here = ready.pop()
        for one in lower[here]:
            level[one] = max(level[one], level[here] + 1)
            waiting[one] -= 1
            if not waiting[one]:
                ready.append(one)
    return level


def _spread(
    wanted: Sequence[float], weights: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[float]:
    """Centres as near to the wanted ones as can be (least squares), in this order, apart, between the bounds.

    With the least distances taken off it is an isotonic regression, solved by pooling adjacent violators.
    """
    offsets, offset = [], low + _LANE_PADDING
    for n, width in enumerate(widths):
        offset += width / 2 + (APART + widths[n - 1] / 2 if n else 0.0)
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []
    for target, weight, taken_off in zip(wanted, weights, offsets, strict=True):
        blocks.append((target - taken_off, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, w, n), (b, v, m) = blocks[-2], blocks[-1]
            blocks[-2:] = [((a * w + b * v) / (w + v), w + v, n + m)]
    room = high - _LANE_PADDING - (offsets[-1] + widths[-1] / 2) if widths else 0.0
    shifts = [min(max(value, 0.0), room) for value, _weight, count in blocks for _ in range(count)]
    return [offset + shift for offset, shift in zip(offsets, shifts, strict=True)]


def _simple(points: Iterable[Point]) -> list[Point]:
    """The same line without points that do nothing."""
    line: list[Point] = []
    for point in points:
        if line and abs(line[-1][0] - point[0]) < 0.5 and abs(line[-1][1] - point[1]) < 0.5:
            continue
        while len(line) > 1 and (
            (abs(line[-2][0] - line[-1][0]) < 0.5 and abs(line[-1][0] - point[0]) < 0.5)
            or (abs(line[-2][1] - line[-1][1]) < 0.5 and abs(line[-1][1] - point[1]) < 0.5)
        ):
            line.pop()
        line.append(point)
    return line
