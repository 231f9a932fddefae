"""Goals as the list and the overview show them: a fixed number of queries however many goals there are.

A row is made from plain facts (`row_facts`) and remembered by them: while none of a goal's facts, the day or the rules
has changed, its row and that row's markup are those of the last visit. Nothing is ever taken to be unchanged without
having been read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from common.display import values
from common.display.parts import QuarterCell
from common.display.words import word_for
from common.quarters import FiscalCalendar, Quarter
from metrics.calculations.verdicts import is_stale, quarter_fraction
from metrics.selectors import MetricLike, QuarterFigures, metric_facts_of, metric_quarters_read
from strategy.calculations.pace import Progress, status_now
from strategy.calculations.streaks import WINDOW
from strategy.calculations.verdicts import Aim
from strategy.content import TargetContent
from strategy.models import Goal, GoalVersion, QuarterResult
from strategy.models import Mapping as Belief
from strategy.selectors.outlooks import OutlookFact, outlook_of
from strategy.selectors.row_facts import (
    RESULT_FIELDS,
    TARGET_FIELDS,
    BeliefFact,
    FactsRead,
    GoalFacts,
    ResultFact,
    RowFacts,
    RowRead,
    VersionFacts,
    row_facts_read,
)
from strategy.selectors.row_words import cells_of, result_target_text, sentence_of, warning_of
from strategy.selectors.stated import UNTESTED
from strategy.selectors.versions import target_text
from teams.models import Organisation
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from metrics.models import Metric
    from teams.models import Product, User

__all__ = [
    "RESULT_FIELDS",
    "STRIP",
    "TARGET_FIELDS",
    "GoalRow",
    "Moment",
    "Reading",
    "ResultFact",
    "Rules",
    "facts_read",
    "figures_read",
    "goal_rows",
    "result_target_text",
    "row_of",
    "rows_make",
    "value_to_date",
]
STRIP = 8
REMEMBERED = 1024  # rows of a process, of some 15 kB each
Step = tuple[date, date, float | None]


@dataclass(frozen=True, eq=False)
class GoalRow:
    """One goal, ready to show. `now` and `target` are in the metric's unit; texts carry it.

    status: a code of `{% goal_status %}`, with `sentence` saying why and `kind` its colour; it goes by the chance
    that `outlook` gives, or by pace (`by`). reading: the four cases of the last closed quarter. streak: misses after
    it; `warning` says what one more would do. Shared between requests, so that nothing in it may be changed; goal,
    version and metric are plain facts in a list, and the rows of the database on the goal's own page.
    """

    goal: GoalFacts | Goal
    version: VersionFacts | GoalVersion
    metric: MetricLike
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
    spark: Sequence[tuple[date, float]]
    steps: Sequence[Step]
    cells: Sequence[QuarterCell]
    streak: int
    warning: str
    reading: str
    beliefs: Sequence[BeliefFact | Belief] = ()
    outlook: OutlookFact | None = None
    by: str = ""

    @property
    def evidence(self) -> dict[str, int]:
        """Beliefs by verdict, for `{% evidence_counts %}`."""
        return Counter(belief.stated_code or UNTESTED.code for belief in self.beliefs)


class Rules(NamedTuple):
    """What a row may use of the organisation."""

    fiscal_year_start: int
    quarter_close_days: int
    streak_to_contest: int
    streak_policy: str


@dataclass(frozen=True)
class Moment:
    """Today, the quarter that holds it, the eight shown, and the organisation's rules.

    Two moments are equal when day and rules are: all that a row may rest upon, beside its facts.
    """

    organisation: Organisation = field(compare=False)
    today: date
    quarter: Quarter = field(compare=False)
    strip: list[Quarter] = field(compare=False)
    rules: Rules

    @classmethod
    def at(cls, organisation: Organisation, today: date) -> Moment:
        quarter, strip = _strip(organisation.calendar, today)
        rules = Rules(*(getattr(organisation, name) for name in Rules._fields))
        return cls(organisation, today, quarter, list(strip), rules)


@lru_cache(maxsize=64)
def _strip(calendar: FiscalCalendar, today: date) -> tuple[Quarter, tuple[Quarter, ...]]:
    quarter = calendar.quarter_of(today)
    return quarter, tuple(quarter.shift(1 - STRIP).until(quarter))


@dataclass
class Reading:
    """Everything read for the page of one goal, by goal id or metric id, with its models."""

    versions: dict[int, list[GoalVersion]]
    targets: dict[int, list[TargetContent]]
    results: dict[int, dict[date, ResultFact]]
    beliefs: dict[int, list[Belief]]
    figures: QuarterFigures = field(default_factory=QuarterFigures)

    def values_of(self, metric: MetricLike, moment: Moment) -> tuple[float | None, ...]:
        """The metric's values in the quarters of the strip."""
        return tuple(self.figures.values.get((metric.pk, quarter.start)) for quarter in moment.strip)


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
    found = facts_read(product, moment, states=states, goals=goals)
    rows = rows_make(found.rows, moment, product.slug)
    if owner is not None:
        rows = [row for row in rows if row.version.owner_id == owner.pk]
    if horizon:
        rows = [row for row in rows if row.version.horizon == horizon]
    return rows


