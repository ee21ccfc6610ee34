"""Addresses of the diagnosis report."""

from django.urls import path

from peilian.web.diagnosis import views

urlpatterns = [path("insight/diagnosis/", views.diagnosis, name="diagnosis")]
