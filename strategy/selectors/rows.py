"""Goals as the list and the overview show them: a fixed number of queries however many goals there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import F
from django.urls import reverse

from common.display import values
from common.display.parts import QuarterCell
from common.display.words import word_for
from common.quarters import Quarter
from metrics.calculations.verdicts import is_stale, quarter_fraction
from metrics.selectors import QuarterFigures, metric_quarters_read
from strategy.calculations.closing import closes_on
from strategy.calculations.pace import BY_CHANCE, BY_PACE, Progress, StatusNow, status_now
from strategy.calculations.streaks import WINDOW
from strategy.calculations.verdicts import Aim
from strategy.content import TargetContent
from strategy.models import Goal, GoalTarget, GoalVersion, QuarterResult
from strategy.models import Mapping as Belief
from strategy.selectors.outlooks import OutlookFact, chance_words, lack_words, outlook_of, with_outlooks
from strategy.selectors.stated import UNTESTED
from strategy.selectors.versions import target_text, target_words, version_after, version_on
from teams.models import Organisation
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from metrics.models import Metric
    from teams.models import Product, User

STRIP = 8
Step = tuple[date, date, float | None]


@dataclass(frozen=True)
class GoalRow:
    """One goal, ready to show. `now` and `target` are in the metric's unit; texts carry it.

    status: a code of `{% goal_status %}`, with `sentence` saying why and `kind` its colour; it goes by the chance
    that `outlook` gives, or by pace (`by`). reading: the four
    cases of the last closed quarter. streak: misses after it; `warning` says what one more would do.
    """

    goal: Goal
    version: GoalVersion
    metric: Metric
    title: str
    url: str
    owner: str
    status: str
    kind: str
    sentence: str
    now: float | None
    now_text: str
    target: float | None
    target_text: str
    baseline: float
    last_date: date | None
    spark: list[tuple[date, float]]
    steps: list[Step]
    cells: list[QuarterCell]
    streak: int
    warning: str
    reading: str
    beliefs: list[Belief] = field(default_factory=list)
    outlook: OutlookFact | None = None
    by: str = ""

    @property
    def evidence(self) -> dict[str, int]:
        """Beliefs by verdict, for `{% evidence_counts %}`."""
        return Counter(belief.stated_code or UNTESTED.code for belief in self.beliefs)


@dataclass(frozen=True)
class Moment:
    """Today, the quarter that holds it and the organisation's rules."""

    organisation: Organisation
    today: date
    quarter: Quarter
    strip: list[Quarter]

    @classmethod
    def at(cls, organisation: Organisation, today: date) -> Moment:
        quarter = organisation.calendar.quarter_of(today)
        return cls(organisation, today, quarter, list(quarter.shift(1 - STRIP).until(quarter)))


class ResultFact(NamedTuple):
    """What a row says of one judged quarter."""

    quarter_start: date
    quarter_end: date
    verdict: str
    actual: float | None
    target: float | None
    target_low: float | None
    target_high: float | None
    case: str
    streak: int
    missed_recently: int
    provisional: bool


RESULT_FIELDS = ResultFact._fields
TARGET_FIELDS = TargetContent._fields
# What a row needs of a version, its goal, owner and metric; nothing else is read for fifty of them.
ROW_FIELDS = (
    *("goal", "number", "effective_from", "title", "direction", "baseline", "tolerance", "horizon"),
    *(
        "goal__slug",
        "goal__state",
        "goal__streak_from",
        "goal__product",
        "owner__display_name",
        "owner__email",
    ),
    *(
        "metric__key",
        "metric__name",
        "metric__unit",
        "metric__decimals",
        "metric__direction",
        "metric__product",
    ),
    *("metric__aggregation", "metric__frequency", "metric__numerator", "metric__denominator"),
)


@dataclass
class Reading:
    """Everything read for some goals, by goal id or metric id."""

    versions: dict[int, list[GoalVersion]]
    targets: dict[int, list[TargetContent]]
    results: dict[int, dict[date, ResultFact]]
    beliefs: dict[int, list[Belief]]
    figures: QuarterFigures = field(default_factory=QuarterFigures)


