"""The product's settings with one more app, whose jobs tell about the worker that runs them."""

from peilian.config.settings import *  # noqa: F403
from peilian.config.settings import INSTALLED_APPS as OF_THE_PRODUCT

INSTALLED_APPS = [*OF_THE_PRODUCT, "support.probe.apps.ProbeConfig"]
