"""The shipped competency model is whole; a faulty one is told by file, line and field."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from peilian.adapters import packs
from peilian.adapters.packs.competency import load_models
from peilian.engine._kernel import InputError, Text
from peilian.engine.competency import CompetencyModel, profile
from peilian.engine.competency.model import DIMENSIONS, LAYERS, SOURCE_KINDS
from peilian.flows import packs as checking

SHIPPED = packs.SHIPPED / "service-core" / "competency" / "service-agents.yaml"


@pytest.fixture(scope="module")
def model() -> CompetencyModel:
    return load_models()["service-agents"]


def test_it_covers_four_layers_three_dimensions_and_both_depths(model):
    found = model.competencies.values()
    assert {item.layer for item in found} == set(LAYERS) == set(model.layers)
    assert {item.dimension for item in found} == set(DIMENSIONS) == set(model.dimensions)
    assert {item.depth for item in found} == {"must_know", "high_order"} == set(model.depths)
    assert set(model.sources) == set(SOURCE_KINDS)


def test_every_text_is_there_in_both_languages(model):
    def texts(value: Any) -> list[Text]:
        if isinstance(value, Text):
            return [value]
        if isinstance(value, dict):
            return [text for item in value.values() for text in texts(item)]
        if isinstance(value, tuple):
            return [text for item in value for text in texts(item)]
        fields = getattr(value, "__dataclass_fields__", {})
        return [text for name in fields for text in texts(getattr(value, name))]

    found = texts(model)
    assert len(found) > 120
    assert all(text.zh and text.en for text in found)


def test_the_posts_of_the_three_kinds_require_more_of_whoever_has_come_further(model):
    assert set(model.posts) == {"online_agent", "phone_agent", "team_lead"}
    for post in model.posts.values():
        for earlier, later in zip(list(model.stages)[:-1], list(model.stages)[1:], strict=True):
            for key, level in post.required[earlier].items():
                assert level <= post.required[later][key], (post.key, key)


def test_every_competency_is_required_of_some_post_and_lies_on_the_radar(model):
    required = {key for post in model.posts.values() for levels in post.required.values() for key in levels}
    drawn = {key for axis in model.axes for key in axis.competencies}
    assert required == set(model.competencies) == drawn


def test_the_radar_names_communication_adaptability_and_empathy_among_at_most_eight(model):
    assert {"communication", "adaptability", "empathy"} <= {axis.key for axis in model.axes}
    assert len(model.axes) <= 8


def test_every_score_dimension_of_a_drill_speaks_for_some_competency(model):
    named = {feed.key for feed in model.feeds("drill")}
    assert named == {"speed", "concision", "completeness", "resolution", "empathy", "compliance"}


def test_every_competency_below_management_is_fed_by_drills_or_by_work(model):
    unfed = {item.key for item in model.competencies.values() if not item.feeds}
    assert unfed == {key for key, item in model.competencies.items() if item.layer == "management_advancement"}


def test_a_fault_that_never_showed_is_no_proof_of_mastery(model):
    """However many conversations without a rude word: that alone is not the highest level."""
    for feed in model.feeds("conversation"):
        if feed.key.startswith("fault:"):
            assert feed.score(0.0) * 100 < model.cut_of(5)


def test_the_directory_s_stages_are_those_of_the_model(model):
    from peilian.apps.people.api import Stage

    assert list(model.stages) == list(Stage.values)


def test_the_version_follows_the_content(tmp_path):
    first = load_models([changed(tmp_path / "a", lambda body: None)])["service-agents"]
    second = load_models([changed(tmp_path / "b", lambda body: body["rules"].update(hysteresis=3))])["service-agents"]
    assert first.version != second.version
    assert len(first.version) == 12


def test_nobody_s_profile_is_empty_of_what_the_post_requires(model):
    made = profile(model, [], 0, stage="expert")
    assert set(made.estimates) == set(model.competencies)


def changed(folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A pack with the shipped model after ``change``."""
    folder.mkdir()
    header = {
        "kind": "pack",
        "schema_version": 1,
        "key": "own",
        "title": {"zh": "自编"},
        "version": "1",
        "licence": "x",
    }
    (folder / "pack.yaml").write_text(yaml.safe_dump(header), encoding="utf-8")
    body = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(body)
    (folder / "model.yaml").write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


