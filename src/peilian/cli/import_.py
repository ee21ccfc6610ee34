"""``peilian import``: conversation files into a lake."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import click

from peilian.adapters.importers import known_formats
from peilian.adapters.lake import Lake
from peilian.cli._output import as_option, checked_target, lang_option, out_option, say_faults, stop_with, write_rows
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.flows.importing import ImportReport, Progress, import_files
from peilian.flows.wording import say

_SHOWN = 50  # faults on stderr
_PHASES = {
    "check": Reason("import.check"),
    "stage": Reason("import.stage"),
    "assemble": Reason("import.assemble"),
    "write": Reason("import.write"),
}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="Lake; made if not there."
)
@click.option("--format", "format_name", default="auto", show_default=True, help="Format of the files.")
@click.option("--strict", is_flag=True, help="Store nothing when any row is at fault.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=checked_target,
    help="CSV file for every fault.",
)
@as_option
@out_option
@lang_option
def command(
    files: tuple[Path, ...],
    into: Path,
    format_name: str,
    strict: bool,
    rejects: Path | None,
    form: str | None,
    out: Path | None,
    lang: Language,
) -> None:
    """Import conversations into a lake; files of messages and their companion tables are given together.

    CSV, JSON lines or Parquet. Personal data is masked. Rows that are stored already count as duplicates, so an import
    can be repeated; one that was broken off goes on where it stopped.

    Example: peilian import messages.csv conversations.csv --into lake
    """
    families = {key.split("/")[0] for key, _ in known_formats()} | {key for key, _ in known_formats()} | {"auto"}
    if format_name not in families:
        raise click.BadParameter(f"one of {', '.join(sorted(families))}", param_hint="--format")
    try:
        lake = Lake.open(into) if (into / "lake.json").exists() else Lake.create(into)
        report = import_files(
            files,
            lake=lake,
            format=format_name,
            strict=strict,
            rejects=None if rejects is None else lambda faults: _write_rejects(rejects, faults, lang),
            progress=_meter(lang),
            now_ms=time.time_ns() // 1_000_000,
        )
    except InputError as error:
        stop_with(error, lang)
    _say_report(report, lang)
    write_rows(_rows(report), form=form, out=out)


def _rows(report: ImportReport) -> list[dict[str, object]]:
    return [
        {"table": "messages", **asdict(report.messages), "clock_faults": report.clock_faults},
        {"table": "conversations", **asdict(report.conversations), "clock_faults": report.clock_fault_conversations},
    ]


def _say_report(report: ImportReport, lang: Language) -> None:
    shown = report.faults[:_SHOWN]
    say_faults(shown, lang)
    if report.n_faults > len(shown):
        click.echo(say(Reason("import.more_faults", {"n": report.n_faults - len(shown)}), lang), err=True)


def _write_rejects(path: Path, faults: Iterable[Fault], lang: Language) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "row", "field", "conversation_id", "reason", "message"))
        for fault in faults:
            where = (fault.file, fault.row, fault.field, fault.conversation_id)
            writer.writerow((*where, fault.reason.key, say(fault.reason, lang)))


def _meter(lang: Language) -> Callable[[Progress], None]:
    """A line of progress on a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        return lambda _step: None
    last = [0.0]

    def show(step: Progress) -> None:
        now = time.monotonic()
        if now - last[0] >= 0.2:
            last[0] = now
            share = 100 * step.done // max(1, step.total)
            click.echo(f"\r\033[K{say(_PHASES[step.phase], lang)} {share}%", nl=False, err=True)

    return show
