"""Pictures without the traces of who took them (图片元数据): place, device and time go before a picture is kept.

The picture itself is not touched: its file is put together again from the parts that show something, byte by byte, so
that nothing is lost and nothing has to be unpacked. How it is turned is kept, by the one EXIF entry that says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from zlib import crc32

_JPEG, _PNG, _EXIF, _ICC = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"Exif\0\0", b"ICC_PROFILE\0"
_SOI_LENGTH, _SOS, _EOI = 2, 0xDA, 0xD9
_ORIENTATION, _SHORT, _UPRIGHT, _MOST_TURNS = 0x0112, 3, 1, 8
_PNG_TRACES = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04  # flags of VP8X


def without_traces(data: bytes) -> bytes:
    """A JPEG, PNG or WebP without EXIF, XMP, IPTC, comments, previews and what is hung on behind its end; any other
    file, and one that is no such picture after all, as it is."""
    try:
        if data.startswith(_JPEG):
            return _jpeg(data)
        if data.startswith(_PNG):
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):  # cut off, or made to look like a picture: there is nothing to be seen in it
        return data
    return data


# -- JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B -------------------------------------------------------


def _jpeg(data: bytes) -> bytes:
    kept, turned = [], _UPRIGHT
    for marker, segment in _segments(data):
        body = segment[4:]
        if marker == 0xE1 and body.startswith(_EXIF):
            turned = _orientation(body[len(_EXIF) :]) or turned
        if _shows_something(marker, body):
            kept.append((marker, segment))
    parts = [segment for _marker, segment in kept]
    if turned != _UPRIGHT:  # after JFIF, which readers want first
        parts.insert(1 if kept and kept[0][0] == 0xE0 else 0, _exif_segment(turned))
    return b"".join((_JPEG, *parts))


def _shows_something(marker: int, body: bytes) -> bool:
    if marker == 0xFE:  # a comment
        return False
    if not 0xE0 <= marker <= 0xEF:
        return True
    is_jfif, is_colours, is_adobe = marker == 0xE0 and body[:5] == b"JFIF\0", body.startswith(_ICC), marker == 0xEE
    return is_jfif or (marker == 0xE2 and is_colours) or (is_adobe and body.startswith(b"Adobe"))


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments with their markers, each scan with the data that follow it, up to the end of the picture."""
    at = _SOI_LENGTH
    while at < len(data):
        if data[at] != 0xFF:
            raise IndexError
        while data[at + 1] == 0xFF:  # markers may be filled up
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, data[at : at + 2]
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) != -1 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:  # neither a value of the scan nor a restart
            return at
        at += 2
    return len(data)


def _exif_segment(orientation: int) -> bytes:
    body = _EXIF + _exif(orientation)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _exif(orientation: int) -> bytes:
    """EXIF that holds the orientation alone."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


def _orientation(tiff: bytes) -> int | None:
    """How EXIF says that the picture is turned, 1 to 8; ``None`` when it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        at = struct.unpack_from(f"{order}I", tiff, 4)[0]
        for number in range(struct.unpack_from(f"{order}H", tiff, at)[0]):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT:
                return value if 1 <= value <= _MOST_TURNS else None
    except struct.error:
        return None
    return None


# -- PNG: https://www.w3.org/TR/png-3/ ---------------------------------------------------------------------------------


def _png(data: bytes) -> bytes:
    parts, at = [_PNG], len(_PNG)
    while at < len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        if kind == b"eXIf" and (turned := _orientation(chunk[8:-4])) not in (None, _UPRIGHT):
            parts.append(_chunk(kind, _exif(turned or _UPRIGHT)))
        elif kind not in _PNG_TRACES:
            parts.append(chunk)
        if kind == b"IEND":
            break
        at += 12 + length
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))


# -- WebP: https://developers.google.com/speed/webp/docs/riff_container ------------------------------------------------


def _webp(data: bytes) -> bytes:
    parts: list[tuple[bytes, bytes]] = []
    turned, at, end = _UPRIGHT, 12, 8 + int(struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= min(end, len(data)):
        kind, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + length]
        if kind == b"EXIF":
            turned = _orientation(body.removeprefix(_EXIF)) or turned
        elif kind != b"XMP ":
            parts.append((kind, body))
        at += 8 + length + length % 2
    if turned != _UPRIGHT:
        parts.append((b"EXIF", _exif(turned)))
    whole = b"".join(_riff(kind, _flagged(body, turned) if kind == b"VP8X" else body) for kind, body in parts)
    return b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole


def _flagged(body: bytes, turned: int) -> bytes:
    """The flags of a picture: what else its file holds."""
    flags = body[0] & ~(_WEBP_EXIF | _WEBP_XMP)
    return bytes([flags if turned == _UPRIGHT else flags | _WEBP_EXIF]) + body[1:]


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
