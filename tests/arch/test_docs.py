"""What the documents say exists: commands, options, targets, files; and what is public is documented."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from arch.tree import PACKAGE, ROOT, exports, parsed, python_files, written_files
from peilian.cli import main

DOCUMENTS = sorted(path for path in written_files() if path.suffix == ".md" and path.parts[-2] != "open")
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
TARGET = re.compile(r"^([a-z]+):.*##", re.MULTILINE)
IDS = {"ids": lambda path: path.relative_to(ROOT).as_posix()}


def commands(text: str, info: str) -> Iterator[str]:
    """The lines of the fenced blocks that are marked ``info``."""
    for block in FENCE.finditer(text):
        if block["info"].strip() == info:
            yield from (line.strip() for line in block["body"].splitlines() if line.strip())


def shown_commands(text: str) -> list[list[str]]:
    """Every command a reader may type: in blocks of shell, and whole commands in running text."""
    lines = [*commands(text, "sh"), *commands(text, "sh run"), *CODE.findall(FENCE.sub("", text))]
    words = (shlex.split(line.replace("...", ""), comments=True) for line in lines if line.count("'") % 2 == 0)
    return [[word.removeprefix(".venv/bin/") for word in line] for line in words if line]


def fault_of(words: list[str]) -> str | None:
    """Why a ``peilian`` or ``make`` command cannot be typed as it stands; ``None`` when it can."""
    if words[0] == "make":
        targets = TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8"))
        unknown = [word for word in words[1:] if "=" not in word and word not in targets]
        return f"no target {unknown}" if unknown else None
    if words[0] != "peilian":
        return None
    command: click.Command = main
    context = click.Context(main)
    for word in words[1:]:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(context, word)
            if found is None:
                return f"no command {word}"
            command = found
        elif word.startswith("-") and word.partition("=")[0] not in options(command):
            return f"{command.name} has no option {word}"
    return None


def options(command: click.Command) -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return names | {"--help", "-h"}


@pytest.mark.parametrize("document", DOCUMENTS, **IDS)
def test_every_command_a_document_shows_exists(document):
    faults = [
        f"{shlex.join(words)}: {fault}"
        for words in shown_commands(document.read_text(encoding="utf-8"))
        if (fault := fault_of(words))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("document", [ROOT / "README.md", ROOT / "README.zh-CN.md"], **IDS)
def test_the_examples_of_the_readme_run(document, tmp_path):
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    examples = list(commands(document.read_text(encoding="utf-8"), "sh run"))
    assert examples
    for line in examples:
        words = shlex.split(line)
        assert words[0] == "peilian"
        done = subprocess.run(
            [sys.executable, "-c", "from peilian.cli import main; main()", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PEILIAN_HOME": str(tmp_path / "home")},
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip() or words[1] == "import", f"{line} says nothing"


def test_both_readmes_show_the_same_commands():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    without_language = [line.replace(" --lang en", "") for line in commands(english, "sh run")]
    assert without_language == list(commands(chinese, "sh run"))
    assert list(commands(english, "sh")) == list(commands(chinese, "sh"))


@pytest.mark.parametrize("document", DOCUMENTS, **IDS)
def test_every_link_leads_somewhere(document):
    targets = [target.partition("#")[0] for target in LINK.findall(document.read_text(encoding="utf-8"))]
    dead = [t for t in targets if t and "://" not in t and not (document.parent / t).exists()]
    assert not dead


def test_every_decision_and_every_page_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target).resolve() for target in LINK.findall(index)}
    pages = {path for path in (ROOT / "docs").rglob("*.md") if path.name != "index.md"}
    assert not sorted(path.name for path in pages - linked)


def test_every_command_of_the_product_has_help_with_an_example():
    mute = [
        name
        for name, command in leaf_commands(main, "peilian")
        if not (command.help and "Example" in command.help and name.rpartition(" ")[2] in command.help)
    ]
    assert not mute


def leaf_commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaf_commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def undocumented(path: Path, names: set[str] | None = None) -> list[str]:
    """Public classes, functions and methods of a module that say nothing about themselves."""
    found = []
    for node in parsed(path).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_") or (names is not None and node.name not in names):
            continue
        if not ast.get_docstring(node):
            found.append(f"{path.relative_to(ROOT)}: {node.name}")
        # The members of a protocol are what its implementations are; the class says what for.
        if isinstance(node, ast.ClassDef) and not any(ast.unparse(base) == "Protocol" for base in node.bases):
            found += [
                f"{path.relative_to(ROOT)}: {node.name}.{method.name}"
                for method in node.body
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                and not method.name.startswith("_")
                and not ast.get_docstring(method)
            ]
    return found


DOORS = sorted([*PACKAGE.glob("apps/*/api.py"), *PACKAGE.glob("engine/*/__init__.py"), *PACKAGE.glob("flows/*.py")])


@pytest.mark.parametrize("door", DOORS, **IDS)
def test_what_a_door_gives_out_is_documented(door):
    names = set(exports(door))
    around = sorted(door.parent.rglob("*.py")) if door.name in {"api.py", "__init__.py"} else [door]
    silent = [line for path in around if "migrations" not in path.parts for line in undocumented(path, names)]
    assert not silent, "\n".join(silent)


def test_every_module_says_what_it_is():
    mute = [path for path in python_files("src") if path.stat().st_size and not ast.get_docstring(parsed(path))]
    assert not [path.relative_to(ROOT).as_posix() for path in mute]


@pytest.mark.parametrize(
    ("line", "is_fine"),
    [
        ("peilian pack check x", True),
        ("peilian pack chekc x", False),
        ("peilian serve --port 1", True),
        ("peilian serve --prot 1", False),
        ("peilian nothing", False),
        ("make demo PORT=1", True),
        ("make everything", False),
        ("ls --anything", True),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line, is_fine):
    assert (fault_of(shlex.split(line)) is None) is is_fine
