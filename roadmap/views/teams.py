"""The page of one Stream Team, and fragments about work that pages of lower apps show."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.audit import audit_list
from common.pages import render_page
from roadmap.selectors.boards import board_rows
from roadmap.selectors.goals import mapped_metric_ids
from roadmap.selectors.in_hand import goal_work
from roadmap.selectors.team_page import team_page
from roadmap.views.access import can_change_boards, product_of
from strategy.models import Goal
from strategy.selectors import goals_with_versions
from teams.models import Team, User
from teams.permissions import can_write_strategy, team_get_or_404
from teams.selectors import organisation_get, team_people


@login_required
@require_GET
def team_detail(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Are the team's metrics moving, and does its work point at them?"""
    owner = product_of(request, product)
    stored = team_get_or_404(request.user, owner, team)
    now = timezone.now()
    organisation = organisation_get()
    people = team_people(team=stored, today=organisation.today(now))
    user = request.user
    context = {
        "product": owner,
        "team": stored,
        "people": people.running,
        "history": list(audit_list(stored, limit=20)),
        "may_edit": can_write_strategy(user, owner),
        "may_change": isinstance(user, User) and can_change_boards(user, owner, stored),
    }
    if stored.kind == Team.Kind.PRODUCT:
        return render_page(request, "roadmap/product_team.html", context)
    context |= {
        "page": team_page(team=stored, organisation=organisation, now=now),
        "boards": [row for row in board_rows(product=owner, now=now) if row.board.team_id == stored.pk],
        "targets_url": f"{stored.get_absolute_url()}targets/",
    }
    return render_page(request, "roadmap/team_detail.html", context)


@login_required
@require_GET
def goal_work_panel(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Cards of the newest edition that point at a goal's metrics; a part of the goal's page, readable alone."""
    owner = product_of(request, product)
    stored = get_object_or_404(Goal.objects.visible_to(request.user), product=owner, slug=goal)
    today = organisation_get().today(timezone.now())
    goals_with_versions([stored], today=today)  # its title stands in the page's heading
    stages = goal_work(product=owner, metric_ids=mapped_metric_ids(goal=stored, today=today))
    context = {
        "product": owner,
        "goal": stored,
        "stages": stages,
        "cards": sum(len(row.cards) for row in stages),
    }
    return render_page(request, "roadmap/goal_work.html", context, partial="roadmap/partials/_goal_work.html")
