"""Addresses of contests; mounted at the root by config.urls."""

from __future__ import annotations

from django.urls import path

from contest.views import contests, proposals

app_name = "contest"

CONTEST = "p/<slug:product>/contests/<int:contest_id>/"
PROPOSAL = CONTEST + "proposals/<int:proposal_id>/"

urlpatterns = [
    path("p/<slug:product>/contests/", contests.contest_list, name="contest-list"),
    path(CONTEST, contests.contest_detail, name="contest-detail"),
    path(CONTEST + "evidence/", contests.contest_evidence, name="contest-evidence"),
    path(CONTEST + "delay/", contests.contest_delay_page, name="contest-delay"),
    path(CONTEST + "cancel/", contests.contest_cancel_page, name="contest-cancel"),
    path(CONTEST + "close/", contests.contest_close, name="contest-close"),
    path(CONTEST + "proposals/new/", proposals.proposal_new, name="proposal-new"),
    path(PROPOSAL, proposals.proposal_detail, name="proposal-detail"),
    path(PROPOSAL + "edit/", proposals.proposal_edit_page, name="proposal-edit"),
    path(PROPOSAL + "submit/", proposals.proposal_submit_action, name="proposal-submit"),
    path(PROPOSAL + "withdraw/", proposals.proposal_withdraw_action, name="proposal-withdraw"),
    path("p/<slug:product>/goals/<slug:goal>/contests/", contests.goal_panel, name="goal-panel"),
]
