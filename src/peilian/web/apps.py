"""App configuration."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages."""

    name = "peilian.web"
    label = "web"
