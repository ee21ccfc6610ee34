"""Addresses of certificates, class hours and the archive. ``/verify/`` is for everybody, signed in or not."""

from django.urls import path

from peilian.web.credentials import archives, externals, hours, mine, one, team, verify

_OTHERS = "learn/certificates/external/"

urlpatterns = [
    path("learn/certificates/", mine.mine, name="certificates"),
    path("learn/certificates/<uuid:pk>/", one.certificate, name="certificate"),
    path("learn/certificates/<uuid:pk>/paper/<str:language>/", one.printed, name="certificate_paper"),
    path("learn/certificates/<uuid:pk>/certificate-<str:language>.pdf", one.paper, name="certificate_pdf"),
    path("learn/certificates/<uuid:pk>/revoke/", one.revoke, name="certificate_revoke"),
    path("learn/certificates/<uuid:pk>/uphold/", one.uphold, name="certificate_uphold"),
    path(f"{_OTHERS}new/", externals.add, name="external_new"),
    path(f"{_OTHERS}<uuid:pk>/", externals.external, name="external"),
    path(f"{_OTHERS}<uuid:pk>/edit/", externals.edit, name="external_edit"),
    path(f"{_OTHERS}<uuid:pk>/decide/", externals.decide, name="external_decide"),
    path(f"{_OTHERS}<uuid:pk>/withdraw/", externals.withdraw, name="external_withdraw"),
    path(f"{_OTHERS}<uuid:pk>/<str:name>", externals.file, name="external_file"),
    path("learn/archive/", archives.own, name="own_archive"),
    path("learn/hours/", hours.own, name="own_hours"),
    path("team/people/<uuid:pk>/archive/", archives.person, name="person_archive"),
    path("team/people/<uuid:pk>/hours/", hours.person, name="person_hours"),
    path("team/certificates/", team.certificates, name="team_certificates"),
    path("team/hours/", hours.team, name="team_hours"),
    path("verify/", verify.ask, name="verify"),
    path("verify/<str:code>/", verify.verify, name="verify_code"),
]
