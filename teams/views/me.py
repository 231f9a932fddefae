"""One's own page: profile, theme, API tokens."""

from __future__ import annotations

from datetime import timedelta

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import EmailChangeForm, ProfileForm, TokenForm
from teams.models import Membership
from teams.permissions import person_of
from teams.selectors import organisation_get, token_list
from teams.services.profile import email_change, profile_update, theme_set
from teams.services.tokens import LONGEST_DAYS, token_create, token_revoke


@login_required
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Name, zone, theme, shortcuts, and what one is in which team."""
    user, organisation = person_of(request), organisation_get()
    initial = {
        name: getattr(user, name)
        for name in ("display_name", "time_zone", "theme", "shortcuts", "mail_editions")
    }
    form = ProfileForm(request.POST or None, initial=initial, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        saved = form_save(form, lambda: profile_update(user=user, **form.cleaned_data))
        if saved is not None:
            messages.success(request, "Your settings are saved")
            return redirect("teams:me")
        user.refresh_from_db()
    today = organisation.today(timezone.now())
    running = Membership.objects.running(today).filter(user=user).select_related("team__product")
    context = {"form": form, "memberships": list(running), "tokens": user.auth_token_set.count()}
    return render_page(request, "teams/me.html", context, status=form_status(form))


@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def me_email(request: HttpRequest) -> HttpResponse:
    """Another address to log in with, confirmed by the password."""
    user = person_of(request)
    form = EmailChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="reauthenticate", user=user):
            form.add_error(None, "Too many tries. Wait a few minutes, then try again.")
        elif form_save(form, lambda: email_change(user=user, **form.cleaned_data)) is not None:
            messages.success(request, f"You log in with {user.email} from now on")
            return redirect("teams:me")
    return render_page(request, "teams/email_change.html", {"form": form}, status=form_status(form))


@login_required
@require_POST
def me_theme(request: HttpRequest) -> HttpResponse:
    """Sets the theme from the header's button and goes back to where one was."""
    try:
        theme_set(user=person_of(request), theme=request.POST.get("theme", ""))
    except ApplicationError as error:
        messages.error(request, error.message)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "teams:me")


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's tokens, and a form for a new one, which is shown in this one answer and never again."""
    user, organisation, now = person_of(request), organisation_get(), timezone.now()
    today = organisation.today(now)
    form = TokenForm(request.POST or None, initial={"last_day": today + timedelta(days=90)})
    shown = ""
    if request.method == "POST" and form.is_valid():
        made = form_save(
            form, lambda: token_create(user=user, now=now, zone=organisation.zone, **form.cleaned_data)
        )
        if made is not None:
            shown = made[1]
            form = TokenForm(initial={"last_day": today + timedelta(days=90)})
    context = {
        "form": form,
        "shown": shown,
        "rows": list(token_list(user=user)),
        "now": now,
        "longest": LONGEST_DAYS,
        "history": list(audit_list(user, limit=20)),
    }
    return render_page(request, "teams/tokens.html", context, status=form_status(form))


@login_required
@require_POST
def token_revoke_now(request: HttpRequest, key: str) -> HttpResponse:
    """Deletes one of the person's own tokens, named by its first characters."""
    user = person_of(request)
    token = get_object_or_404(user.auth_token_set.all(), token_key=key)
    token_revoke(actor=user, token=token)
    messages.success(request, f"The token {token.name} is revoked")
    return redirect("teams:token-list")
