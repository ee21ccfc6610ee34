"""``peilian demo``: made once, completed when it was broken off, and never mixed with a real company."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest

from support.product import PEILIAN, Product, eventually

TABLES = (
    "people_employee",
    "people_user",
    "people_unit",
    "contacts_conversationimport",
    "record_evidence",
    "record_assignment",
    "record_assignmentresult",
    "practice_drillrun",
    "practice_drillrating",
    "learning_attempt",
    "learning_certificate",
    "learning_completion",
    "learning_dailyround",
    "learning_handbookentry",
    "learning_homework",
)


def counts(product: Product) -> dict[str, int]:
    with sqlite3.connect(f"file:{product.home / 'peilian.sqlite3'}?mode=ro", uri=True) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def imports_begun(product: Product) -> bool:
    try:
        return counts(product)["people_user"] > 0
    except sqlite3.OperationalError:  # no database, or no tables yet
        return False


def test_a_demo_that_was_broken_off_is_completed_and_a_second_run_changes_nothing(tmp_path: Path):
    product = Product(tmp_path)
    broken = subprocess.Popen(
        [*PEILIAN, "demo", "--build-only", "--contacts", "40"],
        env=product.environment,
        cwd=product.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: imports_begun(product), seconds=120, what="the first people of the demo")
    broken.kill()
    broken.wait()

    completed = product.run("demo", "--build-only", "--contacts", "40", seconds=600)
    assert completed.returncode == 0, completed.stderr
    found = counts(product)
    assert all(found.values())

    again = product.run("demo", "--build-only", "--contacts", "40")
    assert again.returncode == 0, again.stderr
    assert counts(product) == found
    assert again.stdout == completed.stdout
    assert "peilian-demo" in again.stdout


def test_a_real_company_gets_no_invented_people(tmp_path):
    product = Product(tmp_path).migrate()
    product.python(
        "from peilian.apps.people import api as people\n"
        "people.add_user(actor=None, username='boss', name='Boss', password='correct horse battery')\n"
    )
    before = counts(product)
    done = product.run("demo", "--build-only")
    assert done.returncode == 1
    assert "PEILIAN_HOME" in done.stderr
    assert counts(product) == before


@pytest.mark.parametrize("command", ["serve", "demo", "migrate"])
def test_help_needs_no_installation(tmp_path, command):
    product = Product(tmp_path)
    done = product.run(command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert list(tmp_path.iterdir()) == []
