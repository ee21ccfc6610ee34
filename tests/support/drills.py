"""A small scenario, its cast, and drills for tests: everything in one place, nothing from the shipped packs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from peilian.engine.drill import Cast, Drill, Scenario, Step, Understanding
from peilian.engine.drill.model import CustomerModel, Impact, Mode, Voice
from peilian.engine.drill.scenario import (
    Argument,
    Claim,
    Element,
    Fact,
    Forbidden,
    Need,
    Part,
    Persona,
    Phrases,
    Slot,
    Tool,
)
from peilian.engine.reading import Cue, SatisfactionModel, compile_lexicons

MOVES = {
    "own": "我帮您",
    "time": "(今天|明天|小时|分钟)",
    "apologise": "(抱歉|对不起)",
    "empathise": "着急",
    "wait": "稍等",
    "refuse": "(不行|不能)",
    "check_more": "还有其他",
    "close": "再见",
    "done": "已为您",
    "explain": "因为",
    "solve": "退款",
}
FAULTS = {"blame": "您自己", "rude": "闭嘴", "overpromise": "保证"}
IMPACTS = {
    "unanswered": (-0.26, -0.8),
    "ownership": (0.1, 0.2),
    "concrete_time": (0.1, 0.2),
    "empathy": (0.06, 0.15),
    "apology": (0.04, 0.06),
    "hollow_apology": (-0.03, -0.08),
    "refusal_alone": (-0.2, -0.35),
    "wait_notice": (0.06, 0.08),
    "premature_close": (-0.16, -0.32),
    "done_verified": (0.18, 0.35),
    "information": (0.06, 0.1),
    "dump": (-0.12, -0.2),
    "copy_paste": (-0.1, -0.15),
    "copied_card": (-0.1, -0.15),
    "forbidden": (-0.45, -0.6),
    "rude": (-0.35, -0.5),
    "blame_customer": (-0.3, -0.45),
    "wrong_fact": (-0.25, -0.25),
    "false_report": (-0.25, -0.3),
    "broken_promise": (-0.2, -0.3),
    "repeat_question": (-0.12, -0.22),
    "overpromise": (-0.02, -0.05),
}
TRUST = {"ownership": 0.03, "broken_promise": -0.15, "wrong_fact": -0.12, "kept_promise": 0.06, "false_report": -0.15}
PATIENCE = {"broken_promise": 20.0, "repeat_question": 15.0, "copy_paste": 10.0}
UTILITIES = {
    "goes_on": 0.1,
    "tells": 0.65,
    "accepts": 0.7,
    "takes_note": 0.3,
    "insists": 0.5,
    "voices": 0.6,
    "only_sorry": 0.55,
    "robotic": 0.74,
    "insulted": 0.95,
    "insults": 0.52,
    "doubts_fact": 0.82,
}


def model(**changes: Any) -> CustomerModel:
    """The weights, without chance unless asked for."""
    settings: dict[str, Any] = {
        "version": "test",
        "impacts": {rule: Impact(*pair) for rule, pair in IMPACTS.items()},
        "trust": TRUST,
        "patience": PATIENCE,
        "utilities": UTILITIES,
        "noise": 0.0,
        "modes": {
            "easy": Mode(1.4, 0.1, 0.1, gives_hints=True),
            "normal": Mode(),
            "hard": Mode(0.75, -0.1, -0.1, False),
        },
    }
    return CustomerModel(**(settings | changes))


def voice() -> Voice:
    """Three variants of everything a customer may do."""
    acts = (
        "goes_on",
        "settled",
        "tells",
        "accepts",
        "takes_note",
        "insists",
        "only_sorry",
        "robotic",
        "insulted",
        "insults",
        "urges",
        "reminds",
        "refused",
        "not_finished",
        "doubts_fact",
        "doubts_report",
        "asked_again",
        "waits",
        "blamed",
        "puzzled",
        "bargains",
        "answers",
        "doubts_promise",
        "mocks",
        "threatens",
    )
    lines = {act: tuple((f"{act}{n}。",) for n in range(3)) for act in acts}
    lines |= {f"ends_{name}": ((f"结束{name}",),) for name in ("resolved", "abandoned", "timeout", "policy_breach")}
    return Voice(lines)


def scenario(**changes: Any) -> Scenario:
    """A parcel that is late: say why and when, push the carrier; a coupon of at most 10."""
    settings: dict[str, Any] = {
        "key": "test/parcel",
        "version": "v1",
        "language": "zh",
        "title": "延误",
        "brief": "包裹延误",
        "difficulty": 1,
        "time_limit_ms": 180_000,
        "reference_seconds": 90.0,
        "reference_turns": 4,
        "today": "2026-11-22",
        "persona": Persona("陈女士", mood=-0.3, trust=0.4, patience_seconds=120, is_monetary=False),
        "world": {"urge.filed": False, "coupon.amount": 0.0},
        "panels": (),
        "policies": ("延误超过四十八小时的订单可以补偿不超过十元的优惠券一张，每单只补偿一次。",),
        "tools": (
            Tool("urge", "催件", (), "not urge.filed", "催过了", {"urge.filed": "true"}, "已催件"),
            Tool(
                "coupon",
                "发券",
                (Argument("amount", "金额", "number", (), 1, 50),),
                "arg.amount <= 10",
                "超出规则",
                {"coupon.amount": "arg.amount"},
                "已发 {coupon.amount} 元",
            ),
        ),
        "needs": (
            Need(
                "parcel",
                "几时到",
                "explicit",
                2,
                True,
                "met.cause >= 0.5",
                "met.eta >= 0.5",
                "met.eta >= 1",
                accept=(("好，知道了",),),
            ),
            Need(
                "action",
                "催",
                "explicit",
                1,
                True,
                "urge.filed",
                "urge.filed",
                "urge.filed and met.urge >= 0.5",
                voice=(("能催一下吗",),),
                accept=(("催了就好",),),
            ),
        ),
        "facts": (
            Fact("when", Phrases(any=("(哪天|几时)..用",), asks=True), (("25号要用",),)),
            Fact("order", Phrases(any=("订单号",), asks=True), (("你们有啊",),), is_known=True),
        ),
        "required": (
            Element(
                "cause", "原因", (Part("why", Phrases(any=("暴雨",), like=("雨太大停了分拣",))),), 1, model="因为暴雨"
            ),
            Element(
                "eta",
                "日期",
                (Part("day", Phrases(any=("(预计|送到)",), unless=("没送到",)), Slot("date", "value == 2")),),
                1,
                is_critical=True,
                model="预计24号",
            ),
            Element(
                "urge",
                "催件",
                (
                    Part("filed", Phrases(any=("催",))),
                    Part("answer", Phrases(any=("小时",)), Slot("hours", "value == 2")),
                ),
                2,
                model="已催",
            ),
            Element("boundary", "边界", (Part("calm", Phrases(any=("文明",))),), 1, when="abused > 0"),
        ),
        "forbidden": (
            Forbidden("push", Phrases(any=("找快递去",)), 0.6),
            Forbidden("fatal", Phrases(any=("随便你投诉",)), 1.0, True),
        ),
        "claims": (Claim("urged", Phrases(any=("已催",)), "urge.filed"),),
        "concerns": Phrases(any=("两天",)),
        "lines": {"opening": (("在吗", "我的包裹两天没动了"), ("你好", "包裹怎么不动了"))},
    }
    return Scenario(**(settings | changes))


def cast(*, model_changes: dict[str, Any] | None = None, **changes: Any) -> Cast:
    """Everything a drill of the scenario is played with."""
    cues = [Cue(f"test:{key}", "move", key, "zh", (pattern,)) for key, pattern in MOVES.items()]
    cues += [Cue(f"test:{key}", "fault", key, "zh", (pattern,)) for key, pattern in FAULTS.items()]
    lexicons = compile_lexicons(cues, {"zh": {}, "en": {}}, SatisfactionModel({}), "test")
    weights, story = model(**(model_changes or {})), scenario(**changes)
    return Cast(story, Understanding(story, weights, voice(), {}), weights, voice(), lexicons)


def persona(**changes: Any) -> Persona:
    """The persona of the scenario with some traits changed."""
    return replace(scenario().persona, **changes)


def started(played_with: Cast, *, seed: int = 1, mode: str = "normal") -> Drill:
    """A drill whose customer has said the opening."""
    drill = Drill(played_with, seed, mode)
    drill.open()
    return drill


def rules(steps: list[Step], variable: str = "mood") -> list[str]:
    """The rules that changed a variable, in order."""
    return [change.rule for step in steps for change in step.changes if change.variable == variable]
