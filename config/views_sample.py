"""Settings → Sample data: look at it, take it away, or make it again."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from common.errors import ApplicationError
from common.pages import render_page
from config.sample.build import sample_create
from config.sample.removal import sample_counts, sample_remove
from teams.models import User
from teams.permissions import admin_required


@login_required
@require_GET
def sample_page(request: HttpRequest) -> HttpResponse:
    """What the sample holds, and what removing it takes away."""
    admin_required(request.user)
    return render_page(request, "settings/sample.html", {"counts": sample_counts()})


@login_required
@require_POST
def sample_remove_view(request: HttpRequest) -> HttpResponse:
    """Removes the sample's rows; the person who asks keeps their account."""
    admin_required(request.user)
    removal = sample_remove(actor=cast("User", request.user))
    messages.success(request, f"The sample is gone: {removal.products} product and {removal.people} people.")
    if removal.kept:
        messages.info(
            request, "These people stay, because something else needs them: " + ", ".join(removal.kept)
        )
    return redirect("home")


@login_required
@require_POST
def sample_create_view(request: HttpRequest) -> HttpResponse:
    """Makes the sample, in one go."""
    admin_required(request.user)
    try:
        sample_create(now=timezone.now())
    except ApplicationError as error:
        messages.error(request, error.message)
        return redirect("sample")
    messages.success(request, "The sample organisation is here.")
    return redirect("home")
