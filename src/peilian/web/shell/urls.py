"""Addresses of the frame itself."""

from django.urls import path

from peilian.web.shell.style import style

urlpatterns = [path("style/", style, name="style")]
