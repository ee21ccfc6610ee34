"""``peilian erase``: a customer's personal data out of a lake."""

from __future__ import annotations

from pathlib import Path

import click

from peilian.adapters.lake import Lake
from peilian.cli._output import as_option, lang_option, out_option, stop_with, write_rows
from peilian.engine._kernel import InputError, Language
from peilian.flows.erasing import erase_customer


@click.command("erase")
@click.option(
    "--lake",
    "path",
    type=click.Path(file_okay=False, path_type=Path),
    help="A lake without an installation.  [default: the installation in PEILIAN_HOME]",
)
@click.option("--customer", required=True, help="Id of the customer as in the source.")
@as_option
@out_option
@lang_option
def command(path: Path | None, customer: str, form: str | None, out: Path | None, lang: Language) -> None:
    """Erase a customer: words and identity go from every file; counts and times stay. It cannot be undone.

    Of an installation the links of orders go as well, and cases and drills made of the conversations are marked for
    revision; with --lake nothing but the lake is touched.

    \b
    Examples: peilian erase --customer buyer_1042
              peilian erase --lake lake --customer buyer_1042
    """
    try:
        row = _from_installation(customer) if path is None else _from_lake(path, customer)
    except InputError as error:
        stop_with(error, lang)
    write_rows([row], form=form, out=out)


def _from_lake(path: Path, customer: str) -> dict[str, str | int]:
    erased = erase_customer(Lake.open(path), customer=customer)
    counts = {"conversations": erased.conversations, "messages": erased.messages}
    return {"pseudonym": erased.pseudonym, **counts}


def _from_installation(customer: str) -> dict[str, str | int]:
    from peilian.cli.server import in_installation  # brings in the database, which a lake alone does not need

    with in_installation():
        from peilian.apps.contacts import api as contacts

        erased = contacts.erase_customer(actor=None, customer=customer)
    return {"conversations": erased.n_conversations, "texts_to_revise": erased.n_texts}
