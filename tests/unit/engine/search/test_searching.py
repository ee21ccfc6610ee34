"""What is found, over an index in a file: the engine has no other way in."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peilian.engine.search import Filters
from support.searching import SHELF, entry, first, index_of, names


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("shelf"), *SHELF)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("退款", "refund"),
        ("退换", "returns"),
        ("退货", "returns"),  # the two characters are there, apart
        ("货", "returns"),
        ("到账", "refund"),
        ("退换货流程", "returns"),
        ("tuihuanhuo", "returns"),
        ("tui huan huo", "returns"),
        ("tuihuanhuoliucheng", "returns"),
        ("tuihuanhuo liucheng tuihuanhuo liucheng tuihuanhuo", "returns"),
        ("thh", "returns"),
        ("zltous", "complaint"),  # some syllables in full, of others the beginning
        ("tkuan", "refund"),
        ("tuik", "refund"),
        ("tuihh", "returns"),
        ("tkuang", "refund"),  # n and ng at the end are one
        ("tkai", None),  # 退款 does not end so
        ("zlts", "complaint"),
        ("退换活", "returns"),
        ("投素", "complaint"),
        ("质量投诉", "complaint"),
        ("退钱", "refund"),
        ("邮费", "returns"),
        ("money back", "refund"),
        ("complaint", "complaint"),
        ("cancelled orders", "english"),
        ("cancellng", "english"),
        ("ordr", "english"),
        ("canc", "english"),  # still typing
        ("T恤", "sizes"),
        ("t恤尺码", "sizes"),
        ("質量投訴", "complaint"),
        ("退款😀😀", "refund"),
        ("请问钱什么时候退给我呀", "refund"),
        ("order取消", "english"),
        ("火星移民", None),
        ("zzzzqqq", None),
        ("😀", None),
        ("！？…", None),
        ("\u200b", None),
    ],
)
def test_what_people_type_finds_what_they_mean(shelf, typed, expected):
    assert first(shelf, typed) == expected


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("退换活流程", "退换货流程"),
        ("thh", "退换货"),
        ("tuihh", "退换货"),
        ("cancellng an order", "cancelling an order"),
        ("退款", None),
        ("canc", None),
        ("😀投素", "😀投诉"),
        ("退货", None),
    ],
)
def test_a_mistyped_query_says_how_it_was_read(shelf, typed, meant):
    assert shelf.search(typed, Filters()).meant == meant


@pytest.mark.parametrize(
    "typed",
    [
        '" OR 1=1 --',
        "NEAR(退款, 5) AND * NOT ^",
        "退款*",
        "title:退款",
        "'; DROP TABLE entries; --",
        "%_%",
        "(((((退款",
        "\0退\0款",
        "退\ud83d款",
        "a" * 10_000,
        "退款" * 5_000,
        "退 " * 5_000,
        "'" * 400,
        "xian" * 100,
        "1234567890" * 100,
        "\u202e退款",
    ],
)
def test_no_query_breaks_the_search(shelf, typed):
    hits = shelf.search(typed, Filters())
    assert hits.total <= len(SHELF)


def test_an_empty_query_finds_everything_the_newest_first(tmp_path):
    index = index_of(
        tmp_path, entry("old", "甲", changed_on=10), entry("new", "乙", changed_on=20), entry("none", "丙")
    )
    hits = index.search("  ", Filters())
    assert names(hits) == ["new", "old", "none"]
    assert hits.total == 3


def test_a_word_in_the_title_counts_more_than_in_the_text(tmp_path):
    index = index_of(
        tmp_path, entry("body", "别的标题", "这里说到发票一次"), entry("title", "发票", "这里说别的事情吧")
    )
    assert names(index.search("发票", Filters())) == ["title", "body"]


def test_words_that_stand_together_count_more_than_words_apart(tmp_path):
    apart = entry("apart", body="客户来电。" + "别的话说了很多。" * 6 + "最后赔偿。")
    near = entry("near", body="别的话说了很多。" * 6 + "客户赔偿。来电。最后。")
    assert names(index_of(tmp_path, apart, near).search("客户赔偿", Filters()))[0] == "near"


def test_of_two_alike_the_one_changed_lately_comes_first(tmp_path):
    index = index_of(
        tmp_path, entry("old", "发票规定", changed_on=739_000), entry("new", "发票规定", changed_on=740_000)
    )
    assert names(index.search("发票", Filters(day=740_000))) == ["new", "old"]


def test_words_that_say_nothing_do_not_outweigh_those_that_do(shelf):
    assert first(shelf, "请问怎么投诉的吗") == "complaint"


def test_filters_narrow_down(tmp_path):
    index = index_of(
        tmp_path,
        entry("a", "退款一", facets={"kind": ("article",), "tag": ("售后", "退款"), "channel": ("chat",)}),
        entry("b", "退款二", facets={"kind": ("phrases",), "tag": ("售后",), "channel": ("phone",)}),
        entry("c", "退款三", facets={"kind": ("article",)}, valid_from=100, valid_until=200),
    )

    def found(**filters):
        return sorted(names(index.search("退款", Filters(**filters))))

    assert found(any_of={"kind": ("article",)}) == ["a", "c"]
    assert found(any_of={"kind": ("article", "phrases")}) == ["a", "b", "c"]
    assert found(all_of={"tag": ("售后", "退款")}) == ["a"]
    assert found(fits={"channel": "chat"}) == ["a", "c"]  # what states no channel suits all
    assert found(day=150) == ["a", "b", "c"]
    assert found(day=200) == found(day=99) == ["a", "b"]
    assert found(any_of={"kind": ("unheard",)}) == []
    assert found(any_of={"unheard": ("x",)}) == []


def test_facets_count_all_hits_each_as_if_it_were_not_chosen_itself(tmp_path):
    index = index_of(
        tmp_path,
        entry("a", "退款一", facets={"kind": ("article",), "tag": ("售后",)}),
        entry("b", "退款二", facets={"kind": ("phrases",), "tag": ("售后", "物流")}),
        entry("c", "发票", facets={"kind": ("case",), "tag": ("发票",)}),
    )
    hits = index.search("退款", Filters(any_of={"kind": ("article",)}), limit=1)
    assert hits.total == 1
    assert hits.facets == {"kind": {"article": 1, "phrases": 1}, "tag": {"售后": 1}}


def test_pages_follow_each_other_without_a_gap(tmp_path):
    index = index_of(tmp_path, *(entry(f"d{number:02}", f"退款说明{number}") for number in range(70)))
    pages = [names(index.search("退款", Filters(), limit=20, offset=offset)) for offset in (0, 20, 40, 60)]
    assert [len(page) for page in pages] == [20, 20, 20, 10]
    assert len({name for page in pages for name in page}) == 70


def test_highlights_are_the_words_in_the_original(shelf):
    hits = shelf.search("運費 退换货", Filters())
    marked = {
        excerpt.field: {excerpt.text[start:end] for start, end in excerpt.spans} for excerpt in hits.items[0].excerpts
    }
    assert marked["title"] == {"退换货"}
    assert marked["body"] == {"运费"}


def test_a_long_text_is_cut_to_where_the_words_stand(tmp_path):
    index = index_of(tmp_path, entry("long", "标题", "前面的话。" * 100 + "发票抬头写错了。" + "后面的话。" * 100))
    (excerpt,) = index.search("发票抬头", Filters()).items[0].excerpts
    assert "发票抬头" in excerpt.text
    assert len(excerpt.text) <= 120
    assert excerpt.is_cut_before
    assert excerpt.is_cut_after


def test_hits_say_why(shelf):
    keys = {
        typed: [why.key for why in shelf.search(typed, Filters()).items[0].why] for typed in ("退钱", "投素", "退货")
    }
    assert "search.said_otherwise" in keys["退钱"]
    assert keys["投素"] == ["search.in_title", "search.in_tags", "search.read_as"]
    assert keys["退货"] == ["search.some_words"]


_TYPED = st.text(st.sampled_from("退换货款投诉质量tuihocancel 、'\"*()😀ß①…\u200b退"), max_size=40) | st.text(
    max_size=40
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TYPED)
def test_highlights_lie_within_their_texts_whatever_is_typed(shelf, typed):
    hits = shelf.search(typed, Filters())
    assert hits.total >= len(hits.items)
    for hit in hits.items:
        assert hit.why
        for excerpt in hit.excerpts:
            ends = [place for span in excerpt.spans for place in span]
            assert ends == sorted(ends)
            assert all(start < end for start, end in excerpt.spans)
            assert not ends or 0 <= ends[0] <= ends[-1] <= len(excerpt.text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.text("退款 refund①ﬁÅ", min_size=1, max_size=30))
def test_any_text_can_be_put_in_and_what_it_says_is_found_again(tmp_path_factory, title, body):
    index = index_of(tmp_path_factory.mktemp("any"), entry("one", title, body), entry("two", "别的"))
    for hit in index.search("退款", Filters()).items:
        assert all(excerpt.text for excerpt in hit.excerpts)
    if "退款" in body:
        assert "one" in names(index.search("退款", Filters()))


@pytest.mark.parametrize(
    ("title", "typed"),
    [("大促节假日客服话术", "dcjjrkf"), ("客户情绪安抚技巧", "khqxafjq"), ("会员积分规则", "hyjfgz")],
)
def test_the_initials_of_a_title_of_many_words_find_it(tmp_path, title, typed):
    index = index_of(tmp_path, *SHELF, entry("long", title))
    hits = index.search(typed, Filters())
    assert names(hits)[:1] == ["long"]
    assert hits.meant is not None


def test_by_date_the_latest_stands_first_over_all_hits(tmp_path):
    many = [
        entry(f"d{number:03}", "退款" * (1 + number % 5), changed_on=1000 + number * 7 % 120) for number in range(120)
    ]
    index = index_of(tmp_path, *many)
    wanted = [one.id for one in sorted(many, key=lambda one: -one.changed_on)]
    found = [names(index.search("退款", Filters(), limit=40, offset=at, newest_first=True)) for at in (0, 40, 80)]
    assert [name for page in found for name in page] == wanted
    assert names(index.search("退款", Filters(), limit=3)) != wanted[:3]


def test_what_was_meant_is_only_what_the_reader_may_find(tmp_path):
    retired = entry("old", "水獭饲养", facets={"state": ("retired",)})
    index = index_of(tmp_path, *SHELF, retired)
    only = Filters(any_of={"state": ("published",)})
    assert index.search("水塔饲养", Filters()).meant == "水獭饲养"
    assert index.search("水塔饲养", only).meant is None
    assert index.search("shuitasiyang", only).meant is None
    assert index.search("stsy", only).meant is None
