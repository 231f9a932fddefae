"""Evidence: which beliefs hold, one belief's page, and its periods as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from common.audit import audit_list
from common.pages import is_fragment_request, render_page
from metrics.calculations.tables.export import csv_write
from strategy.guards import goal_challenge
from strategy.selectors import goals_overview
from strategy.selectors.evidence_list import EvidenceFilter, evidence_list
from strategy.selectors.evidence_page import CSV_COLUMNS, mapping_evidence, mapping_periods, periods_csv_rows
from strategy.selectors.reviews import review_due
from strategy.views.access import visit
from teams.permissions import can_participate, can_write_strategy


@login_required
@require_GET
def mapping_list(request: HttpRequest, product: str) -> HttpResponse:
    """Which beliefs hold? The answer, the map of bets, and every belief by verdict."""
    at = visit(request, product)
    wanted = EvidenceFilter.of(request.GET.dict())
    # The map is outside of the part that a filter swaps.
    is_fragment = is_fragment_request(request)
    with_map = not (wanted.is_retired or is_fragment)
    context = {
        "product": at.product,
        "page": evidence_list(product=at.product, today=at.today, wanted=wanted),
        "filter": wanted,
        "is_fragment": is_fragment,
        "bets": goals_overview(product=at.product, today=at.today).bet_map if with_map else None,
    }
    partial = "strategy/partials/_evidence_list.html"
    return render_page(request, "strategy/mapping_list.html", context, partial=partial)


@login_required
@require_GET
def mapping_detail(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """One belief: what the data say, how surely, and what could be wrong with it."""
    at = visit(request, product)
    found = at.mapping(mapping)
    moved_back = request.GET.get("goal") == "moved-back"
    context = {
        "product": at.product,
        "page": mapping_evidence(mapping=found, today=at.today, moved_back=moved_back),
        "mapping": found,
        "challenge": goal_challenge(found.goal, now=at.now),
        "due": review_due(mapping=found, today=at.today),
        "may_write": can_write_strategy(at.user, at.product),
        "may_add": can_participate(at.user, at.product),
        "history": audit_list(found, limit=20),
    }
    return render_page(request, "strategy/mapping_detail.html", context)


@login_required
@require_GET
def mapping_periods_csv(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """The periods as they were tested, as a file."""
    at = visit(request, product)
    found = at.mapping(mapping)
    finding, series = mapping_periods(mapping=found)
    text = csv_write(CSV_COLUMNS, periods_csv_rows(finding, series))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="belief-{found.pk}-periods.csv"'
    return response