def facts_read(
    product: Product,
    moment: Moment,
    *,
    states: Sequence[str],
    goals: Iterable[Goal] | None = None,
    metrics_up_to: float = 0,
) -> FactsRead:
    """The facts of the product's goals at this moment; see `row_facts_read`."""
    return row_facts_read(
        product_id=product.pk,
        states=states,
        today=moment.today,
        quarters=moment.strip,
        goal_ids=None if goals is None else [goal.pk for goal in goals],
        metrics_up_to=metrics_up_to,
    )


_ORDER = {
    code: place
    for place, code in enumerate(
        ("no_data", "off_track", "at_risk", "on_track", "achieved", "draft", "retired")
    )
}


def rows_make(found: Iterable[RowRead], moment: Moment, product_slug: str) -> list[GoalRow]:
    """A row of each goal: by status, then by title."""
    rows = [_row_remembered(read, moment, product_slug) for read in found]
    return sorted(rows, key=lambda row: (_ORDER[row.status], -row.streak, row.title.lower()))


def row_of(goal: Goal, reading: Reading, moment: Moment) -> GoalRow:
    """The row of one goal whose models were read for its own page, and which it then carries."""
    version, metric = goal.current, goal.current.metric
    facts = RowFacts(
        goal=GoalFacts(*(getattr(goal, name) for name in GoalFacts._fields)),
        version=VersionFacts(
            pk=version.pk,
            title=version.title,
            direction=version.direction,
            baseline=version.baseline,
            tolerance=version.tolerance,
            horizon=version.horizon,
            owner_id=version.owner_id,
            owner=str(version.owner),
        ),
        metric=metric_facts_of(metric),
        targets=tuple(reading.targets.get(version.pk, ())),
        results=tuple(reading.results.get(goal.pk, {}).values()),
        beliefs=tuple(
            BeliefFact(row.pk, row.metric_id, row.stated_code) for row in reading.beliefs.get(goal.pk, ())
        ),
        values=reading.values_of(metric, moment),
        newest=reading.figures.newest.get(metric.pk),
        outlook=outlook_of(version),
    )
    row = _row(facts, moment, goal.product.slug)
    return replace(row, goal=goal, version=version, metric=metric, beliefs=reading.beliefs.get(goal.pk, []))


def figures_read(reading: Reading, moment: Moment, *, extra: Iterable[Metric] = ()) -> None:
    """The last eight quarters of the impact metrics (and `extra`), from the rollup: one query."""
    metrics = {own[0].goal.current.metric_id: own[0].goal.current.metric for own in reading.versions.values()}
    metrics |= {metric.pk: metric for metric in extra}
    if metrics:
        reading.figures = metric_quarters_read(
            metrics=metrics.values(), quarters=moment.strip, calendar=moment.organisation.calendar
        )


# --- one row --------------------------------------------------------------------------------------


@lru_cache(maxsize=REMEMBERED)
def _row_remembered(read: RowRead, moment: Moment, product_slug: str) -> GoalRow:
    """The row of one goal, the very same while everything it rests upon is the same."""
    return _row(read.facts(moment.strip), moment, product_slug)


