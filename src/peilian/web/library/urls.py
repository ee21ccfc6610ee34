"""Addresses of the place "Learn". A key holds slashes, so what follows a key stands before ``library_text``."""

from django.urls import path

from peilian.web.library import attachments, browse, texts, writing_urls

_TEXT = "learn/library/<slug:kind>/<path:key>/"

urlpatterns = [
    path("learn/library/", browse.browse, name="library"),
    path("learn/versions/<uuid:pk>/", texts.version, name="library_version"),
    path("learn/attachments/<uuid:pk>/<str:name>", attachments.attachment, name="library_attachment"),
    *writing_urls.urlpatterns,
    path(f"{_TEXT}versions/", texts.versions, name="library_versions"),
    path(f"{_TEXT}confirm/", texts.confirm, name="library_confirm"),
    path(f"{_TEXT}comment/", texts.comment, name="library_comment"),
    # The last: it takes everything that is a key.
    path(_TEXT, texts.text, name="library_text"),
]
