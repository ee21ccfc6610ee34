"""What browser tests rely on: the watch over foreign hosts and the check of accessibility notice what they should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from support.browser import open_page

GOOD = '<!doctype html><html lang="en"><title>Good</title><main><h1>Good</h1><p>Words.</p></main></html>'
PAGES = {
    "/good": GOOD,
    "/unnamed": GOOD.replace("Words.", "<button></button>"),
    "/image": GOOD.replace("Words.", '<img alt="" src="https://elsewhere.example/x.png">'),
    "/socket": GOOD.replace("Words.", "<script>new WebSocket('ws://elsewhere.example/')</script>"),
    "/other-port": GOOD.replace("Words.", '<img alt="" src="http://127.0.0.1:9/x.png">'),
    "/own": GOOD.replace("Words.", '<img alt="" src="/x.png"><img alt="" src="data:image/gif;base64,R0lGODlh">'),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        # As strict as the product, but for the scripts that these pages need.
        self.send_header("Content-Security-Policy", "script-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def opened(launch, elsewhere) -> Iterator:
    """``opened()``: a page of the small server above, watched as the product's pages are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    yield lambda: open_page(launch(server.server_port), url, elsewhere, language="zh", width=1440)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/image", "/socket", "/other-port"])
def test_a_page_that_asks_elsewhere_fails(opened, path):
    with pytest.raises(AssertionError, match="sent elsewhere"), opened() as page:
        page.goto(path, wait_until="networkidle")


@pytest.mark.parametrize("path", ["/good", "/own"])
def test_a_page_that_asks_the_product_only_passes(opened, path):
    with opened() as page:
        page.goto(path, wait_until="networkidle")


def test_a_button_without_a_name_is_found_in_spite_of_the_security_policy(opened, check_axe):
    with opened() as page:
        page.goto("/unnamed")
        with pytest.raises(AssertionError, match="button-name"):
            check_axe(page)
        page.goto("/good")
        check_axe(page)
