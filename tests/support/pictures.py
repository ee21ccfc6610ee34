"""Pictures as telephones make them: with the place, the device and a preview written into them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

DEVICE, REMARK = "Some Phone", "taken at home"


def a_photo(kind: str = "JPEG", *, turned: int = 1, **more: Any) -> bytes:
    """A small picture of a ``kind`` that Pillow writes, with EXIF: device, place, and how it is ``turned``."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, DEVICE
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 43.0)})
    kept = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(kept, kind, exif=exif, **more)
    return kept.getvalue()
