"""Every declared measure: complete, documented, and defined as the traps of the field demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from peilian.engine._kernel import InputError
from peilian.engine.kpi.algebra import Count, Max, Mean, Quantile, Ratio, Sum, columns_read
from peilian.engine.kpi.cells import Cell, make_cell, merge
from peilian.engine.kpi.query import KpiQuery, choose_measures, known_measures

PROMISED = [
    "conversations",
    "messages",
    "agent_messages",
    "rounds",
    "answer_rate",
    "first_response_seconds_mean",
    "first_response_seconds_p50",
    "first_response_seconds_p90",
    "first_response_within_30s_ratio",
    "response_seconds_mean",
    "handling_seconds_mean",
    "max_concurrent",
    "resolution_ratio",
    "first_contact_resolution_7d_ratio",
    "reopen_ratio",
    "transfer_ratio",
    "csat_mean",
    "csat_ratio",
    "csat_n",
    "complaint_ratio",
]
ALL = choose_measures(["all"])
PAGE = Path(__file__).parents[4] / "docs" / "algorithms" / "kpi.md"


def test_the_promised_keys_are_there():
    assert set(PROMISED) <= {key for key, _ in known_measures()}


@pytest.mark.parametrize("measure", ALL, ids=lambda m: m.key)
def test_a_measure_says_what_it_means_in_both_languages(measure):
    for text in (measure.label, measure.definition):
        assert text.zh
        assert text.en
    assert measure.version >= 1


@pytest.mark.parametrize("measure", ALL, ids=lambda m: m.key)
def test_every_measure_is_documented(measure):
    assert f"`{measure.key}`" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("measure", ALL, ids=lambda m: m.key)
def test_a_key_carries_its_unit(measure):
    endings = {"ratio": ("_ratio", "_rate"), "seconds": ("_seconds_mean", "_seconds_p50", "_seconds_p90")}
    for unit, ending in endings.items():
        assert (measure.unit == unit) == measure.key.endswith(ending)


def test_an_unknown_key_is_refused_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        choose_measures(["rounds", "speed"])
    [fault] = caught.value.faults
    assert fault.reason.params["name"] == "speed"
    assert "first_response_seconds_mean" in str(fault.reason.params["known"])


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"by": ("planet",)}, id="dimension"),
        pytest.param({"tz": "Mars/Olympus"}, id="zone"),
        pytest.param({"tz": "../etc/passwd"}, id="zone that is a path"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError):
        KpiQuery(measures=(), **wrong)


def test_columns_are_found_through_every_predicate():
    [fcr] = choose_measures(["first_contact_resolution_7d_ratio"])
    assert columns_read([fcr]) == {"is_answered", "is_resolved", "next_contact_ms", "customer", "settled_ms"}


@pytest.mark.parametrize(
    ("aggregate", "cells", "whole"),
    [
        pytest.param(Count(), [(2, 2), (3, 3)], 5, id="counts add up"),
        pytest.param(Sum("x"), [(10, 2), (1, 1)], 11, id="sums add up"),
        pytest.param(Mean("x"), [(10, 1), (2, 9)], 1.2, id="a mean of all values, not of the means 10 and 0.22"),
        pytest.param(Ratio(where=Count().where), [(1, 1), (0, 3)], 0.25, id="ratios by their cases"),
        pytest.param(Max("x"), [(4, 1), (7, 5)], 7, id="the greatest of the greatest"),
        pytest.param(Mean("x"), [(None, 0), (6, 3)], 2, id="an empty part changes nothing"),
        pytest.param(Mean("x"), [(None, 0)], None, id="only empty parts: missing, not 0"),
    ],
)
def test_merged_cells(aggregate, cells, whole):
    made = [make_cell(aggregate, top, n) for top, n in cells]
    assert merge(aggregate, made).value == (None if whole is None else pytest.approx(whole))


def test_quantiles_of_parts_are_not_merged():
    with pytest.raises(ValueError, match="quantiles"):
        merge(Quantile("x", 0.5), [Cell(1.0, 1, None, 1)])


def test_a_whole_with_a_provisional_part_is_provisional():
    parts = [make_cell(Count(), 1, 1), make_cell(Count(), 1, 1, pending=1)]
    assert merge(Count(), parts).is_provisional
