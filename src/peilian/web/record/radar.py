"""A person's profile as chart and table, beside what it was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from peilian.apps.record import api as record
from peilian.engine.competency import CompetencyModel, Estimate, Gap
from peilian.engine.competency.profile import RadarValue
from peilian.web.people.wordings import joined
from peilian.web.record.wordings import competency_name, level_name
from peilian.web.shell.charts import Axis, Chart, Profile, radar
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change, format_integer
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

FULL = 100.0
FEWEST_AXES = 3
# From this probability on a gap is told as one; below, the interval reaches the required level too often.
CERTAIN = 0.75

WhyLink = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one estimate stands to what the post requires: a tone, a sign and words, never the colour alone."""

    tone: Tone
    sign: str
    words: str


def standing_of(estimate: Estimate, gap: Gap | None) -> Standing:
    """Reached, about reached while the level is not certain, below, perhaps below, or not measured."""
    if not estimate.is_measured:
        return Standing("neutral", "", _("not measured"))
    if gap is None or gap.required <= 1:
        return Standing("neutral", "", _("nothing required"))
    if not gap.is_open:
        if estimate.level is not None and estimate.level >= gap.required:
            return Standing("good", "✓", _("reached"))
        return Standing("accent", "≈", _("about reached, not certain yet"))
    size = format_integer(max(1, gap.size))
    if gap.certainty >= CERTAIN:
        return Standing("bad", "▼", _("%(size)s points below") % {"size": size})
    return Standing("warn", "▽", _("perhaps %(size)s points below") % {"size": size})


def radar_chart(now: record.PersonProfile, before: record.PersonProfile | None, label: str) -> Chart | None:
    """The radar with its band of uncertainty, and the former profile beside it; ``None`` with too little measured."""
    language = reading_language()
    axes = [value for value in now.radar if value.n]
    if len(axes) < FEWEST_AXES:
        return None
    profiles = []
    if before is not None:
        known = {value.axis.key: value for value in before.radar}
        profiles.append(Profile(label, [_mean(known.get(value.axis.key)) for value in axes], slot=6))
    shown = Profile(
        _("Now"),
        [_rounded(value.mean) for value in axes],
        slot=1,
        low=[_rounded(value.low) for value in axes],
        high=[_rounded(value.high) for value in axes],
    )
    return radar(
        "radar",
        _("Service ability"),
        [Axis(value.axis.name.in_language(language), FULL) for value in axes],
        [*profiles, shown],
        unit="count",
        language=language,
        note=_("0 to 100 points; the dotted lines enclose where the ability lies with %(share)s%% certainty.")
        % {"share": round(now.model.rules.confidence * 100)},
    )


def axes_of(now: record.PersonProfile) -> list[tuple[str, str]]:
    """The axes that are drawn, each with the names of the competencies it is the mean of."""
    language = reading_language()
    return [
        (value.axis.name.in_language(language), joined([competency_name(key) for key in value.axis.competencies]))
        for value in now.radar
        if value.n
    ]


def levels_line(model: CompetencyModel) -> str:
    """Where levels begin, and why the same points may stand on different ones."""
    begins = joined(
        [
            _("%(level)s from %(points)s points") % {"level": level_name(level), "points": format_integer(cut)}
            for level, cut in enumerate(model.cuts, start=2)
        ]
    )
    return _(
        "Levels: %(begins)s. A level is not read off the points: it changes only when the whole range has passed a "
        "border by %(margin)s points, so that it does not flutter. The same points may therefore stand on two levels."
    ) % {"begins": begins, "margin": format_integer(model.rules.hysteresis)}


def _mean(value: RadarValue | None) -> float | None:
    return None if value is None else _rounded(value.mean)


def _rounded(points: float | None) -> float | None:
    """Whole points: the intervals are far wider than what stands behind the point."""
    return None if points is None else round(points)


def interval_of(estimate: Estimate) -> str:
    """Both ends of the interval."""
    return f"{format_integer(estimate.low)} – {format_integer(estimate.high)}"


