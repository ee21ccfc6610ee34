"""Business figures (经营数据): orders, targets, attendance and reports become monthly figures of people and shops."""

from peilian.engine.business.comparison import Comparison, ShopMonth, WageReading, compare_shops
from peilian.engine.business.figures import FIGURE_UNITS, Figure, person_figures
from peilian.engine.business.settings import Settings, settings_of
from peilian.engine.business.values import Records

__all__ = [
    "FIGURE_UNITS",
    "Comparison",
    "Figure",
    "Records",
    "Settings",
    "ShopMonth",
    "WageReading",
    "compare_shops",
    "person_figures",
    "settings_of",
]
