"""How well a product's forecasts came true, summed up in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, F, IntegerField, Min, Q, Sum, Value, When
from django.db.models.functions import Ceil, Greatest

from common.display import values
from common.display.parts import Table
from common.display.reliability_svg import ReliabilityChart, ReliabilityDot
from metrics.analysis.forecast import CALIBRATION
from metrics.analysis.forecast_record import RECORD_NEEDED
from strategy.calculations.track_record import Cell, Part, TrackRecord, record_make
from strategy.models import Forecast
from teams.models import Product

NONE = "–"


@dataclass(frozen=True)
class Calibration:
    """The constant that widens or narrows the ranges of one frequency: its value, since when, fitted to how many."""

    frequency: str
    value: float
    since: date | None
    is_fitted: bool
    recorded: int

    @property
    def sentence(self) -> str:
        """Where it comes from, for people."""
        if self.is_fitted:
            return f"Fitted to {self.recorded:,} scored forecasts of this organisation."
        missing = RECORD_NEEDED + 1 - self.recorded
        if missing <= 0:
            return (
                "Measured on public series; the next forecasts use one fitted to this organisation's record."
            )
        return f"Measured on public series, until {missing:,} more forecasts are scored."


@dataclass(frozen=True)
class Figure:
    """A key figure with what it is and how to read it."""

    name: str
    value: str
    detail: str


@dataclass(frozen=True)
class TrackRecordPage:
    """What the page shows: the record in one sentence, key figures, the drawing and the rows by weeks left."""

    record: TrackRecord
    finding: str
    figures: list[Figure]
    chart: ReliabilityChart | None
    horizons: Table
    calibrations: list[Calibration]


def track_record(*, product: Product) -> TrackRecord:
    """The record of a product: every scored forecast of its goals and team targets, one a subject and ISO week.

    One query, whatever the number of forecasts.
    """
    weeks = Case(
        When(frequency="monthly", then=F("periods_left") * 4),
        When(frequency="quarterly", then=Value(13)),
        default=F("periods_left"),
        output_field=IntegerField(),
    )
    lined = Q(pace_hits__isnull=False)
    wrong = Q(pace_hits=True, hit=False) | Q(pace_hits=False, hit=True)
    rows = (
        Forecast.objects.recorded()
        .filter(product=product)
        .order_by()
        .values(tenth=Greatest(Ceil(F("chance") * 10), 1.0), weeks=weeks)
        .annotate(
            n=Count("pk"),
            said=Sum("chance"),
            happened=Count("pk", filter=Q(hit=True)),
            squared=Sum("brier"),
            held=Count("pk", filter=Q(inside=True)),
            lines=Count("pk", filter=lined),
            lines_squared=Sum("brier", filter=lined, default=0.0),
            lines_wrong=Count("pk", filter=wrong),
        )
    )
    return record_make(
        [
            Cell(
                int(row["tenth"]),
                row["weeks"],
                row["n"],
                row["said"],
                row["happened"],
                row["squared"],
                row["held"],
                row["lines"],
                row["lines_squared"],
                row["lines_wrong"],
            )
            for row in rows
        ]
    )


def calibrations_shown(*, product: Product) -> list[Calibration]:
    """The constants in use for the product's forecasts: of each frequency that has any."""
    current = Forecast.objects.current().filter(product=product).order_by("-made_on", "-pk")
    fields = ("frequency", "calibration", "made_on", "goal_id", "target_id")
    found = {name: current.filter(frequency=name).only(*fields).first() for name in CALIBRATION}
    shown = {name: row for name, row in found.items() if row is not None}
    counts = dict(
        Forecast.objects.recorded()
        .filter(frequency__in=shown, standardised__isnull=False)
        .order_by()
        .values_list("frequency")
        .annotate(Count("pk"))
    )
    return [
        Calibration(
            frequency,
            row.calibration,
            _since(row),
            abs(row.calibration - CALIBRATION[frequency]) > 1e-12,
            counts.get(frequency, 0),
        )
        for frequency, row in shown.items()
    ]


def _since(row: Forecast) -> date | None:
    """The first day on which this goal or target was forecast with the constant it has now."""
    own = Forecast.objects.filter(goal=row.goal_id, target=row.target_id, calibration=row.calibration)
    since: date | None = own.aggregate(first=Min("made_on"))["first"]
    return since


def track_record_page(*, product: Product) -> TrackRecordPage:
    """Everything that the page of the track record shows."""
    record = track_record(product=product)
    return TrackRecordPage(
        record=record,
        finding=finding_of(record),
        figures=_figures(record),
        chart=_chart(record) if record.total.n else None,
        horizons=Table(
            columns=("Left in the quarter", "Forecasts", "Brier score", "Straight line", "80% range held"),
            rows=[_horizon_row(part) for part in record.horizons],
        ),
        calibrations=calibrations_shown(product=product),
    )


def finding_of(record: TrackRecord) -> str:
    """The record in one sentence: "Of 41 forecasts between 60 and 70%, 68% came true."; empty without any."""
    part = record.fullest
    if part is None or part.tally.happened is None:
        return ""
    return (
        f"Of {values.plural(part.tally.n, 'forecast')} between {part.low * 100:.0f} and {part.high * 100:.0f}%, "
        f"{part.tally.happened * 100:.0f}% came true."
    )


def percent(share: float | None) -> str:
    """A share as people read it: 0.684 is "68%"."""
    return NONE if share is None else f"{share * 100:.0f}%"


def score(value: float | None) -> str:
    """A Brier score with three decimals."""
    return NONE if value is None else f"{value:.3f}"


def _figures(record: TrackRecord) -> list[Figure]:
    total = record.total
    return [
        Figure("Forecasts scored", f"{total.n:,}", "one a goal or team target and week"),
        Figure("Came true", percent(total.happened), f"{percent(total.said)} said on average"),
        Figure("Brier score", score(total.brier), "0 is perfect, a coin scores 0.250"),
        Figure(
            "Straight line",
            score(total.brier_line),
            f"beside {score(total.brier_beside)} for the same questions",
        ),
        Figure("80% range held", percent(total.inside), "of the outcomes; 80% is right"),
    ]


def _horizon_row(part: Part) -> tuple[str, ...]:
    tally = part.tally
    return part.label, f"{tally.n:,}", score(tally.brier), score(tally.brier_line), percent(tally.inside)


def _chart(record: TrackRecord) -> ReliabilityChart:
    dots = [
        ReliabilityDot(part.tally.said, part.tally.happened, part.tally.n)
        for part in record.tenths
        if part.tally.said is not None and part.tally.happened is not None
    ]
    return ReliabilityChart(
        dots=dots,
        label=f"What was said against what happened, {record.total.n:,} forecasts. {finding_of(record)}",
        table=Table(
            columns=("Chance given", "Forecasts", "Said", "Came true"),
            rows=[
                (part.label, f"{part.tally.n:,}", percent(part.tally.said), percent(part.tally.happened))
                for part in record.tenths
            ],
        ),
    )
