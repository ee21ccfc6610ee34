"""``peilian appraise``: the explained sheets of the people in a file, by a template with its settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from peilian.cli._output import as_option, lang_option, out_option, say_faults, write_rows
from peilian.engine._kernel import InputError, Language
from peilian.flows import appraising
from peilian.flows.appraisal_values import UNCLEAR

_HOW: Mapping[Language, str] = {
    "zh": "不写百分号的比例是哪一种，可以用 --ratios percent（92 即 92%）或 --ratios fraction（0.92 即 92%）说明。",
    "en": "Say how ratios without a percent sign are meant: --ratios percent (92 is 92%) or fraction (0.92 is 92%).",
}


def _settings(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``key=value`` as answers."""
    found: dict[str, str] = {}
    for one in given:
        key, sign, value = one.partition("=")
        if not sign or not key.strip():
            raise click.BadParameter(f"{one!r} is not key=value")
        found[key.strip()] = value.strip()
    return found


@click.command("appraise")
@click.argument("file", metavar="INPUT", required=False, type=click.Path(path_type=Path))
@click.option(
    "--scorecard",
    "name",
    default="ecommerce-monthly",
    show_default=True,
    metavar="KEY|PATH",
    help="A shipped template, or a file that holds one.",
)
@click.option(
    "--settings", "answers", multiple=True, callback=_settings, metavar="KEY=VALUE", help="An answer to a setting."
)
@click.option(
    "--ratios",
    type=click.Choice(["percent", "fraction"]),
    help="How ratios without a percent sign are meant where that can be doubted.",
)
@click.option("--list", "is_list", is_flag=True, help="Show the settings of the template with their answers.")
@as_option
@out_option
@lang_option
def command(
    file: Path | None,
    name: str,
    answers: dict[str, str],
    ratios: appraising.Ratios | None,
    is_list: bool,
    form: str | None,
    out: Path | None,
    lang: str,
) -> None:
    """Appraise (绩效考核) the people of INPUT, rows of person, period, indicator and value; every point has its reason.

    A table and CSV show one row a line of the sheet; JSON one object a person and period.

    \b
    Examples: peilian appraise march.csv --scorecard ecommerce-monthly --as json
              peilian appraise march.xlsx --settings report_points=scaled --settings responses_standard=600
              peilian appraise --scorecard phone-service-monthly --list
    """
    language = cast(Language, lang)
    if file is None and not is_list:
        raise click.UsageError("name a file, or use --list")
    try:
        template = appraising.find_template(name)
        card = appraising.card_of(template.body, answers)
        if is_list or file is None:
            write_rows(_listed(template, answers, language), form=form, out=out)
            return
        people = appraising.read_inputs(file, card, ratios).people
    except InputError as error:
        say_faults(error.faults, language)
        if any(fault.reason.key == UNCLEAR for fault in error.faults):
            click.echo(_HOW[language], err=True)
        sys.exit(1)
    sheets = [
        {
            "person": one.person,
            "period": one.period,
            **appraising.to_sheet(appraising.appraise(card, one.values), card, language),
        }
        for one in people
    ]
    is_flat = (form or (out.suffix.lstrip(".") if out else "table")) not in ("json", "jsonl")
    write_rows(_flat(sheets) if is_flat else sheets, form=form, out=out)


def _flat(sheets: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """A row for every line, and one for the result."""
    rows: list[Mapping[str, Any]] = []
    for sheet in sheets:
        head = {"person": sheet["person"], "period": sheet["period"]}
        rows += [
            {
                **head,
                "indicator": line["indicator"],
                "label": line["label"],
                "weight": line["weight"],
                "points": line["points"],
                "reason": line["reason"],
            }
            for line in sheet["lines"]
        ]
        for key, weight in (("raw", sheet["max"]), ("normalised", 100)):
            rows.append({**head, "indicator": key, "label": "", "weight": weight, "points": sheet[key], "reason": ""})
    return rows


def _listed(template: appraising.Template, answers: dict[str, str], language: Language) -> list[dict[str, Any]]:
    return [
        {
            "setting": one.key,
            "question": one.question,
            "label": one.label.in_language(language),
            "value": answers.get(one.key, one.default),
            "answers": _answers(one, language),
            "about": "" if one.about is None else one.about.in_language(language),
        }
        for one in template.settings
    ]


def _answers(setting: appraising.Setting, language: Language) -> str:
    if setting.number is not None:
        return f"{setting.number.min} – {setting.number.max}"
    return "; ".join(f"{choice.key} ({choice.label.in_language(language)})" for choice in setting.choices)
