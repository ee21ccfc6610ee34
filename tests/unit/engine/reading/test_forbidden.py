"""Words that lists of phrases forbid: when they are found, and what they cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import Cue, Lexicons, SatisfactionModel, compile_lexicons, read_conversation
from peilian.engine.reading.indicators import service_indicators
from peilian.engine.reading.lexicon import Ban
from peilian.engine.text import PatternError

DAY_MS = 86_400_000


def the_lexicons(*bans: Ban) -> Lexicons:
    rude = Cue("cue.rude", "fault", "rude", "zh", ("爱买不买",))
    return compile_lexicons([rude], {}, SatisfactionModel({}), "base").forbidding(bans)


def a_ban(*patterns: str, **more) -> Ban:
    return Ban("phrases:mine/words#one.1.zh", "zh", patterns, **more)


def read(text, *bans, at_ms=None, channel=None):
    messages = (Message("0", 0, Role.CUSTOMER, "在吗", at_ms), Message("1", 1, Role.AGENT, text, at_ms, "a-1"))
    conversation = Conversation("k", messages, channel=channel)
    return conversation, read_conversation(conversation, the_lexicons(*bans))


def found(*given, **more):
    _, reading = read(*given, **more)
    return [finding for finding in reading.messages[-1].findings if finding.key == "forbidden"]


def test_forbidden_words_are_a_fault_with_the_phrase_that_forbids_them():
    (finding,) = found("亲，这个我们全网最低哦", a_ban("全网最低"))
    assert (finding.kind, finding.rule) == ("fault", "phrases:mine/words#one.1.zh")
    assert (finding.start, finding.end) == (6, 10)
    assert finding.reason.params["quote"] == "全网最低"


def test_a_customer_may_say_what_agents_must_not():
    messages = (Message("0", 0, Role.CUSTOMER, "你们是全网最低吗"),)
    reading = read_conversation(Conversation("k", messages), the_lexicons(a_ban("全网最低")))
    assert not reading.messages[0].findings


@pytest.mark.parametrize(
    ("more", "at_ms", "channel", "counts"),
    [
        pytest.param({}, None, None, True, id="always, also without a time"),
        pytest.param({"since_ms": DAY_MS}, DAY_MS, None, True, id="from its first moment"),
        pytest.param({"since_ms": DAY_MS}, DAY_MS - 1, None, False, id="not before"),
        pytest.param({"until_ms": DAY_MS}, DAY_MS - 1, None, True, id="to its last moment"),
        pytest.param({"until_ms": DAY_MS}, DAY_MS, None, False, id="not after"),
        pytest.param({"since_ms": DAY_MS}, None, None, False, id="a time that is unknown charges nobody"),
        pytest.param({"channels": frozenset({"phone"})}, None, "phone", True, id="on its channel"),
        pytest.param({"channels": frozenset({"phone"})}, None, "chat", False, id="on another"),
        pytest.param({"channels": frozenset({"phone"})}, None, None, False, id="a channel that is unknown"),
    ],
)
def test_a_ban_counts_in_its_time_and_on_its_channels(more, at_ms, channel, counts):
    assert bool(found("全网最低", a_ban("全网最低", **more), at_ms=at_ms, channel=channel)) is counts


def test_forbidden_words_cost_compliance_once():
    values = {
        name: service_indicators(*read(text, *bans))["compliance"].value
        for name, text, bans in (
            ("clean", "您好", [a_ban("全网最低")]),
            ("forbidden", "全网最低", [a_ban("全网最低")]),
            ("rude alone", "爱买不买", []),
            ("rude and forbidden", "爱买不买", [a_ban("爱买不买")]),
            ("two different", "全网最低，爱买不买", [a_ban("全网最低", "爱买不买")]),
        )
    }
    assert values == {
        "clean": 1,
        "forbidden": Decimal("0.7"),
        "rude alone": Decimal("0.6"),
        "rude and forbidden": Decimal("0.6"),
        "two different": Decimal("0.3"),
    }


def test_another_list_is_another_version_and_none_is_the_version_without():
    base, first = the_lexicons(), the_lexicons(a_ban("全网最低"))
    second = the_lexicons(a_ban("全网最低", since_ms=DAY_MS))
    assert base.version == "base"
    assert len({base.version, first.version, second.version}) == 3
    assert second.forbidding([a_ban("全网最低")]).version == first.version
    assert first.forbidding([]).version == "base"


def test_the_order_of_bans_does_not_matter():
    one, two = a_ban("甲乙"), Ban("phrases:mine/words#two.1.zh", "zh", ("丙丁",), channels=frozenset({"chat", "phone"}))
    assert the_lexicons(one, two).version == the_lexicons(two, one).version


def test_a_pattern_that_cannot_be_understood_is_refused():
    with pytest.raises(PatternError):
        the_lexicons(a_ban("(开着"))
