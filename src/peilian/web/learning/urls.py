"""Addresses of learning. A key holds slashes, so what follows a key stands before the page of the key itself."""

from django.urls import path

from peilian.web.learning import courses, feedback, handbook, homework, keep, lessons, mine, proposals, rounds, teams
from peilian.web.learning import courses, feedback, homework, lessons, mine, rounds, rules, teams

urlpatterns = [
    path("today/round/", rounds.daily_round, name="daily_round"),
    path("today/round/answer/", rounds.answer, name="daily_round_answer"),
    path("learn/", mine.learn, name="learn"),
    path("learn/mine/<uuid:pk>/", mine.change, name="enrolment_change"),
    path("learn/courses/", courses.catalogue, name="courses"),
    path("learn/courses/<path:key>/do/", courses.act, name="course_act"),
    path("learn/courses/<path:key>/", courses.course, name="course"),
    path("learn/paths/<path:key>/join/", courses.join_path, name="path_join"),
    path("learn/lessons/<path:key>/answer/", lessons.answer, name="lesson_answer"),
    path("learn/lessons/<path:key>/do/", lessons.act, name="lesson_act"),
    path("learn/lessons/<path:key>/", lessons.lesson, name="lesson"),
    path("learn/handbook/", handbook.handbook, name="handbook"),
    path("learn/handbook/new/", handbook.new, name="handbook_new"),
    path("learn/handbook/keep/", keep.keep, name="handbook_keep"),
    path("learn/handbook/order/", handbook.order, name="handbook_order"),
    path("learn/handbook/proposals/", proposals.proposals, name="handbook_proposals"),
    path("learn/handbook/<uuid:pk>/", handbook.entry, name="handbook_entry"),
    path("learn/handbook/<uuid:pk>/do/", handbook.act, name="handbook_act"),
    path("learn/handbook/<uuid:pk>/propose/", proposals.propose, name="handbook_propose"),
    path("learn/homework/of/<path:key>/", homework.hand_in, name="homework_hand_in"),
    path("learn/homework/<uuid:pk>/", homework.homework, name="homework"),
    path("learn/homework/<uuid:pk>/decide/", homework.decide, name="homework_decide"),
    path("learn/homework/files/<uuid:pk>/<str:name>", homework.file, name="homework_file"),
    path("team/homework/", homework.team, name="team_homework"),
    path("team/learning/feedback/", feedback.team, name="team_feedback"),
    path("team/learning/feedback/answers/<uuid:pk>/", feedback.act, name="feedback_act"),
    path("team/learning/feedback/lessons/<path:key>/", feedback.of_lesson, name="lesson_feedback"),
    path("team/learning/handbooks/", proposals.team, name="team_handbooks"),
    path("team/learning/rules/", rules.listed, name="learning_rules"),
    path("team/learning/rules/<path:key>/do/", rules.act, name="learning_rule_act"),
    path("team/learning/rules/<path:key>/", rules.rule, name="learning_rule"),
    path("team/learning/", teams.team, name="team_learning"),
    path("team/learning/<uuid:pk>/", teams.person, name="person_learning"),
    path("team/learning/new/", teams.assign, name="learning_assign"),
]
