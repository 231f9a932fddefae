"""Where an invitation's link leads: join, log in first, or read why it no longer works."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import JoinForm
from teams.models import Invitation, User
from teams.services.invitations import digest_of, invitation_accept, invitation_accept_new


@require_http_methods(["GET", "POST"])
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    """Accepts for the person logged in, or for a new person who sets name and password."""
    rows = Invitation.objects.select_related("team__product", "invited_by")
    invitation = rows.filter(digest=digest_of(token)).first()
    state = invitation.state_at(timezone.now()) if invitation is not None else "unknown"
    if invitation is None or state != Invitation.State.OPEN:
        context = {"invitation": invitation, "state": state}
        return _private(render_page(request, "teams/invitation_closed.html", context, status=410))
    account = User.objects.filter(email=invitation.email).first()
    if request.user.is_authenticated:
        return _private(_for_person(request, invitation))
    if account is not None:
        context = {"invitation": invitation, "here": request.path}
        return _private(render_page(request, "teams/invitation_login.html", context))
    return _private(_for_newcomer(request, invitation))


def _for_person(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    error = ""
    user = request.user
    assert isinstance(user, User)
    if request.method == "POST":
        try:
            invitation_accept(invitation=invitation, user=user, now=timezone.now())
        except ApplicationError as refused:
            error = refused.message
        else:
            messages.success(request, f"You are {invitation.offer} now")
            return redirect("home")
    context = {"invitation": invitation, "error": error, "fits": user.email == invitation.email}
    return render_page(request, "teams/invitation_accept.html", context, status=422 if error else 200)


def _for_newcomer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None, initial={"display_name": invitation.display_name})
    if request.method == "POST" and form.is_valid():
        now, data = timezone.now(), form.cleaned_data
        user = form_save(form, lambda: invitation_accept_new(invitation=invitation, now=now, **data))
        if user is not None:
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            messages.success(request, f"Welcome. You are {invitation.offer} now")
            return redirect("home")
    context = {"invitation": invitation, "form": form}
    return render_page(request, "teams/invitation_join.html", context, status=form_status(form))


def _private(response: HttpResponse) -> HttpResponse:
    """The link is a secret: pages it leads to must not name it to others, nor be kept.

    Our own server still sees where a form comes from: with no-referrer, browsers send the origin "null", and the
    protection against forged requests would refuse every acceptance.
    """
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
