"""Chromium for tests: where it is, how it is started, and a watch over where it connects to.

As a program: prints the path of Chromium, or ends with exit code 1 and one line that says what to install.
"""

from __future__ import annotations

import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is not installed (apt-get install chromium fonts-noto-cjk)"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def chromium() -> str | None:
    """The path of a Chromium that runs here; ``None`` when there is none."""
    for name in NAMES:
        path = shutil.which(name)
        # On Ubuntu the package may be a hollow launcher, so it has to tell its version.
        if path and subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, check=False).returncode == 0:
            return path
    return None


class Sink(socketserver.ThreadingTCPServer):
    """The proxy for every address but the product's: it answers nobody and remembers who was asked for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refusal)
        self.asked_for: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Refusal(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline(2000).decode("latin-1").strip()
        assert isinstance(self.server, Sink)
        self.server.asked_for.append(line)
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextmanager
def sink() -> Iterator[Sink]:
    """A running ``Sink``."""
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def arguments(*, sink_port: int, product_port: int) -> list[str]:
    """Chromium's arguments: only the product's port on this machine is reached directly, all else ends in the sink."""
    return [
        *ARGUMENTS,
        f"--proxy-server=http://127.0.0.1:{sink_port}",
        f"--proxy-bypass-list=<-loopback>;127.0.0.1:{product_port}",
    ]


if __name__ == "__main__":
    found = chromium()
    print(found or MISSING)
    sys.exit(0 if found else 1)
