"""``peilian drill``: play a scenario in the terminal, or a script against it; list what can be played."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click
from click.core import ParameterSource

from peilian.adapters.scripts import read_script
from peilian.cli._output import FORMS, checked_form, out_option, say_faults, stop_with, write_rows
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.drill import Cast, Drill, Step, ToolError
from peilian.engine.drill.world import Panels, panels_of
from peilian.flows import packs, playing
from peilian.flows.debriefing import debrief_of
from peilian.flows.drill_results import result_of
from peilian.flows.wording import say

# What says how to play, by its parameter.
_SHOWN = {"scenario": "SCENARIO", "script": "--script", "seed": "--seed", "mode": "--mode", "embedding": "--embedding"}
_TOOL = "/"  # what begins a line that uses a tool: /coupon amount=10


@click.command("drill")
@click.argument("scenario", required=False)
@click.option("--list", "is_list", is_flag=True, help="Show every scenario.")
@click.option("--script", type=click.Path(path_type=Path), help="JSON lines of a trainee to play.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=None, help="Chance of the customer.  [default: 1]")
@click.option("--mode", type=click.Choice(["easy", "normal", "hard"]), default="normal", show_default=True)
@click.option(
    "--embedding", is_flag=True, help="Understand replies by meaning too (needs the extra peilian[embedding])."
)
@click.option(
    "--packs",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of packs to play with too; may be given several times.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="Language of scenario and reasons.")
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    callback=checked_form,
    help="Form of a list; for a script json, else the debrief is shown for people.",
)
@out_option
def command(
    scenario: str | None, is_list: bool, script: Path | None, seed: int | None, mode: str, embedding: bool,
    folders: tuple[Path, ...], lang: str | None, form: str | None, out: Path | None,
) -> None:  # fmt: skip
    """Play the SCENARIO (演练场景), its key or its file, against a simulated customer.

    Scenarios come from the shipped packs, the packs in PEILIAN_HOME/packs (default ./var/packs) and those of --packs.
    A script is shown as a talk with its debrief; with --as json or --out its result is one JSON object.

    \b
    Examples: peilian drill --list --as json
              peilian drill retail/logistics-delay --lang zh
              peilian drill retail/logistics-delay --script turns.jsonl --seed 7
              peilian drill mine/late-cake --packs my-packs/
              peilian drill my-packs/scenarios/late-cake.yaml
    """
    language = cast("Language | None", lang)
    _refuse_what_would_be_ignored(is_list=is_list, script=script, form=form, out=out)
    try:
        _take_in(folders, language or "zh")
        if is_list:
            write_rows(list(_listed(language or "zh", as_text=form not in ("json", "jsonl"))), form=form, out=out)
        elif scenario is None:
            raise click.UsageError("a SCENARIO is needed, or --list")
        else:
            cast_ = playing.cast(_key_of(scenario), language, embedding=embedding)
            if script is not None:
                is_shown = out is None and form in (None, "table")
                _play_script(cast_, script, seed if seed is not None else 1, mode, out, is_shown=is_shown)
            else:
                _play_here(cast_, seed if seed is not None else 1, mode)
    except InputError as error:
        stop_with(error, language or "zh")


def _take_in(folders: tuple[Path, ...], language: Language) -> None:
    """Have the packs of the installation and those in ``folders`` at hand. Faults of the former are told and those
    packs left out; faults of the latter are raised."""
    say_faults(packs.add_installed(Path(os.environ.get("PEILIAN_HOME", "var")) / "packs"), language)
    if folders:
        _add(folders)


def _add(folders: Sequence[Path]) -> None:
    packs.check(folders, seeds=0)
    known = {folder.resolve() for folder in playing.house()}
    playing.add_to_house((*playing.house()[1:], *(folder for folder in folders if folder.resolve() not in known)))


def _key_of(scenario: str) -> str:
    """The key that is meant: itself, or that of the scenario in the file, whose pack is then at hand too."""
    file = Path(scenario)
    if file.suffix != ".yaml" or not file.is_file():
        return scenario
    folder = packs.pack_of(file)
    if folder is None:
        raise InputError(Fault(Reason("pack.not_in_a_pack"), file=scenario))
    if not any(folder.is_relative_to(root.resolve()) for root in playing.house()):
        _add([folder])
    return packs.key_of(file)


def _refuse_what_would_be_ignored(*, is_list: bool, script: Path | None, form: str | None, out: Path | None) -> None:
    """A wrong use, when something was asked for that the call would silently pass over."""
    context = click.get_current_context()
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if is_list and (odd := [_SHOWN[name] for name in _SHOWN if name in given]):
        raise click.UsageError(f"--list shows every scenario and takes no {', '.join(odd)}")
    if is_list:
        return
    if script is None and (form is not None or out is not None):
        raise click.UsageError("a drill in the terminal writes no data; --as and --out need --script or --list")
    ending = out.suffix.lower() if out is not None else ""
    if script is not None and (
        form not in (None, "json", "jsonl", "table") or (form is None and ending in (".csv", ".parquet"))
    ):
        raise click.UsageError("the result of a script is one JSON object; use --as json, or leave it out")


def _listed(language: Language, *, as_text: bool) -> Iterator[dict[str, Any]]:
    for key, (document, _version) in sorted(playing.scenarios().items()):
        yield {
            "scenario": key,
            "title": document.title.to_text().in_language(language),
            "pack": playing.pack_of(key),
            "difficulty": document.difficulty,
            "languages": ", ".join(document.languages) if as_text else list(document.languages),
            "time_limit_seconds": document.time_limit_seconds,
        }


def _play_script(cast_: Cast, script: Path, seed: int, mode: str, out: Path | None, *, is_shown: bool) -> None:
    turns = read_script(script)
    try:
        played = playing.play(cast_, turns, seed=seed, mode=mode)
    except ToolError as error:
        raise InputError(Fault(error.reason, file=str(script), field="action")) from None
    if is_shown:
        _show_talk(played.drill, cast_.scenario.language)
        _show_result(played.drill, list(played.steps), cast_.scenario.language)
        return
    result = result_of(played.drill, played.steps, cast_.scenario.language)
    text = json.dumps(result, ensure_ascii=False, sort_keys=True) + "\n"
    if out is not None:
        out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _play_here(cast_: Cast, seed: int, mode: str) -> None:
    """A drill in the terminal, on the clock of the wall."""
    scenario, language = cast_.scenario, cast_.scenario.language
    click.echo(f"{scenario.title}\n{scenario.brief}\n")
    for title, rows in panels_of(scenario, scenario.world):
        click.echo(f"[{title}] " + "; ".join(f"{label}: {text}" for label, text in rows))
    for tool in scenario.tools:
        arguments = " ".join(f"{argument.name}=…" for argument in tool.arguments)
        click.echo(f"  {_TOOL}{tool.name} {arguments}".rstrip() + f"  {tool.label}")
    drill, started = Drill(cast_, seed, mode), time.monotonic()
    steps = [drill.open()]
    _show(steps)
    while not drill.is_over:
        before = panels_of(scenario, drill.state.world)
        try:
            line = click.prompt(">", prompt_suffix=" ", default="", show_default=False)
        except (click.Abort, EOFError):
            line = ""
        at_ms = round((time.monotonic() - started) * 1000)
        found = _heard(drill, at_ms, line, language) if line else drill.end(at_ms)
        _show(found)
        _show_news(before, panels_of(scenario, drill.state.world))
        steps += found
    _show_result(drill, steps, language)


def _heard(drill: Drill, at_ms: int, line: str, language: Language) -> list[Step]:
    if not line.startswith(_TOOL):
        return drill.hear(at_ms, line)
    name, *words = line[len(_TOOL) :].split() or [""]
    try:
        return drill.act(at_ms, name, dict(word.split("=", 1) for word in words if "=" in word))
    except ToolError as error:
        click.echo(say(error.reason, language), err=True)
        return drill.advance(at_ms)


def _show(steps: list[Step]) -> None:
    for step in steps:
        for line in step.lines:
            if line.role == "customer":
                click.echo(f"  {line.text}")
        if step.used is not None:
            click.echo(f"  [{step.used.text}]")
        if step.gauge is not None:
            click.echo(click.style(f"    ({step.gauge.satisfaction:.0f} · {step.gauge.efficiency:.0f})", dim=True))


def _show_news(before: Panels, after: Panels) -> None:
    """The rows of the panels that a tool has changed."""
    for (_, rows), (title, now) in zip(before, after, strict=True):
        for label, text in now:
            if (label, text) not in rows:
                click.echo(f"  [{title}] {label}: {text}")


def _show_talk(drill: Drill, language: Language) -> None:
    """What both sides said and did, with its time in the drill."""
    you = "您" if language == "zh" else "You"
    for line in sorted(drill.transcript, key=lambda line: line.at_ms):
        who = drill.cast.scenario.persona.name if line.role == "customer" else you
        minutes, seconds = divmod(line.at_ms // 1000, 60)
        click.echo(f"{minutes:02}:{seconds:02}  {who}  {line.text}")


def _show_result(drill: Drill, steps: list[Step], language: Language) -> None:
    debrief = debrief_of(drill, steps, language)
    result = result_of(drill, steps, language)
    click.echo(f"\n{debrief.goal.text}\n  {debrief.goal.why}")
    if debrief.goal.model:
        click.echo(f"  {debrief.goal.model}")
    for item in debrief.required:
        mark = "✓" if item.is_met else "½" if item.share else "–"
        click.echo(f"  {mark} {item.label}" + (f": {item.quote}" if item.quote else ""))
    for score in result["scores"]:
        click.echo(f"  {score['label']}: {_points(score['points'])} / {_points(score['max'])}")
    click.echo(f"{_points(result['total'])} / {_points(result['max'])}")


def _points(points: float | None) -> str:
    """Points for people: one place behind the point at most."""
    return "–" if points is None else f"{round(points, 1):g}"
