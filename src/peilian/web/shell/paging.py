"""Long lists in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


def page_of(rows: QuerySet[Any] | Sequence[Any], asked: HttpRequest | str) -> Page[Any]:
    """The page that the address, or a number from it, asks for; one that makes no sense gets the nearest page."""
    number = asked if isinstance(asked, str) else asked.GET.get("page")
    return Paginator(rows, PAGE_SIZE).get_page(number)
