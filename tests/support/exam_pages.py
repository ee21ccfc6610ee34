"""What tests of the pages of exams share: a bank with a question of every kind, its right answers as a page sends them,
words that no page may show before the end, and the browser's side of the WebSocket."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from peilian.apps.learning import api as learning
from peilian.web.sockets import socket_urls
from support.exams import a_bank, a_short, an_exam, an_item

SECRET = "绝密"
"""Stands in every text of the bank that gives an answer away, and in every name that does."""


def _two(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


_WHY = {"explanation": _two(f"{SECRET}：先处理情绪", f"{SECRET}: feelings first")}


def items() -> list[dict[str, Any]]:
    """A question of every kind but the drill, in both languages, 20 points together."""
    single = {
        "type": "single", "id": "single", "points": "2", **_WHY, "fixed": True,
        "stem": _two("客户说“你们太慢了”，第一句先说什么？", "The customer says “you are too slow”. What comes first?"),
        "options": [
            {"id": "wrong1", "text": _two("请您耐心等待", "Please be patient")},
            {"id": "right-x", "text": _two("让您久等了，我马上查", "Sorry, I am looking now"), "right": True,
             "feedback": _two(f"{SECRET}：接住情绪", f"{SECRET}: it takes the feeling up")},
            {"id": "wrong2", "text": _two("这是快递的问题", "That is the carrier's fault")},
        ],
    }  # fmt: skip
    multiple = {
        "type": "multiple", "id": "multiple", "points": "4", **_WHY, "fixed": True,
        "stem": _two("回复里要有哪些内容？", "What belongs into the answer?"),
        "options": [
            {"id": "ok-one", "text": _two("致歉", "An apology"), "right": True},
            {"id": "ok-two", "text": _two("办理时间", "When it will be done"), "right": True},
            {"id": "not", "text": _two("推给别的部门", "Another department to ask")},
        ],
    }  # fmt: skip
    truth = {"type": "truth", "id": "truth", "points": "1", "is_true": False, **_WHY,
             "stem": _two("可以先答应客户再去核实。", "One may promise first and check later.")}  # fmt: skip
    fill = {
        "type": "fill", "id": "fill", "points": "2", **_WHY,
        "stem": _two("退货期限是 {{secret-days}} 天，运费由 {{secret-who}} 承担。",
                     "Returns are taken for {{secret-days}} days; the {{secret-who}} pays the freight."),
        "blanks": [
            {"id": "secret-days", "number": "7"}, {"id": "secret-who", "accept": [f"商家{SECRET}", f"shop{SECRET}"]},
        ],
    }  # fmt: skip
    order = {
        "type": "order", "id": "order", "points": "3", **_WHY,
        "stem": _two("把处理投诉的步骤排好。", "Put the steps of a complaint in order."),
        "steps": [
            {"id": "secret1", "text": _two("听客户说完", "Hear the customer out")},
            {"id": "secret2", "text": _two("致歉", "Apologise")},
            {"id": "secret3", "text": _two("给出方案", "Offer a way out")},
        ],
    }  # fmt: skip
    match = {
        "type": "match", "id": "match", "points": "2", **_WHY,
        "stem": _two("什么情况找谁？", "Whom to ask about what?"),
        "pairs": [
            {"id": "secret-a", "left": _two("退款未到账", "Refund missing"), "right": _two("财务", "Finance")},
            {"id": "secret-b", "left": _two("包裹破损", "Parcel broken"), "right": _two("仓库", "Warehouse")},
        ],
        "others": [{"id": "secret-c", "text": _two("前台", "Reception")}],
    }  # fmt: skip
    short = a_short(
        points="2", open=False, explanation=_WHY["explanation"],
        stem=_two("客户收到破损商品怎么办？", "What to do about goods that arrive broken?"),
        keys=[{"id": "k1", "label": _two(f"{SECRET}致歉", f"{SECRET} apology"), "zh": ["抱歉"], "en": ["sorry"]}],
        model=_two(f"{SECRET}：抱歉，给您补发", f"{SECRET}: sorry, we send another"),
    )  # fmt: skip
    steps = {**short, "type": "steps", "id": "steps", "points": "1",
             "stem": _two("写出核实身份的步骤。", "Write the steps of checking who somebody is.")}  # fmt: skip
    rewrite = {
        "type": "rewrite", "id": "rewrite", "points": "1", **_WHY,
        "stem": _two("把这句话说得更好。", "Say this better."),
        "before": _two("怎么还没到？", "Where is it?"), "line": _two("不知道，你自己去查。", "No idea, look it up."),
        "keys": [{"id": "k1", "label": _two(f"{SECRET}查询", f"{SECRET} look"), "zh": ["帮您查"], "en": ["look"]}],
        "model": _two(f"{SECRET}：我帮您查一下", f"{SECRET}: I will look for you"),
    }  # fmt: skip
    case = {
        "type": "case", "id": "case", **_WHY,
        "stem": _two("王女士的包裹三天没有动。", "Ms Wang's parcel has not moved for three days."),
        "items": [
            {**truth, "id": "secret-t", "stem": _two("先查物流。", "Look at the tracking first."), "is_true": True},
            {**truth, "id": "secret-u", "stem": _two("让她明天再来。", "Tell her to come back tomorrow.")},
        ],
    }  # fmt: skip
    return [single, multiple, truth, fill, order, match, short, steps, rewrite, case]


def a_whole_bank() -> dict[str, Any]:
    """The bank of all of them."""
    return a_bank(*items())


def a_whole_exam(**more: Any) -> dict[str, Any]:
    """A paper of all of them in the order in which they are written."""
    fixed = [{"item": f"mine/bank#{item['id']}"} for item in items()]
    criteria = [_two("说到客户心里", "Meet the customer")]
    return an_exam(**{"fixed": fixed, "drawn": [], "shuffles": False, "criteria": criteria, **more})


def many(n: int = 20) -> tuple[dict[str, Any], dict[str, Any]]:
    """A bank of ``n`` choices and the paper of all of them."""
    return a_bank(*(an_item(f"q{number}") for number in range(1, n + 1))), an_exam(drawn=[{"count": n}])


def right(attempt: Any) -> list[dict[str, Any]]:
    """The right answers to a whole exam, question by question, as a page sends them: by places in what is shown."""
    shown = [item["shown"] for item in attempt.paper]
    at = lambda number, name: shown[number][""].index(name)  # noqa: E731
    return [
        {"chosen": [at(0, "right-x")]},
        {"chosen": [at(1, "ok-one"), at(1, "ok-two")]},
        {"chosen": [at(2, "false")]},
        {"gaps": ["7", f"商家{SECRET}"]},
        {"order": [at(4, f"secret{number}") for number in (1, 2, 3)]},
        {"partners": [at(5, "secret-a"), at(5, "secret-b")]},
        {"text": "非常抱歉"},
        {"text": "抱歉，请报一下订单号"},
        {"text": "让您担心了，我这就帮您查物流，两分钟内回复您"},
        {"inner": [{"chosen": [0]}, {"chosen": [1]}]},
    ]


class ExamPage(ApplicationCommunicator):
    """The browser's side of an exam."""

    def __init__(self, attempt_id: UUID | str, user: Any, **scope: Any) -> None:
        path = f"/ws/exams/{attempt_id}/"
        super().__init__(
            URLRouter(socket_urls), {"type": "websocket", "path": path, "headers": [], "user": user, **scope}
        )

    async def open(self) -> dict[str, Any]:
        """Connect; the first text, or the close code as ``{"closed": code}``."""
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(20))["type"] == "websocket.accept"
        return await self.text()

    async def text(self) -> dict[str, Any]:
        """The next text."""
        output = await self.receive_output(20)
        if output["type"] == "websocket.close":
            return {"closed": output["code"]}
        found: dict[str, Any] = json.loads(output["text"])
        return found

    async def raw(self, text: str) -> dict[str, Any]:
        """Send anything; what comes back."""
        await self.send_input({"type": "websocket.receive", "text": text})
        return await self.text()

    async def answer(self, n: int, answer: Any, known: int = 0, id: str | None = None) -> dict[str, Any]:
        """Send an answer; what comes back."""
        sent = {"type": "answer", "id": id or str(uuid4()), "n": n, "answer": answer, "known": known}
        return await self.raw(json.dumps(sent))


def stored(attempt: Any) -> dict[str, Any]:
    """What stands answered, by number."""
    found = learning.Attempt.objects.get(pk=attempt.pk).answers
    return {number: stands["answer"] for number, stands in found.items()}
