"""Chromium for tests: where it is, how it is started, and a watch over where it connects to.

As a program: prints the path of Chromium, or ends with exit code 1 and one line that says what to install.
"""

from __future__ import annotations

import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
HEIGHTS = {1440: 900, 390: 844}
LOCALES = {"zh": "zh-CN", "en": "en-US"}
LANGUAGE_CODES = {"zh": "zh-hans", "en": "en"}
# How long to wait for anything on a busy machine, in milliseconds.
PATIENCE = 20_000
# What htmx marks while a part is on its way or not yet in its place, what stands where a part will come, and a preview
# that is older than its text.
UNSETTLED = ".htmx-request, .htmx-added, .htmx-settling, [hx-get] .skeleton, [data-preview-box][aria-busy]"
# What Chromium asks for by itself, whatever its flags say. The sink gives it no answer, and a page that asked for the
# same would be caught by the watch over the page's own requests.
CHROMIUMS_OWN = re.compile(r"(?:[ /.])(?:google|googleapis|gvt1)\.com[:/ ]")


@cache
def chromium() -> str | None:
    """The path of a Chromium that runs here; ``None`` when there is none."""
    for name in NAMES:
        path = shutil.which(name)
        # On Ubuntu the package may be a hollow launcher, so it has to tell its version.
        if (
            path
            and subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, check=False).returncode == 0
        ):
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
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]


@contextmanager
def open_page(browser: Browser, url: str, elsewhere: Sink, *, language: str, width: int) -> Iterator[Page]:
    """A page in a context of its own; leaving the block fails when it, or its browser, turned to another host."""
    phone = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if width < 600 else {}
    context = browser.new_context(
        base_url=url,
        locale=LOCALES[language],
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": HEIGHTS.get(width, 900)},
        reduced_motion="reduce",
        **phone,
    )
    context.add_cookies([{"name": "django_language", "value": LANGUAGE_CODES[language], "url": url}])
    context.set_default_timeout(PATIENCE)
    asked: list[str] = []
    asked_before = len(elsewhere.asked_for)
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda got: got.status >= 400 and print(got.status, got.request.method, got.url))
    context.on("requestfailed", lambda request: print(request.failure, request.method, request.url))
    context.on("console", lambda line: line.type == "error" and print("console:", line.text))
    page = context.new_page()
    page.on("websocket", lambda opened: asked.append(opened.url))
    try:
        yield page
    finally:
        context.close()
    foreign = [one for one in asked if _is_foreign(one, url)]
    foreign += [line for line in elsewhere.asked_for[asked_before:] if not CHROMIUMS_OWN.search(line)]
    assert not foreign, f"the browser was sent elsewhere: {foreign}"


def settle(page: Page) -> None:
    """Wait until the page has fetched the parts that it loads by itself, and every part is in its place.

    htmx moves the focus into a new part a moment after it has put it in: a key pressed before that goes astray.
    """
    page.wait_for_load_state("load")
    page.wait_for_function(f"() => !document.querySelector('{UNSETTLED}')")


def _is_foreign(asked: str, url: str) -> bool:
    parts = urlsplit(asked)
    return parts.scheme not in {"data", "blob", "about"} and parts.netloc != urlsplit(url).netloc


if __name__ == "__main__":
    found = chromium()
    print(found or MISSING)
    sys.exit(0 if found else 1)
