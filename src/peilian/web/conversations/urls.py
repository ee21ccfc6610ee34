"""Addresses of the conversations. An id may hold a slash, so the export lies beside the list and not below it."""

from django.urls import path

from peilian.web.conversations import extract, views

urlpatterns = [
    path("insight/conversations/", views.conversations, name="conversations"),
    path("insight/conversations.csv", views.export, name="conversations_export"),
    path("insight/conversations/<path:conversation_id>/extract/", extract.extract, name="conversation_extract"),
    path("insight/conversations/<path:conversation_id>/", views.conversation, name="conversation"),
]
