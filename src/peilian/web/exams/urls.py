"""Addresses of exams."""

from django.urls import path

from peilian.web.exams import (
    contests,
    marking,
    mine,
    occasions,
    opening,
    regrading,
    reviews,
    rooms,
    sittings,
    statistics,
)

urlpatterns = [
    path("exams/", mine.mine, name="exams"),
    path("exams/occasions/", occasions.occasions, name="exam_occasions"),
    path("exams/occasions/new/", opening.opening, name="exam_open"),
    path("exams/occasions/<uuid:pk>/", occasions.occasion, name="exam_occasion"),
    path("exams/occasions/<uuid:pk>/extend/", occasions.extend, name="exam_extend"),
    path("exams/occasions/<uuid:pk>/people/", occasions.add, name="exam_add_people"),
    path("exams/occasions/<uuid:pk>/cancel/", occasions.cancel, name="exam_cancel"),
    path("exams/occasions/<uuid:pk>/make-up/", occasions.make_up, name="exam_make_up"),
    path("exams/occasions/<uuid:pk>/settle/", occasions.settle, name="exam_settle"),
    path("exams/occasions/<uuid:pk>/questions/", regrading.regrading, name="exam_regrade"),
    path("exams/contests/", contests.contests, name="exam_contests"),
    path("exams/contests/<uuid:pk>/", contests.one, name="exam_contest"),
    path("exams/attempts/<uuid:pk>/contest/", contests.contest, name="exam_contest_new"),
    path("exams/attempts/<uuid:pk>/correct/", contests.correct, name="exam_correct"),
    path("exams/marking/", marking.queue, name="exam_marking"),
    path("exams/marking/next/", marking.following, name="exam_mark_next"),
    path("exams/marking/<uuid:pk>/", marking.one, name="exam_mark"),
    path("exams/questions/", statistics.listed, name="exam_statistics"),
    path("exams/questions/calibrate/<path:bank>/", statistics.propose, name="exam_calibrate"),
    path("exams/questions/freeze/<int:number>/<path:bank>/", statistics.freeze, name="exam_freeze"),
    path("exams/questions/<slug:of>/<path:subject>/", statistics.statistics, name="exam_statistics_of"),
    path("exams/<uuid:pk>/", sittings.sitting, name="exam_sitting"),
    path("exams/attempts/<uuid:pk>/", rooms.room, name="exam_room"),
    path("exams/attempts/<uuid:pk>/hand-in/", rooms.hand_in, name="exam_hand_in"),
    path("exams/attempts/<uuid:pk>/review/", reviews.review, name="exam_review"),
]
