"""Flow charts as SVG, drawn on the server: boxes with wrapped words, decisions as diamonds, roles as lanes.

No styles and no scripts: classes take the colours of the page, light, dark or paper. The same is said as a list beside
the drawing, so that the drawing is one picture with a name and a description for who cannot see it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from peilian.web.library import layout
from peilian.web.library.layout import Box, Layout, Node, Point, Route, Way

Form = Literal["step", "decision", "end"]

TITLE, NOTE = 14.0, 12.0
_LEADING = 1.4
_PADDING = 11.0
_BOX_EMS, _LABEL_EMS = 12.0, 9.0
_MARGIN, _LANE_HEAD = 10.0, 34.0
_CORNER, _ARROW = 6.0, 6.0
_MOST_LANES = 5
# Marks that may not begin a line, and those that may not end one.
_CLOSING = set("，。、；：？！”’）】》」』…—,.;:?!)]}%％")
_OPENING = set("“‘（【《「『([{")


@dataclass(frozen=True, slots=True)
class Shape:
    """A step, a decision or an end: its words, smaller notes below them, and the role that does it."""

    id: str
    form: Form
    title: str
    notes: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one shape to another, with the words on it."""

    source: str
    target: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Sized:
    """A shape with its words wrapped and its size."""

    shape: Shape
    title: tuple[str, ...]
    notes: tuple[str, ...]
    width: float
    height: float


