"""The address of insight."""

from django.urls import path

from peilian.web.insight import views

urlpatterns = [path("insight/", views.insight, name="insight")]
