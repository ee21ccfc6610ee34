"""In which languages a text is written, by what it says inside."""

from __future__ import annotations

import pytest

from peilian.adapters.packs.trees import languages_of

ZH, EN, BOTH = {"zh": "退货"}, {"en": "Returns"}, {"zh": "退货", "en": "Returns"}


@pytest.mark.parametrize(
    ("tree", "languages"),
    [
        ({"title": BOTH, "summary": BOTH, "sources": [BOTH], "body": ZH}, ["zh"]),
        ({"title": ZH, "body": EN}, ["en"]),
        ({"title": ZH, "body": BOTH}, ["zh", "en"]),
        ({"title": BOTH, "steps": [{"detail": ZH}, {"detail": BOTH}]}, ["zh", "en"]),
        ({"title": BOTH, "steps": [{"detail": ZH}, {"detail": ZH}, {"detail": BOTH}]}, ["zh"]),
        ({"title": BOTH, "layers": {"base": EN, "advanced": EN}}, ["en"]),
        ({"title": BOTH, "body": {"zh": "退货", "en": ""}}, ["zh"]),
        ({"title": BOTH, "languages": ["en"], "brief": BOTH}, ["en"]),
        ({"title": BOTH, "hours": 40}, []),
        ({}, []),
    ],
)
def test_a_text_is_in_the_language_of_most_it_says_and_in_the_other_from_half_of_that(tree, languages):
    assert languages_of(tree) == languages
