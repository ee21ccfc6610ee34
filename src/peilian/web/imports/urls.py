"""Addresses of the import wizard."""

from django.urls import path

from peilian.web.imports import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/new/", views.upload, name="import_start"),
    path("imports/read/", views.read_rest, name="import_read"),
    path("imports/<uuid:pk>/", views.report, name="import_report"),
    path("imports/<uuid:pk>/check/", views.check, name="import_check"),
    path("imports/<uuid:pk>/rejects.csv", views.rejects, name="import_rejects"),
]
