"""Opening an input file: its form, its encoding, its columns, and its rows as a stream of bounded memory."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from peilian.adapters.importers.files import LIMITS, Form, Limits, Table, stop
from peilian.adapters.importers.parquet import ParquetTable
from peilian.adapters.importers.separated import FindHeading, JsonLines, Separated, first_undecodable

_CHUNK = 1 << 20
_HOPELESS = 16 * LIMITS.line  # bytes without a line end after which reading is sure to refuse the line
_FORMS: Mapping[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class Examined:
    """What a pass over the bytes shows: their hash and, for text, their encoding."""

    path: Path
    form: Form
    sha256: str
    encoding: str | None


def examine(path: Path, notice: Callable[[int], None] = lambda _bytes: None) -> Examined:
    """Pass over a file once. Raises ``InputError`` when it is missing, empty, or text in no encoding that is known."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise stop(path, "import.not_a_file")  # a pipe or a device: it may never end, and is read more than once
        with path.open("rb") as file:
            head = file.read(1 << 16)
            if not head:
                raise stop(path, "import.empty_file")
            form = _form(path, head)
            digest = hashlib.sha256(head)
            unbroken = len(head)
            texts = _Encoding(head) if form != "parquet" else None
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                unbroken = len(chunk) - 1 - chunk.rfind(b"\n") if b"\n" in chunk else unbroken + len(chunk)
                if texts is not None and unbroken > _HOPELESS:
                    break
                if texts is not None:
                    texts.feed(chunk)
                notice(len(chunk))
    except OSError as error:
        raise stop(path, "import.unreadable", problem=error.strerror or str(error)) from None
    encoding = texts.result(path, form, is_whole=unbroken <= _HOPELESS) if texts is not None else None
    return Examined(path, form, digest.hexdigest(), encoding)


def open_table(examined: Examined, limits: Limits = LIMITS, heading: FindHeading | None = None) -> Table:
    """Open a file that was examined. Raises ``InputError`` when its head cannot be read.

    ``heading`` finds the headings of a CSV file below a title; without it they are the first line.
    """
    path = examined.path
    if examined.form == "parquet":
        return ParquetTable(path, limits)
    assert examined.encoding is not None
    if examined.form == "jsonl":
        return JsonLines(path, examined.encoding, limits)
    return Separated(path, examined.encoding, limits, heading)


def form_of(path: Path) -> Form:
    """Which form a file has; raises ``OSError``."""
    with path.open("rb") as file:
        return _form(path, file.read(1 << 16))


def _form(path: Path, head: bytes) -> Form:
    if head[:4] == b"PAR1":
        return "parquet"
    if found := _FORMS.get(path.suffix.lower()):
        return found
    return "jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "csv"


class _Encoding:
    """Which encoding a text has: its mark, else UTF-8 if every byte fits, else GB18030 if it reads as Chinese."""

    def __init__(self, head: bytes) -> None:
        self._marked = _marked(head)
        self._decoder = codecs.getincrementaldecoder(self._marked or "utf-8")()
        self._is_good = True
        self._has_wide = False  # characters of three bytes and more were read: UTF-8 beyond doubt
        self.feed(head)

    def feed(self, chunk: bytes, final: bool = False) -> None:
        if not self._is_good:
            return
        try:
            self._decoder.decode(chunk, final)
            self._has_wide = self._has_wide or (not chunk.isascii() and len(chunk) > 1 << 15)
        except UnicodeDecodeError as error:
            self._is_good = False
            good = error.object[: error.start].decode(self._marked or "utf-8", "ignore")
            self._has_wide = self._has_wide or sum(char >= "\u0800" for char in good) >= 3

    def result(self, path: Path, form: Form, is_whole: bool) -> str:
        self.feed(b"", final=is_whole)
        if self._is_good:
            return self._marked or "utf-8"
        if self._marked is None and not self._has_wide and _reads_as_chinese(path):
            return "gb18030"
        encoding = self._marked or "utf-8"
        raise stop(
            path, "import.wrong_encoding", row=first_undecodable(path, encoding, form), encoding=encoding.upper()
        )


def _marked(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # UTF-16 without a mark: the headings are Latin letters, so every second byte is zero.
    pairs = head[:64]
    if len(pairs) >= 8 and not any(pairs[1::2]) and all(pairs[::2]):
        return "utf-16-le"
    if len(pairs) >= 8 and not any(pairs[::2]) and all(pairs[1::2]):
        return "utf-16-be"
    return None


def _reads_as_chinese(path: Path) -> bool:
    """Whether every byte fits GB18030 and most of its characters are in everyday use (GB 2312)."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    wide = common = 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                if wide < 100_000:
                    others = [char for char in text if char > "\x7f"]
                    wide += len(others)
                    common += len("".join(others).encode("gb2312", "ignore")) // 2
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return common >= 0.7 * wide
