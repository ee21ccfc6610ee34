"""What the demo's agents say does what it is kept for, in the drill and in the reading."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from peilian.demo.agents import agents
from peilian.demo.stories import Story, ToolUse, cast_of, phrases, stories
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.drill import Drill
from peilian.engine.reading import read_conversation
from peilian.flows.reading import lexicons

STORIES = stories()
ENOUGH = 0.9  # scenarios are refined by their authors; a line or two may lag behind


def heard(story: Story, text: str, tools: tuple[ToolUse, ...] = ()) -> Drill:
    """A drill in which the tools were used and this was said first."""
    drill = Drill(cast_of(story, {}), seed=1)
    drill.open()
    drill.state.abused = 1
    for place, use in enumerate((*story.first, *tools)):
        drill.act(8_000 + 500 * place, use.tool, use.args)
    drill.hear(20_000, text)
    return drill


def read(text: str) -> set[str]:
    """What the reading finds in an answer in the middle of a conversation."""
    said = [(Role.CUSTOMER, "东西怎么还没弄好"), (Role.AGENT, "嗯"), (Role.CUSTOMER, "然后呢"), (Role.AGENT, text)]
    messages = (
        Message(str(i), i, role, words, i * 4_000, "a" if role is Role.AGENT else None)
        for i, (role, words) in enumerate(said)
    )
    reading = read_conversation(Conversation("x", tuple(messages)), lexicons())
    return {finding.key for finding in reading.messages[-1].findings}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.scenario)
def test_what_is_said_in_full_makes_the_whole_element_and_what_is_vague_half(story):
    shares = []
    for beat in story.beats:
        for lines, wanted in ((beat.full, 1.0), (beat.half, 0.5)):
            for line in lines:
                made = heard(story, line, beat.tools).state.elements.get(beat.beat_id)
                shares.append(made is None or made.share == wanted)
    assert sum(shares) >= ENOUGH * len(shares)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.scenario)
def test_nothing_that_is_meant_well_is_a_misstep_and_every_slip_is_one(story):
    well_meant = [*story.empathy, *story.restate, *(line for lines in story.told.values() for line in lines)]
    assert [line for line in well_meant if heard(story, line).state.missteps] == []
    harmless = [line for line in story.slips if not heard(story, line).state.missteps]
    assert len(harmless) <= 1


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.scenario)
def test_needs_and_beats_know_each_other(story):
    scenario = cast_of(story, {}).scenario
    assert set(story.needs) <= {need.need_id for need in scenario.needs}
    assert {beat for beats in story.needs.values() for beat in beats} <= {beat.beat_id for beat in story.beats}
    assert {element.element_id for element in scenario.required} <= {beat.beat_id for beat in story.beats}
    assert set(story.told) <= {fact.fact_id for fact in scenario.facts}


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("own", "own"),
        ("wait", "wait"),
        ("stall", "wait"),
        ("empathy", "empathise"),
        ("sorry", "apologise"),
        ("check_more", "check_more"),
        ("thank", "thank"),
        ("wishes", "close"),
        ("overpromise", "overpromise"),
        ("blame", "blame"),
        ("rude", "rude"),
        ("refuse", "refuse"),
        ("pad_after", "redundant"),
    ],
)
def test_phrases_are_read_as_what_they_are_kept_for(kind, key):
    assert [line for line in phrases()[kind] if key not in read(line)] == []


@pytest.mark.parametrize("kind", ["look", "heard", "again", "leave", "welcome", "answer_urge"])
def test_neutral_phrases_earn_and_cost_nothing(kind):
    weighty = {"own", "empathise", "apologise", "time", "done", "overpromise", "blame", "rude"}
    assert [line for line in phrases()[kind] if read(line) & weighty] == []


def test_no_two_agents_greet_or_part_alike():
    for first, second in combinations(agents(), 2):
        assert not set(first.habits.greetings) & set(second.habits.greetings)
        assert not set(first.habits.signoffs) & set(second.habits.signoffs)


def test_the_bank_is_large_and_holds_no_line_twice():
    lines = Counter(line for story in STORIES for beat in story.beats for line in (*beat.full, *beat.half, *beat.why))
    lines += Counter(line for story in STORIES for line in story.empathy)
    assert sum(lines.values()) + sum(len(items) for items in phrases().values()) >= 500
    assert [line for line, n in lines.items() if n > 1] == []
