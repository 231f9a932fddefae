"""Addresses of goals and beliefs; mounted at the root by config.urls."""

from __future__ import annotations

from django.urls import path

from strategy.views import acts, evidence, explanations, forecasts, goals, insights, mappings, reviews

app_name = "strategy"

GOALS = "p/<slug:product>/goals/"
GOAL = GOALS + "<slug:goal>/"
INSIGHTS = "p/<slug:product>/insights/"
BELIEF = "p/<slug:product>/evidence/<int:mapping>/"
EXPLANATION = BELIEF + "explanations/<int:explanation>/"

urlpatterns = [
    path(GOALS, goals.goal_list, name="goal-list"),
    path(GOALS + "new/", goals.goal_new, name="goal-new"),
    path(GOALS + "evaluate/", acts.goals_evaluate, name="goals-evaluate"),
    path(GOALS + "evaluate/<int:run>/", acts.evaluation_run, name="evaluation-run"),
    path(GOAL, goals.goal_detail, name="goal-detail"),
    path(GOAL + "edit/", goals.goal_edit, name="goal-edit"),
    path(GOAL + "activate/", acts.goal_start, name="goal-activate"),
    path(GOAL + "retire/", acts.goal_put_away, name="goal-retire"),
    path(GOAL + "bring-back/", acts.goal_restore, name="goal-restore"),
    path(GOAL + "address/", acts.goal_address, name="goal-address"),
    path(GOAL + "history/", goals.goal_history, name="goal-history"),
    path(GOAL + "versions/<int:number>/", goals.goal_version, name="goal-version"),
    path(GOAL + "results.csv", goals.goal_results_csv, name="goal-results"),
    path(GOAL + "results/<str:quarter>/", acts.quarter_result, name="quarter-result"),
    path(GOAL + "beliefs/new/", mappings.mapping_new, name="mapping-new"),
    path("p/<slug:product>/evidence/", evidence.mapping_list, name="evidence-list"),
    path("p/<slug:product>/evidence/track-record/", forecasts.track_record, name="track-record"),
    path(BELIEF, evidence.mapping_detail, name="mapping-detail"),
    path(BELIEF + "periods.csv", evidence.mapping_periods_csv, name="mapping-periods"),
    path(BELIEF + "edit/", mappings.mapping_edit, name="mapping-edit"),
    path(BELIEF + "retire/", mappings.mapping_put_away, name="mapping-retire"),
    path(BELIEF + "bring-back/", mappings.mapping_restore, name="mapping-restore"),
    path(BELIEF + "review/", reviews.mapping_review, name="mapping-review"),
    path(BELIEF + "explanations/new/", explanations.explanation_new, name="explanation-new"),
    path(EXPLANATION + "edit/", explanations.explanation_edit, name="explanation-edit"),
    path(EXPLANATION + "remove/", explanations.explanation_take_away, name="explanation-remove"),
    path(EXPLANATION + "bring-back/", explanations.explanation_bring_back, name="explanation-restore"),
    path(INSIGHTS, insights.insight_list, name="insight-list"),
    path(INSIGHTS + "new/", insights.insight_new, name="insight-new"),
    path(INSIGHTS + "<int:insight>/", insights.insight_detail, name="insight-detail"),
    path(INSIGHTS + "<int:insight>/edit/", insights.insight_edit, name="insight-edit"),
    path(INSIGHTS + "<int:insight>/remove/", insights.insight_take_away, name="insight-remove"),
    path(INSIGHTS + "<int:insight>/bring-back/", insights.insight_bring_back, name="insight-restore"),
    path("p/<slug:product>/metrics/<slug:key>/goals/", mappings.metric_goals, name="metric-goals"),
]