def goal_rows(
    *,
    product: Product,
    today: date,
    states: Sequence[str] = (Goal.State.ACTIVE,),
    owner: User | None = None,
    horizon: str = "",
    goals: Iterable[Goal] | None = None,
) -> list[GoalRow]:
    """The product's goals in these states as rows, those that need attention first. Five queries and the
    organisation's, however many goals; `goals` narrows them down."""
    moment = Moment.at(organisation_get(), today)
    reading = reading_make(product, moment, states=states, goals=goals)
    figures_read(reading, moment)
    rows = rows_make(reading, moment)
    if owner is not None:
        rows = [row for row in rows if row.version.owner_id == owner.pk]
    if horizon:
        rows = [row for row in rows if row.version.horizon == horizon]
    return rows


_ORDER = ["no_data", "off_track", "at_risk", "on_track", "achieved", "draft", "retired"]


def rows_make(reading: Reading, moment: Moment) -> list[GoalRow]:
    """Rows of everything that was read: by status, then by title."""
    rows = [_row(versions, reading, moment) for versions in reading.versions.values()]
    return sorted(rows, key=lambda row: (_ORDER.index(row.status), -row.streak, row.title.lower()))


# --- reading --------------------------------------------------------------------------------------


def reading_make(
    product: Product,
    moment: Moment,
    *,
    states: Sequence[str],
    goals: Iterable[Goal] | None = None,
    metrics_up_to: float = 0,
) -> Reading:
    """Versions with the newest forecast, targets of the versions in force, results of the strip, and active beliefs: four queries.

    The beliefs come with their metrics when there are at most `metrics_up_to` goals.
    """
    rows = GoalVersion.objects.filter(goal__product=product, goal__state__in=states)
    if goals is not None:
        rows = rows.filter(goal__in=[goal.pk for goal in goals])
    versions: defaultdict[int, list[GoalVersion]] = defaultdict(list)
    rows = rows.select_related("goal", "owner", "metric").only(*ROW_FIELDS).order_by("goal_id", "number")
    for version in with_outlooks(rows, quarter=moment.quarter, today=moment.today):
        version.goal.product = product
        versions[version.goal_id].append(version)
    current = []
    for own in versions.values():
        goal = own[0].goal
        goal.current, goal.planned = version_on(own, moment.today), version_after(own, moment.today)
        for version in own:
            version.goal = goal
        current.append(goal.current.pk)
    # Plain values, not rows of models: there are eight of each a goal.
    targets: defaultdict[int, list[TargetContent]] = defaultdict(list)
    wanted = GoalTarget.objects.filter(goal_version__in=current).order_by("quarter_start")
    for version_id, *content in wanted.values_list("goal_version_id", *TARGET_FIELDS):
        targets[version_id].append(TargetContent(*content))
    results: defaultdict[int, dict[date, ResultFact]] = defaultdict(dict)
    found = QuarterResult.objects.current().filter(
        goal__in=list(versions), quarter_end__gt=moment.strip[0].start
    )
    for goal_id, *facts in found.order_by("quarter_start").values_list("goal_id", *RESULT_FIELDS):
        result = ResultFact(*facts)
        results[goal_id][result.quarter_start] = result
    beliefs: defaultdict[int, list[Belief]] = defaultdict(list)
    believed = Belief.objects.active().filter(goal__in=list(versions))
    believed = believed.annotate(stated_code=F("stated_verdict__verdict"))
    for belief in believed.select_related("metric") if len(versions) <= metrics_up_to else believed:
        belief.goal = versions[belief.goal_id][0].goal
        beliefs[belief.goal_id].append(belief)
    return Reading(dict(versions), dict(targets), dict(results), dict(beliefs))


def figures_read(reading: Reading, moment: Moment, *, extra: Iterable[Metric] = ()) -> None:
    """The last eight quarters of the impact metrics (and `extra`), from the rollup: one query."""
    metrics = {own[0].goal.current.metric_id: own[0].goal.current.metric for own in reading.versions.values()}
    metrics |= {metric.pk: metric for metric in extra}
    if metrics:
        reading.figures = metric_quarters_read(
            metrics=metrics.values(), quarters=moment.strip, calendar=moment.organisation.calendar
        )


# --- one row --------------------------------------------------------------------------------------


