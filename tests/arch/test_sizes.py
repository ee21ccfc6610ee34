"""Sizes: small functions, readable files, narrow engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from arch.tree import PACKAGE, ROOT, Function, exports, functions, python_files

LONG, LONGEST = 50, 100
SHARE_OF_SHORT = 0.95
LONGEST_FILE = 800
MOST_EXPORTS = 12
ALLOWANCES = Path(__file__).with_name("size_allowances.txt")


def allowances() -> dict[str, int]:
    lines = (line.split("#")[0].split() for line in ALLOWANCES.read_text(encoding="utf-8").splitlines())
    return {words[0]: int(words[1]) for words in lines if words}


def product_functions() -> list[Function]:
    return [function for path in python_files("src") for function in functions(path)]


def oversized() -> dict[str, int]:
    """Everything over the hard limits."""
    found = {
        f.place: f.lines for path in python_files("src", "tests", "bench") for f in functions(path) if f.lines > LONGEST
    }
    for path in python_files("src", "tests", "bench"):
        n_lines = len(path.read_text(encoding="utf-8").splitlines())
        if n_lines > LONGEST_FILE:
            found[path.relative_to(ROOT).as_posix()] = n_lines
    return found


def test_nineteen_of_twenty_functions_have_at_most_fifty_lines():
    found = product_functions()
    long = [f"{f.place} {f.lines}" for f in found if f.lines > LONG]
    assert len(long) <= (1 - SHARE_OF_SHORT) * len(found), "\n".join(long)


def test_nothing_is_larger_than_it_may_be():
    allowed = allowances()
    beyond = [f"{place} {lines}" for place, lines in oversized().items() if lines > allowed.get(place, 0)]
    assert not beyond, "make these smaller:\n" + "\n".join(beyond)


def test_the_list_of_allowances_only_shrinks():
    found = oversized()
    stale = [f"{place} {lines}" for place, lines in allowances().items() if lines != found.get(place)]
    assert not stale, "no longer needed as they stand:\n" + "\n".join(stale)


def test_files_are_short_in_the_median():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in python_files("src"))
    assert lengths[len(lengths) // 2] <= 150


@pytest.mark.parametrize(
    "engine", sorted(path.parent for path in (PACKAGE / "engine").glob("*/__init__.py")), ids=lambda path: path.name
)
def test_an_engine_has_a_narrow_door(engine):
    names = exports(engine / "__init__.py")
    assert len(names) <= MOST_EXPORTS, f"{len(names)} names: {names}"


def test_the_length_of_a_function_is_counted_from_def_to_its_last_line(tmp_path, monkeypatch):
    monkeypatch.setattr("arch.tree.ROOT", tmp_path)
    file = tmp_path / "sample.py"
    outer = "@decorated\ndef outer():\n    def inner():\n        pass\n\n    return inner\n"
    file.write_text(f"{outer}\nclass C:\n    def m(self): ...\n")
    assert {f.place: f.lines for f in functions(file)} == {
        "sample.py::outer": 5,
        "sample.py::outer.inner": 2,
        "sample.py::C.m": 1,
    }
