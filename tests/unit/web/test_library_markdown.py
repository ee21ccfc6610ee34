"""Markdown of texts: what is shown, and what can do no harm."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.library import markdown
from peilian.web.library.markdown import LONGEST, is_readable, to_html

FILES = {
    "图 1.png": "/learn/attachments/1/a.png",
    "demo.mp4": "/learn/attachments/2/b.mp4",
    "表.xlsx": "/learn/attachments/3/c",
}
ELEMENTS = {
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "table", "thead", "tbody", "tr", "th", "td", "div", "a", "img", "video",
}  # fmt: skip
ATTRIBUTES = {"href", "src", "alt", "loading", "controls", "preload", "aria-label", "start", "class", "tabindex", "rel"}
LINK = re.compile(r"/[^/\\]|#|https?:|mailto:")


class Seen(HTMLParser):
    """The elements of a page as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harm(html: str) -> list[str]:
    """What in a page could run or fetch something, or lead somewhere unsaid."""
    bad = []
    for tag, attributes in Seen(html).found:
        bad += [tag] * (tag not in ELEMENTS) + sorted(attributes.keys() - ATTRIBUTES)
        bad += [str(attributes["src"])] if "src" in attributes and attributes["src"] not in FILES.values() else []
        bad += [str(attributes["href"])] if "href" in attributes and not LINK.match(attributes["href"] or "") else []
    return bad


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**好**，~~不~~", "<strong>好</strong>，<s>不</s>"),
        ("# 题\n\n## 节", "<h2>题</h2>\n<h2>节</h2>"),
        ("- 一\n- 二", "<li>一</li>\n<li>二</li>"),
        ("3. 三", '<ol start="3">'),
        ("前**“您好”**后", "前<strong>“您好”</strong>后"),
        ("**（注意）**请看", "<strong>（注意）</strong>请看"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("[网](https://example.com/a?b=1&c=2)", 'href="https://example.com/a?b=1&amp;c=2"'),
        ("[信](mailto:a@example.com)", 'href="mailto:a@example.com"'),
        ("[表](表.xlsx)", 'href="/learn/attachments/3/c"'),
        ("[流程](procedure:service-core/escalation)", 'href="/learn/library/procedure/service-core/escalation/"'),
        ("[里](/practise/)", 'href="/practise/"'),
        ("![示意](<图 1.png>)", '<img src="/learn/attachments/1/a.png" alt="示意" loading="lazy">'),
        ("![演示](demo.mp4)", '<video src="/learn/attachments/2/b.mp4"'),
        ("|甲|乙|\n|-|-:|\n|1|2|", '<td class="num">2</td>'),
    ],
)
def test_markdown_becomes_html(text: str, expected: str) -> None:
    assert expected in to_html(text, FILES)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe src='https://evil.example'></iframe>",
        "<style>body{display:none}</style>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](java\tscript:alert(1))",
        "[a](vbscript:x) [b](data:text/html,x) [c](file:///etc/passwd)",
        "[a](//evil.example) [b](/\\evil.example) [c](\\\\evil.example) [d](/%5Cevil.example)",
        '[a](https://a.example "x\\" onmouseover=\\"alert(1)")',
        "![a](https://evil.example/pixel.png)",
        "![a](data:image/svg+xml;base64,PHN2Zy8+)",
        "![a](//evil.example/x.svg) ![b](/learn/attachments/9/other.png) ![c](x.svg)",
        '!["><script>](demo.mp4)',
        "![x' onerror='alert(1)](<图 1.png>)",
        '<javascript:alert(1)> <https://a.example/"onclick=alert(1)>',
        "[a][b]\n\n[b]: javascript:alert(1)",
        "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
        "<!-- <script> --> <![CDATA[<script>]]> <?php ?>",
        "[a](http:evil) [b](https:/evil) [c](ftp://x)",
    ],
)
def test_nothing_in_a_text_runs_or_fetches(text: str) -> None:
    assert not harm(to_html(text, FILES))


def test_a_picture_from_elsewhere_leaves_its_words_alone() -> None:
    assert to_html("前 ![说明](https://evil.example/p.png) 后") == "<p>前 说明 后</p>\n"


def test_a_link_that_leads_nowhere_good_leaves_its_words_alone() -> None:
    assert to_html("看[这里](//evil.example)吧") == "<p>看这里吧</p>\n"


def test_links_tell_nothing_of_where_they_were_followed_from() -> None:
    assert 'rel="noopener noreferrer"' in to_html("[网](https://example.com)")


def test_a_text_without_end_is_shown_as_it_was_typed() -> None:
    html = to_html("[" * (LONGEST + 1) + "<b>")
    assert html.startswith("<p>[[[[")
    assert "&lt;b&gt;" in html


def test_deep_nesting_is_borne() -> None:
    assert to_html("> " * 3000 + "[" * 3000 + "**" * 3000)


@given(st.text(alphabet=st.sampled_from("<>[]()!*_`\"'\\&#/:=ajhsvpt好“”（） \n|-"), max_size=120))
def test_no_text_makes_an_element_that_is_not_allowed(text: str) -> None:
    assert not harm(to_html(text, FILES))


@pytest.mark.parametrize(
    "text",
    [
        "![a" * 30_000 + "](x)" * 100,
        "![" * 40_000,
        "|a|\n|-|\n|" + "*x" * 40_000 + "|",
        "a\n" * 40_000 + "===",
        "**“好”**好" * 12_000,
        "[" * 50_000,
        ("![" * 1_000 + "\n\n") * 40,
        "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|\n" * 9_000,
    ],
)
def test_what_would_keep_the_server_busy_is_never_read_as_markdown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_reader", lambda: pytest.fail("it was read"))
    html = to_html(text)
    assert html.startswith("<p>")
    assert not harm(html)


def test_a_long_ordinary_article_is_laid_out() -> None:
    section = "## 退款\n\n" + "客户问**什么时候**到账，先[查订单](/learn)，再说清楚时间。" * 20 + "\n\n- 一\n- 二\n\n"
    table = "|方式|时间|\n|-|-|\n" + "|微信|一天|\n" * 10 + "\n"
    text = ((section + table) * 200)[:LONGEST]
    assert len(text) == LONGEST
    assert is_readable(text)
    assert "<strong>什么时候</strong>" in to_html(text)


def test_a_text_is_read_once_for_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plainly = markdown._read
    monkeypatch.setattr(markdown, "_read", lambda text, files: read.append(text) or plainly(text, files))
    text = "只读一次的一段 ![图](图 1.png)"
    assert to_html(text) == to_html(text)
    assert len(read) == 1
    to_html(text, FILES)
    assert len(read) == 2


def test_what_was_read_lately_takes_no_more_room_than_it_may() -> None:
    lately = markdown._Lately(10)
    for number in range(4):
        lately.keep(bytes([number]), "1234")
    assert [lately.get(bytes([number])) for number in range(4)] == [None, None, "1234", "1234"]
