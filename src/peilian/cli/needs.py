"""``peilian needs``: what a team needs to train first, ranked by what it costs the customers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click

from peilian.adapters.lake import Lake, Visibility
from peilian.cli._output import as_option, lang_option, out_option, stop_with, write_rows
from peilian.engine._kernel import InputError, Language, Reason
from peilian.engine.diagnosis import Diagnosis, as_dict
from peilian.engine.diagnosis.values import AgentFigure, PainPoint, Quote, Rate
from peilian.flows import diagnosing, measuring, reading
from peilian.flows.wording import say

_MARKS = {"above_team": " ↑", "few": " *"}
_AGENTS_SHOWN = 3
_QUOTE_SHOWN = 36

_day = click.DateTime(formats=["%Y-%m-%d"])


@click.command("needs")
@click.argument("lake", type=click.Path(path_type=Path))
@click.option("--team", help="Only the agents of this team; needs --roster.")
@click.option(
    "--roster", type=click.Path(dir_okay=False, path_type=Path), help="Who used which account, in which team."
)
@click.option("--from", "from_", type=_day, help="First day.")
@click.option("--to", type=_day, help="Last day, included.")
@click.option("--tz", default="Asia/Shanghai", show_default=True, help="Time zone of days.")
@click.option(
    "--rules",
    type=click.Path(file_okay=False, path_type=Path),
    help="A pack whose pain points replace the shipped ones.",
)
@click.option("--full", is_flag=True, help="The whole diagnosis as one JSON object instead of rows.")
@as_option
@out_option
@lang_option
def command(
    lake: Path,
    team: str | None,
    roster: Path | None,
    from_: datetime | None,
    to: datetime | None,
    tz: str,
    rules: Path | None,
    full: bool,
    form: str | None,
    out: Path | None,
    lang: str,
) -> None:
    """Rank the pain points (痛点) that the conversations of LAKE show, with counts, agents, quotes and what to train.

    Conversations that are not read yet are read first. ↑ marks an agent whose rate lies above the team's beyond chance,
    * one with too few conversations to compare.

    \b
    Example: peilian needs company.lake --team 售后一组 --roster roster.csv --as json
    """
    if team and not roster:
        raise click.UsageError("--team needs --roster")
    language = cast(Language, lang)
    try:
        opened = Lake.open(lake)
        spans = measuring.roster_of(roster, tz) if roster else ()
        _read_unread(opened, language)
        found = diagnosing.diagnose_lake(
            opened,
            visible=Visibility.everything(),
            from_=from_.date() if from_ else None,
            to=to.date() if to else None,
            team=team,
            roster=spans,
            tz=tz,
            rules=diagnosing.rules_of(rules) if rules else None,
            now_ms=time.time_ns() // 1_000_000,
        )
    except InputError as error:
        stop_with(error, language)
    for note in (_balance(found), *found.notes):
        click.echo(say(note, language), err=True)
    if full:
        _write_whole(found, out)
        return
    rows = [_row(point, found, language) for point in found.pain_points]
    chosen = form or (out.suffix.lstrip(".").lower() if out else "table")
    if chosen in ("json", "jsonl", "parquet"):
        write_rows(rows, form=form, out=out)
    else:
        write_rows((_for_people(row, language) for row in rows), form=form, out=out)
        _explain_marks(rows, language)


def _explain_marks(rows: Iterable[Mapping[str, Any]], language: Language) -> None:
    """What the marks beside agents say, as far as one is shown."""
    shown = {item["verdict"] for row in rows for item in list(row["agents"])[:_AGENTS_SHOWN]}
    for verdict, mark in _MARKS.items():
        if verdict in shown:
            click.echo(say(Reason(f"diagnosis.mark.{verdict}", {"mark": mark.strip()}), language), err=True)


def _read_unread(lake: Lake, language: Language) -> None:
    """Read what is unread, with a meter on a terminal; say how many conversations that were."""
    read = [0]

    def show(done: int, total: int | None) -> None:
        read[0] = done
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{done:,}/{total or done:,}", nl=False, err=True)

    reading.read_lake(lake, progress=show)
    if read[0]:
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(say(Reason("diagnosis.read_now", {"n": read[0]}), language), err=True)


def _write_whole(found: Diagnosis, out: Path | None) -> None:
    text = json.dumps(as_dict(found), ensure_ascii=False, indent=1)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


def _row(point: PainPoint, found: Diagnosis, language: Language) -> dict[str, Any]:
    group = next(item for item in found.groups if item.key == point.group)
    quote = point.quotes[0] if point.quotes else None
    return {
        "rank": point.rank,
        "key": point.key,
        "pain_point": point.name.in_language(language),
        "group": group.name.in_language(language),
        "affected": point.rate.n_affected,
        "of": point.rate.n,
        "rate": point.rate.value,
        "rate_low": point.rate.low,
        "rate_high": point.rate.high,
        "severity": point.severity,
        "satisfaction_drop": point.effect.drop,
        "satisfaction_affected": point.effect.mean_affected,
        "satisfaction_others": point.effect.mean_others,
        "priority": point.priority,
        "agents": [_agent(figure) for figure in point.agents],
        "training": point.training.in_language(language),
        "kpis": list(point.kpis),
        "quote": quote.text if quote else None,
        "quote_conversation": quote.conversation_id if quote else None,
        "quote_i": quote.i if quote else None,
        "quotes": [_quote(item) for item in point.quotes],
    }


def _agent(figure: AgentFigure) -> dict[str, Any]:
    return {
        "agent": figure.agent,
        "affected": figure.rate.n_affected,
        "of": figure.rate.n,
        "rate": figure.rate.value,
        "verdict": figure.verdict,
        "satisfaction": figure.satisfaction,
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "conversation_id": quote.conversation_id,
        "i": quote.i,
        "start": quote.start,
        "end": quote.end,
        "agent": quote.agent,
        "role": quote.role,
        "text": quote.text,
        "waited_seconds": None if quote.waited_ms is None else quote.waited_ms / 1000,
    }


_COLUMNS = ("rank", "pain_point", "group", "affected", "of")


def _for_people(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A row that fits a line: rates in per cent, the agents that matter most, a short quote."""
    quote = " ".join((row["quote"] or "").split())
    start = row["quotes"][0]["start"] if row["quotes"] else None
    return {name: row[name] for name in _COLUMNS} | {
        "rate": _percent(row["rate"]),
        "interval": f"{_percent(row['rate_low'])} – {_percent(row['rate_high'])}",
        "satisfaction": _drop(row),
        "agents": _agents(row["agents"], language),
        "training": row["training"],
        "quote": _shortened(quote, start or 0),
    }


