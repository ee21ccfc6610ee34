"""Addresses of exams."""

from django.urls import path

from peilian.web.exams import mine, reviews, rooms, sittings

urlpatterns = [
    path("exams/", mine.mine, name="exams"),
    path("exams/<uuid:pk>/", sittings.sitting, name="exam_sitting"),
    path("exams/attempts/<uuid:pk>/", rooms.room, name="exam_room"),
    path("exams/attempts/<uuid:pk>/hand-in/", rooms.hand_in, name="exam_hand_in"),
    path("exams/attempts/<uuid:pk>/review/", reviews.review, name="exam_review"),
]
