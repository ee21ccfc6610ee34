"""The living style page: every component with sample values, to look at after each change of the look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from peilian.apps.people.api import Permission
from peilian.engine._kernel import Language, Text
from peilian.web.shell.access import sight_of
from peilian.web.shell.charts import (
    Axis,
    Bar,
    Box,
    Chart,
    Part,
    Point,
    Profile,
    Series,
    bars,
    boxes,
    histogram,
    radar,
    shares,
    trend,
)
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

Sayer = Callable[[str, str], str]
TOKENS = (
    "paper",
    "surface",
    "surface-2",
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "accent-soft",
    "good",
    "warn",
    "bad",
    "note",
)


def style(request: HttpRequest) -> HttpResponse:
    """Open while developing, and to whoever manages the settings."""
    if not settings.DEBUG and not sight_of(request).may(Permission.MANAGE_SETTINGS):
        raise Http404
    return render(request, "shell/style.html", _samples(reading_language()))


class _Filters(forms.Form):
    """Sample filters."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        say = _sayer(language)
        months = [("2026-11", say("2026年11月", "November 2026")), ("2026-10", say("2026年10月", "October 2026"))]
        teams = [("", say("所有小组", "All teams")), ("a", say("售后一组", "After-sales 1"))]
        self.fields["period"] = forms.ChoiceField(choices=months, label=say("时段", "Period"))
        self.fields["team"] = forms.ChoiceField(choices=teams, required=False, label=say("小组", "Team"))
        self.fields["words"] = forms.CharField(required=False, label=say("关键词", "Words"))


class _Request(forms.Form):
    """A sample form with a fault in it."""

    def __init__(self, language: Language) -> None:
        super().__init__(data={"day": "11/22", "why": ""})
        say = _sayer(language)
        expected = say("这一列需要日期，例如 2026-11-22。", "This needs a date, for example 2026-11-22.")
        help_text = say("训练从这一天的早班开始。", "Training starts with the early shift of this day.")
        self.fields["day"] = forms.DateField(
            label=say("开始日期", "First day"),
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": expected},
            help_text=help_text,
        )
        self.fields["why"] = forms.CharField(
            label=say("原因", "Reason"), required=False, widget=forms.Textarea(attrs={"rows": 3})
        )


def _samples(language: Language) -> dict[str, Any]:
    say, now = _sayer(language), timezone.now()
    return {
        "tokens": TOKENS,
        "now": now,
        "earlier": now - timedelta(minutes=3),
        "long_ago": now - timedelta(days=400),
        "filters": _Filters(language),
        "form": _Request(language),
        "trail": [
            {"label": say("洞察", "Insight"), "href": "#"},
            {"label": say("指标看板", "KPI board"), "href": ""},
        ],
        "steps": [
            {"label": say("选文件", "Choose files"), "href": "#"},
            {"label": say("核对字段", "Check the fields"), "href": "#"},
            {"label": say("预览", "Preview"), "href": ""},
            {"label": say("导入", "Import"), "href": ""},
        ],
        "answer": Figure(42, "seconds", n=1280, href="#"),
        "figures": _figures(say),
        "only_english": Text(en="Only written in English so far"),
        "table": _table(say),
        "page": Paginator(range(100), 20).page(2),
        "charts": _charts(language),
        "faults": [
            say(
                "名单.xlsx，第 3 行，字段 到岗日期：这里需要日期，例如 2026-11-22。",
                "roster.xlsx, row 3, field from: a date is needed here, for example 2026-11-22.",
            )
        ],
    }


def _sayer(language: Language) -> Sayer:
    return lambda zh, en: zh if language == "zh" else en


def _figures(say: Sayer) -> list[tuple[str, Figure]]:
    no_ratings = say("这段时间没有客户评价。", "No customer rated in this period.")
    return [
        (say("会话数", "Conversations"), Figure(1234, "count", href="#")),
        (say("满意率", "CSAT"), Figure(0.876, "ratio", n=412, is_provisional=True, href="#")),
        (say("首次响应 P90", "First response P90"), Figure(125, "seconds", n=1280)),
        (say("七天一次解决率", "FCR in 7 days"), Figure(0.64, "ratio", n=11, interval=(0.35, 0.85))),
        (say("评分", "Score"), Figure(87.7, "points")),
        (say("退款金额", "Refunds"), Figure(1234.5, "money")),
        (say("好评率", "Positive ratings"), Figure(None, "ratio", missing=no_ratings)),
    ]


