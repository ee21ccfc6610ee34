"""Business tables of the demo: orders, targets, attendance, visits, reports, reviews of the shops' agents, by month.

Written as files, as a company would export them, and brought in through the import's own door. All of it is invented;
who serves well sells a little more.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from peilian.apps.contacts import api as contacts
from peilian.demo.agents import Agent, agents
from peilian.demo.chance import chance
from peilian.demo.schedule import LAST_DAY

MONTHS = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))
SHOPS: Mapping[str, str] = {"H1": "云杉旗舰店", "H2": "云杉家居店"}  # by the first letters of the number
_ITEMS = (("YS-保温杯", 129), ("YS-四件套", 369), ("YS-台灯", 219), ("YS-收纳箱", 89), ("YS-电水壶", 159))
_FEATURED = "YS-四件套"
_TARGET = 27_000
_ORDERS_A_MONTH, _RESPONSES_A_DAY = 150, 21

Row = Mapping[str, Any]


def sellers() -> list[Agent]:
    """The agents of the shops."""
    return [agent for agent in agents() if agent.number[:2] in SHOPS]


def bring_in_trade(folder: Path) -> int:
    """Import every table of every month that is not there yet; returns how many were new."""
    known = set(contacts.TableImport.objects.filter(state="stored").values_list("file_name", flat=True))
    new = 0
    for month in MONTHS:
        for kind, rows in _tables(month):
            name = f"{kind}-{month:%Y-%m}.csv"
            if name not in known:
                _write(folder / name, rows)
                contacts.import_table_now(actor=None, path=folder / name, kind=kind)
                new += 1
    return new


def _tables(month: date) -> Iterator[tuple[str, list[Row]]]:
    yield "sales_targets", [
        {"月份": f"{month:%Y-%m}", "员工": agent.number, "目标金额": _TARGET} for agent in sellers()
    ]  # fmt: skip
    yield (
        "featured_items",
        [{"月份": f"{month:%Y-%m}", "商品": _FEATURED, "员工": agent.number, "目标占比": "30%"} for agent in sellers()],
    )
    yield "orders", list(_orders(month))
    yield "attendance", list(_attendance(month))
    yield "shop_days", list(_shop_days(month))
    yield "shop_snapshots", list(_snapshots(month))
    yield "report_submissions", list(_reports(month))


def days_of(month: date) -> list[date]:
    """The days of a month up to the last one of the season."""
    following = (month + timedelta(days=32)).replace(day=1)
    last = min(following - timedelta(days=1), LAST_DAY)
    return [month + timedelta(days=n) for n in range((last - month).days + 1)]


def _shop(agent: Agent) -> str:
    return SHOPS[agent.number[:2]]


def _orders(month: date) -> Iterator[Row]:
    days = days_of(month)
    for agent in sellers():
        rng = chance("orders", agent.number, month)
        skill = (agent.skills["explaining"] + agent.skills["ownership"]) / 2
        wanted = round(_ORDERS_A_MONTH * (0.75 + 0.5 * skill) * rng.uniform(0.92, 1.1) * len(days) / 30)
        for n in range(wanted):
            day = rng.choice(days)
            at = f"{day:%Y-%m-%d} {rng.randrange(9, 22):02d}:{rng.randrange(60):02d}"
            item, price = rng.choices(_ITEMS, weights=(5, 3 + 2 * skill, 3, 4, 3))[0]
            is_back = rng.random() < 0.004 + 0.012 * (1 - skill)
            yield {
                "订单号": f"{agent.number}{month:%y%m}{n:04d}",
                "付款时间": at,
                "员工": agent.number,
                "店铺": _shop(agent),
                "实付金额": f"{price * rng.uniform(0.9, 1.0):.2f}",
                "退款金额": f"{price * 0.9:.2f}" if is_back else "",
                "订单状态": "已退货" if is_back else "已完成",
                "商品": item,
                "数量": 1,
                "买家": f"买家{rng.randrange(100_000):05d}",
            }


def _attendance(month: date) -> Iterator[Row]:
    for agent in sellers():
        rng = chance("attendance", agent.number, month)
        careless = 0.01 + 0.03 * (1 - agent.skills["speed"])
        for day in days_of(month):
            state = "休息" if day.weekday() in agent.days_off else "出勤"
            if state == "出勤":
                drawn = rng.random()
                state = "迟到" if drawn < careless else "请假" if drawn > 0.985 else "出勤"
            yield {"日期": day.isoformat(), "员工": agent.number, "出勤情况": state}


def _shop_days(month: date) -> Iterator[Row]:
    for day in days_of(month):
        for agent in sellers():
            if day.weekday() in agent.days_off:
                continue
            rng = chance("responses", agent.number, day)
            asked = round(_RESPONSES_A_DAY * rng.uniform(0.7, 1.3))
            answered = round(asked * (0.86 + 0.13 * agent.skills["speed"]))
            yield {"日期": day.isoformat(), "店铺": _shop(agent), "员工": agent.number, "访问量": "",
                   "咨询量": asked, "应答量": answered}  # fmt: skip
        for shop in SHOPS.values():
            rng = chance("visits", shop, day)
            yield {"日期": day.isoformat(), "店铺": shop, "员工": "", "访问量": rng.randrange(3200, 5200),
                   "咨询量": "", "应答量": ""}  # fmt: skip


def _snapshots(month: date) -> Iterator[Row]:
    for start, shop in SHOPS.items():
        staff = sum(agent.number.startswith(start) for agent in sellers())
        rng = chance("snapshot", shop, month)
        yield {
            "月份": f"{month:%Y-%m}",
            "店铺": shop,
            "客服人数": staff,
            "日均咨询": round(staff * _RESPONSES_A_DAY * rng.uniform(0.95, 1.05)),
            "客服工资": staff * 6800,
            "工资口径": "合计",
            "月销售额": round(staff * _TARGET * rng.uniform(0.85, 1.1)),
        }


def _reports(month: date) -> Iterator[Row]:
    due = days_of(month)[-1]
    for agent in sellers():
        rng = chance("report", agent.number, month)
        is_late = rng.random() < 0.12
        received = due + timedelta(days=1 if is_late else -rng.randrange(3))
        yield {
            "报告": f"{month.month}月服务小结",
            "员工": agent.number,
            "截止时间": due.isoformat(),
            "提交时间": f"{received.isoformat()} 17:{rng.randrange(60):02d}",
            "提交处": "共享盘",
            "质量评分": rng.choices((1, 2, 3), weights=(1, 5, 3))[0],
        }


def _write(path: Path, rows: Sequence[Row] | Iterable[Row]) -> None:
    lines = list(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
