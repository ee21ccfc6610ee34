"""Archives (ZIP) that somebody uploaded: their files in memory, within bounds, without trust in anything they say."""

from __future__ import annotations

import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

MOST_FILES = 10_000
MOST_BYTES = 50 << 20
"""Of all files, unpacked."""
MOST_OF_A_FILE = 4 << 20
MOST_OF_AN_ENCLOSED_FILE = 20 << 20
"""Of what lies beside the texts, such as a picture or a film."""
MOST_RATIO = 200
"""Unpacked by packed size; texts reach 20."""

_NESTED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!")
_ENCRYPTED = 0x1


class ArchiveError(ValueError):
    """An archive that is not taken. ``problem`` is one of: broken, too_many, too_large, ratio, path, link, nested,
    encrypted, twice; ``name`` is the file that it is about."""

    def __init__(self, problem: str, name: str = "") -> None:
        super().__init__(f"{problem} {name}".strip())
        self.problem = problem
        self.name = name[:200]


# What reading raises when an archive is cut off, its parts are damaged, or packed in a way that is not known.
_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip


def _none(_name: str) -> bool:
    return False


def unpacked(data: bytes, is_enclosed: Callable[[str], bool] = _none) -> dict[str, bytes]:
    """The files of an archive by their path in it. ``ArchiveError`` when any of them is not as it should be.

    Paths that ``is_enclosed`` are no texts: they may be larger, and documents that are archives themselves.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive, is_enclosed)
    except ArchiveError:
        raise
    except _BROKEN:
        raise ArchiveError("broken") from None


def parts_of(path: Path, names: Iterable[str] | None = None) -> list[bytes]:
    """Some files of an archive that ``packed`` made, and only these are read; or all in the order of their names."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in (archive.namelist() if names is None else names)]


def packed(files: dict[str, bytes]) -> bytes:
    """An archive of these files; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name], zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _files(archive: zipfile.ZipFile, is_enclosed: Callable[[str], bool]) -> dict[str, bytes]:
    parts = [part for part in archive.infolist() if not part.filename.endswith("/")]
    if len(parts) > MOST_FILES:
        raise ArchiveError("too_many")
    if sum(part.file_size for part in parts) > MOST_BYTES:
        raise ArchiveError("too_large")
    found: dict[str, bytes] = {}
    for part in parts:
        most = MOST_OF_AN_ENCLOSED_FILE if is_enclosed(part.filename) else MOST_OF_A_FILE
        _check(part, most)
        if part.filename in found:
            raise ArchiveError("twice", part.filename)
        with archive.open(part) as content:
            text = content.read(most + 1)  # what is stated may be untrue, so no more than the bound is read
        if len(text) > most:
            raise ArchiveError("too_large", part.filename)
        if text.startswith(_NESTED) and not is_enclosed(part.filename):
            raise ArchiveError("nested", part.filename)
        found[part.filename] = text
    return found


def _check(part: zipfile.ZipInfo, most: int) -> None:
    name = part.filename
    path = PurePosixPath(name)
    if not name or "\\" in name or "\0" in name or ":" in name or path.is_absolute() or ".." in path.parts:
        raise ArchiveError("path", name)
    mode = part.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        raise ArchiveError("link", name)
    if part.flag_bits & _ENCRYPTED:
        raise ArchiveError("encrypted", name)
    if part.file_size > most:
        raise ArchiveError("too_large", name)
    if part.file_size > MOST_RATIO * max(part.compress_size, 512):
        raise ArchiveError("ratio", name)
