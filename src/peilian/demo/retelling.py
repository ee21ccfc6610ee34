"""Telling a played story otherwise: other names, places, goods and dates, the same for both sides of a contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from peilian.demo.chance import chance
from peilian.demo.schedule import Moment
from peilian.demo.stories import Story

PLAYED_ON = date(2026, 11, 22)  # the day of every scenario
_AFTERNOON, _EVENING = 12, 17
_SURNAMES = "陈林王李张刘黄吴周徐孙马朱胡郭何高罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢"
_DATES = re.compile(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})(?P<mark>[日号])"
    r"|(?<![\d月])(?P<lone>\d{1,2})(?P<lonemark>[号日])(?!楼|线)"
    r"|(?P<bare>\d{1,2})月(?![\d日])"
)


@dataclass(frozen=True)
class Retelling:
    """How one contact tells its story: ``swaps`` replaces words, dates are moved to ``day``."""

    swaps: Mapping[str, str]
    day: date
    customer_name: str
    order_id: str
    _words: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = sorted((word for word, other in self.swaps.items() if word != other), key=len, reverse=True)
        object.__setattr__(self, "_words", re.compile("|".join(map(_whole, words))) if words else None)

    def tell(self, text: str) -> str:
        """The text in the words of this contact."""
        moved = _DATES.sub(self._moved, text)
        return moved if self._words is None else self._words.sub(lambda found: self.swaps[found.group()], moved)

    def number(self, figure: object) -> str:
        """A figure of the scenario as this contact has it."""
        return self.swaps.get(str(figure), str(figure))

    def _moved(self, found: re.Match[str]) -> str:
        if found["bare"]:
            month = int(found["bare"]) + (self.day.year * 12 + self.day.month) - (PLAYED_ON.year * 12 + PLAYED_ON.month)
            return f"{(month - 1) % 12 + 1}月"
        is_lone = found["lone"] is not None
        day_of_month = int(found["lone"] or found["day"])
        month_of_year = PLAYED_ON.month if is_lone else int(found["month"])
        try:
            meant = date(int(found["year"] or PLAYED_ON.year), month_of_year, day_of_month)
        except ValueError:
            return found.group()  # 42号 is no day
        then = meant + (self.day - PLAYED_ON)
        if is_lone:
            return f"{then.day}{found['lonemark']}"
        year = f"{then.year}年" if found["year"] else ""
        return f"{year}{then.month}月{then.day}{found['mark']}"


def _whole(word: str) -> str:
    """A word as a pattern; figures are replaced only where they stand alone, 19 never in 10190."""
    first, last = (r"(?<![\d.])" if word[0].isdigit() else ""), (r"(?!\d)" if word[-1].isdigit() else "")
    return f"{first}{re.escape(word)}{last}"


def retelling(story: Story, matter: int, at: Moment) -> Retelling:
    """The telling of matter number ``matter``, in a contact at that moment: who comes again has the same matter."""
    rng = chance("matter", matter)
    swaps: dict[str, str] = {}
    for words, others in story.swaps:
        swaps |= dict(zip(words, rng.choice(others), strict=True))
    surname = rng.choice(_SURNAMES)
    name = surname + story.customer_name[1:]
    swaps[story.customer_name] = name
    ordered = at.day + timedelta(days=int(story.order.get("ordered", -4)))
    order_id = f"{story.order.get('prefix', 'DD')}{ordered:%Y%m%d}-{rng.randrange(10_000):04}"
    if "id" in story.order:
        swaps[str(story.order["id"])] = order_id
    if at.hour >= _AFTERNOON:
        swaps |= {words: pair[at.hour >= _EVENING] for words, pair in story.late.items()}
    return Retelling(swaps, at.day, name, order_id)
