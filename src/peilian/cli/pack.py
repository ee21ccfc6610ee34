"""``peilian pack``: checks content packs before anybody uses them, and tells how a document must look."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean
from typing import cast

import click

from peilian.cli._output import as_option, lang_option, out_option, say_faults, stop_with, write_rows
from peilian.engine._kernel import InputError, Language
from peilian.flows import packs
from peilian.flows.rehearsing import Rehearsal

_PASSES = {"zh": "通过", "en": "passes"}


@click.group("pack")
def command() -> None:
    """Check content packs (内容包); show the schema of a kind of document."""


@command.command("check")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--verbose", is_flag=True, help="Tell how the good and bad answers of each scenario came out.")
@as_option
@out_option
@lang_option
def check_command(folders: tuple[Path, ...], verbose: bool, form: str | None, out: Path | None, lang: str) -> None:
    """Check every pack in the folders: form, keys, patterns, rules. One line per fault; exit code 1 when there is one.

    Each scenario plays its own answers over 20 seeds, which takes some seconds; the one at work is named on stderr.

    \b
    Example: peilian pack check my-packs/
    """
    language = cast(Language, lang)
    try:
        found = packs.check(
            folders,
            on_doubt=lambda doubt: say_faults([doubt], language),
            on_scenario=_say_scenario,
            on_rehearsal=_say_totals if verbose else lambda _key, _language, _rehearsal: None,
        )
    except InputError as error:
        stop_with(error, language)
    rows = [{"pack": line.pack, "kind": line.kind, "documents": line.documents} for line in found]
    write_rows(rows, form=form, out=out)


def _say_scenario(key: str, number: int, of: int) -> None:
    click.echo(f"{number}/{of}  {key}", err=True)


def _say_totals(key: str, language: Language, rehearsal: Rehearsal) -> None:
    """The mean total of each play of the scenario in a language, the best first, and in how many seeds it passes."""
    shown = sorted(rehearsal.totals.items(), key=lambda item: -fmean(item[1]))
    for name, totals in shown:
        passed = rehearsal.passed[name]
        share = f"{_PASSES[language]} {sum(passed)}/{len(passed)}"
        click.echo(f"  {key} ({language})  {name:<16} {fmean(totals):5.1f}  {share}", err=True)


@command.command("schema")
@click.argument("kind")
def schema_command(kind: str) -> None:
    """Print the JSON Schema of a KIND of document.

    \b
    Example: peilian pack schema words
    """
    kinds = packs.known_kinds()
    if kind not in kinds:
        raise click.UsageError(f"no kind {kind!r}; known: {', '.join(kinds)}")
    click.echo(json.dumps(packs.schema(kind), ensure_ascii=False, indent=1))
