"""The newest forecast of goals and team targets, for pages: read once, put into words, never computed here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from common.display import values
from common.quarters import Quarter
from metrics.calculations.verdicts import STALE_AFTER_DAYS
from metrics.outlooks import TargetOutlook
from strategy.calculations.pace import OFF_TRACK_BELOW, ON_TRACK_FROM
from strategy.calculations.verdicts import BAND, DECREASE
from strategy.models import Forecast, GoalVersion

if TYPE_CHECKING:
    from metrics.models import Target
    from metrics.selectors import MetricLike

# A nightly forecast speaks for this long when the nights after it brought none.
GOOD_FOR = timedelta(days=7)


class OutlookFact(NamedTuple):
    """What a page needs of one forecast; see `strategy.models.Forecast`."""

    direction: str
    aim: float | None
    aim_low: float | None
    aim_high: float | None
    chance: float | None
    lack: str
    centre: float | None
    low: float | None
    high: float | None
    pace: float | None
    kind: str
    points: int
    frequency: str
    made_on: date
    quarter_end: date

    def is_of(self, value: float | None, low: float | None = None, high: float | None = None) -> bool:
        """Whether it was made for this very target; one that was changed since waits for the next night."""
        return (self.aim, self.aim_low, self.aim_high) == (value, low, high)


def with_outlooks(versions: QuerySet[Any], *, quarter: Quarter, today: date) -> QuerySet[Any]:
    """Goal versions joined with the newest forecast of their goal for `quarter`, at most a week old, for
    `outlook_of`. Costs no query of its own."""
    newest = FilteredRelation(
        "goal__forecasts",
        condition=Q(
            goal__forecasts__is_current=True,
            goal__forecasts__quarter_start=quarter.start,
            goal__forecasts__made_on__gt=today - GOOD_FOR,
            goal__forecasts__made_on__lte=today,
        ),
    )
    columns = {f"outlook_{name}": F(f"newest_outlook__{name}") for name in OutlookFact._fields}
    return versions.annotate(newest_outlook=newest).annotate(**columns)


def outlook_of(version: GoalVersion) -> OutlookFact | None:
    """The forecast that `with_outlooks` joined to the version; None when there is none."""
    if getattr(version, "outlook_made_on", None) is None:
        return None
    return OutlookFact(*(getattr(version, f"outlook_{name}") for name in OutlookFact._fields))


def with_chances(targets: QuerySet[Any], *, today: date) -> QuerySet[Any]:
    """Team targets with the newest forecast for them, at most a week old, for `chance_of`. Costs no query."""
    newest = Forecast.objects.current().filter(
        target=OuterRef("pk"), made_on__gt=today - GOOD_FOR, made_on__lte=today
    )
    return targets.annotate(
        forecast_chance=Subquery(newest.values("chance")[:1]), forecast_aim=Subquery(newest.values("aim")[:1])
    )


def chance_of(target: Target) -> float | None:
    """The chance that the target's commit is reached; None without a forecast, or when it was made for another."""
    chance: float | None = getattr(target, "forecast_chance", None)
    return chance if getattr(target, "forecast_aim", None) == target.judged_commit else None


def target_outlooks_read(targets: Sequence[Target], today: date) -> dict[int, TargetOutlook]:
    """The newest forecast of each target, at most a week old and made for its commit as it stands. One query."""
    by_id = {target.pk: target for target in targets}
    rows = Forecast.objects.current().filter(
        target__in=by_id, made_on__gt=today - GOOD_FOR, made_on__lte=today
    )
    found: dict[int, TargetOutlook] = {}
    for target_id, *row in rows.order_by().values_list("target_id", *OutlookFact._fields):
        outlook, target = OutlookFact(*row), by_id[target_id]
        if outlook.is_of(target.judged_commit):
            words = chance_words(outlook, target.metric) or f"By pace: {lack_words(outlook)}."
            found[target_id] = TargetOutlook(outlook.chance, words, outlook.made_on)
    return found


# --- words ----------------------------------------------------------------------------------------


def chance_words(outlook: OutlookFact, metric: MetricLike) -> str:
    """The forecast in one sentence, "62% likely to reach 1,200 by 31 March (80% range 1,090–1,310)."; empty
    without a chance."""
    if outlook.chance is None:
        return ""
    last = outlook.quarter_end - timedelta(days=1)
    day = f"{last.day} {last:%B}"
    return f"{_likely(outlook, metric)} by {day} (80% range {range_words(outlook, metric)})."


def chance_and_line_words(outlook: OutlookFact, metric: MetricLike) -> str:
    """As `chance_words`, with what the straight line says."""
    words = chance_words(outlook, metric)
    if not words or outlook.pace is None:
        return words
    line = values.with_unit(outlook.pace, metric.unit, metric.decimals)
    return f"{words.rstrip('.')}; the straight line says {line}."


def range_words(outlook: OutlookFact, metric: MetricLike) -> str:
    """The 80% range: "1,090–1,310", or "−5 to 3" where a minus sign would read as a dash."""
    if outlook.low is None or outlook.high is None:
        return ""
    between = " to " if outlook.low < 0 or outlook.high < 0 else "–"
    high = values.with_unit(outlook.high, metric.unit, metric.decimals)
    return f"{values.number(outlook.low, metric.decimals)}{between}{high}"


def percent(chance: float) -> str:
    """A chance as people read it: 0.62 is "62%".

    Never rounded up to a limit of the status: 0.697 is "69%", because "70% likely" reads as on track.
    """
    shown = round(chance * 100)
    for limit in (OFF_TRACK_BELOW, ON_TRACK_FROM):
        if chance < limit <= shown / 100:
            shown -= 1
    return f"{shown}%"


def status_rules() -> list[tuple[str, str]]:
    """The rule of a goal's status in plain words: codes of `{% goal_status %}` and what each asks for."""
    near = f"{ON_TRACK_FROM * 100:.0f}%"
    far = f"{OFF_TRACK_BELOW * 100:.0f}%"
    return [
        ("on_track", f"At least {near} likely to reach this quarter’s target."),
        ("at_risk", f"Less than {near} likely, but at least {far}."),
        ("off_track", f"Less than {far} likely."),
        ("achieved", "The final target is reached."),
        (
            "no_data",
            f"No figure for {STALE_AFTER_DAYS} days, or for two of the metric’s periods if those are longer.",
        ),
    ]


def lack_words(outlook: OutlookFact | None) -> str:
    """Why there is no chance, as the end of "by pace, …"."""
    if outlook is None:
        return "no forecast is made yet"
    return (
        "too little history for a chance"
        if outlook.lack == Forecast.Lack.HISTORY
        else "no chance can be given"
    )


def _likely(outlook: OutlookFact, metric: MetricLike) -> str:
    likely = f"{percent(outlook.chance or 0.0)} likely"
    if outlook.direction == BAND:
        low = values.number(outlook.aim_low, metric.decimals)
        return f"{likely} to be within {low} to {values.with_unit(outlook.aim_high, metric.unit, metric.decimals)}"
    aim = values.with_unit(outlook.aim, metric.unit, metric.decimals)
    return f"{likely} to be at {aim} or less" if outlook.direction == DECREASE else f"{likely} to reach {aim}"
