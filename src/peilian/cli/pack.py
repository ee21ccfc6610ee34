"""``peilian pack``: checks content packs before anybody uses them, and tells how a document must look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import click

from peilian.cli._output import as_option, lang_option, out_option, say_faults, stop_with, write_rows
from peilian.engine._kernel import InputError, Language
from peilian.flows import packs


@click.group("pack")
def command() -> None:
    """Check content packs (内容包); show the schema of a kind of document."""


@command.command("check")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_option
@out_option
@lang_option
def check_command(folders: tuple[Path, ...], form: str | None, out: Path | None, lang: str) -> None:
    """Check every pack in the folders: form, keys, patterns, rules. One line per fault; exit code 1 when there is one.

    \b
    Example: peilian pack check my-packs/
    """
    language = cast(Language, lang)
    try:
        found = packs.check(folders, on_doubt=lambda doubt: say_faults([doubt], language))
    except InputError as error:
        stop_with(error, language)
    rows = [{"pack": line.pack, "kind": line.kind, "documents": line.documents} for line in found]
    write_rows(rows, form=form, out=out)


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
