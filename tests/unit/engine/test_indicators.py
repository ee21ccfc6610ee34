"""Indicators of service from readings made by hand, so that only the judging is tested."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import FAULTS, MOVES, Reading
from peilian.engine.reading.indicators import SERVICE_INDICATORS, service_indicators
from peilian.engine.reading.values import Emotion, Finding, MessageReading

D = Decimal
ROLES = {"c": Role.CUSTOMER, "a": Role.AGENT, "b": Role.AGENT, "o": Role.BOT}


def finding(word: str, text: str) -> Finding:
    """``apologise``, or ``apologise=抱歉`` at these words; an issue as ``repetition.same-answer``."""
    rule, _, words = word.partition("=")
    key = rule.partition(".")[0]
    kind = "fault" if key in FAULTS else "move" if key in MOVES else "issue"
    start = text.index(words) if words else 0
    return Finding(kind, key, start, start + len(words or text), rule, Reason(f"reading.{rule}", {"quote": words}))


def judged(*said, **known):
    """Indicators of a talk. One item a message: who, second (``None``: untimed), text, then what was found in it; for
    the customer the valence."""
    messages, readings = [], []
    for i, (who, second, text, *found) in enumerate(said):
        role, at_ms = ROLES[who], None if second is None else int(second * 1000)
        messages.append(Message(str(i), i, role, text, at_ms, who, is_automatic=who == "o"))
        emotion = Emotion("annoyed", found[0]) if who == "c" and found else None
        findings = () if who == "c" else tuple(finding(word, text) for word in found)
        readings.append(MessageReading(i, role, who, len(text), findings, emotion, is_answer=who in "ab"))
    conversation = Conversation("k", tuple(messages), **known)
    return service_indicators(conversation, Reading("k", tuple(readings), None, "v"))


def keys(indicator) -> list[str]:
    return [sign.reason.key.partition(".")[2] for sign in indicator.signs]


ASKS = "这个杯子怎么退货？"
UPSET = "等了四天还没发货，太差劲了"


@pytest.mark.parametrize(
    ("wait", "value"),
    [(0, "1"), (20, "1"), (35, "0.75"), (50, "0.5"), (80, "0"), (500, "0")],
)
def test_the_first_answer_is_full_speed_up_to_20_seconds_and_nothing_at_80(wait, value):
    found = judged(("c", 0, ASKS), ("a", wait, "可以退的", "solve"))["speed"]
    assert (found.value, found.n) == (D(value), 1)
    assert keys(found) == ([] if value == "1" else ["speed.slow_first"])


@pytest.mark.parametrize(("wait", "value"), [(45, "1"), (112.5, "0.5"), (180, "0")])
def test_a_later_answer_has_45_seconds(wait, value):
    found = judged(("c", 0, ASKS), ("a", 5, "可以"), ("c", 100, "运费呢？"), ("a", 100 + wait, "我们出"))["speed"]
    usual = (1 + D(value)) / 2
    assert found.value == D("0.7") * usual + D("0.3") * D(value)


@pytest.mark.parametrize(
    ("said", "value", "signs"),
    [
        pytest.param([("a", 10, "请稍等", "wait"), ("a", 130, "可以退", "solve")], "1", [], id="kept"),
        pytest.param([("a", 10, "请稍等", "wait"), ("a", 175, "可以退", "solve")], "1", [], id="kept just in time"),
        pytest.param(
            [("a", 10, "请稍等", "wait"), ("a", 310, "可以退", "solve")], "0", ["speed.promise_late"], id="kept late"
        ),
        pytest.param(
            [("a", 10, "请稍等", "wait"), ("c", 100, "好的"), ("a", 310, "可以退", "solve")],
            "0",
            ["speed.promise_late"],
            id="a word of the customer does not stop the clock",
        ),
        pytest.param(
            [("a", 10, "请稍等", "wait"), ("a", 120, "再等等", "wait"), ("a", 300, "可以退", "solve")],
            "0",
            ["speed.promise_late"],
            id="a second promise excuses nothing",
        ),
        pytest.param(
            [("a", 10, "1分钟后给您答复", "time", "follow_up"), ("a", 115, "可以退", "solve")], "1", [], id="a minute"
        ),
        pytest.param(
            [("a", 10, "1分钟后给您答复", "time", "follow_up"), ("a", 250, "可以退", "solve")],
            "0",
            ["speed.promise_late"],
            id="a minute excuses a minute",
        ),
        pytest.param([("a", 10, "24小时内发货", "time")], "1", [], id="a date is an answer"),
        pytest.param([("a", 10, "请稍等，订单号多少", "wait", "verify")], "1", [], id="the customer is to act"),
        pytest.param([("a", 10, "请稍等", "wait"), ("c", 20, "好的")], "1", [], id="no word about the end"),
        pytest.param(
            [("a", 10, "请稍等", "wait"), ("c", 400, "人呢？怎么没人了")], "0", ["speed.promise_broken"], id="broken"
        ),
        pytest.param([("a", 10, "您好", "greet"), ("a", 200, "可以", "solve")], "0", ["speed.slow"], id="only greeted"),
    ],
)
def test_a_promise_to_come_back_is_kept_or_costs(said, value, signs):
    found = judged(("c", 0, ASKS), *said)["speed"]
    assert found.n == 1
    assert round(found.value, 2) == D(value)
    assert keys(found) == signs


@pytest.mark.parametrize(
    ("said", "known", "value", "signs"),
    [
        ([("c", 0, ASKS)], {}, "0", ["speed.never_answered"]),
        ([("c", 0, ASKS), ("c", 9, "在吗")], {"closed_at_ms": 12_000}, None, []),
        ([("c", 0, ASKS), ("c", 9, "在吗")], {"closed_at_ms": 60_000}, "0", ["speed.never_answered"]),
        ([("c", 0, ASKS), ("o", 1, "欢迎光临")], {}, "0", ["speed.never_answered"]),
        ([("c", 0, ASKS), ("a", 5, "可以"), ("c", 9, "运费谁出？")], {}, "0.35", ["speed.left_unanswered"]),
        ([("c", 0, ASKS), ("a", 5, "可以"), ("c", 9, "运费谁出？")], {"closed_at_ms": 20_000}, "1", []),
        ([("c", 0, ASKS), ("a", 5, "可以"), ("c", 9, "好的谢谢")], {"closed_at_ms": 900_000}, "1", []),
        ([("c", 0, "在吗"), ("a", 5, "在的", "greet"), ("c", 300, ASKS), ("a", 310, "可以")], {}, "1", []),
    ],
)
def test_what_nobody_answered_counts_when_somebody_waited_for_it(said, known, value, signs):
    found = judged(*said, **known)["speed"]
    assert found.value == (None if value is None else D(value))
    assert keys(found) == signs


@pytest.mark.parametrize(
    ("said", "known", "why"),
    [
        ([("c", None, ASKS), ("a", None, "可以")], {}, "untimed"),
        ([("c", 0, ASKS), ("a", 9000, "可以")], {"channel": "email"}, "unhurried"),
        ([("a", 0, "您好")], {}, "no_wait"),
    ],
)
def test_speed_is_missing_where_nobody_could_have_waited(said, known, why):
    found = judged(*said, **known)["speed"]
    assert found.value is None
    assert found.note.key == f"indicator.absent.{why}"


SPECIFIC = "等了四天确实让人着急"


def blended(courtesy: int, *credits_: str) -> Decimal:
    """Courtesy has half a vote, the answer to each upset turn one."""
    return (D("0.5") * courtesy + sum(map(D, credits_))) / (D("0.5") + len(credits_))


def rounded(value: Decimal) -> Decimal:
    return round(value, 12)


@pytest.mark.parametrize(
    ("text", "found", "credit", "courtesy", "signs"),
    [
        (SPECIFIC, [f"empathise={SPECIFIC}"], "1", 1, []),
        ("两次都没送到，换谁都会着急", ["empathise=换谁都会着急"], "1", 1, []),
        ("Three days without news would worry anyone", ["empathise=would worry anyone"], "1", 1, []),
        ("理解您的心情", ["empathise"], "0.7", 1, ["empathy.generic"]),
        ("您别着急，两小时内给您答复", ["empathise=别着急"], "0.7", 1, ["empathy.generic"]),
        ("Don't worry, we answer within two hours", ["empathise=Don't worry"], "0.7", 1, ["empathy.generic"]),
        ("抱歉，我来催一下", ["apologise=抱歉", "own"], "0.6", 1, ["empathy.apology"]),
        ("非常抱歉", ["apologise=抱歉"], "0.2", 1, ["empathy.apology_alone"]),
        ("我来催一下", ["own", "solve"], "0.4", 0, ["empathy.care_alone", "empathy.curt_first", "empathy.curt"]),
        ("包裹在杭州", ["explain"], "0", 0, ["empathy.none", "empathy.curt_first", "empathy.curt"]),
        ("亲，包裹在杭州", ["explain"], "0", 1, ["empathy.none"]),
        (
            "理解您，但是您自己填错了",
            ["empathise=理解您", "blame=您自己填错了"],
            "0",
            0,
            ["empathy.harsh", "empathy.curt_first", "empathy.curt"],
        ),
    ],
)
def test_an_answer_to_an_upset_customer_is_worth_what_it_shows(text, found, credit, courtesy, signs):
    empathy = judged(("c", None, UPSET, -0.6), ("a", None, text, *found))["empathy"]
    assert (rounded(empathy.value), empathy.n) == (rounded(blended(courtesy, credit)), 1)
    assert keys(empathy) == signs


def test_a_loss_shows_the_words_that_earned_no_more():
    empathy = judged(("c", None, UPSET, -0.6), ("a", None, "亲，非常抱歉", "apologise=抱歉"))["empathy"]
    (sign,) = empathy.signs
    assert (sign.i, sign.start, sign.end, sign.quote, sign.loss) == (1, 4, 6, "抱歉", D("0.8"))


def test_the_same_apology_again_brings_nothing():
    empathy = judged(
        ("c", None, UPSET, -0.6),
        ("a", None, "抱歉", "apologise"),
        ("c", None, "光道歉有什么用", -0.8),
        ("a", None, "抱歉", "apologise"),
        ("c", None, "气死我了", -0.8),
        ("a", None, "抱歉", "apologise"),
    )["empathy"]
    assert rounded(empathy.value) == rounded(blended(1, "0.2", "0", "0"))
    assert keys(empathy) == ["empathy.apology_alone", "empathy.again", "empathy.again"]


def test_the_same_soothing_words_again_bring_nothing():
    empathy = judged(
        ("c", None, UPSET, -0.6),
        ("a", None, "理解您的心情", "empathise"),
        ("c", None, "气死我了", -0.8),
        ("a", None, "理解您的心情", "empathise"),
    )["empathy"]
    assert rounded(empathy.value) == rounded(blended(1, "0.7", "0"))


@pytest.mark.parametrize(("valence", "n"), [(-0.6, 1), (-0.8, 2)])
def test_a_word_of_empathy_lasts_unless_the_customer_gets_furious(valence, n):
    empathy = judged(
        ("c", None, UPSET, -0.6),
        ("a", None, SPECIFIC, f"empathise={SPECIFIC}"),
        ("c", None, "真是的", valence),
        ("a", None, "已经催了", "done"),
    )["empathy"]
    assert empathy.n == n


def test_an_answer_that_only_asks_to_wait_is_not_judged_when_the_real_one_follows():
    empathy = judged(
        ("c", None, UPSET, -0.6),
        ("a", None, "请稍等", "wait"),
        ("c", None, "快点"),
        ("a", None, SPECIFIC, f"empathise={SPECIFIC}"),
    )["empathy"]
    assert (empathy.value, empathy.n) == (1, 1)


@pytest.mark.parametrize(
    ("said", "value", "signs"),
    [
        ([("a", None, "您好，可以退的", "greet")], "1", []),
        ([("a", None, "可以退的")], "0", ["empathy.curt_first", "empathy.curt"]),
        ([("a", None, "You're welcome to send it back")], "1", []),
        ([("a", None, "您好"), ("c", None, "运费呢"), ("a", None, "我们出")], "1", []),
        ([("a", None, "可以"), ("c", None, "运费呢"), ("a", None, "您不用出")], "0.5", ["empathy.curt_first"]),
        ([("a", None, "您自己看", "rude")], "0", ["empathy.curt_first", "empathy.curt"]),
    ],
)
def test_with_a_calm_customer_courtesy_alone_counts(said, value, signs):
    empathy = judged(("c", None, ASKS), *said)["empathy"]
    assert empathy.value == D(value)
    assert keys(empathy) == signs


def test_silence_towards_an_upset_customer_is_no_empathy_and_no_virtue():
    found = judged(("c", 0, UPSET, -0.6))
    assert found["empathy"].value == 0
    assert found["speed"].value == 0
    assert found["concision"].value is None
    assert found["compliance"].value is None


@pytest.mark.parametrize(
    ("texts", "value", "signs"),
    [
        (["好" * 120], "1", []),
        (["好" * 240], "0.5", ["concision.long_message"]),
        (["好" * 600], "0.2", ["concision.long_message"]),
        (["好" * 100] * 4, "0.6", ["concision.long_turn", "concision.long_turn"]),
        (["word " * 60], "1", []),
        (["word " * 120], "0.5", ["concision.long_message"]),
        (["https://example.test/" + "x" * 900 + " 点这里"], "1", []),
    ],
)
def test_what_goes_beyond_a_message_or_a_turn_was_not_needed(texts, value, signs):
    concision = judged(("c", None, ASKS), *(("a", None, text) for text in texts))["concision"]
    assert concision.value == D(value)
    assert keys(concision) == signs


@pytest.mark.parametrize(
    ("issue", "value"),
    [("repetition.same-answer", "0.5"), ("repetition.same-words", "0.75"), ("redundant.padding", "0.75")],
)
def test_what_was_said_before_or_is_padding_was_not_needed(issue, value):
    concision = judged(("c", None, ASKS), ("a", None, "好" * 10), ("c", None, "嗯"), ("a", None, "行" * 10, issue))
    assert concision["concision"].value == D(value)
    assert keys(concision["concision"]) == [issue]


@pytest.mark.parametrize(
    ("found", "value"),
    [
        ([], "1"),
        (["rude"], "0.6"),
        (["rude=不是", "rude=说过"], "0.6"),
        (["blame", "dead_end.refusal-alone"], "0.5"),
        (["overpromise"], "0.75"),
        (["privacy", "rude", "blame"], "0"),
    ],
)
def test_every_fault_costs_its_severity_once_a_message(found, value):
    compliance = judged(("c", None, ASKS), ("a", None, "不是说过了吗", *found))["compliance"]
    assert compliance.value == D(value)


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from("caabo"),
        st.integers(0, 200),
        st.sampled_from([ASKS, UPSET, SPECIFIC, "好的", "请稍等", "非常抱歉", "", "退货" * 90]),
        st.lists(st.sampled_from([*MOVES, *FAULTS, "dead_end", "repetition.same-answer"]), max_size=3),
        st.sampled_from([-0.9, -0.6, 0.0, 0.5]),
    ),
    max_size=12,
)


@given(MESSAGES, st.booleans())
def test_every_indicator_lies_between_0_and_1_and_every_loss_has_its_place(messages, is_timed):
    at, said = 0, []
    for who, gap, text, found, valence in messages:
        at += gap
        said.append((who, at if is_timed else None, text, *([valence] if who == "c" else found)))
    for key, indicator in judged(*said).items():
        assert key in SERVICE_INDICATORS
        if indicator.value is None:
            assert indicator.note is not None
            continue
        assert 0 <= indicator.value <= 1
        assert indicator.n >= 1
        assert (indicator.value < 1) == bool(indicator.signs)
        for sign in indicator.signs:
            assert sign.loss > 0
            assert 0 <= sign.start <= sign.end <= len(said[sign.i][2])


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.data())
def test_an_answer_that_comes_later_never_makes_it_faster(waits, data):
    slower = list(waits)
    place = data.draw(st.integers(0, len(waits) - 1))
    slower[place] += data.draw(st.integers(0, 100))

    def speed(given_):
        said, at = [], 0
        for wait in given_:
            said += [("c", at, ASKS), ("a", at + wait, "可以退")]
            at += 1000
        return judged(*said)["speed"].value

    assert speed(slower) <= speed(waits)