def _table(say: Sayer) -> Table:
    people: tuple[tuple[str, int, float, int, Tone, str], ...] = (
        (say("林晓", "Lin Xiao"), 36, 0.91, 320, "good", say("达标", "on target")),
        (say("周敏", "Zhou Min"), 64, 0.84, 287, "warn", say("接近", "close")),
        (say("欧阳若曦", "Ouyang Ruoxi"), 131, 0.7, 9, "bad", say("需要帮助", "needs help")),
    )
    rows = tuple(
        Row(
            (
                Cell(name),
                Cell(figure=Figure(seconds, "seconds", n=n)),
                Cell(figure=Figure(csat, "ratio", n=n, interval=(csat - 0.2, csat + 0.1))),
                Cell(figure=Figure(n, "count", href="#")),
                Cell(state, tone=tone),
            ),
            href="#",
        )
        for name, seconds, csat, n, tone, state in people
    )
    columns = (
        Column(say("客服", "Agent"), sort="agent"),
        Column(say("首次响应", "First response"), is_number=True, sort="first"),
        Column(say("满意率", "CSAT"), is_number=True, is_optional=True),
        Column(say("会话数", "Conversations"), is_number=True, is_optional=True),
        Column(say("状态", "State")),
    )
    return Table("style-agents", say("售后一组，2026年11月", "After-sales 1, November 2026"), columns, rows)


def _charts(language: Language) -> list[Chart]:
    say = _sayer(language)
    weeks = [say(f"第{week}周", f"Week {week}") for week in range(40, 48)]
    own = (58, 55, 57, 49, None, 44, 42, 39)
    others = (61, 62, 60, 58, 59, 57, 56, 55)
    lines = [
        Series(
            say("售后一组", "After-sales 1"),
            [
                Point(w, v, n=200 + v if v else None, is_provisional=at > 5, href="#")
                for at, (w, v) in enumerate(zip(weeks, own, strict=True))
            ],
            1,
        ),
        Series(say("其他小组", "Other teams"), [Point(w, v, n=900) for w, v in zip(weeks, others, strict=True)], 6),
    ]
    agents = (say("林晓", "Lin Xiao"), say("周敏", "Zhou Min"), say("欧阳若曦", "Ouyang Ruoxi"))
    skills = (
        ("共情", "Empathy"),
        ("合规", "Compliance"),
        ("产品知识", "Product"),
        ("效率", "Speed"),
        ("倾听", "Listening"),
    )
    first = say("首次响应", "First response")
    return [
        trend(
            "s-trend",
            say("首次响应 P50", "First response P50"),
            lines,
            unit="seconds",
            language=language,
            target=30,
            baseline=58,
            note=say("最近两周的数据还会变化", "The last two weeks can still change"),
        ),
        bars(
            "s-bars",
            say("满意率", "CSAT"),
            [Bar(agents[0], 0.91, 320, "#"), Bar(agents[1], 0.84, 287), Bar(agents[2], 0.7, 9)],
            unit="ratio",
            language=language,
            target=0.88,
        ),
        histogram(
            "s-histogram",
            say("首次响应的分布", "Spread of first response"),
            [0, 20, 40, 60, 80, 100, 120, 140],
            [180, 420, 310, 170, 90, 60, 25],
            unit="seconds",
            language=language,
            median=42,
            target=30,
        ),
        boxes(
            "s-boxes",
            first,
            [
                Box(agents[0], 4, 20, 34, 52, 96, 320),
                Box(agents[1], 8, 35, 61, 92, 160, 287),
                Box(agents[2], 30, 80, 120, 150, 290, 9),
            ],
            unit="seconds",
            language=language,
        ),
        shares(
            "s-shares",
            say("结果", "Outcome"),
            agents,
            [
                Part(say("解决", "Resolved"), (280, 210, 4), 1),
                Part(say("转接", "Transferred"), (30, 50, 3), 2),
                Part(say("未解决", "Unresolved"), (10, 27, 2), 4),
            ],
            language=language,
        ),
        radar(
            "s-radar",
            say("能力画像", "Profile"),
            [Axis(say(*skill), 5) for skill in skills],
            [
                Profile(agents[0], (4.2, 3.6, 2.9, 4.6, 3.8), 1, (3.8, 3.0, 2.2, 4.3, 3.3), (4.6, 4.2, 3.6, 4.9, 4.3)),
                Profile(say("岗位要求", "Required"), (3.5, 4, 3.5, 3.5, 3.5), 6),
            ],
            unit="points",
            language=language,
        ),
    ]
