"""The Chinese of the interface: English texts are collected from templates and code, translations kept in one file.

    python -m peilian.web.shell.messages update     collect texts; new ones get an empty translation
    python -m peilian.web.shell.messages compile    make the file that Django reads
    python -m peilian.web.shell.messages check      fail on texts that were not collected or have no Chinese

The file is sorted by text and knows no line numbers, so two people who add texts do not meet in it.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.reloader import translation_file_changed

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).resolve().parents[2]
SOURCES = ("web", "apps")
CATALOGUE = PACKAGE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Fixed, so that collecting twice changes nothing and two people never meet in a date.
_HEADER = """# Chinese texts of the interface.
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
Found = tuple[str, int, "str | tuple[str, ...]", str | None]


def collect(package: Path = PACKAGE) -> Catalog:
    """Every text of the templates and of the Python code, with the files it stands in."""
    catalogue = _empty()
    for file, _line, message, context in _found(package):
        catalogue.add(message, locations=[(file, 0)], context=context)
    return catalogue


def update(path: Path = CATALOGUE, package: Path = PACKAGE) -> int:
    """Bring the catalogue up to date and keep what is translated; tell how many texts still lack a translation.

    A text that is gone is dropped. A text that changed is a new one: no guessing from similar texts.
    """
    fresh, old = collect(package), _read(path)
    for message in fresh:
        before = old.get(message.id, message.context) if message.id else None
        # A text that has got or lost its plural is found under the same key, but its translation has another form.
        if before is not None and before.pluralizable == message.pluralizable:
            message.string, message.flags = before.string, before.flags | message.flags
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, fresh, width=0, sort_output=True, include_lineno=False, omit_header=True)
    path.write_bytes(_HEADER.encode() + buffer.getvalue())
    return sum(not _is_translated(message) for message in fresh if message.id)


def compile_catalogue(path: Path = CATALOGUE) -> Path:
    """Write the binary file beside the catalogue."""
    target = path.with_suffix(".mo")
    buffer = io.BytesIO()
    write_mo(buffer, _read(path))
    # Another process may be reading it: replace it whole.
    fresh = target.with_suffix(".mo.new")
    fresh.write_bytes(buffer.getvalue())
    fresh.replace(target)
    return target


def ensure_compiled(path: Path = CATALOGUE) -> None:
    """Compile when the binary file is missing or older than the catalogue; called before the first page.

    Where the package may not be written to, the pages come in English until somebody runs ``compile``; the log says so.
    """
    target = path.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
        return
    try:
        compile_catalogue(path)
    except OSError as error:
        log.warning("the Chinese texts could not be compiled into %s: %s", target, error)
    else:
        # Something may have been translated before with the old texts, which gettext and Django would keep.
        translation_file_changed(sender=None, file_path=target)


def faults(path: Path = CATALOGUE, package: Path = PACKAGE) -> list[str]:
    """What is wrong with the catalogue, one line each."""
    known, found = _read(path), []
    for message in collect(package):
        if not message.id:
            continue
        translated = known.get(message.id, message.context)
        if translated is None:
            found.append(f"not collected: {message.id!r} in {_places(message)}; run update")
        elif translated.fuzzy:
            found.append(f"not reviewed: {message.id!r}")
        elif not _is_translated(translated):
            found.append(f"no Chinese: {message.id!r} in {_places(message)}")
        elif _placeholders(translated.id) != _placeholders(translated.string):
            found.append(f"other placeholders in the Chinese: {message.id!r}")
    return found


def _found(package: Path) -> Iterator[Found]:
    for folder in SOURCES:
        for path in sorted((package / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt", ".svg"} or "static" in path.parts:
                continue
            name = path.relative_to(package).as_posix()
            source = path.read_text(encoding="utf-8")
            if path.suffix != ".py":
                source = _as_code(source, name)
            for line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=_KEYWORDS):
                yield name, line, message, context


def _as_code(source: str, name: str) -> str:
    """A template as lines of calls; indentation means nothing in it and would confuse the reader of code."""
    from django.utils.translation.template import templatize

    return "\n".join(line.strip() for line in templatize(source, origin=name).splitlines())


def _empty() -> Catalog:
    return Catalog(locale="zh_Hans", fuzzy=False, charset="utf-8")


def _read(path: Path) -> Catalog:
    if not path.exists():
        return _empty()
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _placeholders(texts: str | list[str] | tuple[str, ...] | None) -> set[str]:
    every = [texts] if isinstance(texts, str) else texts or ()
    return {found for text in every for found in _PLACEHOLDER.findall(text)}


def _places(message: Message) -> str:
    return ", ".join(sorted({file for file, _line in message.locations}))


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
    if arguments == ["update"]:
        print(f"{update()} texts without Chinese in {CATALOGUE.name}")
        return 0
    if arguments == ["compile"]:
        compile_catalogue()
        return 0
    if arguments == ["check"]:
        found = faults()
        for fault in found:
            print(fault, file=sys.stderr)
        return 1 if found else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
