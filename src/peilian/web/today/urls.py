"""The address of today, which is the start page."""

from django.urls import path

from peilian.web.today import views

urlpatterns = [path("", views.today, name="today")]
