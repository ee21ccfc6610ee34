"""The addresses of the REST interface."""

from django.urls import include, path

from peilian.rest import library
from peilian.rest.service import api, patterns

api.add_router("/library", library.router)

urlpatterns = [path("api/v1/", include((patterns(), "rest")))]
