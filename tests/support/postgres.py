"""A throwaway PostgreSQL server for tests: made in a folder of its own, on a free port, gone at the end.

As a program: ``python tests/support/postgres.py COMMAND...`` runs a command with ``DATABASE_URL`` set to such a server;
``--is-there`` only tells, by its exit code, whether PostgreSQL is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of the newest installed server's programs; ``None`` when there is no server."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def cluster() -> Iterator[str]:
    """Start a server; yields the URL of its empty database ``postgres``. Stops and removes it afterwards."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="peilian-pg-"))
    # The server refuses to run as root; then it runs as the user its package made, to whom the folder is given.
    prefix: Sequence[str] = ()
    if os.getuid() == 0:
        prefix = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    port = _free_port()
    data = folder / "data"
    settings = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )
    try:
        _run(
            *prefix, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
        )
        _run(*prefix, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", settings, "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(*prefix, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(*command: str | Path) -> None:
    # Output goes to a file: a server that inherits a pipe would keep it open for good.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([str(word) for word in command], stdout=output, stderr=output, cwd="/", check=False)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[-1]}: {output.read().decode(errors='replace')}")


def main(command: list[str]) -> int:
    """See the module's docstring."""
    if command == ["--is-there"]:
        return 0 if binaries() else 1
    # Told to stop, it still stops the server.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with cluster() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
