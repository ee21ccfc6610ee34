"""Charts made on the server: the option for ECharts, the same data as a table, and a drawing for print, from one value.

Pure builders. Colours are names of tokens, so the page resolves them for light and dark; every word and number is said
here, by the one format helper.
"""

from peilian.web.shell.charts.bars import Bar, bars
from peilian.web.shell.charts.columns import columns
from peilian.web.shell.charts.radar import Axis, Profile, radar
from peilian.web.shell.charts.shares import Part, shares
from peilian.web.shell.charts.spread import Box, boxes, histogram
from peilian.web.shell.charts.trend import trend
from peilian.web.shell.charts.values import Chart, Point, Series
from peilian.web.shell.charts.waterfall import Step, waterfall

__all__ = [
    "Axis",
    "Bar",
    "Box",
    "Chart",
    "Part",
    "Point",
    "Profile",
    "Series",
    "Step",
    "bars",
    "boxes",
    "columns",
    "histogram",
    "radar",
    "shares",
    "trend",
    "waterfall",
]
