"""The address of today, which is the start page, and of its part that takes longer to make."""

from django.urls import path

from peilian.web.today import views

urlpatterns = [
    path("", views.today, name="today"),
    path("today/team/", views.team, name="today_team"),
]