def drawn(shapes: Sequence[Shape], links: Sequence[Link], *, name: str, title: str, description: str) -> str:
    """The chart as an SVG element; ``name`` is unique on its page. The first shape is where it begins."""
    lanes = lanes_of(shapes)
    sized = {shape.id: _sized(shape, has_lanes=bool(lanes)) for shape in shapes}
    labels = {n: wrapped(link.words, _LABEL_EMS) for n, link in enumerate(links)}
    placed = _placed(sized, links, labels, lanes)
    # A way that leads to its own beginning has no route.
    words = [labels[n] for n, link in enumerate(links) if link.source != link.target]
    parts = [
        *_lanes(lanes, placed),
        *(_way(route, sized, links_end) for route, links_end in zip(placed.routes, _ends(links), strict=True)),
        *(_label(route, lines) for route, lines in zip(placed.routes, words, strict=True) if route.label),
        *(_shape(sized[key], box) for key, box in placed.boxes.items()),
    ]
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    return (
        f'<svg class="flow" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-title {name}-about" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="{-_MARGIN:g} {-_MARGIN:g} {width:.0f} {height:.0f}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-about">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def lanes_of(shapes: Sequence[Shape]) -> tuple[str, ...]:
    """The roles, in the order in which they come; none where lanes would not help to see who does what."""
    roles = tuple(dict.fromkeys(shape.role for shape in shapes))
    is_shared = 2 <= len(roles) <= _MOST_LANES and len(shapes) >= 1.5 * len(roles)
    return roles if is_shared and all(roles) else ()


def _placed(
    sized: dict[str, _Sized], links: Sequence[Link], labels: dict[int, tuple[str, ...]], lanes: Sequence[str]
) -> Layout:
    nodes = [
        Node(key, one.width, one.height, lanes.index(one.shape.role) if lanes else 0) for key, one in sized.items()
    ]
    ways = [Way(link.source, link.target, *_size(labels[n], NOTE)) for n, link in enumerate(links)]
    return layout.place(nodes, ways, n_lanes=max(1, len(lanes)), top=_LANE_HEAD if lanes else 0.0)


def _ends(links: Sequence[Link]) -> Iterator[Link]:
    return (link for link in links if link.source != link.target)


def _sized(shape: Shape, *, has_lanes: bool) -> _Sized:
    said = shape.notes if has_lanes or not shape.role else (shape.role, *shape.notes)
    if shape.form == "decision":
        return _diamond(shape, said)
    title = wrapped(shape.title, _BOX_EMS)
    notes = tuple(line for note in said for line in wrapped(note, _BOX_EMS * TITLE / NOTE))
    (wide, high), (more_wide, more_high) = _size(title, TITLE), _size(notes, NOTE)
    width = max(wide, more_wide, 6 * TITLE) + 2 * _PADDING
    return _Sized(shape, title, notes, width, high + more_high + 2 * _PADDING)


def _diamond(shape: Shape, said: tuple[str, ...]) -> _Sized:
    """The smallest diamond, not too steep, around the words: a rectangle a by b fits when a/w + b/h is at most 1."""
    best = None
    for ems in (6.0, 7.5, 9.0, 10.5, 12.0, 14.0):
        title = wrapped(shape.title, ems)
        notes = tuple(line for note in said for line in wrapped(note, ems * TITLE / NOTE))
        (wide, high), (more_wide, more_high) = _size(title, TITLE), _size(notes, NOTE)
        inner_width, inner_height = max(wide, more_wide) + 6, high + more_high + 4
        ratio = (inner_width / inner_height) ** 0.5 if inner_height else 1.0
        # Half of it each way is the least area; a long line is given more width than height.
        share = min(0.62, max(0.45, 0.38 + 0.1 * ratio))
        width, height = inner_width / share, inner_height / (1 - share)
        if height < 0.38 * width:
            height = 0.38 * width
        steep = max(0.0, height / width - 0.75)
        cost = width * height * (1 + 4 * steep) + max(0.0, width - 300) * 400
        if best is None or cost < best[0]:
            best = cost, _Sized(shape, title, notes, width, height)
    assert best is not None
    return best[1]


def _size(lines: Sequence[str], size: float) -> tuple[float, float]:
    if not lines:
        return 0.0, 0.0
    return max(ems(line) for line in lines) * size + 4, len(lines) * size * _LEADING


def ems(text: str) -> float:
    """About how wide a text is, in the height of its letters."""
    return sum(_width(character) for character in text)


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    return 0.34 if character in " .,:;!|'()[]ijlI" else 0.72 if character.isupper() or character in "mw%@&" else 0.56


def wrapped(text: str, most: float) -> tuple[str, ...]:
    """The text in lines of at most ``most`` ems: Chinese between any two characters but before a closing or after an
    opening mark, other words whole where they fit. The lines are about equally long."""
    lines = _filled(text, most)
    narrower = most - 0.5
    while len(lines) > 1 and narrower >= 3 and len(tried := _filled(text, narrower)) == len(lines):
        lines, narrower = tried, narrower - 0.5
    return lines


def _filled(text: str, most: float) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and ems(line + piece.rstrip()) > most:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece if line else piece.lstrip()
        while ems(line.rstrip()) > most * 1.35 and len(line) > 1:
            cut = max(1, next((n for n in range(len(line)) if ems(line[: n + 1]) > most), len(line)))
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.rstrip())
    return tuple(lines)


def _pieces(text: str) -> Iterator[str]:
    """What a line may be broken between: words with the space after them, and single wide characters."""
    piece = ""
    for character in " ".join(text.split()):
        is_wide = unicodedata.east_asian_width(character) in "WF" and character not in _CLOSING
        begins = is_wide or character in _OPENING
        if piece and (begins or _ends_here(piece, character)) and piece[-1] not in _OPENING:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _ends_here(piece: str, following: str) -> bool:
    if following in _CLOSING or following == " ":
        return False
    last = piece[-1]
    return last == " " or unicodedata.east_asian_width(last) in "WF" or (last in _CLOSING and ord(last) > 0x2000)


