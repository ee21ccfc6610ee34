"""How commands write data and faults: the form by the ending of ``--out`` or by ``--as``; messages go to stderr."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
import pyarrow as pa
import pyarrow.parquet as pq

from peilian.adapters.workbooks import safe_text
from peilian.engine._kernel import Fault, InputError, Language
from peilian.engine.conversation.canonical import clean
from peilian.flows.wording import say_fault

FORMS = ("table", "csv", "json", "jsonl", "parquet")


def checked_target(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file that cannot be written before any work is done."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"no folder {path.parent}")
    if path is not None and not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"{path} may not be written")
    return path


def checked_form(context: click.Context, _option: click.Parameter, form: str | None) -> str | None:
    """Refuse a form that a terminal cannot show."""
    if form == "parquet" and context.params.get("out") is None:
        raise click.UsageError("--as parquet needs --out FILE")
    return form


as_option = click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    callback=checked_form,
    help="Form of the output; default by --out, else table.",
)
out_option = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=checked_target,
    is_eager=True,  # known when the form is checked
    help="File to write; default stdout.",
)
lang_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of texts."
)


def write_rows(
    rows: Iterable[Mapping[str, Any]], *, form: str | None, out: Path | None, default: str = "table"
) -> None:
    """Write ``rows`` in the chosen form; the keys of the first row are the columns."""
    form = form or _form_of(out) or default
    if form == "parquet":
        assert out is not None, "checked with the option"
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), out)
        return
    if form == "jsonl":
        _write_lines((json.dumps(row, ensure_ascii=False) for row in rows), out)
        return
    listed = list(rows)
    if form == "json":
        _write_lines([json.dumps(listed, ensure_ascii=False, indent=1)], out)
    elif form == "csv":
        _write_lines([_as_csv(listed).rstrip("\n")], out, encoding="utf-8-sig" if out else "utf-8")
    else:
        _write_lines(_as_table(listed), out)


def stop_with(error: InputError, language: Language) -> NoReturn:
    """Say every fault, one a line, on stderr and end with exit code 1."""
    say_faults(error.faults, language)
    sys.exit(1)


def say_faults(faults: Sequence[Fault], language: Language) -> None:
    """One line a fault on stderr."""
    for fault in faults:
        click.echo(say_fault(fault, language), err=True)


def _form_of(out: Path | None) -> str | None:
    if out is None:
        return None
    ending = out.suffix.lstrip(".").lower()
    return {"txt": "table"}.get(ending, ending if ending in FORMS else None)


def _write_lines(lines: Iterable[str], out: Path | None, encoding: str = "utf-8") -> None:
    if out is None:
        for line in lines:
            click.echo(line)
        return
    with out.open("w", encoding=encoding, newline="") as file:
        for line in lines:
            file.write(line + "\n")


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain_cell(cell) for name, cell in row.items()} for row in rows)
    return buffer.getvalue()


def _plain_cell(value: Any) -> Any:
    """A cell that a spreadsheet runs as nothing, and that can be written."""
    return safe_text(clean(value)) if isinstance(value, str) else value


def _as_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    columns = list(rows[0])
    cells = [columns, *([_show(row.get(column)) for column in columns] for row in rows)]
    widths = [max(_width(line[n]) for line in cells) for n in range(len(columns))]
    return [
        "  ".join(cell + " " * (widths[n] - _width(cell)) for n, cell in enumerate(line)).rstrip() for line in cells
    ]


def _show(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    # What comes from outside must not move a terminal's cursor, colour its text or ring its bell.
    return "".join(char if char.isprintable() else " " for char in str(value))


def _width(text: str) -> int:
    """Columns a terminal needs: a Chinese character takes two."""
    return sum(2 if ord(char) >= 0x1100 and not 0x2000 <= ord(char) <= 0x206F else 1 for char in text)
