"""Every reason the product can give has words, in both languages, with the parameters it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from string import Formatter

import pytest
import yaml

from arch.tree import PACKAGE, ROOT, parsed, python_files

# Functions that take the key of a reason as their first argument.
GIVERS = {"Reason", "refuse"}
# Calls that take it as an argument called ``key``.
SENDERS = {"send"}


@dataclass(frozen=True)
class Given:
    """A reason as the source gives it. ``key`` is a pattern, ``params`` None when unknown."""

    place: str
    key: re.Pattern[str]
    shown: str
    params: frozenset[str] | None


@cache
def words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted((PACKAGE / "packs").rglob("words/*.yaml")):
        found.update(yaml.safe_load(path.read_text(encoding="utf-8"))["words"])
    return found


def given_reasons(tree: ast.Module, path: str) -> Iterator[Given]:
    """Every reason that the module gives and whose key can be seen in the source."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        keys = {word.arg: word.value for word in node.keywords}
        key = (node.args[0] if node.args else keys.get("key")) if name in GIVERS else None
        if name in SENDERS:
            key = keys.get("key")
        pattern, shown = _pattern(key)
        if pattern is not None:
            yield Given(f"{path}:{node.lineno}", pattern, shown, _params(name, node, keys))


def _pattern(key: ast.expr | None) -> tuple[re.Pattern[str] | None, str]:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return re.compile(re.escape(key.value)), key.value
    if isinstance(key, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in key.values]
        return re.compile("".join(parts)), ast.unparse(key)
    return None, ""


def _params(name: str, node: ast.Call, keys: dict[str | None, ast.expr]) -> frozenset[str] | None:
    holder = keys.get("params") or (node.args[1] if name == "Reason" and len(node.args) > 1 else None)
    if holder is None:
        return frozenset() if name == "Reason" else None
    if isinstance(holder, ast.Dict) and all(isinstance(key, ast.Constant) for key in holder.keys):
        return frozenset(str(key.value) for key in holder.keys if isinstance(key, ast.Constant))
    return None


def placeholders(template: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(template) if name is not None}


def product_reasons() -> list[Given]:
    return [
        given
        for path in python_files("src")
        for given in given_reasons(parsed(path), path.relative_to(ROOT).as_posix())
    ]


def test_every_reason_in_the_source_has_words():
    known = words()
    mute = [f"{given.place} {given.shown}" for given in product_reasons() if not any(map(given.key.fullmatch, known))]
    assert not mute, "\n".join(mute)


def test_every_reason_is_given_the_parameters_its_words_need():
    lacking = []
    for given in product_reasons():
        for key, text in words().items():
            # A key that is put together may stand for many; which parameters each gets cannot be seen.
            if given.params is None or given.shown != key:
                continue
            needed = {name for template in text.values() for name in placeholders(template)}
            if not needed <= given.params:
                lacking.append(f"{given.place} {key} lacks {sorted(needed - given.params)}")
    assert not lacking, "\n".join(lacking)


def test_words_exist_in_both_languages_and_speak_of_the_same():
    uneven = [
        key
        for key, text in words().items()
        if set(text) != {"zh", "en"} or placeholders(text["zh"]) != placeholders(text["en"])
    ]
    assert not uneven


@pytest.mark.parametrize(
    ("source", "key", "params"),
    [
        pytest.param('Reason("a.b")', "a.b", set(), id="a plain key"),
        pytest.param('Reason("a.b", {"n": 1})', "a.b", {"n"}, id="with parameters"),
        pytest.param('Reason("a.b", params)', "a.b", None, id="parameters from elsewhere"),
        pytest.param('self.refuse("a.b", field="x")', "a.b", None, id="refuse"),
        pytest.param('Reason(f"a.{kind}")', "a.anything", set(), id="a key put together"),
        pytest.param('inbox.send(recipient=r, key="a.b", params={"n": 1})', "a.b", {"n"}, id="a message"),
    ],
)
def test_reasons_are_found_in_the_source(source, key, params):
    (found,) = given_reasons(ast.parse(source), "sample.py")
    assert found.key.fullmatch(key)
    assert found.params == (None if params is None else frozenset(params))
