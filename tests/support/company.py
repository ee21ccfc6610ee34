"""A small company with conversations: two teams, an agent in each, leaders, and files in the canonical format."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peilian.apps.people import api as people
from support.builders import LONG_AGO, a_company, a_unit, an_employee

LIN, ZHENG = "shop:lin", "shop:zheng"
SCRIPT = "<script>alert(1)</script>"
MESSAGE_COLUMNS = (
    "conversation_id", "message_id", "at", "role", "author", "text", "channel", "topic", "internal", "automatic",
)  # fmt: skip
ABOUT_COLUMNS = ("conversation_id", "resolved", "csat", "csat_max", "complaint", "order_amount")

# conversation -> (channel, topic, lines); a line is time, letter, text. C customer, L Lin, Z Zheng, T Lin's template,
# N Lin's note, B robot, S system.
TALKS: Mapping[str, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    "a-good": (
        "chat",
        "物流",
        (
            ("2026-02-10T10:00:00", "C", "我的快递三天没动了，怎么回事"),
            ("2026-02-10T10:00:01", "T", "您好，欢迎光临"),
            ("2026-02-10T10:00:12", "L", "非常抱歉让您久等，麻烦提供一下订单号，我帮您查一下"),
            ("2026-02-10T10:00:40", "C", "YS2026"),
            ("2026-02-10T10:01:05", "L", "已为您催促派送，明天18点前送到，请您放心"),
            ("2026-02-10T10:01:30", "C", "谢谢你，太贴心了"),
        ),
    ),
    "a-hard": (
        "chat",
        "退款",
        (
            ("2026-02-11T20:00:00", "C", "退款怎么还没到！！气死我了"),
            ("2026-02-11T20:00:02", "B", "机器人为您服务"),
            ("2026-02-11T20:00:05", "S", "转接人工"),
            ("2026-02-11T20:01:40", "L", "我保证今天一定给您到账"),
            ("2026-02-11T20:01:50", "N", "客户很急，已报财务"),
            ("2026-02-11T20:02:30", "C", "你们太差劲了，我要投诉"),
        ),
    ),
    "a-open": ("chat", "物流", (("2026-02-12T09:00:00", "C", "有人吗？什么时候发货"),)),
    "b/one": (
        "phone",
        "<b>质量</b>",
        (
            ("2026-02-12T11:00:00", "C", f"杯子碎了 {SCRIPT} & \"引号\""),
            ("2026-02-12T11:00:20", "Z", "<img src=x onerror=alert(2)> 非常抱歉，给您补发一个"),
            ("2026-02-12T11:30:00", "C", "好的"),
        ),
    ),
}  # fmt: skip
ABOUT: Mapping[str, Mapping[str, Any]] = {
    "a-good": {"resolved": "true", "csat": 5, "csat_max": 5, "complaint": "false"},
    "a-hard": {"resolved": "false", "csat": 1, "csat_max": 5, "complaint": "true", "order_amount": "368.00"},
    "a-open": {},
    "b/one": {"csat": 4, "csat_max": 5},
}
_ROLES = {"C": "customer", "L": "agent", "Z": "agent", "T": "agent", "N": "agent", "B": "bot", "S": "system"}
_AUTHORS = {"L": LIN, "T": LIN, "N": LIN, "Z": ZHENG}


def write_files(folder: Path) -> list[Path]:
    """The conversations as message and conversation table."""
    messages = (
        {
            "conversation_id": key,
            "message_id": f"{key}-{number}",
            "at": f"{at}+08:00",
            "role": _ROLES[letter],
            "author": _AUTHORS.get(letter, ""),
            "text": text,
            "channel": channel,
            "topic": topic,
            "internal": str(letter == "N").lower(),
            "automatic": str(letter == "T").lower(),
        }
        for key, (channel, topic, lines) in TALKS.items()
        for number, (at, letter, text) in enumerate(lines)
    )
    about = ({"conversation_id": key, **values} for key, values in ABOUT.items())
    return [
        _write(folder / "messages.csv", MESSAGE_COLUMNS, messages),
        _write(folder / "conversations.csv", ABOUT_COLUMNS, about),
    ]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


@dataclass(frozen=True)
class SmallCompany:
    """Its people, by what they are."""

    lin: people.User
    zheng: people.User
    lead_a: people.User
    lead_b: people.User
    manager: people.User
    admin: people.User
    leadership: people.User
    lecturer: people.User


def a_login(
    name: str, role: str, *, unit: people.Unit | None = None, employee: people.Employee | None = None
) -> people.User:
    """Somebody with a role and without a password: making one takes longer than most tests."""
    user = people.add_user(actor=None, username=name, name=name, password=None, employee=employee)
    people.grant_role(actor=None, user=user, role=role, unit=unit, starts_on=LONG_AGO)
    return user


def a_small_company() -> SmallCompany:
    """Teams A (Lin) and B (Zheng), a lead each, a manager of the service, an administrator, the leadership, a guest."""
    company = a_company()
    service = a_unit("service", parent=company, kind="department", zh="客服部", en="Service")
    team_a = a_unit("team-a", parent=service, zh="一组", en="Team A")
    team_b = a_unit("team-b", parent=service, zh="二组", en="Team B")
    return SmallCompany(
        lin=a_login("lin", "agent", employee=an_employee("林小禾", unit=team_a, account=LIN)),
        zheng=a_login("zheng", "agent", employee=an_employee("郑凯", unit=team_b, account=ZHENG)),
        lead_a=a_login("lead_a", "supervisor", unit=team_a),
        lead_b=a_login("lead_b", "supervisor", unit=team_b),
        manager=a_login("manager", "service_manager", unit=company),
        admin=a_login("admin", "administrator"),
        leadership=a_login("leadership", "leadership"),
        lecturer=a_login("lecturer", "external_lecturer"),
    )
