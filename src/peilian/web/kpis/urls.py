"""Addresses of the KPI board."""

from django.urls import path

from peilian.web.kpis import views

urlpatterns = [path("insight/kpis/", views.kpis, name="kpis")]
