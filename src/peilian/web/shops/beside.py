"""A comparison as the page shows it: figures, formulas, the picture of the days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from peilian.apps.contacts.api import ShopComparison
from peilian.apps.people import api as people
from peilian.engine._kernel import Language, Text
from peilian.flows.wording import say
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import MINUS, Unit, format_day, format_decimal, format_value
from peilian.web.shell.tables import Cell, Column, Row, Table


@dataclass(frozen=True, slots=True)
class Shown:
    """One number of one shop: the figure, where it comes from, and how it was computed."""

    figure: Figure
    text: str = ""  # in place of the figure's own, where two decimals count
    origin: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One number beside each other in all shops, with what it is."""

    key: str
    label: str
    about: str
    cells: tuple[Shown, ...]
    is_derived: bool


def name_of(shop: people.Unit, language: Language) -> str:
    """What a shop is called."""
    return Text(**shop.name).in_language(language) or shop.code


def names_of(found: ShopComparison, language: Language) -> list[str]:
    """What the shops are called."""
    return [name_of(shop, language) for shop in found.shops]


def lines_of(found: ShopComparison, language: Language) -> list[ShownLine]:
    """What is known of the shops, then what follows from it."""
    lines = found.comparison.lines
    known: list[tuple[str, str, str, Unit, list[Decimal | None]]] = [
        ("agents", _("Number of agents"), "", "count", [line.month.agents for line in lines]),
        (
            "daily_consultations",
            _("Consultations a day"),
            _("on average"),
            "count",
            [line.month.daily_consultations for line in lines],
        ),
        ("wage", _("Wage, all agents"), _("a month"), "money", [line.total_wage for line in lines]),
        ("sales", _("Sales"), _("a month"), "money", [line.month.sales for line in lines]),
    ]
    shown = []
    for key, label, about, unit, values in known:
        notes = [_origin(origins[key]) for origins in found.origins]
        if key == "sales":
            notes = [
                _beside_days(value, days, language) or note
                for value, days, note in zip(values, found.counted_sales, notes, strict=True)
            ]
        missing = _("Not known for this month.")
        cells = tuple(
            Shown(Figure(value, unit, missing=missing), origin=note) for value, note in zip(values, notes, strict=True)
        )
        shown.append(ShownLine(key, label, about, cells, False))
    return shown + _derived(found, language)


def _derived(found: ShopComparison, language: Language) -> list[ShownLine]:
    days = {"days": found.comparison.days_in_month}
    kinds: tuple[tuple[str, str, str, Unit], ...] = (
        ("consultations_per_agent", _("Consultations per agent and day"), _("consultations a day ÷ agents"), "count"),
        ("sales_per_agent", _("Sales per agent"), _("sales ÷ agents"), "money"),
        ("sales_per_wage", _("Sales per yuan of wage"), _("sales ÷ wage of all agents"), "money"),
        (
            "sales_per_consultation",
            _("Sales per consultation"),
            _("sales ÷ (consultations a day × %(days)d)") % days,
            "money",
        ),
    )
    shown = []
    for key, label, about, unit in kinds:
        cells = []
        for line in found.comparison.lines:
            derived = getattr(line, key)
            missing = say(derived.note, language) if derived.note else ""
            formula = ""
            if derived.numerator is not None and derived.denominator is not None:
                formula = f"{_plain(derived.numerator)} ÷ {_plain(derived.denominator)}"
            value = None if derived.value is None else round(derived.value, 2)
            text = _plain(value) if value is not None and unit == "count" else ""
            cells.append(Shown(Figure(value, unit, missing=missing), text, formula=formula))
        shown.append(ShownLine(key, label, about, tuple(cells), True))
    return shown


def answer(found: ShopComparison, language: Language) -> str:
    """What the comparison says, in one sentence; empty when no shop is ahead."""
    leader = found.comparison.leader()
    if leader is None:
        return ""
    names = {str(shop.pk): name_of(shop, language) for shop in found.shops}
    others = [line for line in found.comparison.lines if line is not leader and line.sales_per_agent.value is not None]
    second = max(others, key=lambda line: line.sales_per_agent.value or Decimal(0))
    assert leader.sales_per_agent.value is not None
    assert second.sales_per_agent.value is not None
    return _("%(shop)s sells most per agent: %(most)s a month, %(other)s sells %(less)s.") % {
        "shop": names[leader.month.shop],
        "most": format_value(leader.sales_per_agent.value, "money", language),
        "other": names[second.month.shop],
        "less": format_value(second.sales_per_agent.value, "money", language),
    }


def load_note(found: ShopComparison) -> str:
    """That the shop ahead also answers more or fewer customers per agent, as far as it is known."""
    leader = found.comparison.leader()
    if leader is None or leader.consultations_per_agent.value is None:
        return ""
    others = [
        line.consultations_per_agent.value
        for line in found.comparison.lines
        if line is not leader and line.consultations_per_agent.value is not None
    ]
    if not others:
        return ""
    own = leader.consultations_per_agent.value
    # As many decimals as tell the two apart; what one does not tell apart is the same.
    places = next((n for n in (0, 1) if format_decimal(own, n) != format_decimal(max(others), n)), None)
    if places is None:
        told = {"own": format_decimal(own, 0)}
        return _("Its agents answer about as many customers as the busiest elsewhere: %(own)s a day each.") % told
    said = {"own": format_decimal(own, places), "others": format_decimal(max(others), places)}
    if own >= max(others):
        return _("Its agents also answer more customers: %(own)s a day each, elsewhere at most %(others)s.") % said
    return _("Its agents answer %(own)s customers a day each, elsewhere up to %(others)s.") % said


def daily_chart(found: ShopComparison, language: Language, today: date) -> charts.Chart | None:
    """Sales of each day and shop; nothing while no day is known."""
    days = found.comparison.days
    if not days:
        return None
    series = []
    for slot, (name, line) in enumerate(zip(names_of(found, language), found.comparison.lines, strict=True), start=1):
        known = dict(line.month.daily_sales)
        points = [charts.Point(format_day(day, language, today), known.get(day)) for day in days]
        series.append(charts.Series(name, points, slot))
    return charts.columns("daily-sales", _("Sales a day"), series, unit="money", language=language)


def whole_table(found: ShopComparison, lines: Sequence[ShownLine], language: Language, today: date) -> Table:
    """Everything to take home: the comparison, then the days."""
    columns = (
        Column(_("Figure")),
        Column(_("How computed")),
        *(Column(name, is_number=True) for name in names_of(found, language)),
    )
    rows = [
        Row((Cell(line.label), Cell(line.about), *(Cell(figure=cell.figure) for cell in line.cells))) for line in lines
    ]
    known = [dict(line.month.daily_sales) for line in found.comparison.lines]
    for day in found.comparison.days:
        cells = (Cell(figure=Figure(each.get(day), "money")) for each in known)
        rows.append(Row((Cell(_("Sales of %(day)s") % {"day": day.isoformat()}), Cell(""), *cells)))
    return Table("shops", _("Shops beside each other"), columns, tuple(rows))


def _origin(origin: str) -> str:
    return {"recorded": "", "counted": _("counted from days and orders")}.get(origin, "")


def _beside_days(recorded: Decimal | None, days: Decimal | None, language: Language) -> str:
    """That the days add up to something else than was recorded of the month."""
    if recorded is None or days is None or abs(recorded - days) <= recorded / 100:
        return ""
    return _("recorded; the known days add up to %(sum)s") % {"sum": format_value(days, "money", language)}


def _plain(value: Decimal) -> str:
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace("-", MINUS)
