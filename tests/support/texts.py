"""Texts of every kind for tests of pages: small, in Chinese, with what a page has to bear."""

from __future__ import annotations

from typing import Any

SCRIPT = "<script>alert(1)</script>"


def _about(kind: str, key: str, zh: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "schema_version": 1, "key": key, "title": {"zh": zh}, **more}


def a_law() -> dict[str, Any]:
    """A law that another one has replaced."""
    return _about(
        "law",
        "mine/contract-law",
        "合同法",
        status="replaced",
        effective_from="1999-10-01",
        ended_on="2021-01-01",
        replaced_by=["mine/civil-code"],
        checked_on="2026-01-01",
        topics=[{"subject": {"zh": "承诺"}, "means": {"zh": "说出口的话算数"}, "articles": "第六条"}],
    )


def a_civil_code() -> dict[str, Any]:
    """The law in its place."""
    return _about(
        "law",
        "mine/civil-code",
        "民法典",
        status="in_force",
        effective_from="2021-01-01",
        checked_on="2026-01-01",
        topics=[{"subject": {"zh": "要约"}, "means": {"zh": "标价也是要约"}}],
    )


def a_glossary() -> dict[str, Any]:
    """Two terms."""
    return _about(
        "glossary",
        "mine/terms",
        "术语",
        terms=[
            {"term": {"zh": "分拨中心"}, "plain": {"zh": "快递中转的大仓库"}, "also": ["hub"]},
            {"term": {"zh": "冲正"}, "plain": {"zh": f"把错扣的钱退回去 {SCRIPT}"}},
        ],
    )


def phrases() -> dict[str, Any]:
    """One phrase for the phone, one for everywhere that forbids another wording."""
    return _about(
        "phrases",
        "mine/late",
        "延误话术",
        phrases=[
            {
                "id": "call",
                "when": {"zh": "电话里"},
                "text": {"zh": "我在【钟点】前回您电话。"},
                "channels": ["phone"],
                "customers": ["upset"],
                "compliance": ["录音告知"],
                "valid_until": "2026-02-01",
            },
            {
                "id": "any",
                "when": {"zh": "任何时候"},
                "text": {"zh": "今天给您答复。"},
                "avoid": [
                    {"text": {"zh": "不知道"}, "why": {"zh": "推脱"}, "strength": "forbidden", "say": {"zh": "我去查"}},
                    {"text": {"zh": "稍等"}, "why": {"zh": "没有时间"}},
                ],
                "note": {"zh": "说完就做"},
            },
        ],
    )


def a_pair() -> dict[str, Any]:
    """Two conversations beside each other."""
    first = {"role": "customer", "text": {"zh": "我的灯呢"}, "at_seconds": 0}
    good = {
        "messages": [first, {"role": "agent", "text": {"zh": "今天到"}, "at_seconds": 9, "mark": 1}],
        "minutes": 2,
        "result": {"zh": "满意"},
        "points": [{"what": {"zh": "先说结论"}, "why": {"zh": "客户要的是时间"}}],
    }
    bad = {
        "messages": [first, {"role": "agent", "text": {"zh": f"请稍等 {SCRIPT}"}, "at_seconds": 300, "mark": 1}],
        "minutes": 10,
        "result": {"zh": "差评"},
        "points": [{"what": {"zh": "没有查"}, "why": {"zh": "白等五分钟"}, "is_good": False}],
    }
    return _about(
        "case",
        "mine/pair",
        "两分钟和十分钟",
        form="pair",
        background={"zh": "查物流"},
        efficient=good,
        inefficient=bad,
        differences=[{"aspect": {"zh": "首句"}, "efficient": {"zh": "结论"}, "inefficient": {"zh": "套话"}}],
        lessons=[{"zh": "先查再说"}],
    )


def a_grey_case() -> dict[str, Any]:
    """A case without one right answer."""
    return _about(
        "case",
        "mine/grey",
        "该不该退",
        form="grey",
        background={"zh": "会员要退费"},
        story={"zh": "- 用了三个月\n- 要求全退"},
        lessons=[{"zh": "规则要先说"}],
        questions=[{"zh": "退多少合适？"}],
        views=[{"zh": "按比例退"}],
    )


def a_manual() -> dict[str, Any]:
    """A product by one scene."""
    return _about(
        "manual",
        "mine/cup",
        "保温杯",
        product={"zh": "保温杯 500"},
        scenes=[
            {
                "id": "warm",
                "asks": {"zh": "能保温多久"},
                "behind": {"zh": "怕出门凉了"},
                "logic": [{"zh": "先问用在哪里"}],
                "say": {"zh": "六小时后约【度数】度。"},
                "avoid": {"zh": "肯定烫"},
                "facts": [{"zh": "六小时 60 度"}],
            }
        ],
    )


def a_procedure() -> dict[str, Any]:
    """Steps with a branch and a way back."""
    return _about(
        "procedure",
        "mine/refund",
        "退款流程",
        steps=[
            {"id": "check", "title": {"zh": "核对订单"}, "who": {"zh": "客服"}, "within": {"zh": "一分钟"}},
            {
                "id": "judge",
                "title": {"zh": "能不能退"},
                "detail": {"zh": f"看**规则** {SCRIPT}"},
                "next": [
                    {"to": "pay", "when": {"zh": "能退"}},
                    {"to": "check", "when": {"zh": "信息不全"}},
                ],
            },
            {"id": "pay", "title": {"zh": "打款"}, "next": []},
        ],
    )


def a_tree() -> dict[str, Any]:
    """Two questions, three outcomes."""
    do = [{"zh": "照做"}]
    return _about(
        "decision-tree",
        "mine/angry",
        "客户发火",
        nodes=[
            {
                "id": "threat",
                "kind": "question",
                "text": {"zh": "有没有威胁？"},
                "answers": [{"to": "report", "when": {"zh": "有"}}, {"to": "about", "when": {"zh": "没有"}}],
            },
            {
                "id": "about",
                "kind": "question",
                "text": {"zh": "骂事还是骂人？"},
                "answers": [{"to": "solve", "when": {"zh": "骂事"}}, {"to": "limit", "when": {"zh": "骂人"}}],
            },
            {"id": "report", "kind": "outcome", "text": {"zh": "马上上报"}, "do": do},
            {"id": "solve", "kind": "outcome", "text": {"zh": "办事"}, "do": do, "say": {"zh": "我马上办"}},
            {"id": "limit", "kind": "outcome", "text": {"zh": "说明边界"}, "do": do, "avoid": {"zh": "你再骂"}},
        ],
    )


def one_of_each() -> list[dict[str, Any]]:
    """All of them."""
    return [
        a_law(), a_civil_code(), a_glossary(), phrases(), a_pair(), a_grey_case(), a_manual(), a_procedure(), a_tree(),
    ]  # fmt: skip
