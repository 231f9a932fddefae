"""Everything that the page of one goal shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse

from common.display import values
from common.display.parts import Change, KeyItem, Table, TreeGoal, TreeMetric
from common.quarters import FiscalCalendar
from metrics.models import Target
from metrics.selectors import Series, metric_series
from strategy.calculations.pace import BY_CHANCE, BY_PACE
from strategy.content import TargetContent, content_of
from strategy.models import Goal, GoalVersion, Mapping, MappingVersion, QuarterResult
from strategy.selectors.belief_rows import BeliefRow, belief_rows, metric_tree
from strategy.selectors.outlooks import (
    chance_and_line_words,
    lack_words,
    percent,
    range_words,
    status_rules,
    with_chances,
    with_outlooks,
)
from strategy.selectors.overview import metric_url
from strategy.selectors.results import ResultRow, results_of, results_table, steps_of
from strategy.selectors.rows import (
    RESULT_FIELDS,
    TARGET_FIELDS,
    GoalRow,
    Moment,
    Reading,
    ResultFact,
    figures_read,
    row_of,
)
from strategy.selectors.stated import stated_heavy, stated_of
from strategy.selectors.versions import (
    ContentWords,
    target_text,
    version_after,
    version_on,
    versions_newest_first,
)
from teams.selectors import organisation_get


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
    def adds_up(self) -> bool:
        """Whether the chart draws the quarter's total so far: a sum whose quarter has more than one figure."""
        metric = self.row.metric
        return metric.aggregation == "sum" and not metric.is_ratio and metric.frequency != "quarterly"

    @property
    def line_name(self) -> str:
        """What the chart's line is."""
        if self.adds_up:
            return "Total of the quarter so far"
        return "4-week average" if self.row.metric.frequency in {"daily", "weekly"} else self.row.metric.name

    @property
    def chart_key(self) -> list[KeyItem]:
        return [KeyItem(self.line_name), KeyItem("Target", "tgt")]

    @property
    def track_words(self) -> str:
        """Are we on track? The forecast with its range and the straight line beside it, else why not."""
        outlook = self.row.outlook
        if outlook is None or self.row.by != BY_CHANCE:
            return self.row.sentence
        return chance_and_line_words(outlook, self.row.metric)

    @property
    def chance_text(self) -> str:
        """The chance of reaching this quarter's target: "62%", or a dash."""
        outlook = self.row.outlook
        return "–" if outlook is None or outlook.chance is None else percent(outlook.chance)

    @property
    def chance_detail(self) -> str:
        """The 80% range and the day of the forecast, or why there is none."""
        outlook = self.row.outlook
        if outlook is None or outlook.chance is None:
            return f"By pace, {lack_words(outlook)}" if self.row.by == BY_PACE else ""
        made = f"{outlook.made_on.day} {outlook.made_on:%B}"
        return f"80% range {range_words(outlook, self.row.metric)}, made on {made}"

    @property
    def status_rules(self) -> list[tuple[str, str]]:
        return status_rules()

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
    reading, judged = _reading(goal, moment)
    targets = _team_targets(reading, goal, moment)
    metrics = {row.metric_id: row.metric for row in reading.beliefs.get(goal.pk, [])}
    figures_read(reading, moment, extra=metrics.values())
    row = row_of(goal, reading, moment)
    results = results_of(judged, moment.organisation.calendar)
    newest = next((result for result in reversed(judged) if not result.provisional), None)
    beliefs = belief_rows(goal, reading, targets, newest, moment)
    first = results[0].quarter.start if results else moment.strip[0].start
    since = min(first, moment.strip[0].start)
    return GoalPage(
        goal=goal,
        row=row,
        moment=moment,
        beliefs=beliefs,
        versions=_versions(reading.versions[goal.pk], goal, moment.organisation.calendar),
        results=results,
        tree=metric_tree(goal, row, beliefs),
        series=metric_series(metric=goal.current.metric, since=since, until=today),
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


def _reading(goal: Goal, moment: Moment) -> tuple[Reading, list[QuarterResult]]:
    """Versions with targets and guardrails, active beliefs with the newest wording, and all judged quarters."""
    rows = goal.versions.select_related("owner", "metric", "author").prefetch_related("targets", "guardrails")
    versions = list(with_outlooks(rows.order_by("number"), quarter=moment.quarter, today=moment.today))
    for version in versions:
        version.goal = goal
    goal.current, goal.planned = version_on(versions, moment.today), version_after(versions, moment.today)
    judged = list(goal.results.current().select_related("goal_version__metric").order_by("quarter_start"))
    for result in judged:
        result.goal = goal
    beliefs: dict[int, Mapping] = {}
    found = MappingVersion.objects.filter(mapping__goal=goal, mapping__active_until=None)
    found = found.select_related("mapping__metric", "mapping__stated_verdict", "owner")
    for wording in found.defer(*stated_heavy("mapping__")).order_by("mapping", "number"):
        belief = beliefs.setdefault(wording.mapping_id, wording.mapping)
        belief.goal = goal
        belief.stated_code = stated_of(belief).code
        if wording.effective_from <= moment.today or "current" not in belief.__dict__:
            belief.current = wording
    targets = [
        TargetContent(*(getattr(row, name) for name in TARGET_FIELDS)) for row in goal.current.targets.all()
    ]
    facts = [ResultFact(*(getattr(row, name) for name in RESULT_FIELDS)) for row in judged]
    reading = Reading(
        versions={goal.pk: versions},
        targets={goal.current.pk: sorted(targets)},
        results={goal.pk: {fact.quarter_start: fact for fact in facts}},
        beliefs={goal.pk: list(beliefs.values())},
    )
    return reading, judged


def _team_targets(reading: Reading, goal: Goal, moment: Moment) -> dict[int, list[Target]]:
    ids = [belief.metric_id for belief in reading.beliefs.get(goal.pk, [])]
    found: defaultdict[int, list[Target]] = defaultdict(list)
    rows = Target.objects.of_quarter(moment.quarter.start).filter(
        metric__in=ids, team__product=goal.product_id
    )
    for target in with_chances(rows.select_related("team", "metric"), today=moment.today):
        found[target.metric_id].append(target)
    return found


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


def _span_text(version: GoalVersion, targets: Sequence[TargetContent], moment: Moment) -> str:
    """From where to where: "from 14.0% to 22.0% by Q1 2027"."""
    metric = version.metric
    baseline = values.with_unit(version.baseline, metric.unit, metric.decimals)
    if not targets:
        return f"{metric.name}: from {baseline}, no targets yet."
    content = targets[-1]
    label = moment.organisation.calendar.quarter_of(content.quarter_start).label
    if version.direction == GoalVersion.Direction.BAND:
        return f"{metric.name}: within {target_text(content, metric)} up to {label}."
    return f"{metric.name}: from {baseline} to {target_text(content, metric)} by {label}."
