"""The address of today, which is the start page, of its part that takes longer to make, and of the daily round."""

from django.urls import path

from peilian.web.today import rounds, views

urlpatterns = [
    path("", views.today, name="today"),
    path("today/team/", views.team, name="today_team"),
    path("today/round/", rounds.daily_round, name="daily_round"),
    path("today/round/answer/", rounds.answer, name="daily_round_answer"),
]
