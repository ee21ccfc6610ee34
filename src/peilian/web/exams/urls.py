"""Addresses of exams."""

from django.urls import path

from peilian.web.exams import marking, mine, reviews, rooms, sittings

urlpatterns = [
    path("exams/", mine.mine, name="exams"),
    path("exams/marking/", marking.queue, name="exam_marking"),
    path("exams/marking/next/", marking.following, name="exam_mark_next"),
    path("exams/marking/<uuid:pk>/", marking.one, name="exam_mark"),
    path("exams/<uuid:pk>/", sittings.sitting, name="exam_sitting"),
    path("exams/attempts/<uuid:pk>/", rooms.room, name="exam_room"),
    path("exams/attempts/<uuid:pk>/hand-in/", rooms.hand_in, name="exam_hand_in"),
    path("exams/attempts/<uuid:pk>/review/", reviews.review, name="exam_review"),
]
