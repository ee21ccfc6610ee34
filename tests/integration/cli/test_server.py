"""``peilian serve``, ``migrate`` and ``demo`` as real processes."""

from __future__ import annotations

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.product import Product, eventually, is_running


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A product with an up-to-date database and probing jobs, not yet started."""
    made = Product(tmp_path, settings="support.probe.settings").migrate()
    yield made
    made.end()


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=20) as answer:
        code: int = answer.status
        return code


def test_it_serves_pages_runs_jobs_and_leaves_no_process_behind(product):
    product.start()
    assert status_of(f"{product.url}sign-in/") == 200
    worker = product.result_of(product.queue("probe.tell"))["pid"]
    assert worker != product.process.pid
    assert product.stop() == 0
    assert not is_running(worker)


def test_ctrl_c_stops_it_in_order(product):
    product.start()
    worker = product.result_of(product.queue("probe.tell"))["pid"]
    assert product.stop(signal.SIGINT) == 0
    assert not is_running(worker)
    assert "Traceback" not in product.log.read_text()


def test_a_worker_that_dies_is_replaced(product):
    product.start()
    first = product.result_of(product.queue("probe.tell"))["pid"]
    product.queue("probe.die")
    second = product.result_of(product.queue("probe.tell"))["pid"]
    assert second != first
    assert not is_running(first)


def test_a_worker_does_not_outlive_a_parent_that_was_killed(product):
    product.start()
    worker = product.result_of(product.queue("probe.tell"))["pid"]
    product.stop(signal.SIGKILL)
    eventually(lambda: not is_running(worker), what="the end of the worker")


def test_a_job_that_takes_long_does_not_hold_up_the_stop(product):
    product.start()
    worker = product.result_of(product.queue("probe.tell"))["pid"]
    job = product.queue("probe.dawdle")
    eventually(lambda: product.job(job)["phase"] == "dawdling", what="the start of the job")
    assert product.stop() == 0
    assert not is_running(worker)
    assert product.job(job)["state"] == "running"  # its lease runs out, and the next worker takes it up


def test_without_a_worker_jobs_wait(product):
    job = product.queue("probe.tell")
    product.start("--no-worker")
    assert status_of(f"{product.url}sign-in/") == 200
    assert product.job(job)["state"] == "queued"
    assert product.stop() == 0


def test_a_database_that_is_not_up_to_date_is_said_so(tmp_path):
    done = Product(tmp_path).run("serve", "--port", "0")
    assert done.returncode == 1
    assert "peilian migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_so(product):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = product.run("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_migrating_twice_changes_nothing(product):
    done = product.run("migrate")
    assert (done.returncode, done.stderr) == (0, "The database is up to date.\n")


@pytest.mark.parametrize(
    "address", ["postgres://nobody@127.0.0.1:1/none", "sqlite:////proc/none/none.sqlite3"], ids=["postgres", "sqlite"]
)
def test_a_database_out_of_reach_is_said_so(tmp_path, address):
    product = Product(tmp_path)
    product.environment["DATABASE_URL"] = address
    for command in ("migrate", "serve"):
        done = product.run(command)
        assert done.returncode == 1
        assert "the database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").touch()
    product = Product(tmp_path)
    product.environment["PEILIAN_HOME"] = str(tmp_path / "file" / "home")
    done = product.run("migrate")
    assert done.returncode == 1
    assert "home folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_of_an_installation_is_its_owners_alone(product):
    if "PEILIAN_SECRET_KEY" in product.environment:
        del product.environment["PEILIAN_SECRET_KEY"]
        product.run("migrate")
    assert os.stat(product.home / "secret.key").st_mode & 0o077 == 0