def _lanes(lanes: Sequence[str], placed: Layout) -> Iterator[str]:
    for number, (role, (left, right)) in enumerate(zip(lanes, placed.lanes, strict=False)):
        shade = "flow-lane is-even" if number % 2 else "flow-lane"
        yield (
            f'<rect class="{shade}" x="{left:.1f}" y="0" width="{right - left:.1f}" '
            f'height="{placed.height + _MARGIN / 2:.1f}"/>'
        )
        lines = wrapped(role, max(4.0, (right - left - 12) / NOTE))[:2]
        yield _text(lines, (left + right) / 2, _LANE_HEAD / 2 - 1, NOTE, "flow-role")


def _shape(one: _Sized, box: Box) -> str:
    w, h = box.width, box.height
    if one.shape.form == "decision":
        corners = [(box.x, box.top), (box.right, box.y), (box.x, box.bottom), (box.left, box.y)]
        frame = f'<polygon class="flow-box is-decision" points="{_points(corners)}"/>'
    else:
        kind = "is-end" if one.shape.form == "end" else "is-step"
        radius = min(h / 2, 18.0) if one.shape.form == "end" else 6.0
        frame = (
            f'<rect class="flow-box {kind}" x="{box.left:.1f}" y="{box.top:.1f}" width="{w:.1f}" height="{h:.1f}" '
            f'rx="{radius:.1f}"/>'
        )
    title_high, note_high = len(one.title) * TITLE * _LEADING, len(one.notes) * NOTE * _LEADING
    top = box.y - (title_high + note_high) / 2
    said = _text(one.title, box.x, top + title_high / 2, TITLE, "flow-title")
    said += _text(one.notes, box.x, top + title_high + note_high / 2, NOTE, "flow-note")
    return f'<g class="flow-shape">{frame}{said}</g>'


def _text(lines: Sequence[str], x: float, middle: float, size: float, kind: str) -> str:
    if not lines:
        return ""
    first = middle - (len(lines) - 1) * size * _LEADING / 2 + size * 0.36
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{first + n * size * _LEADING:.1f}">{escape(line)}</tspan>'
        for n, line in enumerate(lines)
    )
    return f'<text class="{kind}" text-anchor="middle" font-size="{size:g}">{spans}</text>'


def _label(route: Route, lines: Sequence[str]) -> str:
    box = route.label
    assert box is not None
    ground = (
        f'<rect class="flow-ground" x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="4"/>'
    )
    return ground + _text(lines, box.x, box.y, NOTE, "flow-words")


def _way(route: Route, sized: dict[str, _Sized], link: Link) -> str:
    points = ended(route.points, sized[link.source], sized[link.target], is_back=route.is_back)
    kind = "flow-way is-back" if route.is_back else "flow-way"
    return f'<path class="{kind}" d="{_path(points)}"/>{_arrow(points)}'


def ended(points: Sequence[Point], source: _Sized, target: _Sized, *, is_back: bool) -> list[Point]:
    """The line with its ends on the edges of the shapes: a way that leads back meets a diamond beside its corner."""
    line = list(points)
    if is_back:
        if source.shape.form == "decision":
            line[0] = (line[0][0], line[0][1] + source.height / 4)
        if target.shape.form == "decision":
            line[-1] = (line[-1][0], line[-1][1] - target.height / 4)
    return line


def _path(points: Sequence[Point]) -> str:
    """A line with rounded corners."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{first[0]:.1f} {first[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {second[0]:.1f} {second[1]:.1f}")
    parts.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return "".join(parts)


def _towards(corner: Point, end: Point) -> Point:
    dx, dy = end[0] - corner[0], end[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(_CORNER, length / 2) / length if length else 0.0
    return corner[0] + dx * share, corner[1] + dy * share


def _arrow(points: Sequence[Point]) -> str:
    (_x, before), (x, y) = points[-2], points[-1]
    back = _ARROW if y < before else -_ARROW
    corners = [(x, y), (x - _ARROW * 0.7, y + back * 1.3), (x + _ARROW * 0.7, y + back * 1.3)]
    return f'<polygon class="flow-arrow" points="{_points(corners)}"/>'


def _points(corners: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
