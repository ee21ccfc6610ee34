"""Addresses of the import of business tables."""

from django.urls import path

from peilian.web.tables import views

urlpatterns = [
    path("tables/", views.tables, name="tables"),
    path("tables/new/", views.upload, name="table_start"),
    path("tables/templates/<str:kind>.xlsx", views.template, name="table_template"),
    path("tables/<uuid:pk>/", views.report, name="table_report"),
    path("tables/<uuid:pk>/check/", views.check, name="table_check"),
    path("tables/<uuid:pk>/undo/", views.undo, name="table_undo"),
    path("tables/<uuid:pk>/rejects.csv", views.rejects, name="table_rejects"),
]
