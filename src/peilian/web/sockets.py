"""Every WebSocket address."""

from __future__ import annotations

from django.urls import URLPattern

socket_urls: list[URLPattern] = []
