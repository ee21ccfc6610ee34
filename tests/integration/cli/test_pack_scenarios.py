"""``peilian pack check`` of scenarios: what cannot be meant is told with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peilian.adapters.packs import SHIPPED
from peilian.cli import main

HEADER = 'kind: pack\nschema_version: 1\nkey: mine\ntitle: {en: Mine}\nversion: "1"\nlicence: Apache-2.0\n'
SOURCE = SHIPPED / "retail" / "scenarios" / "logistics-delay.yaml"
OWN_KEY = ("key: retail/logistics-delay", "key: mine/delay")


def checked(folder: Path, *changes: tuple[str, str]) -> tuple[Result, Path, str]:
    """The answer of the check to a copy of a shipped scenario with some changes, its file, and its text."""
    text = SOURCE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    folder.mkdir()
    (folder / "pack.yaml").write_text(HEADER, encoding="utf-8")
    path = folder / "story.yaml"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["pack", "check", str(folder), "--lang", "en"]), path, text


def test_a_sound_scenario_of_ones_own_is_played_and_in_order(tmp_path):
    done, _path, _text = checked(tmp_path / "p", OWN_KEY)
    assert done.exit_code == 0, done.stderr


def test_the_key_of_a_shipped_scenario_is_taken(tmp_path):
    done, path, _text = checked(tmp_path / "p")
    assert done.exit_code == 1
    assert done.stderr == f"{path}:row 3, field key: key retail/logistics-delay is already used in {SOURCE}\n"


# what is changed, the field of the fault on the first line that changes, and what is said
FAULTS = [
    pytest.param(("  - id: action\n", "  - id: parcel\n"), "needs.1.id", "parcel is used twice", id="need"),
    pytest.param(("  - id: order_no\n", "  - id: birthday\n"), "facts.1.id", "birthday is used twice", id="fact"),
    pytest.param(("  - id: eta\n", "  - id: cause\n"), "required.1.id", "cause is used twice", id="element"),
    pytest.param(("  - name: coupon\n", "  - name: track\n"), "tools.2.name", "track is used twice", id="tool"),
    pytest.param(
        ("  coupon.amount: 0\n", "  coupon.amount: 0\n  order.paid: 1\n"), "", "stands twice", id="variable"
    ),
    pytest.param(("\nplays:\n", "\n  opening: {zh: [在吗]}\nplays:\n"), "", "opening stands twice", id="lines"),
    pytest.param(
        ("label: {zh: 有人真的在催, en: Somebody really pushes it}", "label: {zh: ' ', en: Somebody}"),
        "needs.1.label.zh", "this is empty", id="blank text",
    ),
    pytest.param(
        ("label: {zh: 有人真的在催, en: Somebody really pushes it}", "label: {}"), "needs.1.label", "this is empty",
        id="no text",
    ),
    pytest.param(
        ("      zh: ['好，那就等快递那边回话', '行，催了就好']", "      zh: ['', '行，催了就好']"),
        "needs.1.accept.zh.0", "this is empty", id="empty line",
    ),
    pytest.param(
        ("      zh: [['你们就干等着吗', '能不能帮我催一下']", "      zh: [['你们就干等着吗', '\u200b']"),
        "needs.1.voice.zh.0", "this is empty", id="unseen line",
    ),
    pytest.param(("  order.paid: 169", "  mood: 169"), "world.mood", "mood is a name of the engine", id="mood"),
    pytest.param(
        ("  order.paid: 169", "  met.cause: 1"), "world.met.cause", "met.cause is a name of the engine", id="met"
    ),
    pytest.param(("  order.paid: 169", "  order.paid: .inf"), "world.order.paid", "finite number", id="infinite"),
    pytest.param(("  order.paid: 169", "  order.paid: .nan"), "world.order.paid", "finite number", id="no number"),
    pytest.param(("least: 1, most: 50", "least: 1, most: .inf"), "tools.2.arguments.0.most", "finite", id="bound"),
    pytest.param(
        ("    when: not urge.filed", "    when: coupon.amount"), "tools.1.when", "a condition, true or false", id="when"
    ),
    pytest.param(("    when: not urge.filed", "    when: '1'"), "tools.1.when", "a condition", id="constant"),
    pytest.param(("    when: not urge.filed", "    when: mood > 0"), "tools.1.when", "nothing sets mood", id="mood"),
    pytest.param(
        ("    resolved: urge.filed and met.urge >= 0.5", "    resolved: met.urge"), "needs.1.resolved", "a condition",
        id="need that no number resolves",
    ),
    pytest.param(
        ("'(送人|生日|礼物)..(吗|么|嘛)'", "'(送人|生日|礼物..)+(吗|么|嘛)'"), "facts.0.asked.zh.any.2",
        "only texts can be repeated", id="nested repetition",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "said"), FAULTS)
def test_what_a_scenario_cannot_mean_is_told_with_its_line_and_field(tmp_path, change, field, said):
    done, path, text = checked(tmp_path / "p", OWN_KEY, change)
    assert done.exit_code == 1
    before = SOURCE.read_text(encoding="utf-8").replace(*OWN_KEY).splitlines()
    row = next(n for n, (old, new) in enumerate(zip(before, text.splitlines(), strict=False), start=1) if old != new)
    place = f"{path}:row {row}, field {field}:" if field else f"{path}:row {row}:"
    assert any(line.startswith(place) and said in line for line in done.stderr.splitlines())
