"""``peilian score``: the points of the conversations of a file by a scorecard, each point with its reason."""

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
from peilian.flows import reading, scoring
from peilian.flows.importing import read_conversations


@click.command("score")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scorecard",
    "name",
    default="service-core",
    show_default=True,
    metavar="KEY|PATH",
    help="A shipped scorecard, or a file that holds one.",
)
@click.option("--format", "format_", default="auto", show_default=True, metavar="NAME", help="Layout of the file.")
@click.option("--strict", is_flag=True, help="Stop at a faulty conversation instead of leaving it out.")
@out_option
@lang_option
def command(file: Path, name: str, format_: str, strict: bool, out: Path | None, lang: str) -> None:
    """Score the conversations (会话) of FILE by a scorecard (评分卡); write one JSON line per conversation.

    \b
    Examples: peilian score chats.csv --scorecard service-core
              peilian score chats.csv --scorecard our-card.yaml --lang en --out scores.jsonl
    """
    language = cast(Language, lang)
    try:
        lines = _lines(file, name, format_, language, strict=strict)
        first = next(lines, None)  # a faulty file or scorecard shows here, before anything is written
    except InputError as error:
        stop_with(error, language)
    with ExitStack() as stack:
        target = stack.enter_context(out.open("w", encoding="utf-8", newline="")) if out else sys.stdout
        if first is not None:
            target.write(first)
            target.writelines(lines)


def _lines(file: Path, name: str, format_: str, language: Language, *, strict: bool) -> Iterator[str]:
    card = scoring.find_scorecard(name)
    conversations = read_conversations(
        file, format_, strict=strict, on_fault=None if strict else lambda fault: say_faults([fault], language)
    )
    for conversation in conversations:
        scored = scoring.score_conversation(conversation, card, reading.lexicons())
        line = {"conversation_id": conversation.conversation_id, **scoring.to_line(scored, card, language)}
        yield json.dumps(line, ensure_ascii=False) + "\n"
