"""PDF, set by WeasyPrint (the extra ``pdf``), which needs the system's Pango and a Chinese font.

Where either is missing everything else works: ask ``why_no_pdf`` and offer the page to print. Setting a page opens no
address: only what lies in the page itself is used.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from peilian.engine._kernel import Reason

# Signs that a font for Chinese has to have.
_PROBE = "考核绩效"


class PdfUnavailableError(Exception):
    """No PDF can be made on this machine; ``reason`` says what is missing and how to get it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.key)
        self.reason = reason


def why_no_pdf() -> Reason | None:
    """What keeps this machine from making PDF; ``None`` when nothing does."""
    try:
        require_pdf()
    except PdfUnavailableError as error:
        return error.reason
    return None


@cache
def require_pdf() -> None:
    """``PdfUnavailableError`` where no PDF can be made. A few signs are set, to see whether a font has them: empty
    boxes help nobody. Only success is remembered."""
    probe = laid_out(f"<p>{_PROBE}</p>")
    probe.write_pdf()
    if any(getattr(font, "missing", None) for font in probe.fonts.values()):
        raise PdfUnavailableError(Reason("printing.pdf.no_font"))


def laid_out(html: str, *looks: str) -> Any:
    """A page laid out by style sheets; nothing but ``data:`` addresses is opened."""
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    styles = [weasyprint.CSS(string=text, url_fetcher=fetcher) for text in looks]
    return weasyprint.HTML(string=html, url_fetcher=fetcher).render(stylesheets=styles)


def written(document: Any) -> bytes:
    """The bytes of what was laid out."""
    found: bytes = document.write_pdf()
    return found


@contextmanager
def told_of_pages(on_page: Callable[[int], None]) -> Iterator[None]:
    """Within the block ``on_page`` gets the number of every page that this thread begins to lay out; what it raises
    ends the laying out."""
    here, logger = threading.get_ident(), logging.getLogger("weasyprint.progress")  # its way to tell how far it is

    def heard(record: logging.LogRecord) -> bool:
        if record.thread == here and "Page %d" in str(record.msg) and isinstance(record.args, tuple):
            on_page(int(str(record.args[0])))
        return False

    before = logger.level
    logger.addFilter(heard)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeFilter(heard)


def _weasyprint() -> Any:
    try:
        import pypdf  # noqa: F401 -- joins what was written in parts
        import weasyprint.urls
    except ImportError:
        raise PdfUnavailableError(Reason("printing.pdf.no_library")) from None
    except OSError:
        # The library is there, the system libraries that it opens are not.
        raise PdfUnavailableError(Reason("printing.pdf.no_pango")) from None
    return weasyprint
