"""Addresses of sign-in, account and inbox."""

from django.urls import path

from peilian.web.accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("invitation/<uuid:pk>/<str:token>/", views.invitation, name="invitation"),
    path("language/", views.choose_language, name="choose_language"),
    path("account/", views.account, name="account"),
    path("messages/", views.inbox, name="messages"),
    path("messages/read/", views.read_all, name="messages_read"),
]
