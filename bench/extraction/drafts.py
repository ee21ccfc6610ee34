"""How many drills made from real conversations prove themselves, and how much a person has to add before.

    python bench/extraction/drafts.py LAKE [--a-topic 8] [--seeds 3]

Draws conversations of every topic from a lake, such as ``lake`` in the home of the demo, hides what looks suspicious,
proposes a drill, fills its gaps with the same few answers and rehearses it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.packs import SHIPPED
from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.adapters.packs.trees import document_of
from peilian.adapters.packs.writing import written
from peilian.engine._kernel import InputError
from peilian.engine.conversation import Conversation
from peilian.engine.conversation.leftovers import OPTIONAL
from peilian.flows import rehearsing
from peilian.flows.extracting.drills import propose_scenario
from peilian.flows.extracting.talks import review, talk_of
from peilian.flows.extracting.values import TooLittleError
from peilian.flows.wording import say_fault

ANSWERS = {
    "zh": {"time": "明天18点前", "cause": "仓库漏发了", "solution": "换货", "options": "退款", "compensation": "10"},
    "en": {"time": "Friday noon", "cause": "the parcel was left behind", "solution": "a replacement",
           "options": "a full refund", "compensation": "10"},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--a-topic", type=int, default=8, help="conversations drawn of each topic")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    gaps: Counter[int] = Counter()
    outcome: Counter[str] = Counter()
    for conversation in drawn(Lake.open(options.lake), options.a_topic):
        found = review(conversation)
        try:
            talk = talk_of(conversation, {one.word: one.kind for one in found.suspects if one.kind not in OPTIONAL})
        except TooLittleError:
            outcome["too little said"] += 1
            continue
        gaps[len(propose_scenario(talk, key="own/bench").gaps)] += 1
        body = propose_scenario(talk, key="own/bench", answers=ANSWERS[talk.language]).body
        faults = problems(body, options.seeds)
        outcome["faults" if faults else "proves itself"] += 1
        for fault in faults:
            print(f"{conversation.conversation_id}: {fault}")
    print("gaps", dict(sorted(gaps.items())))
    print(dict(outcome))


def drawn(lake: Lake, a_topic: int) -> Iterator[Conversation]:
    """The same conversations each time: so many of every topic, those without one left out."""
    topics: dict[str, list[str]] = {}
    for conversation in lake.iter_conversations(visible=Visibility.everything()):
        if conversation.topic and any(message.is_human_answer for message in conversation.messages):
            topics.setdefault(conversation.topic, []).append(conversation.conversation_id)
    rng = random.Random(5)
    for topic in sorted(topics):
        for conversation_id in rng.sample(sorted(topics[topic]), min(a_topic, len(topics[topic]))):
            found = lake.conversation(conversation_id, visible=Visibility.everything())
            assert found is not None
            yield found


def problems(body: dict[str, object], seeds: int) -> list[str]:
    """What keeps a draft from being published."""
    try:
        document = document_of(body)  # type: ignore[arg-type]
    except InputError as error:
        return [say_fault(fault, "en") for fault in error.faults]
    assert isinstance(document, ScenarioDocument)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(written(document).text, encoding="utf-8")
        found = rehearsing.check(document, "bench", (SHIPPED,), file=str(path), seeds=seeds)
        return [say_fault(fault, "en").rpartition(": ")[2] for fault in found]


if __name__ == "__main__":
    main()
