"""The figures that forecasts rest on, and the goals and team targets that get one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from common.quarters import Quarter
from metrics.analysis.series import CALENDARS, Points, day_of
from metrics.models import Metric, Target
from metrics.services.arrays import sources_read
from strategy.calculations.forecasting import MOST_PERIODS, Measure
from strategy.calculations.verdicts import Aim
from strategy.models import Goal, GoalTarget, GoalVersion
from strategy.selectors.versions import version_on
from teams.models import Product

_PERIOD_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92}


@dataclass(frozen=True)
class Subject:
    """A goal (in one of its versions) or a team's target, with what it is to reach in one quarter."""

    product_id: int
    metric: Metric
    quarter: Quarter
    aim: Aim
    goal_id: int | None = None
    version_id: int | None = None
    target_id: int | None = None

    @property
    def key(self) -> tuple[int | None, int | None]:
        """Tells subjects apart: the goal's or the target's id."""
        return self.goal_id, self.target_id


@dataclass(frozen=True)
class Figures:
    """A metric's figures; of a ratio those of its numerator, and of its denominator below."""

    top: Points
    bottom: Points | None = None

    @property
    def newest(self) -> date | None:
        """The day of the newest figure; a ratio is as new as the older of its two."""
        parts = [part for part in (self.top, self.bottom) if part is not None]
        if not all(len(part.days) for part in parts):
            return None
        return day_of(min(int(part.days[-1]) for part in parts))


def measure_of(metric: Metric) -> Measure:
    """How the metric's figures make a value."""
    return Measure(metric.frequency, metric.aggregation, metric.is_ratio)


def forecast_subjects(*, quarter: Quarter, now: datetime, product: Product | None = None) -> list[Subject]:
    """What is forecast at `now`: active goals with a target in `quarter`, and team targets not yet closed.

    Ordered by metric, so that a part of them needs few metrics. Three queries.
    """
    found = [*_goals(quarter, now, product), *_team_targets(quarter, product)]
    return sorted(
        found, key=lambda subject: (subject.metric.pk, subject.goal_id or 0, subject.target_id or 0)
    )


def _goals(quarter: Quarter, now: datetime, product: Product | None) -> list[Subject]:
    rows = GoalVersion.objects.filter(
        goal__state=Goal.State.ACTIVE, goal__activated_at__lte=now, goal__product__archived_at=None
    )
    if product is not None:
        rows = rows.filter(goal__product=product)
    versions: defaultdict[int, list[GoalVersion]] = defaultdict(list)
    for version in rows.select_related("goal", "metric").order_by("goal_id", "number"):
        versions[version.goal_id].append(version)
    # As the quarter will be judged: by the version in force on its first day.
    judging = {
        version.pk: version for version in (version_on(own, quarter.start) for own in versions.values())
    }
    subjects: dict[int, Subject] = {}
    overlapping = GoalTarget.objects.filter(
        goal_version__in=judging, quarter_start__lte=quarter.last_day, quarter_end__gt=quarter.last_day
    )
    for target in overlapping:
        version = judging[target.goal_version_id]
        subjects[version.pk] = Subject(
            product_id=version.goal.product_id,
            metric=version.metric,
            quarter=quarter,
            aim=Aim(version.direction, target.value, target.low, target.high, version.tolerance),
            goal_id=version.goal_id,
            version_id=version.pk,
        )
    return list(subjects.values())


def _team_targets(quarter: Quarter, product: Product | None) -> list[Subject]:
    rows = Target.objects.of_quarter(quarter.start).exclude(state=Target.State.CLOSED)
    rows = rows.filter(team__archived_at=None, team__product__archived_at=None)
    if product is not None:
        rows = rows.filter(team__product=product)
    return [
        Subject(
            product_id=target.team.product_id,
            metric=target.metric,
            quarter=quarter,
            aim=Aim(target.metric.direction, target.judged_commit),
            target_id=target.pk,
        )
        for target in rows.select_related("metric", "team")
    ]


def forecast_figures(*, metrics: Sequence[Metric], today: date) -> dict[int, Figures]:
    """The figures of each metric up to `today`, as far back as a forecast looks. One query a calendar."""
    found: dict[int, Figures] = {}
    by_calendar: defaultdict[str, list[Metric]] = defaultdict(list)
    for metric in metrics:
        by_calendar[CALENDARS[metric.frequency]].append(metric)
    for calendar, own in by_calendar.items():
        since = today - timedelta(days=_PERIOD_DAYS[calendar] * (MOST_PERIODS[calendar] + 2))
        for pk, source in sources_read(metrics=own, since=since, until=today).items():
            found[pk] = Figures(source.points, source.bottom)
    return found
