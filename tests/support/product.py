"""A product that really runs: its own home folder, its own processes."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

TESTS = Path(__file__).resolve().parents[1]
PEILIAN = (sys.executable, "-c", "from peilian.cli import main; main()")
_ADDRESS = re.compile(r"http://\S+/")


def eventually(look: Callable[[], T], *, seconds: float = 30, what: str = "it") -> T:
    """The first truthy answer of ``look``; fails when there is none in time. Never waits longer than needed."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)
    return found


def is_running(pid: int) -> bool:
    """Whether there is such a process that is not just waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _migrated(product: Product) -> None:
    done = product.run("migrate")
    assert done.returncode == 0, done.stderr


@cache
def _new_home(settings: str) -> Path:
    """A home that nobody has used yet, for this run of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="peilian-home-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _migrated(Product(folder, settings=settings))
    return folder


class Product:
    """An installation in ``home``, on SQLite. ``settings`` may name other settings than the product's own."""

    def __init__(self, home: Path, *, settings: str = "peilian.config.settings") -> None:
        self.home = home
        self.log = home / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        dropped = {"DATABASE_URL", "PEILIAN_HOSTS", "PEILIAN_HTTPS", "PEILIAN_DEBUG"}
        self.environment = {name: value for name, value in os.environ.items() if name not in dropped} | {
            "PEILIAN_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONPATH": str(TESTS),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *args: str, given: str = "", seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run ``peilian ARGS`` to its end, with ``given`` as its standard input."""
        return subprocess.run(
            [*PEILIAN, *args],
            env=self.environment,
            cwd=self.home,
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def python(self, code: str, *args: str) -> Any:
        """Run code with the product loaded; what it assigns to ``answer`` comes back (as JSON can hold it)."""
        whole = f"import django, json, sys\ndjango.setup()\nanswer = None\n{code}\nprint(json.dumps(answer))"
        done = subprocess.run(
            [sys.executable, "-c", whole, *args], env=self.environment, cwd=self.home, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def migrate(self) -> Product:
        """Bring its database up to date. What that makes of an empty home is made once and copied, as it takes long."""
        if any(self.home.iterdir()):
            _migrated(self)
        else:
            shutil.copytree(_new_home(self.environment["DJANGO_SETTINGS_MODULE"]), self.home, dirs_exist_ok=True)
        return self

    def start(self, *options: str) -> Product:
        """``peilian serve`` on a free port; returns when it has told its address."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*PEILIAN, "serve", "--port", "0", *options],
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = eventually(self._address, seconds=60, what="the address of the product")
        return self

    def _address(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        assert self.process is not None
        assert self.process.poll() is None, f"the product did not start:\n{text}"
        found = _ADDRESS.search(text)
        return found[0] if found else ""

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rstrip("/").rpartition(":")[2])

    def stop(self, with_signal: int = signal.SIGTERM, *, seconds: float = 20) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        code = self.process.wait(seconds)
        self.process = None
        return code

    def end(self) -> None:
        """Make sure nothing of it runs on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def queue(self, kind: str) -> str:
        """Queue a job; returns its id as the database writes it."""
        start = f"start_job(actor=None, kind={kind!r}, parameters={{}})"
        answer: str = self.python(f"from peilian.apps.base.api import start_job\nanswer = {start}.pk.hex")
        return answer

    def job(self, job_id: str) -> dict[str, Any]:
        """State and result of a job, read past the product."""
        with sqlite3.connect(f"file:{self.home / 'peilian.sqlite3'}?mode=ro", uri=True) as connection:
            state, phase, result = connection.execute(
                "SELECT state, phase, result FROM base_job WHERE id = ?", [job_id]
            ).fetchone()
        return {"state": state, "phase": phase, "result": json.loads(result) if result else None}

    def result_of(self, job_id: str) -> Any:
        """Wait for the end of a job; returns its result."""
        eventually(lambda: self.job(job_id)["state"] == "done", what="the end of the job")
        return self.job(job_id)["result"]
