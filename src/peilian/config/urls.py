"""Every address of the installation."""

from django.urls import include, path

urlpatterns = [path("", include("peilian.rest.urls")), path("", include("peilian.web.urls"))]

handler400 = "peilian.web.shell.errors.bad_request"
handler403 = "peilian.web.shell.errors.not_found"
handler404 = "peilian.web.shell.errors.not_found"
handler500 = "peilian.web.shell.errors.server_error"
