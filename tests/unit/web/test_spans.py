"""Highlights keep the text, point at the right code points, and let no markup through."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.conversations.spans import KINDS, Span, cut, marked


class Read(HTMLParser):
    """The text of a piece of HTML, its tags, and which text stood inside a mark of each kind."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self.open: list[str] = []
        self.inside: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(dict(attrs).get("class") or tag)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        for kind in KINDS:
            if f"hl-{kind}" in self.open:
                self.inside[kind].update(range(len(self.text), len(self.text) + len(data)))
        self.text += data


texts = st.text(
    alphabet=st.one_of(st.sampled_from("<>&\"'/ =!-#;amplt\n您好😀𠮷"), st.characters(exclude_categories=["Cs", "Cc"]))
)
spans = st.lists(
    st.builds(
        Span,
        start=st.integers(-3, 40),
        end=st.integers(-3, 40),
        kind=st.sampled_from(KINDS),
        anchor=st.sampled_from(["f1-0", "f1-1"]),
    ),
    max_size=6,
)


@given(texts, spans)
def test_without_its_tags_the_text_is_what_it_was(text, spans):
    assert Read(marked(text, spans)).text == text


@given(texts, spans)
def test_nothing_of_the_text_becomes_a_tag(text, spans):
    assert set(Read(marked(text, spans)).tags) <= {"a", "mark"}


@given(texts, spans)
def test_a_mark_covers_exactly_the_code_points_of_its_spans(text, spans):
    read = Read(marked(text, spans))
    for kind in KINDS:
        meant = {i for s in spans if s.kind == kind for i in range(max(0, s.start), min(len(text), s.end))}
        assert read.inside[kind] == meant


@given(texts, spans)
def test_pieces_joined_are_the_text(text, spans):
    pieces = cut(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


def test_a_place_beyond_the_plane_of_two_bytes_is_counted_as_one_code_point():
    assert marked("𠮷😀野家", [Span(1, 2, "move", "f0-0")]) == (
        '𠮷<a class="hl" href="#f0-0" data-why="f0-0"><mark class="hl-move">😀</mark></a>野家'
    )


def test_overlapping_spans_share_the_piece_between_them():
    html = marked("保证今天到账", [Span(0, 4, "fault", "f0-0", "n-a"), Span(2, 6, "move", "f0-1", "n-b")])
    assert html == (
        '<a class="hl" href="#f0-0" data-why="f0-0" aria-describedby="n-a"><mark class="hl-fault">保证</mark></a>'
        '<a class="hl" href="#f0-0" data-why="f0-0 f0-1" aria-describedby="n-a n-b">'
        '<mark class="hl-fault"><mark class="hl-move">今天</mark></mark></a>'
        '<a class="hl" href="#f0-1" data-why="f0-1" aria-describedby="n-b" tabindex="-1">'
        '<mark class="hl-move">到账</mark></a>'
    )


@pytest.mark.parametrize("place", [(0, 0), (5, 2), (9, 12), (-4, 0)])
def test_a_span_without_a_character_of_the_text_marks_nothing(place):
    assert marked("您好", [Span(*place, "move", "f0-0")]) == "您好"


def test_markup_in_the_words_of_a_customer_is_shown_and_not_run():
    html = marked("<script>alert(1)</script>", [Span(0, 8, "issue", "f0-0")])
    assert "<script" not in html
    assert html.startswith(
        '<a class="hl" href="#f0-0" data-why="f0-0"><mark class="hl-issue">&lt;script&gt;</mark></a>'
    )