def _agents(agents: Iterable[Mapping[str, Any]], language: Language) -> str:
    shown = [
        f"{item['agent']} {item['affected']}/{item['of']}{_MARKS.get(item['verdict'], '')}"
        for item in list(agents)[:_AGENTS_SHOWN]
    ]
    return ("、" if language == "zh" else ", ").join(shown)


def _drop(row: Mapping[str, Any]) -> str | None:
    """Satisfaction of the affected against the others, on a scale of 100."""
    if row["satisfaction_drop"] is None:
        return None
    return f"{row['satisfaction_affected'] * 100:.0f} : {row['satisfaction_others'] * 100:.0f}"


def _shortened(text: str, start: int) -> str:
    """The part of ``text`` around the place that is meant."""
    first = max(0, min(start - 8, len(text) - _QUOTE_SHOWN))
    part = text[first : first + _QUOTE_SHOWN]
    return f"{'…' if first else ''}{part}{'…' if first + _QUOTE_SHOWN < len(text) else ''}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


def _share(rate: Rate) -> str:
    return f"{_percent(rate.value)} ({rate.n_affected}/{rate.n})"


def _balance(found: Diagnosis) -> Reason:
    balance = found.balance
    params = {
        "first": _share(balance.first_in_time),
        "later": _share(balance.later_in_time),
        "dissatisfied": _share(balance.dissatisfied),
        "csat": None if balance.csat_mean is None else f"{balance.csat_mean:.2f}",
        "n_csat": balance.n_csat,
        "estimate": _percent(balance.satisfaction_mean),
        "n_estimate": balance.n_satisfaction,
    }
    return Reason("diagnosis.balance", params)
