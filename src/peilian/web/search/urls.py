"""The address of search."""

from django.urls import path

from peilian.web.search import views

urlpatterns = [path("search/", views.search, name="search")]