FAULTS = [
    pytest.param(lambda b: b["competencies"][0].update(layer="basement"), "layer", id="an unknown layer"),
    pytest.param(lambda b: b["competencies"][0]["behaviours"].pop(3), "behaviours", id="a level without behaviour"),
    pytest.param(lambda b: b["competencies"][0]["drill"].update(charm=1.0), "charm", id="an unknown drill dimension"),
    pytest.param(
        lambda b: b["competencies"][0]["findings"][0].update(finding="move:dance"), "move:dance", id="an unknown move"
    ),
    pytest.param(lambda b: b["competencies"][0]["findings"][0].update(among="happy"), "happy", id="an unknown group"),
    pytest.param(lambda b: b["competencies"][0]["kpis"][0].update(kpi="luck"), "luck", id="an unknown KPI"),
    pytest.param(
        lambda b: b["competencies"][0]["kpis"][0].update(kpi="first_response_seconds_p90"),
        "quantile",
        id="a KPI that cannot be added up",
    ),
    pytest.param(
        lambda b: b["competencies"][0]["kpis"][0].update(anchors=[[1, 0], [0, 1]]), "rise", id="anchors that fall"
    ),
    pytest.param(lambda b: b["competencies"][0]["kpis"][0].update(weight=0), "weight", id="a weight of nothing"),
    pytest.param(lambda b: b["competencies"].append(deepcopy(b["competencies"][0])), "twice", id="a competency twice"),
    pytest.param(lambda b: b["posts"][0]["required"].update(flying=[1, 1, 1, 1]), "flying", id="unknown requirement"),
    pytest.param(lambda b: b["posts"][0]["required"].update(empathy=[1, 2]), "4 levels", id="a stage left out"),
    pytest.param(lambda b: b["posts"][0]["required"].update(empathy=[1, 2, 3, 6]), "required", id="a sixth level"),
    pytest.param(lambda b: b["radar"][0].update(competencies=["flying"]), "flying", id="an axis of nothing known"),
    pytest.param(
        lambda b: b["radar"].append({"key": "ninth", "name": {"zh": "九"}, "competencies": ["empathy"]}),
        "radar",
        id="a ninth axis",
    ),
    pytest.param(lambda b: b["levels"][2].update(begins_at=10), "rise", id="cuts that do not rise"),
    pytest.param(lambda b: b["sources"].pop("exam"), "sources", id="a kind of evidence left out"),
    pytest.param(lambda b: b["sources"]["exam"].update(bias=0), "bias", id="evidence that is never off"),
    pytest.param(lambda b: b["sources"]["exam"].update(occasion=0, unit=0), "exact", id="evidence that is exact"),
    pytest.param(lambda b: b["layers"].pop("service_awareness"), "layers", id="a layer without a name"),
    pytest.param(lambda b: b.update(colour="teal"), "colour", id="a field that there is not"),
]


@pytest.mark.parametrize(("change", "says"), FAULTS)
def test_a_faulty_model_is_told_by_file_field_and_what_was_expected(tmp_path, change, says):
    with pytest.raises(InputError) as error:
        load_models([changed(tmp_path / "pack", change)])
    fault = error.value.faults[0]
    assert fault.file is not None
    assert fault.file.endswith("model.yaml")
    assert fault.row is not None
    assert says in f"{fault.field} {fault.reason.params}"


def test_the_kind_has_a_schema_that_others_can_write_by():
    assert "competency-model" in checking.known_kinds()
    assert {"competencies", "posts", "radar", "sources"} <= set(checking.schema("competency-model")["properties"])
