"""Metrics of a product: list, one metric, new, edit, figures by hand, archive, export."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from metrics import charts
from metrics.calculations.tables import csv_write
from metrics.forms import FigureForm, MetricEditForm, MetricForm
from metrics.models import Metric
from metrics.permissions import can_import, can_record, can_write_metric
from metrics.selectors import events_marked, events_of_metrics, metric_series
from metrics.selectors.pages import MetricPage, metric_choose, metric_page, metric_rows, metrics_fresh
from metrics.services import (
    metric_archive,
    metric_create,
    metric_restore,
    metric_update,
    observations_delete,
    observations_record_pairs,
)
from metrics.services.metrics import FIELDS
from teams.models import Product
from teams.permissions import (
    archived_refuse,
    can_participate,
    can_write_strategy,
    person_of,
    product_get_or_404,
    strategy_write_required,
)
from teams.selectors import organisation_get

PAGE_SIZE = 50
PERIODS = (("1y", "1 year"), ("2y", "2 years"), ("all", "Everything"))


def metric_get_or_404(request: HttpRequest, product: str, key: str) -> tuple[Product, Metric]:
    """The product at this address and one of its metrics, or of the organisation's; Http404 otherwise."""
    if product == "-":  # the organisation's metrics have no product of their own: shown in the first one
        first = Product.objects.active().visible_to(request.user).order_by("name").first()
        if first is None:
            raise Http404("No such metric.")
        product = first.slug
    found = product_get_or_404(request.user, product)
    metrics = Metric.objects.visible_to(request.user).of_product(found)
    return found, get_object_or_404(
        metrics.select_related("product", "owner", "numerator", "denominator"), key=key
    )


@login_required
@require_GET
def metric_list(request: HttpRequest, product: str) -> HttpResponse:
    """The metrics with their newest figure, how old it is, and where the teams' targets stand."""
    found = product_get_or_404(request.user, product)
    organisation, now = organisation_get(), timezone.now()
    today = organisation.today(now)
    search, kind, fresh = (request.GET.get(name, "") for name in ("q", "kind", "fresh"))
    kind = kind if kind in Metric.Kind.values else ""
    chosen: Any = metric_choose(product=found, search=search, kind=kind, archived=fresh == "archived")
    if fresh in {"stale", "fresh"}:
        chosen = metrics_fresh(metrics=list(chosen), stale=fresh == "stale", today=today)
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    quarter = organisation.calendar.quarter_of(today)
    context = {
        "product": found,
        "page": page,
        "rows": metric_rows(metrics=list(page.object_list), quarter=quarter, today=today),
        "quarter": quarter,
        "today": today,
        "search": search,
        "kind": kind,
        "fresh": fresh if fresh in {"stale", "fresh", "archived"} else "",
        "kinds": Metric.Kind.choices,
        "filtered": bool(search or kind or fresh),
        "may_write": can_write_strategy(request.user, found),
        "may_import": can_import(person_of(request), found),
    }
    return render_page(
        request, "metrics/metric_list.html", context, partial="metrics/partials/_metric_list.html"
    )


