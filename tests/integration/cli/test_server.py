"""``peilian serve``, ``migrate`` and ``demo`` as real processes."""

from __future__ import annotations

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from peilian.adapters.packs import SHIPPED
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
    assert done.returncode == 0
    assert done.stderr.startswith("The database is up to date.\n")


SIGN_IN = """
from peilian.apps.base.api import company, today_in_company
from peilian.apps.people.api import RoleGrant, User
user = User.objects.get(username={username!r}, is_active=True)
is_in = user.check_password({password!r})
grants = RoleGrant.objects.on(today_in_company()).filter(user=user).values_list("role", flat=True) if is_in else ()
answer = [list(grants), company().name, company().time_zone]
"""


def test_a_new_installation_says_how_the_first_administrator_is_made(product):
    assert "peilian admin USERNAME" in product.run("migrate").stderr
    made = product.run(
        "admin", "wenjing", "--name", "文静", "--generate", "--company", "云杉商城", "--time-zone", "Asia/Tokyo"
    )
    assert made.returncode == 0, made.stderr
    password = made.stdout.rpartition(": ")[2].strip()
    who = product.python(SIGN_IN.format(username="wenjing", password=password))
    assert who == [["administrator"], {"zh": "云杉商城"}, "Asia/Tokyo"]
    assert "peilian admin" not in product.run("migrate").stderr


def test_an_administrator_is_let_in_again_under_a_new_password(product):
    for password in ("first-secret-words", "second-secret-words"):
        done = product.run("admin", "wenjing", given=f"{password}\n")
        assert done.returncode == 0, done.stderr
        assert password not in done.stdout
    assert product.python(SIGN_IN.format(username="wenjing", password="first-secret-words"))[0] == []
    assert product.python(SIGN_IN.format(username="wenjing", password="second-secret-words"))[0] == ["administrator"]


@pytest.mark.parametrize(
    ("extra", "given", "said"),
    [
        (["--lang", "en"], "short\n", "at least 10 characters"),
        (["--generate", "--time-zone", "Mars/Base", "--company", "x"], "", "没有时区 Mars/Base"),
    ],
)
def test_an_administrator_that_cannot_be_made_is_told_so(product, extra, given, said):
    done = product.run("admin", "wenjing", *extra, given=given)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_own_packs_of_the_installation_are_served_and_faulty_ones_told(product):
    header = 'kind: pack\nschema_version: 1\nkey: {0}\ntitle: {{en: X}}\nversion: "1"\nlicence: proprietary\n'
    text = (SHIPPED / "retail" / "scenarios" / "logistics-delay.yaml").read_text(encoding="utf-8")
    for name, change in (("good", ""), ("bad", "x")):
        folder = product.home / "packs" / name
        folder.mkdir(parents=True)
        (folder / "pack.yaml").write_text(header.format(name), encoding="utf-8")
        own = text.replace("key: retail/logistics-delay", f"key: {name}/delay", 1)
        own = own.replace("difficulty: ", f"difficulty: {change}", 1)
        (folder / "delay.yaml").write_text(own, encoding="utf-8")
    known = product.python("from peilian.flows import playing\nanswer = sorted(playing.scenarios())")
    assert "good/delay" in known
    assert "bad/delay" not in known
    product.start("--no-worker")
    row = 1 + next(n for n, line in enumerate(text.splitlines()) if line.startswith("difficulty: "))
    assert f"delay.yaml:第 {row} 行，字段 difficulty：这里要填整数" in product.log.read_text(encoding="utf-8")


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
