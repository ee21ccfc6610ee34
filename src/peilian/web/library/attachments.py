"""Files of a text, handed out so that none of them can do harm; films in the parts that a player asks for."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from peilian.apps.library import api as library
from peilian.web.shell.access import user_of

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_MOST = 4 << 20
"""Bytes of one part."""


@require_safe
def attachment(request: HttpRequest, pk: UUID, name: str) -> HttpResponseBase:
    """A file. Its name in the address is for people; the id finds it."""
    opened = library.open_attachment(user=user_of(request), pk=pk)
    size = opened.path.stat().st_size
    response = _response(opened, size, request.headers.get("Range", ""))
    for header, value in opened.headers.items():
        response[header] = value
    response["Content-Disposition"] = content_disposition_header(not opened.is_inline, opened.name) or "attachment"
    response["Accept-Ranges"] = "bytes"
    # What was taken away from a text is not to be read from a shared cache.
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _response(opened: library.Opened, size: int, wanted: str) -> HttpResponseBase:
    asked = _RANGE.fullmatch(wanted)
    if asked is None or asked[0] == "bytes=-":  # nothing that we understand: the whole file is always right
        return HttpResponse(opened.path.read_bytes(), content_type=opened.media_type)  # 20 MB at most
    first, last = _span(asked[1], asked[2], size)
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    last = min(last, first + _MOST - 1)  # less than was asked for is allowed; a player asks again
    with opened.path.open("rb") as file:
        file.seek(first)
        part = file.read(last - first + 1)
    response = HttpResponse(part, status=206, content_type=opened.media_type)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte that are asked for (RFC 9110, 14.1.2); first after last when there are none."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    return int(first), min(int(last) if last else size - 1, size - 1)
