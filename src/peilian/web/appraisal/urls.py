"""Addresses of the place "Assess"."""

from django.urls import path

from peilian.web.appraisal import home

urlpatterns = [
    path("assess/", home.home, name="assess"),
]
