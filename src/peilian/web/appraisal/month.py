"""A cycle at a glance: where it stands, what comes next, who is how far, what is missing and from whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import Any

from django.core.paginator import Page
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.people.api import User, visible_to
from peilian.engine._kernel import Language, Text
from peilian.flows.wording import say
from peilian.web.appraisal.standings import spread
from peilian.web.appraisal.wordings import EVENT_KINDS, INPUT_SOURCES, STATES
from peilian.web.people.forms import name_in
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Cell, Column, Row, Table

_ORDER = ("collecting", "reviewing", "frozen", "published", "closed")
_MOST_NAMES = 6


@dataclass(frozen=True)
class Lack:
    """A value that people lack: which, where it can be given, and why."""

    source: str
    reason: str
    is_full: bool


@dataclass
class MissingLine:
    """Values that the same people lack for the same reason."""

    lack: Lack
    names: list[str]
    labels: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[str]:
        """The first names."""
        return self.names[:_MOST_NAMES]

    @property
    def more(self) -> int:
        """How many names are left."""
        return max(0, len(self.names) - _MOST_NAMES)


@dataclass
class MissingGroup:
    """What is expected from the same people; ``from_whom`` is empty where nobody can give it."""

    from_whom: str
    lines: list[MissingLine]


@dataclass(frozen=True)
class Double:
    """A happening that would take points twice, with the lines to choose from."""

    name: str
    events: list[tuple[appraisal.Event, str, list[tuple[str, str]]]]
    is_one: bool


@dataclass
class Month:
    """What the page of a cycle shows ``user``."""

    user: User
    cycle: appraisal.Cycle
    rights: appraisal.CycleRights
    language: Language
    sort: str = ""
    number: str = ""  # of the page of people

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        return str(STATES[self.cycle.state])

    @property
    def steps(self) -> list[dict[str, str]]:
        """The way of a cycle."""
        return [{"label": str(STATES[state]), "href": ""} for state in _ORDER]

    @property
    def current(self) -> int:
        """The present step, from 1; closed is all done."""
        number = _ORDER.index(self.cycle.state) + 1
        return number + 1 if self.cycle.state == "closed" else number

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed, so that results can be fixed."""
        return self.cycle.ends_on < base.today_in_company()

    @property
    def may_discard(self) -> bool:
        """Whether it can still be given up as a whole; what was fixed once stays."""
        return self.rights.run and self.cycle.takes_inputs and not self.cycle.reopened_because

    @cached_property
    def sheets(self) -> list[appraisal.SheetState]:
        """The sheets that the reader sees."""
        return appraisal.sheet_states(user=self.user, cycle=self.cycle)

    @cached_property
    def appraised(self) -> list[appraisal.SheetState]:
        """Those with a result or a preview of one."""
        return [sheet for sheet in self.sheets if not sheet.exempt_reason]

    @cached_property
    def set_aside(self) -> list[appraisal.SheetState]:
        """Those who are not appraised."""
        return [sheet for sheet in self.sheets if sheet.exempt_reason]

    @property
    def is_collected(self) -> bool:
        """Whether anything came in yet."""
        return any(values for _person, values in self._inputs.rows)

    @cached_property
    def missing_count(self) -> int:
        """How many values lack."""
        return sum(sheet.missing for sheet in self.sheets)

    @cached_property
    def rating(self) -> tuple[int, int]:
        """How many people are rated in full, of how many that are to be."""
        wanted = [sheet for sheet in self.appraised if sheet.to_rate]
        return sum(sheet.rated >= sheet.to_rate for sheet in wanted), len(wanted)

    @property
    def answer(self) -> str:
        """What the month says in one sentence."""
        told: dict[str, Any] = {"n": len(self.appraised), "missing": self.missing_count}
        if self.cycle.takes_inputs:
            told["rated"], told["of"] = self.rating
            if not told["missing"]:
                said = _("%(n)d people, nothing is missing, %(rated)d of %(of)d are rated.")
            else:
                said = _("%(n)d people, %(missing)d values are missing, %(rated)d of %(of)d people are rated.")
            return said % told
        values = sorted(sheet.normalised for sheet in self.appraised if sheet.normalised is not None)
        if not values:
            return ngettext("%(n)d result.", "%(n)d results.", told["n"]) % told
        told["middle"] = f"{median(values):.1f}"
        told["low"], told["high"] = f"{values[0]:.1f}", f"{values[-1]:.1f}"
        return _("%(n)d results: half of them reach %(middle)s of 100, from %(low)s to %(high)s.") % told

    @cached_property
    def chart(self) -> charts.Chart | None:
        """How totals spread."""
        return spread(sheet.normalised for sheet in self.appraised)

    @cached_property
    def table(self) -> Table:
        """People with what stands and what lacks."""
        columns = (
            Column(_("Person"), sort="name"),
            Column(_("Team"), sort="team"),
            Column(_("Points"), is_number=True, is_optional=True),
            Column(_("Of 100"), is_number=True, sort="total"),
            *((Column(_("Grade")),) if self.cycle.grades else ()),
            *((Column(_("Missing"), is_number=True, sort="missing"),) if self.cycle.takes_inputs else ()),
            Column(_("Rated")),
            Column(_("Own comment"), is_optional=True),
        )
        rows = tuple(Row(tuple(self._cells(sheet))) for sheet in self.page)
        return Table("appraisal-cycle", _("People"), columns, rows, is_caption_hidden=True)

    @cached_property
    def page(self) -> Page[appraisal.SheetState]:
        """The people of the page that was asked for, in the order that was asked for."""
        return page_of(self._sorted(), self.number)

    def _sorted(self) -> list[appraisal.SheetState]:
        name, is_falling = self.sort.removeprefix("-"), self.sort.startswith("-")
        keys = {
            "name": lambda one: one.appraisee.employee.name,
            "team": lambda one: name_in(one.appraisee.unit.name),
            "total": lambda one: one.normalised if one.normalised is not None else -1,
            "missing": lambda one: one.missing,
        }
        return sorted(self.appraised, key=keys[name], reverse=is_falling) if name in keys else self.appraised

    def _cells(self, sheet: appraisal.SheetState) -> Iterator[Cell]:
        person = sheet.appraisee
        yield Cell(person.employee.name, reverse("appraisal_sheet", args=[person.pk]))
        yield Cell(name_in(person.unit.name))
        yield Cell(figure=Figure(sheet.raw, "score"))
        missing = _("values are missing") if sheet.missing else ""
        yield Cell(figure=Figure(sheet.normalised, "score", missing=missing))
        if self.cycle.grades:
            yield Cell(self.grade_names.get(sheet.grade, ""))
        if self.cycle.takes_inputs:
            query = urlencode({"person": person.employee.number})
            href = f"{reverse('appraisal_inputs', args=[self.cycle.pk])}?{query}"
            yield Cell(str(sheet.missing), href if sheet.missing else "")
        yield (
            Cell(_("not needed"))
            if not sheet.to_rate
            else Cell(
                f"{sheet.rated} / {sheet.to_rate}",
                reverse("appraisal_rating_person", args=[self.cycle.pk, person.pk]) if self.may_rate else "",
            )
        )
        yield Cell(_("yes") if sheet.is_commented else _("no"))

    @cached_property
    def grade_names(self) -> dict[str, str]:
        """Names of the grades by key."""
        return {
            grade["key"]: Text(grade["label"].get("zh"), grade["label"].get("en")).in_language(self.language)
            for grade in self.cycle.grades
        }

    @cached_property
    def grade_counts(self) -> list[tuple[str, int]]:
        """How many people reach each grade."""
        grades = sorted(self.cycle.grades, key=lambda grade: -float(grade["at_least"]))
        return [
            (self.grade_names[grade["key"]], sum(sheet.grade == grade["key"] for sheet in self.appraised))
            for grade in grades
        ]

    @property
    def may_rate(self) -> bool:
        """Whether the reader can rate somebody now."""
        return self.cycle.takes_inputs and bool(self._to_rate)

    @cached_property
    def _to_rate(self) -> list[appraisal.RatingTask]:
        return appraisal.to_rate(user=self.user, cycle=self.cycle)

    @cached_property
    def missing(self) -> list[MissingGroup]:
        """What lacks, by those whom it is expected from, most first."""
        if not self.cycle.takes_inputs:
            return []
        lacks: dict[str, dict[tuple[str, Lack], list[str]]] = {}
        labels: dict[str, tuple[str, str]] = {}
        for item in appraisal.missing(user=self.user, cycle=self.cycle):
            reason = "" if item.reason is None else say(item.reason, self.language)
            source = str(INPUT_SOURCES.get(item.source, item.source))
            whom = pgettext("list", ", ").join(item.from_whom)
            place = item.indicator, Lack(source, reason, item.if_left_out == "full")
            lacks.setdefault(whom, {}).setdefault(place, []).append(item.appraisee.employee.name)
            labels[item.indicator] = item.label.in_language(self.language), self._filling(item.source, item.indicator)
        groups = [MissingGroup(whom, _merged(lines, labels)) for whom, lines in lacks.items()]
        return sorted(groups, key=lambda group: -sum(len(line.names) * len(line.labels) for line in group.lines))

    def _filling(self, source: str, indicator: str) -> str:
        """Where the value can be given."""
        if source == "level" and self.may_rate:
            return reverse("appraisal_rating", args=[self.cycle.pk])
        return f"{reverse('appraisal_inputs', args=[self.cycle.pk])}?{urlencode({'indicator': indicator})}"

    @cached_property
    def doubles(self) -> list[Double]:
        """Events that count more than once."""
        if not self.cycle.takes_inputs or not (self.rights.run or self.rights.rate):
            return []
        labels = self._indicator_labels
        found = []
        for item in appraisal.double_counted(user=self.user, cycle=self.cycle):
            events = [
                (event, str(EVENT_KINDS[event.kind]), [(name, labels.get(name, name)) for name in event.counts_on])
                for event in item.events
            ]
            found.append(Double(item.employee.name, events, len(events) == 1))
        return found

    @cached_property
    def _indicator_labels(self) -> dict[str, str]:
        measures = self._inputs.card.indicators
        return {key: measure.label.in_language(self.language) for key, measure in measures.items()}

    @cached_property
    def _inputs(self) -> appraisal.InputTable:
        return appraisal.input_table(user=self.user, cycle=self.cycle)

    @cached_property
    def doubts(self) -> list[str]:
        """What is odd about the rules."""
        return appraisal.doubts_in(user=self.user, cycle=self.cycle, language=self.language)

    @property
    def rules_href(self) -> str:
        """The version of the rules, for who may read it."""
        try:
            return reverse("appraisal_version", args=[self.cycle.template_version_id])
        except NoReverseMatch:
            return ""

    @property
    def appeals_open(self) -> int:
        """How many appeals wait for a decision, as far as the reader sees them."""
        rows = appraisal.appeals_for(user=self.user, states=[appraisal.AppealState.OPEN])
        return rows.filter(appraisal__appraisee__cycle=self.cycle).count()

    @property
    def may_close(self) -> bool:
        """Whether the time for appeals is over."""
        end = self.cycle.appeals_end_at()
        return end is not None and end <= timezone.now() and not self.appeals_open

    @property
    def running_job(self) -> base.Job | None:
        """The collecting or freezing of many people, as long as it runs."""
        states = (base.JobState.QUEUED, base.JobState.RUNNING)
        jobs = visible_to(self.user).jobs().filter(kind__in=("appraisal.collect", "appraisal.freeze"), state__in=states)
        return next((job for job in jobs if job.parameters.get("cycle") == str(self.cycle.pk)), None)


def _merged(lines: Mapping[tuple[str, Lack], list[str]], labels: Mapping[str, tuple[str, str]]) -> list[MissingLine]:
    """What the same people lack for the same reason, said once."""
    found: dict[tuple[Lack, tuple[str, ...]], MissingLine] = {}
    for (indicator, lack), names in lines.items():
        line = found.setdefault((lack, tuple(names)), MissingLine(lack, names))
        line.labels.append(labels[indicator])
    return list(found.values())
