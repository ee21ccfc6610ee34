"""Reasons in words: parameters in both languages, and nothing left in English for a Chinese reader."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from peilian.adapters.packs.trees import document_of, tree_of
from peilian.engine._kernel import InputError, Reason, Text
from peilian.engine.drill.linting import lint
from peilian.flows import playing
from peilian.flows.wording import say, say_fault

CALM = "retail/logistics-delay"


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ({"zh": "销售额", "en": "Sales"}, "“销售额”", "for Sales are"),
        ({"zh": "销售额"}, "“销售额”", "for 销售额 are"),
        ({"en": "Sales"}, "“Sales”", "for Sales are"),
        ("sales", "“sales”", "for sales are"),
    ],
)
def test_a_parameter_in_both_languages_is_said_in_the_readers(line, zh, en):
    reason = Reason("appraisal.points_beyond", {"person": "Lin", "line": line})
    assert zh in say(reason, "zh")
    assert en in say(reason, "en")
    kept = Reason(reason.key, json.loads(json.dumps(dict(reason.params))))
    assert say(kept, "zh") == say(reason, "zh")


def test_a_text_is_such_a_parameter():
    assert Text("销售额", "Sales").both == {"zh": "销售额", "en": "Sales"}
    assert Text("销售额").both == {"zh": "销售额"}


def broken(source: str) -> dict:
    document, _version = playing.scenarios()[CALM]
    tree = tree_of(document)
    tree["needs"][0]["understood"] = source
    return tree


@pytest.mark.parametrize(
    ("source", "key"),
    [("a +", "value_missing"), ("a ? b", "unknown_sign"), ("('a'", "ends_early"), ("'a' == 1", "same_kind_expected"),
     ("1 + true", "number_expected"), ("sqrt(2)", "unknown_function"), ("1 2", "end_expected")],
)  # fmt: skip
def test_what_is_wrong_with_an_expression_of_a_scenario_is_told_in_the_readers_language(source, key):
    with pytest.raises(InputError) as error:
        document_of(broken(source))
    (fault,) = error.value.faults
    assert (fault.reason.key, fault.field) == (f"expression.{key}", "needs.0.understood")
    said = say_fault(fault, "zh").removeprefix("needs.0.understood：")
    known = r"sqrt|coalesce|floor|round|abs|max|min"
    assert not re.search(r"[a-z]{3,}", re.sub(known, "", said)), said
    assert not re.search(r"[\u4e00-\u9fff]", say_fault(fault, "en"))


def test_a_rehearsal_tells_the_same_with_the_place():
    document, version = playing.scenarios()[CALM]
    scenario = document.to_scenario("zh", version)
    needs = (replace(scenario.needs[0], understood="1 +"), *scenario.needs[1:])
    reasons = lint(replace(scenario, needs=needs))
    found = next(reason for reason in reasons if reason.key.startswith("expression."))
    assert found.params["where"] == f"needs.{scenario.needs[0].need_id}.understood"
    assert say(found, "zh").startswith("第 4 列")
