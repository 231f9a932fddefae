"""Flow: how work moves over the boards of a product or of one team, for everybody to see and for nobody to be judged by."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from common.pages import render_page
from roadmap.charts import (
    diagram_figure,
    diagram_key,
    diagram_note,
    diagram_table,
    releases_figure,
    releases_key,
    releases_table,
)
from roadmap.selectors.flow_download import flow_csv_rows
from roadmap.selectors.flow_page import PERIODS, FlowPage, flow_page, period_of
from roadmap.views.access import product_of
from teams.models import Product, Team
from teams.permissions import can_write_strategy, team_get_or_404
from teams.selectors import organisation_get


@login_required
@require_GET
def product_flow(request: HttpRequest, product: str) -> HttpResponse:
    """The flow of all Stream Teams, or of the one that `team` in the query names."""
    owner = product_of(request, product)
    return _show(request, owner, _team_asked(request, owner), own_page=False)


@login_required
@require_GET
def team_flow(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """The flow of one team."""
    owner = product_of(request, product)
    return _show(request, owner, team_get_or_404(request.user, owner, team), own_page=True)


@login_required
@require_GET
def product_flow_csv(request: HttpRequest, product: str) -> HttpResponse:
    """The cards behind the product's flow as CSV."""
    owner = product_of(request, product)
    return _download(request, owner, _team_asked(request, owner))


@login_required
@require_GET
def team_flow_csv(request: HttpRequest, product: str, team: str) -> HttpResponse:
    """The cards behind a team's flow as CSV."""
    owner = product_of(request, product)
    return _download(request, owner, team_get_or_404(request.user, owner, team))


def _team_asked(request: HttpRequest, product: Product) -> Team | None:
    """The team of the query; 404 for one that the product does not have."""
    slug = request.GET.get("team", "")
    return team_get_or_404(request.user, product, slug) if slug else None


def _download(request: HttpRequest, product: Product, team: Team | None) -> HttpResponse:
    weeks = period_of(request.GET.get("weeks", ""))
    name = "-".join(["flow", product.slug, *([team.slug] if team else []), f"{weeks}-weeks"])
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    rows = flow_csv_rows(product=product, team=team, weeks=weeks, now=timezone.now())
    csv.writer(response).writerows(rows)
    return response


def _show(request: HttpRequest, product: Product, team: Team | None, *, own_page: bool) -> HttpResponse:
    page = flow_page(
        product=product, team=team, weeks=period_of(request.GET.get("weeks", "")), now=timezone.now()
    )
    streams = Team.objects.filter(product=product).active().stream().order_by("name")
    context: dict[str, Any] = {
        "product": product,
        "team": team,
        "own_page": own_page,
        "page": page,
        "periods": PERIODS,
        "streams": [] if own_page else list(streams),
        "may_connect": can_write_strategy(request.user, product),
    }
    if page.has_cards:
        context |= _charts(page)
    return render_page(request, "roadmap/flow.html", context)


def _charts(page: FlowPage) -> dict[str, Any]:
    zone = organisation_get().zone
    charts = {
        "releases": releases_figure(page.release_weeks, zone=zone),
        "releases_key": releases_key(page.release_weeks),
        "releases_table": releases_table(page.release_weeks, zone=zone),
    }
    if page.diagram:
        charts |= {
            "diagram": diagram_figure(page.diagram, zone=zone),
            "diagram_note": diagram_note(page.diagram),
            "diagram_key": diagram_key(),
            "diagram_table": diagram_table(page.diagram, zone=zone),
        }
    return charts
