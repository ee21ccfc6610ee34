"""Addresses of the pages on which the library is written. They stand before those of texts: a key takes everything."""

from django.urls import path

from peilian.web.library import (
    banks,
    changes,
    compare,
    confirmations,
    drafts,
    editing,
    files,
    lifecycle,
    suggestions,
)

_TEXT = "learn/library/<slug:kind>/<path:key>/"
_BANK = "learn/library/items/<path:key>/"
_DRAFT = "learn/drafts/<uuid:pk>/"

urlpatterns = [
    path("learn/drafts/", drafts.drafts, name="library_drafts"),
    path("learn/drafts/references/", drafts.references, name="library_references"),
    path("learn/new/", drafts.new, name="library_new"),
    path(_DRAFT, editing.draft, name="library_draft"),
    path(f"{_DRAFT}card/", editing.card, name="library_draft_card"),
    path(f"{_DRAFT}preview/", editing.preview, name="library_draft_preview"),
    path(f"{_DRAFT}files/", editing.attach, name="library_draft_attach"),
    path(f"{_DRAFT}files/<uuid:file>/remove/", editing.detach, name="library_draft_detach"),
    path(f"{_DRAFT}do/<slug:what>/", lifecycle.do, name="library_draft_do"),
    path("learn/files/", files.files, name="library_files"),
    path("learn/files/export/", files.export, name="library_export"),
    path("learn/files/check/<uuid:pk>/", files.check, name="library_import"),
    path("learn/files/template/<slug:kind>/", files.template, name="library_template"),
    path("learn/changes/", changes.changes, name="library_changes"),
    path("learn/changes/new/", changes.new, name="library_change_new"),
    path("learn/changes/<uuid:pk>/withdraw/", changes.withdraw, name="library_change_withdraw"),
    path("learn/revisions/<uuid:pk>/", changes.revision, name="library_revision"),
    path("learn/suggestions/", suggestions.suggestions, name="library_suggestions"),
    path("learn/suggestions/<uuid:pk>/", suggestions.answer, name="library_suggestion"),
    path(f"{_BANK}questions/", banks.questions, name="library_questions"),
    path(f"{_BANK}take-out/", banks.take_out, name="library_take_out"),
    path(f"{_TEXT}edit/", drafts.edit, name="library_edit"),
    path(f"{_TEXT}compare/", compare.compare, name="library_compare"),
    path(f"{_TEXT}confirmations/", confirmations.confirmations, name="library_confirmations"),
    path(f"{_TEXT}confirmations/remind/", confirmations.remind, name="library_remind"),
    path(f"{_TEXT}retire/", lifecycle.retire, name="library_retire"),
    path(f"{_TEXT}restore/", lifecycle.restore, name="library_restore"),
]
