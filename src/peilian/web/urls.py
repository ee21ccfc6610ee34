"""Every page, feature by feature."""

from django.urls import include, path

FEATURES = ("accounts", "conversations", "insight", "search", "shell", "today")

urlpatterns = [path("", include(f"peilian.web.{feature}.urls")) for feature in FEATURES]
