"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from peilian.engine._kernel import Fault


class PracticeConfig(AppConfig):
    """Drills."""

    name = "peilian.apps.practice"
    label = "practice"
    pack_faults: tuple[Fault, ...] = ()

    def ready(self) -> None:
        """Take in the packs of this installation; those that are faulty are left out and their faults kept."""
        if settings.PACKS.is_dir():
            from peilian.flows.packs import add_installed

            self.pack_faults = add_installed(settings.PACKS)
