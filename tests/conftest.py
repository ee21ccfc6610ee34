"""What every test shares."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# The installation of a test run lies in a folder of its own; set before Django reads its settings.
os.environ["PEILIAN_HOME"] = tempfile.mkdtemp(prefix="peilian-test-")
os.environ["PEILIAN_SECRET_KEY"] = "only-for-tests"
os.environ["PEILIAN_DEBUG"] = "0"
os.environ.pop("PEILIAN_PSEUDONYM_KEY", None)


@pytest.fixture
def home(tmp_path: Path, settings) -> Iterator[Path]:
    """An installation's folders, empty, for this test alone."""
    settings.HOME = tmp_path
    settings.LAKE = tmp_path / "lake"
    settings.FILES = tmp_path / "files"
    yield tmp_path