@login_required
@require_GET
def metric_detail(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """Can I trust this number, and is it moving?"""
    found, metric = metric_get_or_404(request, product, key)
    if product != found.slug:
        return redirect("metrics:metric-detail", product=found.slug, key=metric.key)
    return render_page(
        request, "metrics/metric_detail.html", _detail_context(request, found, metric, FigureForm())
    )


def _detail_context(
    request: HttpRequest, product: Product, metric: Metric, form: FigureForm
) -> dict[str, Any]:
    organisation, now = organisation_get(), timezone.now()
    today = organisation.today(now)
    quarter = organisation.calendar.quarter_of(today)
    period = request.GET.get("period", "2y")
    page = metric_page(metric=metric, quarter=quarter, today=today, since=charts.since_of(period, today))
    return {
        "product": product,
        "metric": metric,
        "page": page,
        "chart": _chart(page, quarter, product),
        "move": charts.move_words(metric, page.variation),
        "period": period if period in dict(PERIODS) else "all",
        "periods": PERIODS,
        "quarter": quarter,
        "today": today,
        "definitions": list(metric.definitions.select_related("author")[:20]),
        "form": form,
        "may_write": can_write_metric(person_of(request), metric),
        "may_record": can_record(person_of(request), metric)
        and not metric.is_ratio
        and metric.archived_at is None,
        "may_add_event": can_participate(request.user, product) and metric.archived_at is None,
        "history": list(audit_list(metric, limit=30)),
    }


def _chart(page: MetricPage, quarter: Any, product: Product) -> dict[str, Any] | None:
    if len(page.series) < 2:
        return None
    first = quarter.shift(0)
    while first.start > page.series.dates[0]:
        first = first.previous
    targets = [target for target in page.chart_targets if target.quarter_end > page.series.dates[0]]
    events = events_marked(
        events_of_metrics(product=product, metrics=[page.metric], start=page.series.dates[0], end=quarter.end)
    )
    return {
        "figure": charts.series_figure(
            metric=page.metric,
            series=page.series,
            targets=targets,
            quarters=list(first.until(quarter)),
            current=quarter,
            events=events,
            variation=page.variation,
        ),
        "events": events,
        "finding": charts.series_finding(page.metric, page.series),
        "table": charts.series_table(page.metric, page.series),
        "key": charts.series_key(page.metric, page.series, targets, page.variation),
    }


@login_required
@require_http_methods(["GET", "POST"])
def metric_new(request: HttpRequest, product: str) -> HttpResponse:
    """A new metric of the product."""
    found = product_get_or_404(request.user, product)
    strategy_write_required(request.user, found)
    form = MetricForm(request.POST or None, product=found)
    if request.method == "POST" and form.is_valid():
        actor = person_of(request)
        metric = form_save(form, lambda: metric_create(product=found, actor=actor, **form.cleaned_data))
        if metric is not None:
            messages.success(request, f"The metric {metric} is made")
            return redirect("metrics:metric-detail", product=found.slug, key=metric.key)
    context = {"form": form, "product": found}
    return render_page(request, "metrics/metric_new.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def metric_edit(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """A metric's fields; a change of what it measures needs a reason. Archive and history."""
    found, metric = metric_get_or_404(request, product, key)
    _write_required(request, metric)
    if request.method == "POST":
        archived_refuse(metric)
    initial = {name: getattr(metric, name) for name in FIELDS} | {"version": metric.version}
    form = MetricEditForm(request.POST or None, initial=initial, product=found, metric=metric)
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, person_of(request)
        wanted = {name: data[name] for name in FIELDS if name != "key" or data["key"]}
        saved = form_save(
            form,
            lambda: metric_update(
                metric=metric,
                actor=actor,
                changes_wanted=wanted,
                reason=data["reason"],
                expected_version=data["version"],
            ),
            lambda stored: {name: getattr(stored, name) for name in FIELDS},
        )
        if saved is not None:
            messages.success(request, "Metric saved")
            return redirect("metrics:metric-detail", product=found.slug, key=saved.key)
    context = {
        "form": form,
        "product": found,
        "metric": metric,
        "history": list(audit_list(metric, limit=50)),
    }
    return render_page(request, "metrics/metric_edit.html", context, status=form_status(form))


@login_required
@require_POST
def figure_record(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """One figure by hand."""
    found, metric = metric_get_or_404(request, product, key)
    archived_refuse(metric.product, metric)
    if not can_record(person_of(request), metric):
        raise PermissionDenied("Viewers read only. Ask a product manager for a member's role.")
    form = FigureForm(request.POST)
    if form.is_valid():
        actor, pair = person_of(request), (form.cleaned_data["date"], form.cleaned_data["value"])
        run = form_save(
            form,
            lambda: observations_record_pairs(metric=metric, pairs=[pair], actor=actor, now=timezone.now()),
        )
        if run is not None:
            word = "stored" if run.created else "corrected" if run.changed else "there already"
            messages.success(request, f"The figure of {run.last_date:%-d %B %Y} is {word}")
            return redirect("metrics:metric-detail", product=found.slug, key=metric.key)
    context = _detail_context(request, found, metric, form)
    return render_page(request, "metrics/metric_detail.html", context, status=422)


@login_required
@require_POST
def figure_delete(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """Deletes one figure; it leaves a revision."""
    found, metric = metric_get_or_404(request, product, key)
    archived_refuse(metric.product, metric)
    if not can_record(person_of(request), metric):
        raise PermissionDenied("Viewers read only. Ask a product manager for a member's role.")
    try:
        day = date.fromisoformat(request.POST.get("date", ""))
        run = observations_delete(metric=metric, dates=[day], actor=person_of(request), now=timezone.now())
        undo = reverse("metrics:import-take-back", args=[found.slug, run.pk])
        messages.success(request, f"The figure of {day:%-d %B %Y} is deleted", extra_tags=f"undo:{undo}")
    except ValueError:
        messages.error(request, "Which figure? Its date is missing.")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:metric-detail", product=found.slug, key=metric.key)


@login_required
@require_POST
def metric_put_away(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """Archives the metric; the answer offers to bring it back."""
    found, metric = metric_get_or_404(request, product, key)
    _write_required(request, metric)
    try:
        metric_archive(
            metric=metric, actor=person_of(request), now=timezone.now(), expected_version=metric.version
        )
        undo = reverse("metrics:metric-restore", args=[found.slug, metric.key])
        messages.success(request, f"The metric {metric} is archived", extra_tags=f"undo:{undo}")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:metric-detail", product=found.slug, key=metric.key)


@login_required
@require_POST
def metric_bring_back(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """Takes an archived metric into use again."""
    found, metric = metric_get_or_404(request, product, key)
    _write_required(request, metric)
    try:
        metric_restore(metric=metric, actor=person_of(request), expected_version=metric.version)
        messages.success(request, f"The metric {metric} is back in use")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:metric-detail", product=found.slug, key=metric.key)


@login_required
@require_GET
def metric_export(request: HttpRequest, product: str, key: str) -> HttpResponse:
    """The metric's figures as CSV, in the layout that the upload takes."""
    _, metric = metric_get_or_404(request, product, key)
    rows = ((metric.key, day.isoformat(), value) for day, value in metric_series(metric=metric).points)
    response = HttpResponse(
        csv_write(["metric", "date", "value"], rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{metric.key}.csv"'
    return response


def _write_required(request: HttpRequest, metric: Metric) -> None:
    archived_refuse(metric.product)
    if not can_write_metric(person_of(request), metric):
        raise PermissionDenied("Only the product's managers and leads can change this.")
