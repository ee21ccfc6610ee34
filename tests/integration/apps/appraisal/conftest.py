"""A firm for every test."""

from __future__ import annotations

import pytest

from support.appraisals import Firm, a_firm


@pytest.fixture
def firm(db, monkeypatch) -> Firm:
    return a_firm(monkeypatch)
