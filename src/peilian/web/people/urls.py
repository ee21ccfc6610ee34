"""Addresses of the team."""

from django.urls import path

from peilian.web.people import profiles, rosters, units, views

urlpatterns = [
    path("team/", views.team, name="team"),
    path("team/people/new/", views.add, name="person_new"),
    path("team/people/<uuid:pk>/", profiles.profile, name="person"),
    path("team/people/<uuid:pk>/<str:what>/", profiles.change, name="person_change"),
    path("team/people/<uuid:pk>/<str:what>/<uuid:row>/end/", profiles.end, name="person_end"),
    path("team/units/", units.tree, name="units"),
    path("team/units/<uuid:pk>/", units.unit, name="unit"),
    path("team/import/", rosters.upload, name="roster_import"),
    path("team/import/check/", rosters.check, name="roster_check"),
    path("team/import/template.csv", rosters.template, name="roster_template"),
]
