"""Addresses of the place "Assess"."""

from django.urls import path

from peilian.web.appraisal import appeals, home, papers, sheets, standings, talks

urlpatterns = [
    path("assess/", home.home, name="assess"),
    path("assess/mine/", sheets.mine, name="my_appraisals"),
    path("assess/sheets/<uuid:pk>/", sheets.sheet, name="appraisal_sheet"),
    path("assess/sheets/<uuid:pk>/comment/", sheets.comment, name="appraisal_comment"),
    path("assess/sheets/<uuid:pk>/appeal/", appeals.new, name="appraisal_appeal_new"),
    path("assess/sheets/<uuid:pk>/talk/", talks.new, name="appraisal_talk_new"),
    path("assess/sheets/<uuid:pk>/print/", papers.printed, name="appraisal_print"),
    path("assess/sheets/<uuid:pk>/paper.<str:form>", papers.sheet, name="appraisal_paper"),
    path("assess/appeals/", appeals.appeals, name="appraisal_appeals"),
    path("assess/appeals/<uuid:pk>/", appeals.appeal, name="appraisal_appeal"),
    path("assess/appeals/<uuid:pk>/decide/", appeals.decide, name="appraisal_appeal_decide"),
    path("assess/appeals/<uuid:pk>/withdraw/", appeals.withdraw, name="appraisal_appeal_withdraw"),
    path("assess/talks/<uuid:pk>/answer/", talks.answer, name="appraisal_talk_answer"),
    path("assess/talks/<uuid:pk>/steps/<uuid:item>/done/", talks.finish, name="appraisal_step_done"),
    path("assess/talks/<uuid:pk>/plan.<str:form>", papers.plan, name="appraisal_plan_paper"),
    path("assess/cycles/<uuid:pk>/ranking/", standings.ranking, name="appraisal_ranking"),
    path("assess/cycles/<uuid:pk>/ranking.<str:form>", papers.ranking, name="appraisal_ranking_paper"),
]
