"""Addresses of the place "Learn"."""

from django.urls import path

from peilian.web.library import learn

urlpatterns = [
    path("learn/", learn.learn, name="learn"),
]
