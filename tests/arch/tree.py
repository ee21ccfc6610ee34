"""The source of the project as the architecture tests see it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "peilian"


@dataclass(frozen=True)
class Function:
    """A function or method: where it stands, and how many lines it has from ``def`` to its end."""

    path: str
    name: str
    lines: int
    is_nested: bool

    @property
    def place(self) -> str:
        """What the list of allowances calls it."""
        return f"{self.path}::{self.name}"


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the given folders of the project, migrations left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file, with the names of what surrounds it."""
    yield from _functions(parsed(path), path.relative_to(ROOT).as_posix(), (), False)


def _functions(node: ast.AST, path: str, outer: tuple[str, ...], is_nested: bool) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (child.end_lineno or child.lineno) - child.lineno + 1
            yield Function(path, ".".join((*outer, child.name)), lines, is_nested)
            yield from _functions(child, path, (*outer, child.name), True)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, path, (*outer, child.name), is_nested)
        else:
            yield from _functions(child, path, outer, is_nested)


def exports(path: Path) -> list[str]:
    """The public names of a module: ``__all__``, else what it imports or defines without an underscore."""
    tree = parsed(path)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in statement.targets
        ):
            return list(ast.literal_eval(statement.value))
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            names |= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
    return sorted(name for name in names if not name.startswith("_"))


def written_files() -> list[Path]:
    """Every file that is, or is about to be, part of the project: what git knows or would not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if shown.returncode:  # an unpacked archive: no git, but also nothing that was made beside it
        return [path for path in ROOT.rglob("*") if path.is_file() and not {".venv", "var"} & set(path.parts)]
    return [path for name in shown.stdout.split("\0") if name and (path := ROOT / name).is_file()]
