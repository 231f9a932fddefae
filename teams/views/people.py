"""People of the organisation, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import OrganisationInviteForm
from teams.models import Invitation, Membership, User
from teams.permissions import admin_required, person_of
from teams.selectors import (
    PeopleFilter,
    invitations_open,
    invitations_over,
    organisation_get,
    people_counts,
    people_list,
)
from teams.services.invitations import invitation_create, invitation_revoke, invitation_url
from teams.services.people import person_admin_set, person_deactivate, person_leader_set, person_reactivate
from teams.views.again import invitation_initial


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, by name, with what they are in which team."""
    admin_required(request.user)
    now = timezone.now()
    query, shown = request.GET.get("q", "").strip()[:100], request.GET.get("show", PeopleFilter.ACTIVE)
    if shown not in PeopleFilter.RULES:
        shown = PeopleFilter.ACTIVE
    rows = people_list(query=query, shown=shown, today=organisation_get().today(now))
    counts = people_counts()
    context = {
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "query": query,
        "shown": shown,
        "filters": [(name, label, counts[name]) for name, label in PeopleFilter.LABELS.items()],
        "invitations": list(invitations_open(now=now)[:100]),
        "over": invitations_over(now=now),
        "active": counts[PeopleFilter.ACTIVE],
    }
    return render_page(request, "teams/people.html", context, partial="teams/partials/_people.html")


@login_required
@require_http_methods(["GET", "POST"])
def people_invite(request: HttpRequest) -> HttpResponse:
    """Invites an address to a team, to an organisation-wide role, or both; shows the link in this one answer."""
    admin_required(request.user)
    form = OrganisationInviteForm(request.POST or None, initial=invitation_initial(request))
    made: tuple[Invitation, str] | None = None
    if request.method == "POST" and form.is_valid():
        actor, now = person_of(request), timezone.now()
        made = form_save(form, lambda: invitation_create(actor=actor, now=now, **form.cleaned_data))
    context = {
        "form": form,
        "invitation": made[0] if made else None,
        "link": invitation_url(made[1]) if made else "",
        "back": "teams:people-list",
    }
    return render_page(request, "teams/people_invite.html", context, status=form_status(form))


@login_required
@require_GET
def person_detail(request: HttpRequest, person: int) -> HttpResponse:
    """One person: roles, memberships, tokens, and what admins did about them."""
    admin_required(request.user)
    found = get_object_or_404(User, pk=person)
    rows = Membership.objects.filter(user=found).select_related("team__product").order_by("-start_date", "pk")
    context = {
        "person": found,
        "memberships": list(rows),
        "today": organisation_get().today(timezone.now()),
        "tokens": found.auth_token_set.count(),
        "history": list(audit_list(found, limit=50)),
        "is_me": found == request.user,
    }
    return render_page(request, "teams/person.html", context)


_ROLES = {
    "make-admin": (person_admin_set, {"is_admin": True}, "is an admin now"),
    "remove-admin": (person_admin_set, {"is_admin": False}, "is no longer an admin"),
    "make-leader": (person_leader_set, {"is_leader": True}, "is a leader now"),
    "remove-leader": (person_leader_set, {"is_leader": False}, "is no longer a leader"),
    "reactivate": (person_reactivate, {}, "can log in again"),
}


@login_required
@require_POST
def person_change(request: HttpRequest, person: int, action: str) -> HttpResponse:
    """One of the buttons of a person's page; each states what shall be, so pressing twice changes nothing more."""
    admin_required(request.user)
    found, actor = get_object_or_404(User, pk=person), person_of(request)
    try:
        if action == "deactivate":
            _deactivate(request, found, actor)
        elif action in _ROLES:
            service, wanted, words = _ROLES[action]
            service(actor=actor, person=found, **wanted)  # type: ignore[operator]
            messages.success(request, f"{found} {words}")
        else:
            raise Http404("No such action.")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:person-detail", person=found.pk)


def _deactivate(request: HttpRequest, person: User, actor: User) -> None:
    orphans = person_deactivate(actor=actor, person=person, now=timezone.now())
    messages.success(request, f"{person} is deactivated; sessions and tokens have ended")
    for product in orphans:
        messages.warning(request, f"{product} has no product manager any more. Make somebody one.")


@login_required
@require_POST
def people_invitation_revoke(request: HttpRequest, invitation: int) -> HttpResponse:
    """Takes an open invitation back."""
    admin_required(request.user)
    found = get_object_or_404(Invitation.objects.select_related("team"), pk=invitation)
    try:
        invitation_revoke(actor=person_of(request), invitation=found, now=timezone.now())
        messages.success(request, f"The invitation of {found.email} is taken back")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:people-list")
