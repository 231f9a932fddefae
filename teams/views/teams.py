"""Teams of a product: list, new, edit, archive, bring back. The team's own page is the roadmap's."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import TeamEditForm, TeamForm
from teams.permissions import (
    archived_refuse,
    can_write_strategy,
    is_product_manager,
    person_of,
    product_get_or_404,
    strategy_write_required,
    team_get_or_404,
)
from teams.selectors import organisation_get, team_rows
from teams.services.teams import team_archive, team_create, team_restore, team_update


@login_required
@require_GET
def teams(request: HttpRequest, product: str) -> HttpResponse:
    """The product's teams with the people in them today."""
    found = product_get_or_404(request.user, product)
    today = organisation_get().today(timezone.now())
    rows = team_rows(product=found, today=today)
    context = {
        "product": found,
        "rows": rows,
        "streams": sum(1 for row in rows if row.team.kind == "stream"),
        "archived": team_rows(product=found, today=today, archived=True),
        "may_write": can_write_strategy(request.user, found),
        "may_manage": is_product_manager(request.user, found),
    }
    return render_page(request, "teams/teams.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def team_new(request: HttpRequest, product: str) -> HttpResponse:
    """A new Stream Team."""
    found = product_get_or_404(request.user, product)
    strategy_write_required(request.user, found)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = person_of(request)
        team = form_save(form, lambda: team_create(actor=actor, product=found, **form.cleaned_data))
        if team is not None:
            messages.success(request, f"The team {team} is made")
            return redirect("teams:team-people", product=found.slug, team=team.slug)
    context = {"form": form, "product": found}
    return render_page(request, "teams/team_new.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def team_edit(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Name and value stream, archive, and the team's history."""
    parent = product_get_or_404(request.user, product)
    found = team_get_or_404(request.user, parent, team)
    strategy_write_required(request.user, parent)
    if request.method == "POST":
        archived_refuse(found)
    initial = {"name": found.name, "purpose": found.purpose, "version": found.version}
    form = TeamEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(
            form,
            lambda: team_update(
                actor=actor,
                team=found,
                expected_version=data["version"],
                name=data["name"],
                purpose=data["purpose"],
            ),
        )
        if saved is not None:
            messages.success(request, "Team saved")
            return redirect("teams:team-edit", product=parent.slug, team=saved.slug)
        found = team_get_or_404(request.user, parent, team)
    context = {"form": form, "product": parent, "team": found, "history": list(audit_list(found, limit=50))}
    return render_page(request, "teams/team_edit.html", context, status=form_status(form))


@login_required
@require_POST
def team_put_away(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Archives the team; the answer offers to bring it back."""
    parent = product_get_or_404(request.user, product)
    found = team_get_or_404(request.user, parent, team)
    strategy_write_required(request.user, parent)
    try:
        team_archive(actor=person_of(request), team=found, expected_version=found.version, now=timezone.now())
        undo = reverse("teams:team-restore", args=[parent.slug, found.slug])
        messages.success(request, f"The team {found} is archived", extra_tags=f"undo:{undo}")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:team-list", product=parent.slug)


@login_required
@require_POST
def team_bring_back(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Takes an archived team into use again."""
    parent = product_get_or_404(request.user, product)
    found = team_get_or_404(request.user, parent, team)
    strategy_write_required(request.user, parent)
    try:
        team_restore(actor=person_of(request), team=found, expected_version=found.version)
        messages.success(request, f"The team {found} is back in use")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:team-list", product=parent.slug)
