"""Addresses of practice."""

from django.urls import path

from peilian.web.practice import catalogue, debriefs, rooms, teams

urlpatterns = [
    path("practise/", catalogue.practise, name="practise"),
    path("practise/mine/", catalogue.own_runs, name="own_runs"),
    path("practise/start/<path:key>/", rooms.start, name="drill_start"),
    path("practise/drills/<uuid:pk>/", rooms.room, name="drill_room"),
    path("practise/drills/<uuid:pk>/script/", rooms.script, name="drill_script"),
    path("practise/drills/<uuid:pk>/answers/", rooms.answers, name="drill_answers"),
    path("practise/drills/<uuid:pk>/stop/", rooms.stop, name="drill_stop"),
    path("practise/drills/<uuid:pk>/replay/", rooms.fork, name="drill_fork"),
    path("practise/drills/<uuid:pk>/debrief/", debriefs.debrief, name="drill_debrief"),
    path("practise/drills/<uuid:pk>/rating/", debriefs.rate, name="drill_rate"),
    path("team/drills/", teams.team_runs, name="team_runs"),
]
