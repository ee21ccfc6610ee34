"""The living style page: every component at work, in both languages, for those who may see it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.utils import translation

from peilian.web.shell.style import style

_VOID = {"meta", "link", "img", "input", "br", "hr", "use", "rect", "line", "circle", "polyline", "polygon", "path"}


class _Structure(HTMLParser):
    """Notes ids, and tags that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.crossed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.crossed.append(f"</{tag}> at {self.getpos()}")


def _request(*, may: bool) -> HttpRequest:
    request = RequestFactory().get("/style/")
    request.user = SimpleNamespace(is_authenticated=True, name="林晓")
    request._peilian_sight = SimpleNamespace(may=lambda permission: may)
    return request


def _page(language: str) -> str:
    with translation.override(language):
        return style(_request(may=True)).content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_component_is_well_formed(language):
    structure = _Structure()
    structure.feed(_page(language))
    assert structure.crossed == []
    assert structure.open == []
    assert len(structure.ids) == len(set(structure.ids))


def test_nothing_is_left_untranslated():
    page = re.sub(
        r'<(\w+)[^>]*lang="en"[^>]*>.*?</\1>|<script.*?</script>|<code>.*?</code>|<kbd.*?</kbd>',
        "",
        _page("zh-hans"),
        flags=re.DOTALL,
    )
    words = set(re.findall(r">\s*([A-Za-z][A-Za-z ,.]{3,})\s*<", page))
    assert words == set()


def test_no_rendered_page_has_an_inline_style_or_script():
    for tag in re.findall(r"<[a-z][^>]*>", _page("en")):
        assert not re.search(r"\s(style|on\w+)=", tag), tag
    scripts = re.findall(r"<script([^>]*)>", _page("en"))
    assert all("src=" in attributes or 'type="application/json"' in attributes for attributes in scripts)


def test_the_page_is_absent_for_those_who_may_not_see_it(settings):
    settings.DEBUG = False
    with pytest.raises(Http404):
        style(_request(may=False))