def _row(versions: list[GoalVersion], reading: Reading, moment: Moment) -> GoalRow:
    goal = versions[0].goal
    version, metric = goal.current, goal.current.metric
    targets = reading.targets.get(version.pk, [])
    results = reading.results.get(goal.pk, {})
    target = next((row for row in targets if row.quarter_start == moment.quarter.start), None)
    value = value_to_date(metric, reading, moment)
    last_date = reading.figures.newest.get(metric.pk)
    outlook = _outlook_for(outlook_of(version), target)
    progress = progress_of(version, targets, value, last_date, moment, outlook)
    status = status_now(progress)
    code = status.code if goal.state == Goal.State.ACTIVE else goal.state
    closed = [row for row in results.values() if not row.provisional]
    newest = closed[-1] if closed else None
    streak = streak_of(goal, newest, moment.organisation)
    return GoalRow(
        goal=goal,
        version=version,
        metric=metric,
        title=version.title,
        url=_goal_url(goal.product.slug, goal.slug),
        owner=str(version.owner),
        status=code,
        kind=word_for("goal", code).kind,
        sentence=sentence_of(status, progress, metric, moment, last_date, outlook),
        now=value,
        now_text=values.with_unit(value, metric.unit, metric.decimals),
        target=target.value if target else None,
        target_text=target_text(target, metric) if target else "",
        baseline=version.baseline,
        last_date=last_date,
        spark=trend_of(metric, reading, moment),
        steps=_spark_steps(targets, moment),
        cells=cells_of(moment.strip, results, version, target, value, moment),
        streak=streak,
        warning=warning_of(streak, target, metric, moment) if goal.state == Goal.State.ACTIVE else "",
        reading=newest.case if newest else QuarterResult.Case.UNKNOWN,
        beliefs=reading.beliefs.get(goal.pk, []),
        outlook=outlook,
        by=status.by,
    )


def _outlook_for(outlook: OutlookFact | None, target: TargetContent | None) -> OutlookFact | None:
    """The forecast, if it was made for this quarter's target as it stands."""
    if outlook is None or target is None:
        return None
    return outlook if outlook.is_of(target.value, target.low, target.high) else None


def _spark_steps(targets: Sequence[TargetContent], moment: Moment) -> list[Step]:
    """The targets of the quarters that the sparkline spans."""
    first, last = moment.strip[0].start, moment.quarter.start
    return [
        (row.quarter_start, row.quarter_end, row.value)
        for row in targets
        if row.value is not None and first <= row.quarter_start <= last
    ]


def value_to_date(metric: Metric, reading: Reading, moment: Moment) -> float | None:
    """The quarter's value so far; before its first figure the quarter before it, except for a sum, which starts
    anew, and for figures that have gone stale."""
    value = reading.figures.values.get((metric.pk, moment.quarter.start))
    if value is not None or (metric.aggregation == "sum" and not metric.is_ratio):
        return value
    if is_stale(reading.figures.newest.get(metric.pk), metric.frequency, moment.today):
        return None
    earlier = [reading.figures.values.get((metric.pk, quarter.start)) for quarter in moment.strip]
    return next((known for known in reversed(earlier) if known is not None), None)


def trend_of(metric: Metric, reading: Reading, moment: Moment) -> list[tuple[date, float]]:
    """The value of each quarter of the strip on its last day, and to date today; a sum only of whole quarters."""
    adds = metric.aggregation == "sum" and not metric.is_ratio
    points = []
    for quarter in moment.strip:
        value = reading.figures.values.get((metric.pk, quarter.start))
        if value is not None and not (adds and quarter == moment.quarter):
            points.append((min(quarter.last_day, moment.today), value))
    return points


def progress_of(
    version: GoalVersion,
    targets: Sequence[TargetContent],
    value: float | None,
    last_date: date | None,
    moment: Moment,
    outlook: OutlookFact | None = None,
) -> Progress:
    """What the status rests on."""
    metric = version.metric
    quarter = moment.quarter
    this = next((row for row in targets if row.quarter_start == quarter.start), None)
    earlier = [row.value for row in targets if row.quarter_start < quarter.start and row.value is not None]
    return Progress(
        aim=_aim(version, this) if this else None,
        final=_aim(version, targets[-1]) if targets else None,
        previous=earlier[-1] if earlier else version.baseline,
        value=value,
        fraction=quarter_fraction(quarter.start, quarter.end, moment.today),
        stale=is_stale(last_date, metric.frequency, moment.today),
        aggregation="mean" if metric.is_ratio else metric.aggregation,
        chance=outlook.chance if outlook is not None else None,
    )


def sentence_of(
    status: StatusNow,
    progress: Progress,
    metric: Metric,
    moment: Moment,
    last_date: date | None,
    outlook: OutlookFact | None = None,
) -> str:
    """Why the status is what it is, with a number: the chance, or the distance from the pace and why that."""
    if status.by == BY_CHANCE and outlook is not None:
        return chance_words(outlook, metric)
    words = _pace_words(status, progress, metric, moment, last_date)
    return f"{words} By pace: {lack_words(outlook)}." if status.by == BY_PACE else words


