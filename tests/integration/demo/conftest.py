"""A small season of service, played once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from peilian.demo.season import write_season

# Enough that every agent meets some twenty upset customers: with fewer, ranks of empathy are mostly chance.
CONTACTS = 1200


@dataclass(frozen=True)
class Season:
    """The files of a season."""

    messages: Path
    conversations: Path


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    """``CONTACTS`` contacts."""
    messages, conversations = write_season(tmp_path_factory.mktemp("season"), contacts=CONTACTS)
    return Season(messages, conversations)
