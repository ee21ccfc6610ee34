"""Pictures are kept without the traces of who took them, and otherwise as they are."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from peilian.adapters.pictures import without_traces
from support.pictures import DEVICE, REMARK, a_photo

KINDS = [
    ("JPEG", {}), ("JPEG", {"progressive": True, "comment": REMARK}), ("JPEG", {"icc_profile": b"colours"}),
    ("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True, "xmp": REMARK.encode()}),
]  # fmt: skip


def opened(data):
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


@pytest.mark.parametrize(("kind", "more"), KINDS)
def test_place_device_and_remarks_go_and_every_pixel_stays(kind, more):
    data = a_photo(kind, **more)
    kept = without_traces(data)
    assert DEVICE.encode() in data
    assert DEVICE.encode() not in kept
    assert REMARK.encode() not in kept
    assert not opened(kept).getexif()
    assert opened(kept).convert("RGB").tobytes() == opened(data).convert("RGB").tobytes()


@pytest.mark.parametrize(("kind", "more"), KINDS)
def test_how_a_picture_is_turned_stays_alone(kind, more):
    kept = without_traces(a_photo(kind, turned=6, **more))
    exif = opened(kept).getexif()
    assert dict(exif) == {0x0112: 6}
    assert not exif.get_ifd(0x8825)
    assert without_traces(kept) == kept, "nothing is left to be taken away"


def test_colours_stay():
    assert opened(without_traces(a_photo(icc_profile=b"colours"))).info["icc_profile"] == b"colours"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hangs_on_behind_the_end_goes(kind):
    data = a_photo(kind)
    assert without_traces(data + b"a film with a place") == without_traces(data)


def test_texts_of_a_png_go():
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", REMARK)
    told.add_itxt("XML:com.adobe.xmp", REMARK)
    assert REMARK.encode() not in without_traces(a_photo("PNG", pnginfo=told))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_anywhere_is_no_fault(kind):
    data = a_photo(kind, turned=8)
    for end in range(0, len(data), 7):
        assert isinstance(without_traces(data[:end]), bytes)


def test_other_files_stay_as_they_are():
    for data in (b"", b"%PDF-1.7 /Author", b"PK\x03\x04", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\0"):
        assert without_traces(data) == data
