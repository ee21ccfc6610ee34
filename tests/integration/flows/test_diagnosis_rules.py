"""The shipped pain points, and what is said of faulty ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from peilian.adapters import packs
from peilian.adapters.packs.pain_points import load_rules
from peilian.engine._kernel import InputError
from peilian.engine.diagnosis.detectors import detectors
from peilian.engine.kpi.query import known_measures
from peilian.flows.wording import say_fault

SHIPPED = packs.SHIPPED / "core" / "diagnosis" / "pain_points.yaml"


def test_every_detector_is_used_by_a_shipped_pain_point():
    assert {rule.detector for rule in load_rules().points} == {key for key, _ in detectors()}


def test_every_pain_point_names_kpis_that_are_measured():
    known = {key for key, _ in known_measures()}
    assert {kpi for rule in load_rules().points for kpi in rule.kpis} <= known
    assert all(rule.kpis for rule in load_rules().points)


def test_every_pain_point_speaks_both_languages():
    for rule in load_rules().points:
        for text in (rule.name, rule.meaning, rule.training):
            assert text.zh
            assert text.en


def a_pack(folder: Path, **changes) -> Path:
    """A pack that holds the first shipped pain point with changes."""
    body = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    point = {**body["points"][0], **changes}
    document = {
        "kind": "pain_points",
        "schema_version": 1,
        "key": "own",
        "groups": body["groups"][:1],
        "points": [point],
    }
    (folder / "pack.yaml").write_text(
        "kind: pack\nschema_version: 1\nkey: own\ntitle: {zh: 自有}\nversion: '1'\nlicence: none\n", encoding="utf-8"
    )
    (folder / "own.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return folder


def test_a_company_can_set_its_own_limit(tmp_path):
    (rule,) = load_rules([a_pack(tmp_path, thresholds={"limit_seconds": 15})]).points
    assert rule.thresholds == {"limit_seconds": 15}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"detector": "nothing"}, "detector 'nothing' is unknown"),
        ({"thresholds": {"limit": 15}}, "unknown thresholds limit; slow_first_answer knows: limit_seconds"),
        ({"thresholds": {"limit_seconds": -1}}, "it should be at least 0.0"),
        ({"channels": {"email": {"seconds": 5}}}, "unknown thresholds seconds"),
        ({"findings": ["issue:redundant"]}, "findings belong to the detector 'finding'"),
        ({"detector": "finding", "thresholds": {}, "channels": {}, "findings": ["issue:nothing"]}, "unknown findings"),
        ({"detector": "finding", "thresholds": {}, "channels": {}}, "needs at least one"),
        ({"among": "friends"}, "among 'friends' is unknown"),
        ({"severity": 0}, "greater than 0"),
        ({"group": "nowhere"}, "unknown group nowhere; one of these was expected: slow_response"),
    ],
)
def test_a_faulty_pain_point_is_refused_with_file_and_reason(tmp_path, changes, said):
    with pytest.raises(InputError) as caught:
        load_rules([a_pack(tmp_path, **changes)])
    lines = [say_fault(fault, "en") for fault in caught.value.faults]
    assert any(said in line and "own.yaml" in line for line in lines), lines


def test_a_double_pain_point_is_refused(tmp_path):
    a_pack(tmp_path)
    text = (tmp_path / "own.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("key: own", "key: other", 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_rules([tmp_path])
    assert {(fault.reason.key, fault.field) for fault in caught.value.faults} == {
        ("pack.double_key", "groups"),
        ("pack.double_key", "points"),
    }


def test_packs_without_pain_points_say_so(tmp_path):
    a_pack(tmp_path)
    (tmp_path / "own.yaml").unlink()
    with pytest.raises(InputError) as caught:
        load_rules([tmp_path])
    assert [fault.reason.key for fault in caught.value.faults] == ["diagnosis.no_points"]
