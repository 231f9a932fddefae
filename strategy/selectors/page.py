"""Everything that the page of one goal shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse

from common.display import values
from common.display.parts import Change, KeyItem, Table, TreeGoal, TreeMetric
from common.quarters import FiscalCalendar, Quarter
from metrics.models import Metric, Target
from metrics.selectors import Series, metric_series
from strategy.calculations.cases import HALF, case_of
from strategy.content import TargetContent, content_of
from strategy.models import Goal, GoalTarget, GoalVersion, Mapping, MappingVersion, QuarterResult
from strategy.selectors.overview import metric_status_of, metric_url
from strategy.selectors.rows import (
    GoalRow,
    Moment,
    Reading,
    figures_read,
    result_target_text,
    rows_make,
    value_to_date,
)
from strategy.selectors.versions import (
    ContentWords,
    target_text,
    version_after,
    version_on,
    versions_newest_first,
)
from teams.selectors import organisation_get


@dataclass(frozen=True)
class BeliefRow:
    """One belief under the goal: its metric now against the teams' targets, and how the last quarter reads."""

    mapping: Mapping
    wording: MappingVersion
    metric: Metric
    url: str
    metric_url: str
    teams: str
    now: float | None
    now_text: str
    target: float | None
    target_text: str
    baseline: float | None
    status: str
    kind: str
    goal_up: bool
    reading: str
    verdict: str = "untested"


@dataclass(frozen=True)
class VersionRow:
    """One version with what it changed, newest first."""

    version: GoalVersion
    changes: list[Change]
    is_current: bool
    is_planned: bool

    @property
    def tag(self) -> str:
        return f"v{self.version.number}"


@dataclass(frozen=True)
class ResultRow:
    """One judged quarter for the tables of the goal page and the export."""

    result: QuarterResult
    quarter: Quarter
    actual: str
    target: str
    share: str


@dataclass(frozen=True)
class ToDo:
    """One thing that asks for a decision, with a reason and where to take it."""

    title: str
    why: str
    action: str
    url: str


@dataclass(frozen=True)
class GoalPage:
    """The goal's page as plain values."""

    goal: Goal
    row: GoalRow
    moment: Moment
    beliefs: list[BeliefRow]
    versions: list[VersionRow]
    results: list[ResultRow]
    tree: TreeGoal
    series: Series
    steps: list[tuple[date, date, float | None]]
    since_text: str
    to_go: str
    week: int
    weeks: int
    span_text: str
    table: Table
    todo: list[ToDo] = field(default_factory=list)
    guardrails: list[TreeMetric] = field(default_factory=list)

    @property
    def newest_first(self) -> list[ResultRow]:
        return self.results[::-1]

    @property
    def chart_label(self) -> str:
        """What the chart shows, for those who cannot see it."""
        return f"{self.row.metric.name} with quarterly targets. Now {self.row.now_text}. {self.row.sentence}"

    @property
    def chart_key(self) -> list[KeyItem]:
        smooth = self.row.metric.frequency in {"daily", "weekly"} and self.row.metric.aggregation != "sum"
        return [KeyItem("4-week average" if smooth else self.row.metric.name), KeyItem("Target", "tgt")]

    @property
    def work_link(self) -> str:
        return "Work on this goal"

    @property
    def planned_title(self) -> str:
        """That an edit waits for its quarter, and for which."""
        if self.goal.planned is None:
            return ""
        label = self.moment.organisation.calendar.quarter_of(self.goal.planned.effective_from).label
        return f"Version {self.goal.planned.number} holds from {label}"

    @property
    def planned_text(self) -> str:
        return self.goal.planned.reason if self.goal.planned is not None else ""


