"""App configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Employees, units, roles, accounts, gate."""

    name = "peilian.apps.people"
    label = "people"
