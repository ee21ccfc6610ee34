"""What every test shares."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import django
import hypothesis
import pytest

# The installation of a test run lies in a folder of its own. Django is set up here and not by an option of pytest,
# which would read the settings before this file could say where.
os.environ["PEILIAN_HOME"] = tempfile.mkdtemp(prefix="peilian-test-")
(Path(os.environ["PEILIAN_HOME"]) / "staticfiles").mkdir()
os.environ["PEILIAN_SECRET_KEY"] = "only-for-tests"
os.environ["PEILIAN_DEBUG"] = "0"
os.environ.pop("PEILIAN_PSEUDONYM_KEY", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "peilian.config.settings"
django.setup()

# A busy machine is no fault of the product: no test is judged by its duration.
hypothesis.settings.register_profile("peilian", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("peilian")


def pytest_configure() -> None:
    """What only works once Django is set up."""
    from support.ledger import let_tests_clear_the_ledger

    let_tests_clear_the_ledger()


def pytest_report_header() -> str:
    """Which database the tests run on."""
    kind, _, _ = os.environ.get("DATABASE_URL", "sqlite").partition(":")
    return f"database: {kind}"


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["PEILIAN_HOME"], ignore_errors=True)


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