def goal_page(*, goal: Goal, today: date) -> GoalPage:
    """One goal with its beliefs, versions, results and figures: ten queries, whatever hangs on it."""
    moment = Moment.at(organisation_get(), today)
    reading = _reading(goal, moment)
    targets = _team_targets(reading, goal, moment)
    metrics = {row.metric_id: row.metric for row in reading.beliefs.get(goal.pk, [])}
    figures_read(reading, moment, extra=metrics.values())
    (row,) = rows_make(reading, moment)
    results = results_of(reading.results.get(goal.pk, {}).values(), moment.organisation.calendar)
    beliefs = _beliefs(goal, reading, targets, moment)
    first = results[0].quarter.start if results else moment.strip[0].start
    since = min(first, moment.strip[0].start)
    return GoalPage(
        goal=goal,
        row=row,
        moment=moment,
        beliefs=beliefs,
        versions=_versions(reading.versions[goal.pk], goal, moment.organisation.calendar),
        results=results,
        tree=_tree(row, beliefs),
        series=metric_series(metric=row.metric, since=since, until=today),
        steps=steps_of(results, reading.targets.get(goal.current.pk, []), moment),
        since_text=_since_text(row, results, moment),
        to_go=_to_go(row),
        week=(today - moment.quarter.start).days // 7 + 1,
        weeks=-(-moment.quarter.days // 7),
        span_text=_span_text(goal.current, reading.targets.get(goal.current.pk, []), moment),
        table=results_table(results),
        todo=_todo(goal, row, beliefs, results),
        guardrails=[
            TreeMetric(item.name, metric_url(goal.product.slug, item.key), "", "no_data", "untested")
            for item in goal.current.guardrails.all()
        ],
    )


# --- reading --------------------------------------------------------------------------------------


def _reading(goal: Goal, moment: Moment) -> Reading:
    """Versions with targets and guardrails, all results, and active beliefs with the newest wording."""
    rows = goal.versions.select_related("owner", "metric", "author").prefetch_related("targets", "guardrails")
    versions = list(rows.order_by("number"))
    for version in versions:
        version.goal = goal
    goal.current, goal.planned = version_on(versions, moment.today), version_after(versions, moment.today)
    results: dict[date, QuarterResult] = {}
    for result in goal.results.current().select_related("goal_version__metric").order_by("quarter_start"):
        result.goal = goal
        results[result.quarter_start] = result
    beliefs: dict[int, Mapping] = {}
    found = MappingVersion.objects.filter(mapping__goal=goal, mapping__active_until=None)
    for wording in found.select_related("mapping__metric", "owner").order_by("mapping", "number"):
        belief = beliefs.setdefault(wording.mapping_id, wording.mapping)
        belief.goal = goal
        if wording.effective_from <= moment.today or "current" not in belief.__dict__:
            belief.current = wording
    targets = {goal.current.pk: sorted(goal.current.targets.all(), key=lambda row: row.quarter_start)}
    return Reading(
        versions={goal.pk: versions},
        targets=targets,
        results={goal.pk: results},
        beliefs={goal.pk: list(beliefs.values())},
    )


def _team_targets(reading: Reading, goal: Goal, moment: Moment) -> dict[int, list[Target]]:
    ids = [belief.metric_id for belief in reading.beliefs.get(goal.pk, [])]
    found: defaultdict[int, list[Target]] = defaultdict(list)
    rows = Target.objects.of_quarter(moment.quarter.start).filter(
        metric__in=ids, team__product=goal.product_id
    )
    for target in rows.select_related("team", "metric"):
        found[target.metric_id].append(target)
    return found


# --- beliefs --------------------------------------------------------------------------------------


def _beliefs(
    goal: Goal,
    reading: Reading,
    targets: dict[int, list[Target]],
    moment: Moment,
) -> list[BeliefRow]:
    closed = [row for row in reading.results.get(goal.pk, {}).values() if not row.provisional]
    newest = closed[-1] if closed else None
    rows = [
        _belief(goal, belief, reading, targets.get(belief.metric_id, []), newest, moment)
        for belief in reading.beliefs.get(goal.pk, [])
    ]
    return sorted(rows, key=lambda row: (-row.wording.strength, row.metric.name.lower()))


def _belief(
    goal: Goal,
    belief: Mapping,
    reading: Reading,
    targets: list[Target],
    newest: QuarterResult | None,
    moment: Moment,
) -> BeliefRow:
    from common.display.words import word_for

    metric, wording = belief.metric, belief.current
    now = value_to_date(metric, moment.quarter, reading, moment.today)
    status = metric_status_of(metric, targets, reading, moment)
    hardest = None
    if targets:
        pick = min if metric.direction == Metric.Direction.DECREASE else max
        hardest = pick(target.judged_commit for target in targets)
    return BeliefRow(
        mapping=belief,
        wording=wording,
        metric=metric,
        url=belief.get_absolute_url(),
        metric_url=metric_url(goal.product.slug, metric.key),
        teams=", ".join(sorted({target.team.name for target in targets})),
        now=now,
        now_text=values.with_unit(now, metric.unit, metric.decimals),
        target=hardest,
        target_text=values.with_unit(hardest, metric.unit, metric.decimals) if targets else "",
        baseline=targets[0].baseline if targets else None,
        status=status,
        kind=word_for("metric", status).kind,
        goal_up=wording.direction == MappingVersion.Direction.PLUS,
        reading=reading_of(newest, belief.pk),
    )


def reading_of(result: QuarterResult | None, mapping_id: int) -> str:
    """Which of the four cases a quarter is for one belief alone, from the figures that were judged."""
    if result is None:
        return QuarterResult.Case.UNKNOWN
    rows = result.inputs.get("metrics", [])
    met = next((row["met"] for row in rows if row["mapping"] == mapping_id), None)
    return case_of(result.verdict, None if met is None else 2 * HALF * met)


def _tree(row: GoalRow, beliefs: Sequence[BeliefRow]) -> TreeGoal:
    return TreeGoal(
        title=row.metric.name,
        url=metric_url(row.goal.product.slug, row.metric.key),
        value=row.now_text,
        status=row.status,
        metrics=[
            TreeMetric(item.metric.name, item.metric_url, item.now_text, item.status, item.verdict)
            for item in beliefs
        ],
    )


# --- versions and results -------------------------------------------------------------------------


def _versions(versions: list[GoalVersion], goal: Goal, calendar: FiscalCalendar) -> list[VersionRow]:
    """Each version with its difference from the one before, from what was fetched already."""
    contents = {
        version.pk: content_of(
            version, targets=version.targets.all(), guardrails=[item.pk for item in version.guardrails.all()]
        )
        for version in versions
    }
    metrics = {version.metric_id: version.metric for version in versions}
    people = {version.owner_id: version.owner for version in versions}
    for version in versions:
        metrics |= {metric.pk: metric for metric in version.guardrails.all()}
    rows = []
    before: GoalVersion | None = None
    for version in sorted(versions, key=lambda item: item.number):
        changes: list[Change] = []
        if before is not None:
            words = ContentWords(contents[before.pk], contents[version.pk], calendar, metrics, people)
            changes = words.changes()
        planned = goal.planned is not None and version.pk == goal.planned.pk
        rows.append(VersionRow(version, changes, version.pk == goal.current.pk, planned))
        before = version
    order = versions_newest_first(versions)
    return sorted(rows, key=lambda item: order.index(item.version))


def results_of(results: Iterable[QuarterResult], calendar: FiscalCalendar) -> list[ResultRow]:
    """Judged quarters, oldest first, ready to show."""
    rows = []
    for result in results:
        metric = result.goal_version.metric
        quarter = calendar.quarter_of(result.quarter_start)
        share = "" if result.metrics_share is None else f"{result.metrics_share:.0%}"
        actual = values.with_unit(result.actual, metric.unit, metric.decimals)
        rows.append(ResultRow(result, quarter, actual, result_target_text(result, metric), share))
    return rows


def goal_results(*, goal: Goal) -> list[ResultRow]:
    """All judged quarters of a goal, oldest first. Two queries."""
    results = goal.results.current().select_related("goal_version__metric").order_by("quarter_start")
    return results_of(list(results), organisation_get().calendar)


def results_table(results: Sequence[ResultRow]) -> Table:
    """Quarter, result, target and verdict as a table that needs no script."""
    return Table(
        columns=("Quarter", "Result", "Target", "Verdict"),
        rows=[
            (
                item.quarter.label,
                item.actual,
                item.target,
                item.result.get_verdict_display() + (" (provisional)" if item.result.provisional else ""),
            )
            for item in results
        ],
    )


def steps_of(
    results: Sequence[ResultRow], targets: Sequence[GoalTarget], moment: Moment
) -> list[tuple[date, date, float | None]]:
    """Targets as they were judged, then those of the version in force up to two quarters ahead."""
    steps = {
        item.result.quarter_start: (item.result.quarter_start, item.result.quarter_end, item.result.target)
        for item in results
    }
    horizon = moment.quarter.next.next.start
    for target in targets:
        if moment.quarter.start <= target.quarter_start < horizon:
            steps.setdefault(target.quarter_start, (target.quarter_start, target.quarter_end, target.value))
    return [steps[start] for start in sorted(steps)]


def _todo(goal: Goal, row: GoalRow, beliefs: Sequence[BeliefRow], results: Sequence[ResultRow]) -> list[ToDo]:
    """At most three things, the most pressing first."""
    args = [goal.product.slug, goal.slug]
    found: list[ToDo] = []
    if goal.state != Goal.State.ACTIVE:
        return found
    broken = [item for item in beliefs if item.reading == QuarterResult.Case.ASSUMPTION_BROKEN]
    found += [
        ToDo(
            f"Review the belief about {item.metric.name}",
            "Its targets were reached last quarter and the goal did not follow.",
            "Review",
            item.url,
        )
        for item in broken
    ]
    late = next((item for item in results if item.result.late_data), None)
    if late is not None:
        url = reverse("strategy:quarter-result", args=[*args, late.quarter.slug])
        found.append(
            ToDo(f"Look at {late.quarter.label} again", "Its figures changed after the close.", "Look", url)
        )
    if row.status == "no_data":
        url = metric_url(goal.product.slug, row.metric.key)
        found.append(ToDo("Bring figures in", row.sentence, "Open metric", url))
    if not beliefs:
        url = reverse("strategy:mapping-new", args=args)
        found.append(ToDo("Add a belief", "No product metric is mapped to this goal.", "Add", url))
    untracked = [item for item in beliefs if not item.target_text]
    found += [
        ToDo(
            f"Agree a target on {item.metric.name}",
            "No team has a target on it this quarter.",
            "Open",
            item.url,
        )
        for item in untracked
    ]
    return found[:3]


# --- sentences ------------------------------------------------------------------------------------


def _since_text(row: GoalRow, results: Sequence[ResultRow], moment: Moment) -> str:
    closed = [item for item in results if item.quarter.start < moment.quarter.start]
    if not closed or row.now is None or closed[-1].result.actual is None or row.metric.aggregation == "sum":
        return ""
    change = values.change(row.now - closed[-1].result.actual, row.metric.unit, row.metric.decimals)
    return f"{change} since the end of {closed[-1].quarter.label}"


def _to_go(row: GoalRow) -> str:
    if row.target is None or row.now is None:
        return ""
    falling = row.version.direction == GoalVersion.Direction.DECREASE
    gap = row.now - row.target if falling else row.target - row.now
    if gap <= 0:
        return "reached so far"
    return values.change(gap, row.metric.unit, row.metric.decimals).lstrip("+") + " to go"


def _span_text(version: GoalVersion, targets: Sequence[GoalTarget], moment: Moment) -> str:
    """From where to where: "from 14.0% to 22.0% by Q1 2027"."""
    metric = version.metric
    baseline = values.with_unit(version.baseline, metric.unit, metric.decimals)
    if not targets:
        return f"{metric.name}: from {baseline}, no targets yet."
    last = targets[-1]
    content = TargetContent(last.quarter_start, last.quarter_end, last.value, last.low, last.high)
    label = moment.organisation.calendar.quarter_of(last.quarter_start).label
    if version.direction == GoalVersion.Direction.BAND:
        return f"{metric.name}: within {target_text(content, metric)} up to {label}."
    return f"{metric.name}: from {baseline} to {target_text(content, metric)} by {label}."


CSV_COLUMNS = (
    "quarter",
    "quarter start",
    "quarter end",
    "metric",
    "actual",
    "target",
    "target low",
    "target high",
    "verdict",
    "provisional",
    "streak",
    "metrics met",
    "case",
    "version",
    "revision",
    "evaluated at",
)


def results_csv_rows(results: Sequence[ResultRow]) -> list[list[str | int | float | None]]:
    """One row a judged quarter under CSV_COLUMNS."""
    return [
        [
            item.quarter.slug,
            item.result.quarter_start.isoformat(),
            item.result.quarter_end.isoformat(),
            item.result.goal_version.metric.key,
            item.result.actual,
            item.result.target,
            item.result.target_low,
            item.result.target_high,
            item.result.verdict,
            "yes" if item.result.provisional else "no",
            item.result.streak,
            item.result.metrics_share,
            item.result.case,
            item.result.goal_version.number,
            item.result.revision,
            item.result.evaluated_at.isoformat(),
        ]
        for item in results
    ]
