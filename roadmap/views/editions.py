"""The roadmap: this week's edition, earlier ones, their downloads, and collating now."""

from __future__ import annotations

import csv
import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from common.jobs import job_request
from common.models import JobRun
from common.pages import is_fragment_request, render_page
from common.quarters import week_parse
from roadmap.models import Board, Edition
from roadmap.selectors.cutoffs import cutoff_next
from roadmap.selectors.downloads import edition_csv_rows, edition_document
from roadmap.selectors.edition_board import edition_board
from roadmap.selectors.edition_changes import change_lines, edition_difference
from roadmap.selectors.edition_filters import VIEWS, Filters
from roadmap.selectors.editions import edition_get, edition_latest, edition_list, headline_of
from roadmap.views.access import boards_change_required, product_of
from teams.models import Product
from teams.permissions import can_write_strategy

BOARD_PART = "roadmap/partials/_edition_board.html"
LISTED = 100
WEEKS_OFFERED = 60
COLLATION = "roadmap_collation"


@login_required
@require_GET
def roadmap(request: HttpRequest, product: str) -> HttpResponse:
    """The newest edition of the product."""
    owner = product_of(request, product)
    edition = edition_latest(product=owner)
    if edition is None:
        return _nothing_yet(request, owner)
    return _show(request, owner, edition)


@login_required
@require_GET
def edition_detail(request: HttpRequest, product: str, week: str) -> HttpResponse:
    """The edition of one week; `revision` in the query names an earlier revision of it."""
    owner = product_of(request, product)
    return _show(request, owner, _edition_or_404(request, owner, week))


@login_required
@require_GET
def edition_csv(request: HttpRequest, product: str, week: str) -> HttpResponse:
    """The edition's cards as CSV."""
    owner = product_of(request, product)
    edition = _edition_or_404(request, owner, week)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="roadmap-{owner.slug}-{edition.week}.csv"'
    csv.writer(response).writerows(edition_csv_rows(edition=edition))
    return response


@login_required
@require_GET
def edition_json(request: HttpRequest, product: str, week: str) -> HttpResponse:
    """The edition with its cards, totals and difference as JSON."""
    owner = product_of(request, product)
    edition = _edition_or_404(request, owner, week)
    content = json.dumps(edition_document(edition=edition), ensure_ascii=False, indent=1)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="roadmap-{owner.slug}-{edition.week}.json"'
    return response


@login_required
@require_POST
def collate(request: HttpRequest, product: str) -> HttpResponse:
    """Asks a worker to read every board and to publish the edition now."""
    owner = product_of(request, product)
    user = boards_change_required(request, owner)
    run = _collation_waiting(owner) or job_request(kind=COLLATION, subject=str(owner.pk), requested_by=user)
    return redirect("roadmap:collation", owner.slug, run.pk)


@login_required
@require_GET
def collation(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """The progress of a collation, and its result."""
    owner = product_of(request, product)
    job = get_object_or_404(JobRun, pk=run, kind=COLLATION, subject=str(owner.pk))
    return render_page(
        request,
        "roadmap/collation.html",
        {"product": owner, "job": job},
        partial="roadmap/partials/_collation.html",
    )


def _collation_waiting(product: Product) -> JobRun | None:
    states = [JobRun.State.WAITING, JobRun.State.RUNNING]
    return JobRun.objects.filter(kind=COLLATION, subject=str(product.pk), state__in=states).first()


def _edition_or_404(request: HttpRequest, product: Product, week: str) -> Edition:
    revision = request.GET.get("revision", "")
    try:
        week_parse(week)
    except ValueError:
        raise Http404("No such week.") from None
    edition = edition_get(
        product=product, week=week, revision=int(revision) if revision.isdecimal() else None
    )
    if edition is None:
        raise Http404("No edition of this week.")
    return edition


def _difference(request: HttpRequest, edition: Edition, editions: list[Edition]) -> dict[str, Any]:
    """The difference from the edition named by `since`, from the one before where none (or none known) is named."""
    asked = request.GET.get("since", "")
    since = next((row for row in editions if row.week == asked and row.week < edition.week), None)
    return dict(edition.difference) if since is None else edition_difference(edition=edition, since=since)


def _nothing_yet(request: HttpRequest, product: Product) -> HttpResponse:
    context = {
        "product": product,
        "boards": Board.objects.active().filter(team__product=product).count(),
        "next_cutoff": cutoff_next(now=timezone.now()),
        "may_change": can_write_strategy(request.user, product),
    }
    return render_page(request, "roadmap/roadmap_empty.html", context)


def _show(request: HttpRequest, product: Product, edition: Edition) -> HttpResponse:
    board = edition_board(edition=edition, filters=Filters.from_query(request.GET.dict()))
    context: dict[str, Any] = {
        "product": product,
        "edition": edition,
        "board": board,
        "views": VIEWS,
        "listed": Paginator(board.cards, LISTED).get_page(request.GET.get("page")),
    }
    if not is_fragment_request(request):
        goals = edition.totals.get("goals") or []
        editions = edition_list(product=product, limit=WEEKS_OFFERED)
        difference = _difference(request, edition, editions)
        context |= {
            "headline": headline_of(edition.totals),
            "since": difference.get("since"),
            "changes": change_lines(difference),
            "before": [row for row in editions if row.week < edition.week],
            "earlier": editions[:12],
            "next_cutoff": cutoff_next(now=timezone.now()),
            "points_at": goals,
            "points_most": max([goal["cards"] for goal in goals] + [edition.totals.get("no_goal", 0), 1]),
            "may_change": can_write_strategy(request.user, product),
        }
    return render_page(request, "roadmap/edition.html", context, partial=BOARD_PART)