def _pace_words(
    status: StatusNow, progress: Progress, metric: Metric, moment: Moment, last_date: date | None
) -> str:
    if status.lack == "target":
        return f"No target for {moment.quarter.label}."
    if status.lack:
        if last_date is None:
            return "No figures in the last half year."
        return f"No figures for {values.plural((moment.today - last_date).days, 'day')}."
    if status.code == "achieved" and progress.final is not None:
        final = values.with_unit(progress.final.value, metric.unit, metric.decimals)
        return f"The final target of {final} is reached."
    if progress.aim is None:
        return ""
    gap = values.change(abs(status.short_by), metric.unit, metric.decimals).lstrip("+")
    if status.expected is None:
        band = target_text(
            TargetContent(
                moment.quarter.start, moment.quarter.end, None, progress.aim.low, progress.aim.high
            ),
            metric,
        )
        return (
            f"Inside the band of {band}."
            if status.code == "on_track"
            else f"{gap} outside the band of {band}."
        )
    goal = values.with_unit(progress.aim.value, metric.unit, metric.decimals)
    if status.short_by > 0:
        return f"{gap} behind the pace to {goal} this quarter."
    return f"{gap} ahead of the pace to {goal} this quarter."


def streak_of(goal: Goal, newest: ResultFact | None, organisation: Organisation) -> int:
    """Misses that count towards a contest after the newest closed quarter, under the policy in force."""
    if newest is None or (goal.streak_from is not None and newest.quarter_start < goal.streak_from):
        return 0
    return newest.missed_recently if organisation.streak_policy == WINDOW else newest.streak


def warning_of(streak: int, target: TargetContent | None, metric: Metric, moment: Moment) -> str:
    """What one more miss would do, with the day; empty unless one more would be enough."""
    if streak != moment.organisation.streak_to_contest - 1 or target is None:
        return ""
    closes = closes_on(moment.quarter.end, moment.organisation.quarter_close_days)
    return (
        f"If {moment.quarter.label} misses its target of {target_text(target, metric)}, "
        f"a contest opens by itself on {values.long_date(closes)}."
    )


def cells_of(
    strip: Sequence[Quarter],
    results: Mapping[date, ResultFact],
    version: GoalVersion,
    target: TargetContent | None,
    value: float | None,
    moment: Moment,
) -> list[QuarterCell]:
    """The last quarters with their results, the open one with its value to date."""
    metric = version.metric
    cells = []
    for quarter in strip:
        short = f"’{quarter.year % 100:02d}" if quarter.number == 1 else f"Q{quarter.number}"
        result = results.get(quarter.start)
        if quarter.start == moment.quarter.start:
            exempt = result is not None and result.verdict == QuarterResult.Verdict.EXEMPT
            code = "exempt" if exempt else "open" if target else "no_target"
            wanted = target_text(target, metric) if target else ""
            actual = "" if value is None else values.with_unit(value, metric.unit, metric.decimals)
            cells.append(QuarterCell(quarter.label, short, code, actual, wanted))
        elif result is None:
            cells.append(QuarterCell(quarter.label, short, "no_target"))
        else:
            cells.append(_result_cell(quarter.label, short, result, metric.unit, metric.decimals))
    return cells


@lru_cache(maxsize=8192)
def _result_cell(label: str, short: str, result: ResultFact, unit: str, decimals: int) -> QuarterCell:
    """A judged quarter's cell; remembered, since a closed quarter is the same on every visit."""
    actual = "" if result.actual is None else values.with_unit(result.actual, unit, decimals)
    wanted = TargetContent(
        result.quarter_start, result.quarter_end, result.target, result.target_low, result.target_high
    )
    return QuarterCell(
        label, short, result.verdict, actual, target_words(wanted, unit, decimals), result.provisional
    )


@lru_cache(maxsize=1024)
def _goal_url(product_slug: str, slug: str) -> str:
    return reverse("strategy:goal-detail", args=[product_slug, slug])


def result_target_text(result: ResultFact | QuarterResult, metric: Metric) -> str:
    """The target that a result was judged by."""
    return target_text(
        TargetContent(
            result.quarter_start, result.quarter_end, result.target, result.target_low, result.target_high
        ),
        metric,
    )


def _aim(version: GoalVersion, target: TargetContent) -> Aim:
    return Aim(version.direction, target.value, target.low, target.high, version.tolerance)
