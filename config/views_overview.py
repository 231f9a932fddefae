"""The strategy overview of a product."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.pages import render_page
from config.overview import overview_page
from teams.permissions import product_get_or_404
from teams.selectors import organisation_get


@login_required
@require_GET
def overview(request: HttpRequest, product: str) -> HttpResponse:
    """Are we on track, are the bets holding, what should we do now."""
    found = product_get_or_404(request.user, product)
    page = overview_page(product=found, organisation=organisation_get(), now=timezone.now())
    return render_page(request, "config/overview.html", {"product": found, "page": page})