def profile_table(now: record.PersonProfile, before: record.PersonProfile | None, why: WhyLink) -> Table:
    """Every competency: estimate, interval, level against what is required, how much evidence, how it moved."""
    gaps = {gap.competency: gap for gap in now.gaps}
    columns = [
        Column(_("Competency")),
        Column(_("Estimate"), is_number=True),
        Column(_("Range"), is_number=True, is_optional=True),
        Column(_("Level")),
        Column(_("Required"), is_optional=True),
        Column(_("Stands at")),
        Column(_("Evidence"), is_number=True),
    ]
    if before is not None:
        columns.insert(2, Column(_("Moved"), is_number=True))
    rows = []
    for key in _in_order(now):
        estimate, gap = now.profile.estimates[key], gaps.get(key)
        cells = _cells(estimate, gap, why(key))
        if before is not None:
            cells.insert(2, Cell(_moved(before.profile.estimates[key], estimate)))
        rows.append(Row(tuple(cells), href=why(key) if estimate.is_measured else ""))
    return Table("profile", _("Estimates by competency"), tuple(columns), tuple(rows))


def _in_order(now: record.PersonProfile) -> list[str]:
    """What is required or measured: the measured first, each in the order of the model."""
    known = [key for key, found in now.profile.estimates.items() if found.is_measured or now.required.get(key, 0) > 1]
    return sorted(known, key=lambda key: not now.profile.estimates[key].is_measured)


def _cells(estimate: Estimate, gap: Gap | None, href: str) -> list[Cell]:
    if estimate.is_measured:
        figure = Figure(round(estimate.mean), "count", href=href)
        interval = interval_of(estimate)
        level = level_name(estimate.level) or _("not yet: too little evidence")
        pieces = Figure(estimate.n, "count", href=href)
    else:
        figure = Figure(None, "count", missing=_("Nothing has been measured here yet."))
        interval, level, pieces = "–", "–", Figure(0, "count")
    standing = standing_of(estimate, gap)
    return [
        Cell(competency_name(estimate.competency)),
        Cell(figure=figure),
        Cell(interval),
        Cell(level),
        Cell(level_name(gap.required) if gap is not None and gap.required > 1 else "–"),
        Cell(standing.words, tone=standing.tone),
        Cell(figure=pieces),
    ]


def _moved(before: Estimate, now: Estimate) -> str:
    if not before.is_measured or not now.is_measured:
        return "–"
    return format_change(round(now.mean) - round(before.mean), "count", reading_language())


@dataclass(frozen=True, slots=True)
class GapLine:
    """One of the largest gaps: how far it is, and what somebody on the next level does."""

    name: str
    words: str
    level: str
    behaviour: str
    href: str


def largest_gaps(now: record.PersonProfile, why: WhyLink, *, most: int = 3) -> list[GapLine]:
    """The largest measured gaps, the largest first."""
    language = reading_language()
    found: list[GapLine] = []
    for gap in now.gaps:
        if not gap.is_open or not gap.estimate.is_measured or len(found) == most:
            continue
        competency = now.model.competencies[gap.competency]
        following = min(gap.required, now.model.level_at(gap.estimate.mean) + 1)
        behaviour = competency.behaviours.get(following)
        found.append(
            GapLine(
                name=competency.name.in_language(language),
                words=standing_of(gap.estimate, gap).words,
                level=level_name(following),
                behaviour=behaviour.in_language(language) if behaviour is not None else "",
                href=why(gap.competency),
            )
        )
    return found


def answer_of(now: record.PersonProfile) -> str:
    """The profile in one sentence."""
    if not now.profile.n:
        return _(
            "Nothing has been measured yet. A drill, an exam or a month of conversations brings the first figures."
        )
    open_gaps = [gap for gap in now.gaps if gap.is_open and gap.estimate.is_measured]
    if not open_gaps:
        return _("As far as measured, every required level is reached.")
    worst = open_gaps[0]
    first = _("The largest gap is %(name)s: about %(points)s points, %(size)s below level %(level)s.") % {
        "name": competency_name(worst.competency),
        "points": format_integer(worst.estimate.mean),
        "size": format_integer(max(1, worst.size)),
        "level": level_name(worst.required),
    }
    more = len(open_gaps) - 1
    if not more:
        return first
    other = ngettext("%(n)d more lies below.", "%(n)d more lie below.", more) % {"n": more}
    return f"{first}{'' if reading_language() == 'zh' else ' '}{other}"
