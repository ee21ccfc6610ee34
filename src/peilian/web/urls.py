"""Every page, feature by feature."""

from django.urls import include, path

FEATURES = (
    "accounts",
    "appraisal",
    "conversations",
    "credentials",
    "diagnosis",
    "exams",
    "imports",
    "insight",
    "jobs",
    "kpis",
    "learning",
    "library",
    "people",
    "practice",
    "privacy",
    "record",
    "rewards",
    "search",
    "settings",
    "shell",
    "shops",
    "tables",
    "today",
)

urlpatterns = [path("", include(f"peilian.web.{feature}.urls")) for feature in FEATURES]
