"""People of one team: who, in which role, from when to when; adding, inviting, changing, ending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import InviteForm, MemberAddForm, MembershipEndForm, RoleForm
from teams.models import Invitation, Membership, Product, Team, User
from teams.permissions import (
    is_product_manager,
    manager_required,
    person_of,
    product_get_or_404,
    team_get_or_404,
)
from teams.selectors import invitations_open, invitations_over, organisation_get, team_people
from teams.services.invitations import invitation_create, invitation_revoke, invitation_url
from teams.services.memberships import membership_add, membership_change_role, membership_end
from teams.views.again import invitation_initial


def _managed(request: HttpRequest, product: str, team: str) -> tuple[Product, Team]:
    """The team, for product managers and admins only."""
    parent = product_get_or_404(request.user, product)
    found = team_get_or_404(request.user, parent, team)
    manager_required(request.user, parent)
    return parent, found


@login_required
@require_GET
def team_people_page(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Everybody who is, will be or was in the team."""
    parent = product_get_or_404(request.user, product)
    found = team_get_or_404(request.user, parent, team)
    now = timezone.now()
    may_manage = is_product_manager(request.user, parent)
    context = {
        "product": parent,
        "team": found,
        "people": team_people(team=found, today=organisation_get().today(now)),
        "may_manage": may_manage,
        "invitations": list(invitations_open(now=now, team=found)) if may_manage else [],
        "over": invitations_over(now=now, team=found) if may_manage else [],
        "history": list(audit_list(found, limit=30)),
    }
    return render_page(request, "teams/team_people.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def member_add(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Puts somebody who has an account into the team."""
    parent, found = _managed(request, product, team)
    today = organisation_get().today(timezone.now())
    form = MemberAddForm(request.POST or None, team=found, initial={"start_date": today})
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(form, lambda: _add(actor, found, data))
        if saved is not None:
            messages.success(request, f"{saved.user} is in {found}")
            return redirect("teams:team-people", product=parent.slug, team=found.slug)
    context = {"form": form, "product": parent, "team": found}
    return render_page(request, "teams/member_add.html", context, status=form_status(form))


def _add(actor: User, team: Team, data: dict[str, Any]) -> Membership:
    user = User.objects.filter(email=data["email"].lower()).first()
    if user is None:
        raise ApplicationError("Nobody here has this address yet. Invite them instead.", field="email")
    last_day = data["last_day"]
    return membership_add(
        actor=actor,
        team=team,
        user=user,
        role=data["role"],
        start_date=data["start_date"],
        end_date=last_day + timedelta(days=1) if last_day else None,
    )


@login_required
@require_http_methods(["GET", "POST"])
def member_invite(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """Invites an address to the team; shows the link in this one answer."""
    parent, found = _managed(request, product, team)
    form = InviteForm(request.POST or None, team=found, initial=invitation_initial(request, found))
    made: tuple[Invitation, str] | None = None
    if request.method == "POST" and form.is_valid():
        actor, now = person_of(request), timezone.now()
        made = form_save(
            form, lambda: invitation_create(actor=actor, team=found, now=now, **form.cleaned_data)
        )
    context = {
        "form": form,
        "product": parent,
        "team": found,
        "invitation": made[0] if made else None,
        "link": invitation_url(made[1]) if made else "",
    }
    return render_page(request, "teams/member_invite.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def member_role(request: HttpRequest, product: str, team: str, membership: int) -> HttpResponse:
    """Gives a member another role from today on."""
    parent, found = _managed(request, product, team)
    row = get_object_or_404(
        Membership.objects.select_related("user", "team__product"), team=found, pk=membership
    )
    form = RoleForm(request.POST or None, team=found, initial={"role": row.role, "version": row.version})
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(
            form,
            lambda: membership_change_role(
                actor=actor,
                membership=row,
                expected_version=data["version"],
                role=data["role"],
                today=organisation_get().today(timezone.now()),
            ),
        )
        if saved is not None:
            messages.success(request, f"{saved.user} is {saved.get_role_display().lower()} now")
            return redirect("teams:team-people", product=parent.slug, team=found.slug)
    context = {"form": form, "product": parent, "team": found, "membership": row}
    return render_page(request, "teams/member_role.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def member_end(request: HttpRequest, product: str, team: str, membership: int) -> HttpResponse:
    """Says what ending the membership does, and ends it."""
    parent, found = _managed(request, product, team)
    row = get_object_or_404(
        Membership.objects.select_related("user", "team__product"), team=found, pk=membership
    )
    today = organisation_get().today(timezone.now())
    yesterday = max(today, row.start_date) - timedelta(days=1)
    form = MembershipEndForm(request.POST or None, initial={"last_day": yesterday, "version": row.version})
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(
            form,
            lambda: membership_end(
                actor=actor,
                membership=row,
                expected_version=data["version"],
                end_date=data["last_day"] + timedelta(days=1),
                today=today,
            ),
            stored=lambda current: {
                "last_day": current.end_date - timedelta(days=1) if current.end_date else None
            },
        )
        if saved is not None:
            messages.success(request, f"The membership of {saved.user} ends")
            return redirect("teams:team-people", product=parent.slug, team=found.slug)
    context = {"form": form, "product": parent, "team": found, "membership": row}
    return render_page(request, "teams/member_end.html", context, status=form_status(form))


@login_required
@require_POST
def member_invitation_revoke(request: HttpRequest, product: str, team: str, invitation: int) -> HttpResponse:
    """Takes an open invitation to the team back."""
    parent, found = _managed(request, product, team)
    row = get_object_or_404(Invitation.objects.select_related("team"), team=found, pk=invitation)
    try:
        invitation_revoke(actor=person_of(request), invitation=row, now=timezone.now())
        messages.success(request, f"The invitation of {row.email} is taken back")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:team-people", product=parent.slug, team=found.slug)
