"""Addresses of privacy."""

from django.urls import path

from peilian.web.privacy import views

urlpatterns = [path("settings/erasure/", views.erasure, name="erasure")]
