"""Which files may be handed out beside a text, told by what they hold and not by their names."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

from peilian.engine.text.typed import cleaned, is_blank

# How a file of a kind begins. What a browser would run (SVG, HTML) is none of them.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


_RUN = frozenset(
    {".html", ".htm", ".xhtml", ".xht", ".shtml", ".mhtml", ".svg", ".svgz", ".xml", ".xsl", ".css", ".php", ".jsp"}
    | {".js", ".mjs", ".exe", ".com", ".scr", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".wsf", ".hta", ".sh", ".jar"}
    | {".msi", ".reg", ".lnk", ".url", ".desktop", ".app"}
)
"""Endings of what a browser or a computer runs when it is opened."""


def is_run(name: str) -> bool:
    """Whether a file, saved under its name, would be run when it is opened. None that is taken holds such a thing, so
    the name is wrong, or meant to mislead."""
    return PurePosixPath(name.strip().rstrip(".").lower()).suffix in _RUN


def plain_name(name: str) -> str:
    """The name of a file without folders and without what cannot be stored or seen; empty when nothing is left."""
    last = cleaned(PurePosixPath(name.replace("\\", "/")).name).replace("\n", " ").strip()
    return "" if is_blank(last) or last in (".", "..") else last


def media_type_of(data: bytes) -> str | None:
    """What a file is by what it holds; ``None`` for what is not taken."""
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:11] == b"M4A" else "video/mp4"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return "text/plain" if _is_text(data) else None


def _office(data: bytes) -> str | None:
    """Which program's document an archive is, by the names of its parts; nothing is unpacked. Macros are not taken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((media_type for part, media_type in _OFFICE.items() if part in names), None)


def is_text_of_other_encoding(name: str, data: bytes) -> bool:
    """Whether a file that is not taken is a text by its name, but in another encoding than UTF-8."""
    if not name.lower().endswith((".txt", ".csv", ".md", ".yaml", ".yml")):
        return False
    try:
        return "\0" in data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return True


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    begins = text.lstrip()[:200].lower()
    return bool(text.strip()) and "\0" not in text and not begins.startswith("<")
