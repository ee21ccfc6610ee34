"""Every WebSocket address."""

from __future__ import annotations

from django.urls import URLPattern, path

from peilian.web.exams.consumers import ExamConsumer
from peilian.web.jobs.consumers import JobConsumer
from peilian.web.practice.consumers import DrillConsumer

socket_urls: list[URLPattern] = [
    path("ws/jobs/<uuid:pk>/", JobConsumer.as_asgi()),
    path("ws/exams/<uuid:pk>/", ExamConsumer.as_asgi()),
    path("ws/drills/<uuid:pk>/", DrillConsumer.as_asgi()),
]
