"""The reference of the API, for anybody: the addresses are no secret, what is behind them is."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common.api_scopes import AREAS
from common.pages import render_page
from config.api_docs import reference, reference_filter
from config.api_guide import guide


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """The guide, and every operation; `?q=` keeps those with all of its words."""
    words = request.GET.get("q", "").strip()[:200]
    whole = reference()
    shown = reference_filter(whole, words)
    context = {
        "base": "base.html" if request.user.is_authenticated else "base_plain.html",
        "reference": shown,
        "total": whole.count,
        "words": words,
        "guide": guide(),
        "areas": AREAS.items(),
        "rate": settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["user"],
    }
    return render_page(request, "config/api_docs.html", context, partial="config/partials/_api_body.html")
