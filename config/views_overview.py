"""The strategy overview of a product, and the stream of its changes."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.pages import render_page
from config.overview import changes_list, overview_page
from config.shell import shell_of
from teams.permissions import product_get_or_404
from teams.selectors import organisation_get

CHANGES_PAGE = 30
CHANGES_NEWEST = 5


@login_required
@require_GET
def overview(request: HttpRequest, product: str) -> HttpResponse:
    """Are we on track, are the bets holding, what should we do now."""
    # The navigation has looked the product up already, among those that the person may see.
    found = shell_of(request).product or product_get_or_404(request.user, product)
    page = overview_page(product=found, organisation=organisation_get(), now=timezone.now())
    return render_page(request, "config/overview.html", {"product": found, "page": page})


@login_required
@require_GET
def changes(request: HttpRequest, product: str) -> HttpResponse:
    """What people have changed in the strategy, newest first; the newest few as a part of the overview."""
    found = product_get_or_404(request.user, product)
    events = changes_list(product=found)
    context = {
        "product": found,
        "page": Paginator(events, CHANGES_PAGE).get_page(request.GET.get("page")),
        "newest": events[:CHANGES_NEWEST],
    }
    return render_page(request, "config/changes.html", context, partial="config/partials/_changes.html")
