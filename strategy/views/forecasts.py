"""How well forecasts came true."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from common.pages import render_page
from strategy.selectors.track_record import track_record_page
from strategy.views.access import visit


@login_required
@require_GET
def track_record(request: HttpRequest, product: str) -> HttpResponse:
    """Does what the forecasts say come true as often as they say?"""
    at = visit(request, product)
    page = track_record_page(product=at.product)
    return render_page(request, "strategy/track_record.html", {"product": at.product, "page": page})
