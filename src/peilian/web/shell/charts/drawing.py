"""A drawing for paper: SVG whose look is in presentation attributes, so it needs neither a stylesheet nor a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from peilian.web.shell.charts.scale import Scale

INK, FAINT, GRID = "#1d2326", "#5c676c", "#d5d2cb"
FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
WIDTH = 560.0


@dataclass
class Canvas:
    """Collects shapes; sizes in user units, one of which is a CSS pixel at full width."""

    title: str
    height: float = 288.0
    parts: list[str] = field(default_factory=list)

    def shape(self, name: str, **attributes: object) -> None:
        """An empty element; underscores of names become hyphens."""
        self.parts.append(f"<{name}{_attributes(attributes)}/>")

    def words(
        self, x: float, y: float, text: str, *, anchor: str = "start", color: str = FAINT, size: int = 12
    ) -> None:
        """A text at a point of its baseline."""
        place = _attributes({"x": x, "y": y, "text_anchor": anchor, "fill": color, "font_size": size})
        self.parts.append(f"<text{place}>{escape(text)}</text>")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, color: str, width: float = 1, dashes: str = ""
    ) -> None:
        """A straight line."""
        self.shape(
            "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=color, stroke_width=width, stroke_dasharray=dashes or None
        )

    def path(self, points: Sequence[tuple[float, float]], *, color: str, dashes: str = "", width: float = 2) -> None:
        """A line through points; one point alone is a dot."""
        if len(points) == 1:
            self.shape("circle", cx=points[0][0], cy=points[0][1], r=3, fill=color)
        elif points:
            where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            self.shape(
                "polyline",
                points=where,
                fill="none",
                stroke=color,
                stroke_width=width,
                stroke_linejoin="round",
                stroke_dasharray=dashes or None,
            )

    def svg(self) -> str:
        """The finished drawing."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {self.height:g}" role="img"'
        return f"{head} font-family={quoteattr(FONT)}><title>{escape(self.title)}</title>{''.join(self.parts)}</svg>"


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle inside the axes."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, share: float) -> float:
        """A share of the width from the left."""
        return self.left + share * (self.right - self.left)

    def y(self, share: float) -> float:
        """A share of the height from the bottom."""
        return self.bottom - share * (self.bottom - self.top)


def upright(canvas: Canvas, scale: Scale, labels: Sequence[str], *, is_gapped: bool) -> Plot:
    """Axes with values going up and labels along the bottom."""
    plot = Plot(left=64, top=36, right=WIDTH - 32, bottom=canvas.height - 28)
    for value, text in scale.ticks:
        y = plot.y(scale.place(value))
        canvas.line(plot.left, y, plot.right, y, color=GRID)
        canvas.words(plot.left - 8, y + 4, text, anchor="end")
    every = max(1, -(-len(labels) // 8))
    for at, label in enumerate(labels):
        if at % every == 0:
            canvas.words(plot.x(along(at, len(labels), is_gapped=is_gapped)), canvas.height - 8, label, anchor="middle")
    return plot


def lying(canvas: Canvas, scale: Scale, labels: Sequence[str]) -> Plot:
    """Axes with values going right and labels down the side."""
    plot = Plot(left=128, top=28, right=WIDTH - 72, bottom=canvas.height - 28)
    for value, text in scale.ticks:
        x = plot.x(scale.place(value))
        canvas.line(x, plot.top, x, plot.bottom, color=GRID)
        canvas.words(x, canvas.height - 8, text, anchor="middle")
    for at, label in enumerate(labels):
        canvas.words(plot.left - 8, row_middle(plot, at, len(labels)) + 4, shortened(label), anchor="end", color=INK)
    return plot


def along(at: int, count: int, *, is_gapped: bool) -> float:
    """Where the label ``at`` of ``count`` lies on its axis, as a share."""
    if is_gapped:
        return (at + 0.5) / count
    return at / (count - 1) if count > 1 else 0.5


def row_middle(plot: Plot, at: int, count: int) -> float:
    """The height of the middle of a row, counted from the top."""
    return plot.top + (plot.bottom - plot.top) * (at + 0.5) / count


def legend(canvas: Canvas, entries: Sequence[tuple[str, str]]) -> None:
    """Names with their colours along the top."""
    x = 64.0
    for name, color in entries:
        canvas.shape("rect", x=x, y=8, width=14, height=8, fill=color)
        canvas.words(x + 20, 17, name, color=INK)
        x += 36 + sum(12 if ord(sign) > 0x2E7F else 7 for sign in name)


def shortened(text: str, most: int = 14) -> str:
    """A name that fits beside an axis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _attributes(attributes: dict[str, object]) -> str:
    written = []
    for name, value in attributes.items():
        if value is None:
            continue
        text = (
            f"{value:.4g}"
            if isinstance(value, float) and abs(value) < 1
            else f"{value:.1f}"
            if isinstance(value, float)
            else str(value)
        )
        written.append(f" {name.replace('_', '-')}={quoteattr(text)}")
    return "".join(written)