def _row(facts: RowFacts, moment: Moment, product_slug: str) -> GoalRow:
    """The row of one goal: it must rest on its arguments alone, and of `moment` on day and rules."""
    goal, version, metric, targets = facts.goal, facts.version, facts.metric, facts.targets
    results = {result.quarter_start: result for result in facts.results}
    target = next((row for row in targets if row.quarter_start == moment.quarter.start), None)
    value = value_to_date(metric, facts.values, facts.newest, moment)
    outlook = _outlook_for(facts.outlook, target)
    progress = progress_of(facts, value, moment, outlook)
    status = status_now(progress)
    code = status.code if goal.state == Goal.State.ACTIVE else goal.state
    closed = [row for row in facts.results if not row.provisional]
    newest = closed[-1] if closed else None
    streak = streak_of(goal, newest, moment.rules)
    return GoalRow(
        goal=goal,
        version=version,
        metric=metric,
        title=version.title,
        url=_goal_url(product_slug, goal.slug),
        owner=version.owner,
        status=code,
        kind=word_for("goal", code).kind,
        sentence=sentence_of(status, progress, metric, moment, facts.newest, outlook),
        now=value,
        now_text=values.with_unit(value, metric.unit, metric.decimals),
        target=target.value if target else None,
        target_text=target_text(target, metric) if target else "",
        baseline=version.baseline,
        last_date=facts.newest,
        spark=trend_of(metric, facts.values, moment),
        steps=_spark_steps(targets, moment),
        cells=cells_of(results, metric, target, value, moment),
        streak=streak,
        warning=warning_of(streak, target, metric, moment) if goal.state == Goal.State.ACTIVE else "",
        reading=newest.case if newest else QuarterResult.Case.UNKNOWN,
        beliefs=facts.beliefs,
        outlook=outlook,
        by=status.by,
    )


def _outlook_for(outlook: OutlookFact | None, target: TargetContent | None) -> OutlookFact | None:
    """The forecast, if it was made for this quarter's target as it stands."""
    if outlook is None or target is None:
        return None
    return outlook if outlook.is_of(target.value, target.low, target.high) else None


def _spark_steps(targets: Sequence[TargetContent], moment: Moment) -> tuple[Step, ...]:
    """The targets of the quarters that the sparkline spans."""
    first, last = moment.strip[0].start, moment.quarter.start
    return tuple(
        (row.quarter_start, row.quarter_end, row.value)
        for row in targets
        if row.value is not None and first <= row.quarter_start <= last
    )


def value_to_date(
    metric: MetricLike, strip: Sequence[float | None], newest: date | None, moment: Moment
) -> float | None:
    """The quarter's value so far; before its first figure the quarter before it, except for a sum, which starts
    anew, and for figures that have gone stale. `strip` holds the metric's values in the quarters of the strip."""
    value = strip[-1]
    if value is not None or (metric.aggregation == "sum" and not metric.is_ratio):
        return value
    if is_stale(newest, metric.frequency, moment.today):
        return None
    return next((known for known in reversed(strip) if known is not None), None)


def trend_of(
    metric: MetricLike, strip: Sequence[float | None], moment: Moment
) -> tuple[tuple[date, float], ...]:
    """The value of each quarter of the strip on its last day, and to date today; a sum only of whole quarters."""
    adds = metric.aggregation == "sum" and not metric.is_ratio
    return tuple(
        (min(quarter.last_day, moment.today), value)
        for quarter, value in zip(moment.strip, strip, strict=True)
        if value is not None and not (adds and quarter.start == moment.quarter.start)
    )


def progress_of(
    facts: RowFacts, value: float | None, moment: Moment, outlook: OutlookFact | None = None
) -> Progress:
    """What the status rests on."""
    version, metric, quarter = facts.version, facts.metric, moment.quarter
    this = next((row for row in facts.targets if row.quarter_start == quarter.start), None)
    earlier = [
        row.value for row in facts.targets if row.quarter_start < quarter.start and row.value is not None
    ]
    return Progress(
        aim=_aim(version, this) if this else None,
        final=_aim(version, facts.targets[-1]) if facts.targets else None,
        previous=earlier[-1] if earlier else version.baseline,
        value=value,
        fraction=quarter_fraction(quarter.start, quarter.end, moment.today),
        stale=is_stale(facts.newest, metric.frequency, moment.today),
        aggregation="mean" if metric.is_ratio else metric.aggregation,
        chance=outlook.chance if outlook is not None else None,
    )


def streak_of(goal: GoalFacts, newest: ResultFact | None, rules: Rules) -> int:
    """Misses that count towards a contest after the newest closed quarter, under the policy in force."""
    if newest is None or (goal.streak_from is not None and newest.quarter_start < goal.streak_from):
        return 0
    return newest.missed_recently if rules.streak_policy == WINDOW else newest.streak


@lru_cache(maxsize=1024)
def _goal_url(product_slug: str, slug: str) -> str:
    return reverse("strategy:goal-detail", args=[product_slug, slug])


def _aim(version: VersionFacts, target: TargetContent) -> Aim:
    return Aim(version.direction, target.value, target.low, target.high, version.tolerance)
