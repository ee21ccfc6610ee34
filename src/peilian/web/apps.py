"""App configuration."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages."""

    name = "peilian.web"
    label = "web"

    def ready(self) -> None:
        """See to it that the Chinese texts can be read, and that the worker knows the jobs of pages."""
        from peilian.web.learning import handbook_job  # noqa: F401
        from peilian.web.shell.messages import ensure_compiled

        ensure_compiled()
