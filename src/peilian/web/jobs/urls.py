"""Addresses of jobs."""

from django.urls import path

from peilian.web.jobs import views

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", views.job, name="job"),
    path("jobs/<uuid:pk>/file/", views.file, name="job_file"),
    path("jobs/<uuid:pk>/cancel/", views.cancel, name="job_cancel"),
]
