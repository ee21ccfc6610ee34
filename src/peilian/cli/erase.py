"""``peilian erase``: a customer's personal data out of a lake."""

from __future__ import annotations

from pathlib import Path

import click

from peilian.adapters.lake import Lake
from peilian.cli._output import as_option, lang_option, out_option, stop_with, write_rows
from peilian.engine._kernel import InputError, Language
from peilian.flows.erasing import erase_customer


@click.command("erase")
@click.option("--lake", "path", required=True, type=click.Path(file_okay=False, path_type=Path), help="The lake.")
@click.option("--customer", required=True, help="Id of the customer as in the source.")
@as_option
@out_option
@lang_option
def command(path: Path, customer: str, form: str | None, out: Path | None, lang: Language) -> None:
    """Erase a customer: words and identity go from every file; counts and times stay. It cannot be undone.

    Example: peilian erase --lake lake --customer buyer_1042
    """
    try:
        erased = erase_customer(Lake.open(path), customer=customer)
    except InputError as error:
        stop_with(error, lang)
    counts = {"conversations": erased.conversations, "messages": erased.messages}
    write_rows([{"pseudonym": erased.pseudonym, **counts}], form=form, out=out)
