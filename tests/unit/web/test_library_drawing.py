"""Flow charts: every shipped one can be drawn, boxes stand apart, ways end at their boxes."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from peilian.adapters import packs
from peilian.adapters.packs.steps import MOST_STEPS, MOST_WAYS, DecisionTreeDocument, ProcedureDocument
from peilian.web.library import drawing, layout
from peilian.web.library.drawing import Link, Shape, drawn, ems, lanes_of, wrapped
from peilian.web.library.layout import Box, Layout, Node, Way
from peilian.web.library.shown.steps import MOST_SHAPES, drawing_of_procedure, drawing_of_tree

SHIPPED = sorted(
    [*packs.SHIPPED.glob("*/library/procedures/*.yaml"), *packs.SHIPPED.glob("*/library/decision-trees/*.yaml")]
)


def overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right - 0.01
        and other.left < one.right - 0.01
        and one.top < other.bottom - 0.01
        and other.top < one.bottom - 0.01
    )


def crossed(a: layout.Point, b: layout.Point, box: Box) -> bool:
    """Whether a piece of a way, level or upright, runs through a box."""
    low_x, high_x = sorted((a[0], b[0]))
    low_y, high_y = sorted((a[1], b[1]))
    inside = Box(box.x, box.y, box.width - 1, box.height - 1)
    return low_x < inside.right and high_x > inside.left and low_y < inside.bottom and high_y > inside.top


def on_edge(point: layout.Point, box: Box) -> bool:
    return box.left <= point[0] <= box.right and min(abs(point[1] - box.top), abs(point[1] - box.bottom)) < 0.6


def check(placed: Layout, ways: list[Way]) -> None:
    boxes = list(placed.boxes.values())
    labels = [route.label for route in placed.routes if route.label]
    for one, other in combinations([*boxes, *labels], 2):
        assert not overlap(one, other)
    for box in boxes:
        assert box.left >= -0.01
        assert box.right <= placed.width + 0.01
        assert box.bottom <= placed.height + 0.01
    drawn_ways = [way for way in ways if way.source != way.target]
    for way, route in zip(drawn_ways, placed.routes, strict=True):
        assert on_edge(route.points[0], placed.boxes[way.source])
        assert on_edge(route.points[-1], placed.boxes[way.target])
        for a, b in zip(route.points, route.points[1:], strict=False):
            for box in boxes:
                assert not crossed(a, b, box)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", SHIPPED, ids=[f"{path.parents[2].name}-{path.stem}" for path in SHIPPED])
def test_every_shipped_flow_can_be_drawn(path: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Layout, list[Way]]] = []
    place = layout.place

    def watched(nodes: list[Node], ways: list[Way], **options: object) -> Layout:
        found = place(nodes, ways, **options)  # type: ignore[arg-type]
        seen.append((found, ways))
        return found

    monkeypatch.setattr(drawing.layout, "place", watched)
    document = packs.load_file(path).document
    with translation.override(language):
        if isinstance(document, ProcedureDocument):
            svg = drawing_of_procedure(document)
        else:
            assert isinstance(document, DecisionTreeDocument)
            svg = drawing_of_tree(document)
    picture = ElementTree.fromstring(svg)
    assert picture.get("role") == "img"
    check(*seen[0])


@st.composite
def charts(draw: st.DrawFn) -> tuple[list[Node], list[Way], int]:
    n, n_lanes = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    sizes = st.tuples(st.integers(40, 260), st.integers(20, 140), st.integers(0, n_lanes - 1))
    nodes = [
        Node(str(k), *map(float, size[:2]), size[2])
        for k, size in enumerate(draw(st.lists(sizes, min_size=n, max_size=n)))
    ]
    ends = st.tuples(
        st.integers(0, n - 1), st.integers(0, n - 1), st.sampled_from([(0.0, 0.0), (60.0, 17.0), (110.0, 34.0)])
    )
    ways = [Way(str(a), str(b), *size) for a, b, size in draw(st.lists(ends, max_size=14))]
    return nodes, ways, n_lanes


@given(charts())
def test_boxes_and_words_of_any_chart_stand_apart(chart: tuple[list[Node], list[Way], int]) -> None:
    nodes, ways, n_lanes = chart
    placed = layout.place(nodes, ways, n_lanes=n_lanes)
    check(placed, ways)
    for node in nodes:
        left, right = placed.lanes[node.lane]
        assert left <= placed.boxes[node.id].left
        assert placed.boxes[node.id].right <= right


def test_a_step_stands_below_what_leads_to_it() -> None:
    nodes = [Node(key, 80, 30) for key in "abc"]
    boxes = layout.place(nodes, [Way("a", "b"), Way("b", "c"), Way("a", "c")]).boxes
    assert boxes["a"].bottom < boxes["b"].top
    assert boxes["b"].bottom < boxes["c"].top


def test_a_way_back_leads_upwards_to_the_earlier_step() -> None:
    nodes = [Node(key, 80, 30) for key in "abc"]
    placed = layout.place(nodes, [Way("a", "b"), Way("b", "c"), Way("c", "a")])
    back = placed.routes[2]
    assert back.is_back
    assert back.points[0][1] > back.points[-1][1]
    assert placed.boxes["a"].bottom < placed.boxes["c"].top


def test_a_way_back_ends_on_the_slope_of_a_diamond() -> None:
    wide = drawing._sized(Shape("a", "decision", "问题解决了吗？"), has_lanes=False)
    plain = drawing._sized(Shape("b", "step", "再看一遍"), has_lanes=False)
    # A quarter of the width from the middle, the edge lies a quarter of the height from the corner.
    line = drawing.ended([(0.0, 100.0), (wide.width / 4, wide.height)], plain, wide, is_back=True)
    assert line[-1] == (wide.width / 4, pytest.approx(wide.height * 0.75))


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("", 8, ()),
        ("查轨迹", 8, ("查轨迹",)),
        ("客户说什么，我们就记什么。", 7, ("客户说什么，我", "们就记什么。")),
        ("客户说什么，我们就记", 5, ("客户说什", "么，我们", "就记")),
        ("再看一遍“轨迹”", 4.5, ("再看一遍", "“轨迹”")),
        ("Ask for the address", 6, ("Ask for the", "address")),
        ("在24小时内回电", 5, ("在24小", "时内回电")),
    ],
)
def test_lines_break_where_readers_expect_it(text: str, most: float, expected: tuple[str, ...]) -> None:
    assert wrapped(text, most) == expected


@given(st.text(alphabet="客户ab ，。“”（）A1-", max_size=60), st.sampled_from([4.0, 8.0, 12.0]))
def test_wrapping_loses_nothing_and_no_line_begins_with_a_closing_mark(text: str, most: float) -> None:
    lines = wrapped(text, most)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(ems(line) <= most * 1.36 + 1 for line in lines)


def test_roles_become_lanes_when_some_do_several_steps() -> None:
    shapes = [Shape(str(n), "step", "步骤", (), role) for n, role in enumerate(["客服", "主管", "客服", "客服"])]
    assert lanes_of(shapes) == ("客服", "主管")
    assert lanes_of(shapes[:1]) == ()
    assert lanes_of([Shape(str(n), "step", "步骤", (), f"人{n}") for n in range(4)]) == ()
    assert lanes_of([*shapes, Shape("x", "step", "谁都不做")]) == ()


def test_words_of_a_chart_are_words() -> None:
    svg = drawn(
        [Shape("a", "decision", "<script>alert(1)</script>", ('"><b>',)), Shape("b", "end", "& 完")],
        [Link("a", "b", "<i>是</i>"), Link("a", "a", "再来")],
        name="flow",
        title="<b>",
        description='"',
    )
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "title", "desc", "g", "path", "polygon", "rect", "text", "tspan"}
    assert "style=" not in svg


def a_procedure(n: int, **more: object) -> ProcedureDocument:
    steps = [{"id": f"s{i}", "title": {"zh": f"第{i}步"}, **more} for i in range(n)]
    return ProcedureDocument.model_validate(
        {"kind": "procedure", "schema_version": 1, "key": "a/b", "title": {"zh": "流程"}, "steps": steps}
    )


def test_a_procedure_has_a_bound_of_steps_and_a_step_one_of_ways():
    a_procedure(MOST_STEPS)
    with pytest.raises(ValidationError, match="too_long"):
        a_procedure(MOST_STEPS + 1)
    with pytest.raises(ValidationError, match="too_long"):
        a_procedure(3, next=[{"to": "s2", "when": {"zh": str(n)}} for n in range(MOST_WAYS + 1)])


def test_what_is_too_large_for_a_drawing_is_not_laid_out(monkeypatch):
    assert "<svg" in drawing_of_procedure(a_procedure(MOST_SHAPES))
    monkeypatch.setattr("peilian.web.library.layout.place", None)
    assert drawing_of_procedure(a_procedure(MOST_SHAPES + 1)) == ""


def test_the_same_words_are_drawn_once(monkeypatch):
    with translation.override("zh-hans"):
        first = drawing_of_procedure(a_procedure(7))
        monkeypatch.setattr("peilian.web.library.layout.place", None)
        assert drawing_of_procedure(a_procedure(7)) == first
    with translation.override("en"), pytest.raises(TypeError):
        drawing_of_procedure(a_procedure(7))


def test_words_that_no_box_can_hold_are_cut_in_the_drawing():
    picture = drawing_of_procedure(a_procedure(2, who={"en": "x" * 100_000}))
    assert len(picture) < 10_000
    assert "…" in picture
