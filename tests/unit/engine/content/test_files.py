"""Files that a document names."""

from __future__ import annotations

import pytest

from peilian.engine.content import named_files


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("![图](a.png)", ["a.png"]),
        ("![图](<a b.png>)", ["a b.png"]),
        ("[表](%E8%A1%A8.xlsx) 和 [表](表.xlsx)", ["表.xlsx"]),
        ("![](https://example.com/a.png) [](mailto:a@b.cn) [](article:mine/a.b) [](#a.b) [](/a/b.png)", []),
        ("价格(a.png) [x] (a.png) [x](x)", []),
        ("[" * 100_000 + "](" * 100_000, []),
        ("[a" * 100_000 + "](a.png", ["a.png"]),
    ],
)
def test_what_looks_like_the_name_of_a_file_is_one(text, names):
    assert [name for _place, name in named_files(text)] == names


def test_the_place_of_a_name_is_told():
    tree = {"body": {"zh": "![图](a.png) ![图](a.png)"}, "steps": [{"title": "x"}, {"detail": "[表](b.xlsx)"}], "n": 1}
    assert list(named_files(tree)) == [("body.zh", "a.png"), ("steps.1.detail", "b.xlsx")]
