"""``peilian read``: the moves, emotions, waiting times and satisfaction of the conversations of a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import click

from peilian.cli._output import lang_option, out_option, say_faults, stop_with
from peilian.engine._kernel import InputError, Language
from peilian.flows import reading
from peilian.flows.importing import read_conversations


@click.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_", default="auto", show_default=True, metavar="NAME", help="Layout of the file.")
@click.option("--strict", is_flag=True, help="Stop at a faulty conversation instead of leaving it out.")
@out_option
@lang_option
def command(file: Path, format_: str, strict: bool, out: Path | None, lang: str) -> None:
    """Read the conversations (会话) of FILE; write one JSON line per conversation.

    \b
    Examples: peilian read chats.csv
              peilian read chats.parquet --lang en --out readings.jsonl
    """
    language = cast(Language, lang)
    try:
        lines = _lines(file, format_, language, strict=strict)
        first = next(lines, None)  # a faulty file or lexicon shows here, before anything is written
    except InputError as error:
        stop_with(error, language)
    with ExitStack() as stack:
        target = stack.enter_context(out.open("w", encoding="utf-8", newline="")) if out else sys.stdout
        if first is not None:
            target.write(first)
            target.writelines(lines)


def _lines(file: Path, format_: str, language: Language, *, strict: bool) -> Iterator[str]:
    conversations = read_conversations(
        file, format_, strict=strict, on_fault=None if strict else lambda fault: say_faults([fault], language)
    )
    for read in reading.read(conversations):
        yield json.dumps(reading.to_line(read, language), ensure_ascii=False) + "\n"
