"""Addresses of the record: the own ones under practice, those of others under the team."""

from django.urls import path

from peilian.web.record import assigning, needs, people, team

urlpatterns = [
    path("practise/radar/", people.own_radar, name="own_radar"),
    path("practise/radar/<str:competency>/", people.own_why, name="own_why"),
    path("practise/tasks/", assigning.own_tasks, name="own_tasks"),
    path("team/radar/", team.team_radar, name="team_radar"),
    path("team/radar/<uuid:pk>/", people.person_radar, name="person_radar"),
    path("team/radar/<uuid:pk>/needs/new/", needs.raise_for, name="need_raise"),
    path("team/radar/<uuid:pk>/<str:competency>/", people.person_why, name="person_why"),
    path("team/needs/", needs.needs, name="team_needs"),
    path("team/needs/gaps/", needs.look_for_gaps, name="gap_needs"),
    path("team/needs/<uuid:pk>/close/", needs.close, name="need_close"),
    path("team/tasks/", assigning.team_tasks, name="team_tasks"),
    path("team/tasks/new/", assigning.assign, name="assign"),
    path("team/tasks/<uuid:pk>/cancel/", assigning.cancel, name="task_cancel"),
]
