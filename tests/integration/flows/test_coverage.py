"""The page on coverage says what the packs say, and no topic of content is left without a text or a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from peilian.adapters import packs
from peilian.flows import coverage

HEADER = "kind: pack\nschema_version: 1\nkey: mine\ntitle: {zh: 我的}\nversion: '1'\nlicence: Apache-2.0\n"
TOPICS = (
    "kind: topics\nschema_version: 1\nkey: mine/topics\ntitle: {zh: 主题}\ntopics:\n"
    "  - {id: PH-02, title: {zh: 换个说法, en: Say it otherwise}}\n"
    "  - {id: CU-02, title: {zh: 必修}}\n"
    "  - {id: CU-01, title: {zh: 课程, en: Courses}}\n"
    "  - {id: SE-04, title: {zh: 子账号}}\n"
)
ARTICLE = "---\nkind: article\nschema_version: 1\nkey: mine/a\ntitle: {zh: 甲}\ncovers: [CU-01]\n---\n正文。\n"
PHRASES = (
    "kind: phrases\nschema_version: 1\nkey: mine/p\ntitle: {zh: 话术}\ncovers: [CU-01]\nphrases:\n"
    "  - {id: one, when: {zh: 什么时候}, text: {zh: 怎么说}, covers: [PH-02]}\n"
    "  - {id: two, when: {zh: 什么时候}, text: {zh: 怎么说}, covers: [PH-02]}\n"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[packs.Loaded]:
    """A pack with four topics, an article and a file of phrases."""
    folder: Path = tmp_path_factory.mktemp("mine")
    files = {"pack.yaml": HEADER, "topics.yaml": TOPICS, "a.md": ARTICLE, "p.yaml": PHRASES}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return packs.load_all((folder,))


def test_the_page_is_what_the_packs_say() -> None:
    run = "run: python -m peilian.flows.coverage write"
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(), run


def test_every_topic_is_covered_or_says_why_not() -> None:
    shipped = packs.load_all()
    covered = set(coverage.covering(shipped))
    assert [t.id for t in coverage.topics(shipped) if t.id not in covered | set(coverage.NOT_COVERED)] == []


def test_a_reason_is_given_only_for_a_topic_that_exists_and_is_not_covered() -> None:
    shipped = packs.load_all()
    known = {topic.id for topic in coverage.topics(shipped)}
    assert set(coverage.NOT_COVERED) <= known - set(coverage.covering(shipped))
    assert all(coverage.NOT_COVERED.values())


@pytest.mark.parametrize(
    ("family", "last"),
    [
        ("CU", 70),
        ("PH", 21),
        ("KB", 11),
        ("CA", 13),
        ("EM", 8),
        ("TW", 9),
        ("PO", 16),
        ("SE", 5),
        ("IN", 14),
        ("CO", 18),
    ],
)
def test_the_topics_of_a_family_have_no_gap(family: str, last: int) -> None:
    own = [topic.id for topic in coverage.topics(packs.load_all()) if topic.id.startswith(family)]
    assert own == [f"{family}-{number:02d}" for number in range(1, last + 1)]


def test_every_industry_has_a_text_that_is_not_only_of_the_core() -> None:
    texts = coverage.covering(packs.load_all())
    own = {"IN-02": "finance", "IN-03": "healthcare", "IN-07": "hospitality", "IN-08": "telecom", "IN-09": "property"}
    own |= {"IN-01": "retail", "IN-06": "hospitality", "IN-10": "mall", "IN-13": "community"}
    for topic, pack in own.items():
        assert any(item.document.key.startswith(f"{pack}/") for item in texts[topic]), topic


def test_phrases_cover_what_any_phrase_covers_and_are_named_once(small: list[packs.Loaded]) -> None:
    texts = coverage.covering(small)
    assert [item.document.key for item in texts["PH-02"]] == ["mine/p"]
    assert [item.document.key for item in texts["CU-01"]] == ["mine/a", "mine/p"]


def test_the_page_goes_by_family_and_number_and_tells_what_is_missing(small: list[packs.Loaded]) -> None:
    lines = [line for line in coverage.page(small).splitlines() if line[:4] in {"| CU", "| PH", "| SE"}]
    assert lines == [
        "| CU Courses 课程内容 | 2 | 1 | 2 |",
        "| PH Phrases 话术 | 1 | 1 | 1 |",
        "| SE Sales 销售 | 1 | 0 | 0 |",
        "| CU-01 | Courses 课程 | `article:mine/a`, `phrases:mine/p` |",
        "| CU-02 | 必修 | not covered: no reason is given |",
        "| PH-02 | Say it otherwise 换个说法 | `phrases:mine/p` |",
        f"| SE-04 | 子账号 | not covered: {coverage.NOT_COVERED['SE-04']} |",
    ]


def test_the_command_tells_a_page_that_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(coverage, "PAGE", tmp_path / "coverage.md")
    assert coverage.main(["check"]) == 1
    assert coverage.main(["write"]) == 0
    assert coverage.main(["check"]) == 0
    assert coverage.main([]) == 2
    assert "write" in capsys.readouterr().err
