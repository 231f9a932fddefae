"""What the metric pages show, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from common.quarters import Quarter
from metrics.calculations.moves import Variation
from metrics.calculations.verdicts import freshness_limits, is_stale
from metrics.models import ImportRun, ImportRunMetric, Metric, ObservationRevision, Target
from metrics.querysets import MetricQuerySet
from metrics.selectors.series import Series, metric_series, metric_spark_points
from metrics.selectors.targets import TargetStanding, metric_status, target_standings
from metrics.selectors.values import metric_latest, metric_quarter_values
from metrics.selectors.variation import metric_variation
from teams.models import Product

SPARK_WEEKS = 26
QUARTERS_SHOWN = 8
IMPORTS_SHOWN = 8


@dataclass(frozen=True)
class MetricRow:
    """One line of the list: newest value, how old it is, the last half year, and where the targets stand."""

    metric: Metric
    value: float | None
    last_date: date | None
    spark: list[tuple[date, float]]
    status: str
    late: int
    stale: int


def metric_choose(
    *, product: Product, search: str = "", kind: str = "", archived: bool = False
) -> MetricQuerySet:
    """The product's metrics and the organisation's, by name; searched in name, key and definition."""
    metrics = Metric.objects.of_product(product).select_related("product", "owner").order_by("name", "pk")
    metrics = metrics.exclude(archived_at=None) if archived else metrics.active()
    if kind:
        metrics = metrics.filter(kind=kind)
    if search:
        words = Q(name__icontains=search) | Q(key__icontains=search) | Q(definition__icontains=search)
        metrics = metrics.filter(words)
    return metrics


def metrics_fresh(*, metrics: list[Metric], stale: bool, today: date) -> list[Metric]:
    """Those of the metrics that are stale (or that are not)."""
    latest = metric_latest(metrics=metrics)
    return [
        metric
        for metric in metrics
        if is_stale(latest[metric.pk][0] if metric.pk in latest else None, metric.frequency, today) == stale
    ]


def metric_rows(*, metrics: list[Metric], quarter: Quarter, today: date) -> list[MetricRow]:
    """The lines of a page of metrics; the number of queries does not depend on how many there are."""
    latest = metric_latest(metrics=metrics)
    sparks = metric_spark_points(metrics=metrics, weeks=SPARK_WEEKS, today=today)
    statuses = metric_status(metrics=metrics, quarter=quarter, today=today)
    rows = []
    for metric in metrics:
        last_date, value = latest.get(metric.pk, (None, None))
        late, stale = freshness_limits(metric.frequency)
        rows.append(MetricRow(metric, value, last_date, sparks[metric.pk], statuses[metric.pk], late, stale))
    return rows


@dataclass(frozen=True)
class QuarterFigure:
    """The metric's value in one quarter."""

    quarter: Quarter
    value: float | None


@dataclass(frozen=True)
class MetricPage:
    """Everything on a metric's page but the goals, which the strategy app serves."""

    metric: Metric
    series: Series
    latest: tuple[date, float] | None
    before: tuple[date, float] | None  # about four weeks earlier
    quarters: list[QuarterFigure]
    standings: list[TargetStanding]
    chart_targets: list[Target]
    imports: list[ImportRun]
    revisions: list[ObservationRevision]
    late: int
    stale: int
    status: str
    variation: Variation
    figures: list[tuple[date, float]] = field(default_factory=list)

    @property
    def last_date(self) -> date | None:
        return self.latest[0] if self.latest else None

    @property
    def value(self) -> float | None:
        return self.latest[1] if self.latest else None

    @property
    def change(self) -> float | None:
        """The newest value less that of four weeks before."""
        return self.latest[1] - self.before[1] if self.latest and self.before else None

    @property
    def this_quarter(self) -> float | None:
        return self.quarters[-1].value if self.quarters else None


def metric_page(*, metric: Metric, quarter: Quarter, today: date, since: date | None) -> MetricPage:
    """A metric's page: series from `since` (everything when None), quarters, targets, imports, restated values."""
    spans = list(quarter.shift(1 - QUARTERS_SHOWN).until(quarter))
    values = metric_quarter_values(metrics=[metric], quarters=spans)
    targets = list(
        Target.objects.filter(
            metric=metric, quarter_start__gte=spans[0].start, quarter_end__lte=quarter.next.end
        )
        .select_related("team__product", "metric")
        .order_by("quarter_start", "team__name")
    )
    now_targets = [target for target in targets if target.quarter_start == quarter.start]
    series = metric_series(metric=metric, since=since)
    latest = metric_latest(metrics=[metric]).get(metric.pk)
    late, stale = freshness_limits(metric.frequency)
    return MetricPage(
        metric=metric,
        series=series,
        latest=latest,
        before=_weeks_before(series, latest),
        quarters=[QuarterFigure(span, values[metric.pk, span.start]) for span in spans],
        standings=target_standings(targets=now_targets, quarter=quarter, today=today),
        chart_targets=targets,
        imports=list(_imports_of(metric)),
        revisions=list(ObservationRevision.objects.filter(metric=metric).select_related("run")[:12]),
        late=late,
        stale=stale,
        status=metric_status(metrics=[metric], quarter=quarter, today=today)[metric.pk],
        variation=metric_variation(metric=metric, today=today),
        figures=series.points[-8:][::-1],
    )


def _imports_of(metric: Metric) -> QuerySet[ImportRun]:
    """The newest imports that wrote figures of the metric, alone or among others; `own` counts its figures."""
    mine = ImportRunMetric.objects.filter(metric=metric)
    newest = mine.order_by("-run_id").values("run_id")[:IMPORTS_SHOWN]
    return (
        ImportRun.objects.filter(Q(metric=metric) | Q(pk__in=newest))
        .exclude(state__in=[ImportRun.State.PREVIEW, ImportRun.State.DISCARDED])
        .annotate(
            own=Subquery(mine.filter(run=OuterRef("pk")).values("figures")[:1]),
            all_written=F("created") + F("changed") + F("deleted"),
        )
        .select_related("actor")
        .defer("written")[:IMPORTS_SHOWN]
    )


def _weeks_before(series: Series, latest: tuple[date, float] | None) -> tuple[date, float] | None:
    if latest is None:
        return None
    until = latest[0] - timedelta(days=28)
    earlier = [point for point in series.points if point[0] <= until]
    return earlier[-1] if earlier else None
