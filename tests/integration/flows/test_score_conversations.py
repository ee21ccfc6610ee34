"""Conversations scored by the shipped cards and lexicons: whose service is better, and why, in both languages."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.scorecard import Evidence, Indicator
from peilian.flows import reading, scoring

D = Decimal
ROLES = {"c": Role.CUSTOMER, "a": Role.AGENT}
COMPLAINS = ("c", 0, "等了四天了还没发货，太差劲了")
PRESSES = ("c", 60, "到底什么时候能到？气死我了")
TALKS = {
    "ideal": [
        COMPLAINS,
        ("a", 12, "您好，等了四天确实让人着急，非常抱歉，我马上帮您查"),
        ("a", 40, "查到了，包裹滞留在杭州中转站，我已为您催件"),
        PRESSES,
        ("a", 80, "换成我也会生气，包裹明天下午6点前送到，晚到的话给您补偿10元"),
        ("c", 90, "好的，谢谢"),
    ],
    "curt but correct": [COMPLAINS, ("a", 12, "包裹在杭州，已催件"), PRESSES, ("a", 80, "明天下午6点前送到")],
    "only apologises": [COMPLAINS, ("a", 12, "非常抱歉"), PRESSES, ("a", 80, "真的很抱歉，非常抱歉")],
    "late and impolite": [COMPLAINS, ("a", 55, "不是说过了吗，你自己不会看物流吗"), PRESSES, ("a", 260, "催也没用")],
    "silent": [COMPLAINS, PRESSES],
}
ORDER = ["ideal", "curt but correct", "only apologises", "late and impolite", "silent"]
ENGLISH = [
    ("c", 0, "My parcel is four days late, this is ridiculous!"),
    ("a", 15, "I'm so sorry, four days late is really frustrating. Let me check that for you."),
    ("a", 50, "It is held up in Leeds and I have asked for express delivery; it arrives tomorrow before 6 pm."),
]


def a_talk(said, **known) -> Conversation:
    messages = (
        Message(str(i), i, ROLES[who], text, None if second is None else second * 1000, who)
        for i, (who, second, text) in enumerate(said)
    )
    return Conversation("talk", tuple(messages), **known)


def scored(said, card: str = "service-core", **extra):
    found = scoring.shipped()[card]
    return scoring.score_conversation(a_talk(said), found, reading.lexicons(), extra), found


def a_value(value: float | str, *evidence: Evidence) -> Indicator:
    return Indicator(D(str(value)), 1, evidence)


DRILLED = {
    "completeness": a_value(1),
    "resolution": a_value("0.9"),
    "fatal_breach": a_value(0),
    "critical_unresolved": a_value(0),
    "copied_share": a_value(0),
    "dump_share": a_value(0),
}


def test_better_service_gets_more_points():
    totals = [scored(TALKS[name])[0].normalised for name in ORDER]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == len(totals)


def test_apologies_alone_do_not_pass_for_empathy():
    points = {name: scored(said)[0].lines[1].points for name, said in TALKS.items()}
    assert points["ideal"] > 3 * points["only apologises"]
    assert points["silent"] == points["late and impolite"] == 0


def test_an_excellent_talk_gets_nearly_everything_and_silence_nothing():
    assert scored(TALKS["ideal"])[0].normalised > 95
    silent, _ = scored(TALKS["silent"])
    assert (silent.total, silent.normalised) == (0, 0)
    assert [line.status for line in silent.lines] == ["judged", "judged", "dropped", "dropped"]


def test_english_talk_is_judged_alike():
    assert scored(ENGLISH)[0].normalised > 95


def test_a_transcript_without_times_is_scored_without_speed():
    untimed = [(who, None, text) for who, _, text in TALKS["ideal"]]
    done, _ = scored(untimed)
    assert done.lines[0].note == Reason("indicator.absent.untimed")
    assert done.max == 40
    assert done.normalised > 90


def test_the_shared_lines_mean_the_same_in_a_drill():
    at_work, _ = scored(TALKS["curt but correct"])
    in_drill, _ = scored(TALKS["curt but correct"], "drill-card", **DRILLED)
    known = {line.key: line.points for line in in_drill.lines}
    assert {line.key: line.points for line in at_work.lines}.items() <= known.items()
    assert known["resolution"] == 18


@pytest.mark.parametrize(
    ("changed", "total", "passed", "gate"),
    [
        ({}, None, True, None),
        ({"fatal_breach": 1}, 40, False, "fatal_breach"),
        ({"critical_unresolved": 1}, 59, False, "critical_unresolved"),
        ({"copied_share": "0.6"}, 45, False, "copied"),
        ({"dump_share": "0.51"}, 45, False, "dumped"),
        ({"dump_share": "0.5"}, None, True, None),
    ],
)
def test_in_a_drill_no_points_make_up_for_a_gate(changed, total, passed, gate):
    given = {**DRILLED, **{key: a_value(value) for key, value in changed.items()}}
    done, _ = scored(TALKS["ideal"], "drill-card", **given)
    assert done.passed is passed
    assert [one.key for one in done.gates] == ([gate] if gate else [])
    assert done.total == total if total else done.total > 90


def test_a_transcript_from_work_has_no_result_on_the_card_of_a_drill():
    done, card = scored(TALKS["ideal"], "drill-card")
    assert (done.normalised, done.passed) == (None, None)
    line = scoring.to_line(done, card, "zh")
    assert line["warnings"][-1] == "缺少数据，成绩不完整：问题解决"


def test_the_lecturer_sees_three_lines_of_the_drill():
    done, _ = scored(TALKS["ideal"], "lecturer-review", completeness=a_value("0.8"))
    in_drill, _ = scored(TALKS["ideal"], "drill-card", **{**DRILLED, "completeness": a_value("0.8")})
    same = {line.key: line.points for line in in_drill.lines}
    assert [(line.key, line.points) for line in done.lines] == [
        (key, same[key]) for key in ("speed", "concision", "completeness")
    ]
    assert done.max == 50


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_point_lost_is_said_with_its_quote(language):
    done, card = scored(TALKS["late and impolite"], "drill-card", **{**DRILLED, "fatal_breach": a_value(2)})
    line = scoring.to_line(done, card, language)
    assert json.loads(json.dumps(line)) == line
    said = TALKS["late and impolite"]
    for one in line["scores"]:
        assert one["points"] == pytest.approx(one["max"] + sum(reason["points"] for reason in one["reasons"]))
        for reason in one["reasons"]:
            if one["dimension"] in ("speed", "empathy", "compliance"):
                start, end = reason["span"]
                assert said[reason["i"]][2][start:end] == reason["quote"]
    (gate,) = line["gates"]
    assert gate["text"].startswith({"zh": "触发红线 严重违规", "en": "The gate Fatal breach"}[language])
    assert line["total"] == 40
    assert line["passed"] is False


def test_a_breach_that_the_drill_saw_is_shown_at_the_gate():
    piece = Evidence(Reason("reading.rude", {"quote": "催也没用"}), 3, 0, 4, "催也没用")
    given = {**DRILLED, "fatal_breach": a_value(1, piece)}
    done, card = scored(TALKS["late and impolite"], "drill-card", **given)
    (gate,) = scoring.to_line(done, card, "zh")["gates"]
    assert gate["evidence"] == [{"text": "“催也没用”失礼", "quote": "催也没用", "i": 3, "span": [0, 4]}]


def test_the_same_conversation_gets_the_same_points():
    first, card = scored(TALKS["curt but correct"])
    second, _ = scored(TALKS["curt but correct"])
    assert scoring.to_line(first, card, "zh") == scoring.to_line(second, card, "zh")


def test_a_reading_that_is_at_hand_is_used():
    talk, card = a_talk(TALKS["ideal"]), scoring.shipped()["service-core"]
    (read,) = reading.read([talk])
    done = scoring.score_conversation(talk, card, reading.lexicons(), reading=read)
    assert done == scoring.score_conversation(talk, card, reading.lexicons())
