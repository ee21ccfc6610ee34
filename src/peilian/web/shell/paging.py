"""Long lists in pages."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


def page_of(rows: QuerySet[Any], request: HttpRequest) -> Page[Any]:
    """The page that the address asks for; a number that makes no sense gets the nearest page."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
