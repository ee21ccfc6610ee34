"""The page that says which text covers which topic of content: ``docs/coverage.md``, written from the shipped packs.

python -m peilian.flows.coverage write     write the page
python -m peilian.flows.coverage check     fail when the page is not what the packs say
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from peilian.adapters import packs
from peilian.adapters.packs import Loaded
from peilian.adapters.packs.authored import Authored, TopicField, TopicsDocument
from peilian.adapters.packs.phrases import PhrasesDocument
from peilian.adapters.packs.scenario import ScenarioDocument

PAGE = Path(__file__).resolve().parents[3] / "docs" / "coverage.md"

FAMILIES: Mapping[str, str] = {
    "CU": "Courses 课程内容",
    "PH": "Phrases 话术",
    "KB": "Knowledge base 知识库",
    "CA": "Cases 案例",
    "EM": "Emotions 情绪",
    "TW": "Teamwork 团队",
    "PO": "Policies 制度",
    "SE": "Sales 销售",
    "IN": "Industries 行业",
    "CO": "Communities 社群",
    "SC": "Scenes 场景",
}
"""What the letters of an id stand for, in the order of the page."""

NOT_COVERED: Mapping[str, str] = {
    "SE-04": "a step in the account of one advertising platform: it trains nobody",
}
"""Why no text covers a topic."""

_HEAD = """# What the library covers

This page is written from the shipped packs by `python -m peilian.flows.coverage write`; a test keeps it current. A text
or drill names the topics it covers in its field `covers`; the topics are
[those of the core pack](../src/peilian/packs/core/library/topics.yaml). A topic without a text says why.

"""


def covering(loaded: Iterable[Loaded]) -> dict[str, list[Loaded]]:
    """The texts and drills that cover each topic, by its id; a file of phrases covers what any of its phrases does."""
    found: dict[str, list[Loaded]] = defaultdict(list)
    for item in sorted(loaded, key=_name):
        for topic in _covers(item):
            found[topic].append(item)
    return found


def topics(loaded: Iterable[Loaded]) -> list[TopicField]:
    """Every topic, in the order of the families and of the numbers."""
    found = [t for item in loaded if isinstance(item.document, TopicsDocument) for t in item.document.topics]
    families = list(FAMILIES)
    return sorted(found, key=lambda topic: (families.index(topic.id[:2]), topic.id))


def page(loaded: Sequence[Loaded] | None = None) -> str:
    """The page as the shipped packs, or the given documents, have it."""
    documents = packs.load_all() if loaded is None else loaded
    texts, wanted = covering(documents), topics(documents)
    return _HEAD + "".join((*_summary(wanted, texts), *_families(wanted, texts))).rstrip() + "\n"


def _covers(item: Loaded) -> set[str]:
    document = item.document
    own = set(document.covers) if isinstance(document, Authored | ScenarioDocument) else set()
    if isinstance(document, PhrasesDocument):
        own.update(topic for phrase in document.phrases for topic in phrase.covers)
    return own


def _summary(wanted: Sequence[TopicField], texts: Mapping[str, Sequence[Loaded]]) -> Iterator[str]:
    yield "| family | topics | covered | texts |\n|---|---:|---:|---:|\n"
    for family, title in FAMILIES.items():
        own = [topic.id for topic in wanted if topic.id.startswith(family)]
        if own:
            naming = {_name(item) for topic in own for item in texts.get(topic, ())}
            yield f"| {family} {title} | {len(own)} | {sum(topic in texts for topic in own)} | {len(naming)} |\n"


def _families(wanted: Sequence[TopicField], texts: Mapping[str, Sequence[Loaded]]) -> Iterator[str]:
    for family, title in FAMILIES.items():
        own = [topic for topic in wanted if topic.id.startswith(family)]
        if own:
            yield f"\n## {family} {title}\n\n| topic | title | covered by |\n|---|---|---|\n"
        for topic in own:
            links = ", ".join(_link(item) for item in texts.get(topic.id, ()))
            said = links or f"not covered: {NOT_COVERED.get(topic.id, 'no reason is given')}"
            yield f"| {topic.id} | {_title(topic)} | {said} |\n"


def _title(topic: TopicField) -> str:
    return " ".join(part for part in (topic.title.en, topic.title.zh) if part)


def _name(item: Loaded) -> str:
    return f"{item.document.kind}:{item.document.key}"


def _link(item: Loaded) -> str:
    path = item.path.resolve()
    if not path.is_relative_to(packs.SHIPPED):
        return f"`{_name(item)}`"
    return f"[{_name(item)}](../src/peilian/packs/{path.relative_to(packs.SHIPPED).as_posix()})"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns the exit code."""
    if arguments == ["write"]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if arguments == ["check"]:
        is_current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not is_current:
            sys.stderr.write("docs/coverage.md is not what the packs say: run with `write`\n")
        return 0 if is_current else 1
    sys.stderr.write((__doc__ or "").rstrip() + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
