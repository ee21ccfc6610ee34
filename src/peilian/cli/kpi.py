"""``peilian kpi``: the KPIs of a lake or of files, in any grouping."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import click

from peilian.adapters.lake import Visibility
from peilian.cli._output import as_option, lang_option, out_option, say_faults, stop_with, write_rows
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.kpi.query import DIMENSIONS, KpiRow
from peilian.flows import measuring

_day = click.DateTime(formats=["%Y-%m-%d"])


def _names(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """``a,b`` as names."""
    return tuple(name for part in (value or "").split(",") if (name := part.strip()))


def _date(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command("kpi")
@click.argument("sources", metavar="LAKE|FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--kpi", "keys", callback=_names, metavar="KEY[,KEY]", help="Which KPIs; 'all' for every one.")
@click.option("--by", callback=_names, metavar="DIM[,DIM]", help=f"How to group: {', '.join(DIMENSIONS)}.")
@click.option("--roster", "roster_file", type=click.Path(path_type=Path), help="Who used which account in which team.")
@click.option("--preset", metavar="NAME", help="Count as a platform is understood to count.")
@click.option("--calendar", metavar="NAME", help="Count response times in working time only.")
@click.option("--tz", default=measuring.COMPANY_ZONE, show_default=True, help="Time zone of days, weeks and hours.")
@click.option("--from", "from_", type=_day, callback=_date, help="First day, local, included.")
@click.option("--to", type=_day, callback=_date, help="Last day, local, included.")
@click.option("--strict", is_flag=True, help="Stop at a faulty conversation instead of leaving it out.")
@click.option("--list", "is_list", is_flag=True, help="Show every KPI with its definition.")
@as_option
@out_option
@lang_option
def command(
    sources: tuple[Path, ...],
    keys: tuple[str, ...],
    is_list: bool,
    roster_file: Path | None,
    form: str | None,
    out: Path | None,
    lang: str,
    strict: bool,
    **question: Any,
) -> None:
    """Measure KPIs (指标) of a LAKE or of FILEs of conversations.

    \b
    Examples: peilian kpi lake --kpi first_response_seconds_p50,answer_rate --by month,agent
              peilian kpi chats.csv --kpi all --by day --calendar service-8-23 --as json
              peilian kpi --list --as json
    """
    language = cast(Language, lang)
    if is_list:
        write_rows(_listed(language), form=form, out=out)
        return
    if not sources:
        raise click.UsageError("name a lake or files, or use --list")
    try:
        rows = _measured(sources, keys, roster_file, strict=strict, language=language, question=question)
    except InputError as error:
        stop_with(error, language)
    if not rows:
        say_faults([Fault(Reason("kpi.no_conversations"))], language)
    write_rows(_flat(rows, keys), form=form, out=out)


def _measured(
    sources: tuple[Path, ...],
    keys: tuple[str, ...],
    roster_file: Path | None,
    *,
    strict: bool,
    language: Language,
    question: dict[str, Any],
) -> list[KpiRow]:
    roster = measuring.roster_of(roster_file, question["tz"]) if roster_file else ()
    _say_when_preset_narrows(question, language)
    return measuring.measure(
        sources[0] if len(sources) == 1 else sources,
        keys,
        roster=roster,
        visible=Visibility.everything(),
        on_fault=None if strict else lambda fault: say_faults([fault], language),
        **question,
    )


def _say_when_preset_narrows(question: dict[str, Any], language: Language) -> None:
    preset = measuring.presets().get(question["preset"]) if question["preset"] else None
    if preset is None or preset.effective_from is None:
        return
    if question["from_"] is None or question["from_"] < preset.effective_from:
        params = {"name": preset.key, "first": preset.effective_from.isoformat()}
        say_faults([Fault(Reason("kpi.preset_narrows", params))], language)


def _flat(rows: Iterable[KpiRow], keys: Iterable[str]) -> list[dict[str, Any]]:
    """A column per dimension and KPI; ``provisional`` stands beside KPIs that may still change."""
    has_pending = any(measure.pending is not None for measure in measuring.measures(keys))
    return [
        {
            **row.group,
            **{key: cell.value for key, cell in row.cells.items()},
            **({"provisional": row.is_provisional} if has_pending else {}),
        }
        for row in rows
    ]


def _listed(language: Language) -> list[dict[str, str]]:
    return [
        {
            "key": measure.key,
            "label": measure.label.in_language(language),
            "unit": measure.unit,
            "better": measure.better,
            "definition": measure.definition.in_language(language),
        }
        for measure in measuring.measures()
    ]
