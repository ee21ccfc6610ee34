"""Addresses of rewards and suggestions."""

from django.urls import path

from peilian.web.rewards import awards, box, rules

urlpatterns = [
    path("assess/rewards/", awards.rewards, name="rewards"),
    path("assess/rewards/board/", awards.choose_board, name="honour_choice"),
    path("assess/rewards/new/", awards.give, name="award_give"),
    path("assess/rewards/run/", awards.run, name="award_run"),
    path("assess/rewards/<uuid:pk>/decide/", awards.decide, name="award_decide"),
    path("assess/rewards/rules/new/", rules.edit, name="reward_rule_new"),
    path("assess/rewards/rules/<slug:key>/", rules.edit, name="reward_rule"),
    path("assess/suggestions/", box.suggestions, name="suggestions"),
    path("assess/suggestions/<uuid:pk>/answer/", box.answer, name="suggestion_answer"),
]
