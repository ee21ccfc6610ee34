"""Addresses of the settings."""

from django.urls import path

from peilian.web.settings import audit, invitations, users, views

urlpatterns = [
    path("settings/", views.hub, name="settings"),
    path("settings/company/", views.company, name="company"),
    path("settings/audit/", audit.trail, name="audit"),
    path("settings/users/", users.listing, name="users"),
    path("settings/users/new/", users.add, name="user_new"),
    path("settings/users/invitations/", invitations.invitations, name="invitations"),
    path("settings/users/<uuid:pk>/", users.user, name="user"),
    path("settings/users/<uuid:pk>/invite/", invitations.invite_one, name="user_invite"),
    path("settings/users/<uuid:pk>/<str:what>/", users.change, name="user_change"),
    path("settings/users/<uuid:pk>/roles/<uuid:grant>/end/", users.end_grant, name="grant_end"),
]
