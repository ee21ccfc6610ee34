"""Putting right a published result from the page."""

from __future__ import annotations

from typing import Any

import pytest

from peilian.apps.appraisal import api as appraisal
from support.appraisals import Firm, frozen, published, result_of, sheet_of

pytestmark = pytest.mark.django_db


def as_shown(firm: Firm, sheet: appraisal.Appraisee) -> dict[str, str]:
    """Every value of the form as it comes, ratios in percent."""
    said = appraisal.sheet(user=firm.head, appraisee=sheet).in_language("zh")
    found = {}
    for line in said["lines"]:
        for name, one in line["inputs"].items():
            value = "" if one["value"] is None else f"{one['value']}"
            found[name] = (
                f"{round(one['value'] * 100, 6):g}%" if one["unit"] == "ratio" and value else f"{float(value):g}"
            )
    return found


def test_a_wrong_value_is_looked_at_and_corrected_with_a_reason(firm: Firm, page: Any, send: Any) -> None:
    cycle = published(firm)
    sheet = sheet_of(cycle, firm.lin)
    assert "/correct/" in page(firm.head, "appraisal_sheet", sheet.pk)
    text = page(firm.head, "appraisal_correct", sheet.pk)
    assert 'name="responses"' in text
    fields = as_shown(firm, sheet) | {"responses": "300", "note": "重复计数"}
    looked = send(firm.head, "appraisal_correct", sheet.pk, status=200, preview="1", **fields)
    assert "→" in looked
    assert result_of(cycle, firm.lin).version == 1
    send(firm.head, "appraisal_correct", sheet.pk, **fields)
    result = result_of(cycle, firm.lin)
    assert (result.version, result.note, result.cause) == (2, "重复计数", "correction")
    assert "重复计数" in page(firm.lin, "appraisal_sheet", sheet.pk)


@pytest.mark.parametrize(
    ("more", "told"),
    [({"responses": "很多"}, "很多"), ({"note": " "}, "填"), ({"responses": "400"}, "一样")],
)
def test_what_cannot_be_corrected_is_told_and_nothing_is_stored(
    firm: Firm, send: Any, more: dict[str, str], told: str
) -> None:
    cycle = published(firm)
    sheet = sheet_of(cycle, firm.lin)
    fields = as_shown(firm, sheet) | {"responses": "300", "note": "重复计数"} | more
    assert told in send(firm.head, "appraisal_correct", sheet.pk, status=422, **fields)
    assert result_of(cycle, firm.lin).version == 1


@pytest.mark.parametrize("who", ["lin", "zhou", "lead", "manager", "other_lead", "leadership", "admin"])
def test_only_who_decides_appeals_and_had_no_part_corrects(firm: Firm, page: Any, send: Any, who: str) -> None:
    sheet = sheet_of(published(firm), firm.lin)
    page(firm.users[who], "appraisal_correct", sheet.pk, status=404)
    send(firm.users[who], "appraisal_correct", sheet.pk, status=404, responses="300", note="改")


def test_before_publishing_and_while_an_appeal_waits_there_is_nothing_to_correct(firm: Firm, page: Any) -> None:
    cycle = frozen(firm)
    sheet = sheet_of(cycle, firm.lin)
    page(firm.head, "appraisal_correct", sheet.pk, status=404)
    appraisal.publish(actor=firm.manager, cycle=cycle)
    appraisal.appeal(
        actor=firm.lin, appraisal=result_of(cycle, firm.lin), points=[{"line": "responses", "text": "没有重复"}]
    )
    page(firm.head, "appraisal_correct", sheet.pk, status=404)
