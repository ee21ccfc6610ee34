"""What tests of pages share: a small company with conversations, imported once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from peilian.adapters.lake import Lake
from peilian.apps.people.api import User
from peilian.flows import importing, reading
from peilian.web.shell import messages
from support.company import SmallCompany, a_small_company, write_files


@pytest.fixture(scope="session", autouse=True)
def _chinese() -> None:
    """Chinese pages need the compiled catalogue."""
    messages.ensure_compiled()


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the conversations of the small company, read."""
    folder = tmp_path_factory.mktemp("small")
    lake = Lake.create(folder / "lake")
    importing.import_files(write_files(folder), lake=lake, now_ms=1_800_000_000_000)
    reading.read_lake(lake)
    return lake.path


@pytest.fixture
def company_with_conversations(db: None, home: Path, small_lake: Path) -> SmallCompany:
    """The small company, its lake in the installation of this test."""
    shutil.copytree(small_lake, home / "lake")
    return a_small_company()


@pytest.fixture
def signed_in(client: Client) -> Callable[[User], Client]:
    """The client, signed in as somebody."""

    def sign_in(user: User) -> Client:
        client.force_login(user, backend="peilian.apps.people.backends.PeopleBackend")
        return client

    return sign_in
