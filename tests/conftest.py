"""What every test shares."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

# The installation of a test run lies in a folder of its own; set before Django reads its settings.
os.environ["PEILIAN_HOME"] = tempfile.mkdtemp(prefix="peilian-test-")
atexit.register(shutil.rmtree, os.environ["PEILIAN_HOME"], ignore_errors=True)
(Path(os.environ["PEILIAN_HOME"]) / "staticfiles").mkdir()
os.environ["PEILIAN_SECRET_KEY"] = "only-for-tests"
os.environ["PEILIAN_DEBUG"] = "0"
os.environ.pop("PEILIAN_PSEUDONYM_KEY", None)

# A busy machine is no fault of the product: no test is judged by its duration.
hypothesis.settings.register_profile("peilian", deadline=None)
hypothesis.settings.load_profile("peilian")


def pytest_report_header() -> str:
    """Which database the tests run on."""
    kind, _, _ = os.environ.get("DATABASE_URL", "sqlite").partition(":")
    return f"database: {kind}"


@pytest.fixture
def home(tmp_path: Path, settings) -> Path:
    """An installation's folders, empty, for this test alone."""
    settings.HOME = tmp_path
    settings.LAKE = tmp_path / "lake"
    settings.FILES = tmp_path / "files"
    return tmp_path


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest) -> None:
    """Users of a test are made with a cheap hash; tests without a database do not touch Django."""
    has_database = set(request.fixturenames) & {"db", "transactional_db", "live_server"}
    if has_database or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("settings").PASSWORD_HASHERS = ["support.hashers.QuickArgon2"]
