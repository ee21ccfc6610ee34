"""Template tags and components, as a page gets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from peilian.engine._kernel import Text
from peilian.web.shell.figures import Figure
from peilian.web.shell.tables import Cell, Column, Row, Table

NOW = datetime(2026, 11, 22, 7, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_shanghai_and_chinese():
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        yield


def show(source: str, **context) -> str:
    return Template(source).render(Context(context))


def test_a_figure_links_to_its_evidence():
    html = show("{% figure cell %}", cell=Figure(125, "seconds", n=300, href="/evidence/"))
    assert '<a class="figure-value" href="/evidence/">2分05秒</a>' in html
    assert "n=" not in html


def test_a_figure_of_few_cases_is_grey_and_shows_cases_and_interval():
    html = show("{% figure cell %}", cell=Figure(0.64, "ratio", n=11, interval=(0.35, 0.85)))
    assert "is-small" in html
    assert "n=11" in html
    assert "35.0% – 85.0%" in html


def test_a_missing_figure_is_a_dash_that_says_why_and_never_zero():
    html = show("{% figure cell %}", cell=Figure(None, "ratio", missing="没有评价 <b>"))
    assert "–" in html
    assert 'title="没有评价 &lt;b&gt;"' in html
    assert "0" not in html


def test_a_figure_that_is_not_there_at_all_is_a_dash():
    assert "没有数值" in show("{% figure cell %}", cell=None)


def test_a_provisional_figure_says_so_in_words():
    assert "暂定" in show("{% figure cell %}", cell=Figure(3, "count", is_provisional=True))


def test_a_text_comes_in_the_language_of_the_page():
    both = Text(zh="共情", en="Empathy")
    assert show("{% text it %}", it=both) == "共情"
    with translation.override("en"):
        assert show("{% text it %}", it=both) == "Empathy"
        assert show("{% text it %}", it={"zh": "共情", "en": "Empathy"}) == "Empathy"


def test_a_text_that_exists_only_in_the_other_language_is_marked_as_such():
    assert show("{% text it %}", it=Text(en="Empathy")) == '<span lang="en">Empathy</span>'
    assert show("{% text it %}", it={"zh": None, "en": None}) == ""
    assert show("{% text it %}", it="<b>") == "&lt;b&gt;"


def test_moments_are_told_in_the_zone_of_the_page_and_against_its_frozen_now():
    assert ">11月22日 15:04<" in show("{% moment at %}", at=NOW, now=NOW)
    html = show("{% ago at %}", at=NOW - timedelta(minutes=3), now=NOW)
    assert ">3分钟前<" in html
    assert 'title="11月22日 15:01"' in html
    assert show("{% moment at %}{% ago at %}{% day at %}", at=None) == "–––"


def test_days_are_told_once():
    assert show("{% days a b %}", a=date(2026, 11, 1), b=date(2026, 11, 22), now=NOW) == "11月1日至22日"
    assert ">2025年11月1日<" in show("{% day a %}", a=date(2025, 11, 1), now=NOW)


def test_the_address_keeps_its_filters_when_the_page_changes():
    request = RequestFactory().get("/?team=a&page=2&q=x&tag=1&tag=2")
    assert show("{% query page=3 q=None %}", request=request) == "team=a&amp;page=3&amp;tag=1&amp;tag=2"


def test_an_icon_is_decoration():
    html = show('{% icon "search" %}')
    assert 'aria-hidden="true"' in html
    assert "icons.svg#search" in html


def _table(**more) -> Table:
    columns = (Column("客服", sort="agent"), Column("响应", is_number=True, is_optional=True), Column("状态"))
    row = Row((Cell("林晓"), Cell(figure=Figure(42, "seconds")), Cell("达标", tone="good")), href="/people/1/")
    return Table("agents", "一组", columns, (row,), **more)


def test_a_table_names_its_columns_in_every_cell_for_the_phone():
    html = show("{% table it %}", it=_table(), request=RequestFactory().get("/"))
    assert '<th scope="row"><a href="/people/1/">林晓</a></th>' in html
    assert 'data-label="响应" class="num"' in html
    assert "tag-good" in html
    assert 'data-column="2"' in html


def test_a_column_sorts_and_then_the_other_way_round():
    first = show("{% table it %}", it=_table(), request=RequestFactory().get("/?team=a&page=2"))
    assert 'href="?team=a&amp;sort=agent"' in first
    assert "aria-sort" not in first
    second = show("{% table it %}", it=_table(), request=RequestFactory().get("/?sort=agent"))
    assert 'aria-sort="ascending"' in second
    assert 'href="?sort=-agent"' in second
    third = show("{% table it %}", it=_table(), request=RequestFactory().get("/?sort=-agent"))
    assert 'aria-sort="descending"' in third
    assert 'href="?sort=agent"' in third


def test_a_row_with_a_wrong_number_of_cells_is_refused():
    with pytest.raises(ValueError, match="1 cells in a row of 2 columns"):
        Table("t", "t", (Column("a"), Column("b")), (Row((Cell("x"),)),))


def test_pages_keep_the_filters():
    page = Paginator(range(50), 10).page(2)
    html = show('{% include "components/pagination.html" %}', page=page, request=RequestFactory().get("/?team=a"))
    assert "?team=a&amp;page=1" in html
    assert "第 2 页，共 5 页" in html


def test_progress_of_unknown_length_has_no_value():
    html = show('{% include "components/progress.html" with phase="读取" %}')
    assert "<progress" in html
    assert "value=" not in html
    known = show('{% include "components/progress.html" with phase="读取" done=3 total=8 cancel_href="/x/" %}')
    assert 'value="3" max="8"' in known
    assert 'hx-post="/x/"' in known


def test_no_difference_is_said_in_words_and_judged_by_nobody():
    html = show('{% include "components/trend_badge.html" with amount=0.0 unit="ratio" is_better=None %}')
    assert "±" not in html
    assert "tag-neutral" in html


def test_a_change_says_its_direction_in_words():
    html = show('{% include "components/trend_badge.html" with amount=6 unit="seconds" is_better=False %}')
    assert "+6秒" in html
    assert "变差" in html
    assert "arrow-up" in html
