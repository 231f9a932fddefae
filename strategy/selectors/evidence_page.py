"""One belief's page: its verdict in words, what it rests on, and what could be wrong with it. Read from the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from common.display import values
from common.display.evidence_parts import LagProfile, PairScatter, TwoPanels
from common.quarters import FiscalCalendar
from metrics.models import Metric, Target
from strategy.calculations import sentences
from strategy.calculations.effect_words import chance_words, expected_words, noun_of
from strategy.calculations.finding import Finding
from strategy.calculations.series_pack import AnalysedSeries, series_unpack
from strategy.calculations.stability import halves_of
from strategy.models import Mapping, MappingVerdict, MappingVersion, QuarterResult
from strategy.selectors.beliefs import BeliefPage, belief_page
from strategy.selectors.evidence_charts import (
    Step,
    Surroundings,
    as_believed,
    lag_in_periods,
    lags_of,
    panels_of,
    period_end,
    scatter_of,
)
from strategy.selectors.evidence_people import People, people_of
from strategy.selectors.evidence_read import finding_of, side_of
from strategy.selectors.evidence_words import KeyFigure, MonthRow, Words, figures_of, words_of
from strategy.selectors.stated import Stated, stated_from
from teams.selectors import organisation_get

MONTHS_SHOWN = 6
LOOKING = "For looking, not for choosing: the verdict pays for every lag it tried. Believed lag in bold."
LOOKING_AROUND = "For looking, not for choosing: only the solid lags were tested. Believed lag in bold."


@dataclass(frozen=True)
class AsideGroup:
    """Periods that were set aside for one reason."""

    reason: str
    count: str


@dataclass(frozen=True)
class MappingEvidence:
    """The page as plain values."""

    belief: BeliefPage
    words: Words
    stated: Stated
    finding: Finding
    verdict: MappingVerdict | None  # the one that the figures are from
    is_preview: bool  # nothing is stated yet, so the figures are this week's
    figures: list[KeyFigure]
    people: People
    expected: str = ""  # the effect that was believed in, when one was named
    panels: TwoPanels | None = None
    lag_text: str = ""
    moved_back: bool = False
    scatter: PairScatter | None = None
    scatter_finding: str = ""
    lags: LagProfile | None = None
    lags_finding: str = ""
    weak: str = ""
    aside: list[AsideGroup] = field(default_factory=list)
    aside_sentences: list[str] = field(default_factory=list)
    chance: str = ""
    months: list[MonthRow] = field(default_factory=list)
    how_chosen: Sequence[tuple[str, str]] = sentences.HOW_CHOSEN

    @property
    def newest_months(self) -> list[MonthRow]:
        """The verdicts that are shown at once."""
        return self.months[:MONTHS_SHOWN]

    @property
    def earlier_months(self) -> list[MonthRow]:
        """The verdicts that are folded away."""
        return self.months[MONTHS_SHOWN:]

    @property
    def noun(self) -> str:
        """What a period is called."""
        return noun_of(self.finding.frequency)


def mapping_evidence(*, mapping: Mapping, today: date, moved_back: bool = False) -> MappingEvidence:
    """Everything on the page of `mapping` (as from `mapping_get_or_404`): fourteen queries, whatever hangs on it.

    `moved_back` draws the goal earlier by the lag.
    """
    belief = belief_page(mapping=mapping, today=today)
    stated, newest = _verdicts(mapping)
    shown = stated or newest
    finding = _finding(shown, mapping)
    series = series_unpack(shown.series if shown is not None else None)
    organisation = organisation_get()
    calendar = organisation.calendar
    since = series.starts[0] if len(series) else mapping.active_from
    aside = [(row.start, period_end(row.start, finding.frequency)) for row in finding.aside]
    people = people_of(mapping, since=since, until=today + timedelta(days=1), aside=aside)
    believed = _believed(finding, mapping.current if shown is None else shown.mapping_version)
    lag = _lag_shown(finding, believed)
    # The best of many lags is no finding, and nobody believed in it: the panels draw none.
    drawn = lag if finding.is_found or believed is not None else None
    moved_back = moved_back and bool(drawn)
    pairs = [] if lag is None else series.pairs(lag)
    months = _months(mapping)
    panels = None
    if len(series):
        around = _surroundings(mapping, shown, belief, people, calendar, today)
        panels = panels_of(finding, series, around, lag=drawn, moved_back=moved_back)
    scatter = scatter_of(finding, series, calendar, lag=lag) if finding.is_enough else None
    profile = lags_of(finding, believed=believed) if finding.is_enough else None
    return MappingEvidence(
        belief=belief,
        words=words_of(finding, mapping, stated=stated, newest=newest, months=months, today=today),
        stated=stated_from(stated),
        finding=finding,
        verdict=shown,
        is_preview=stated is None and newest is not None,
        figures=figures_of(finding, believed=believed, is_preview=stated is None),
        people=people,
        expected=_expected(belief, finding, mapping),
        panels=panels,
        lag_text=values.plural(drawn, noun_of(finding.frequency)) if drawn else "",
        moved_back=moved_back,
        scatter=scatter,
        scatter_finding=_scatter_finding(scatter, finding),
        lags=profile,
        lags_finding=_lags_finding(profile),
        weak=sentences.weak_point(finding, halves_of([pair[2:] for pair in pairs])),
        aside=_aside(finding),
        aside_sentences=_aside_sentences(finding, organisation.country),
        chance=chance_words(finding),
        months=months,
    )


def _expected(belief: BeliefPage, finding: Finding, mapping: Mapping) -> str:
    effect = belief.wording.effect
    if effect is None:
        return ""
    goal = side_of(mapping.goal.current.metric)
    return expected_words(effect, finding.metric, goal, moves=belief.moves)


def mapping_periods(*, mapping: Mapping) -> tuple[Finding, AnalysedSeries]:
    """The finding that the page shows, and its periods. One query more than `mapping_get_or_404`."""
    stated, newest = _verdicts(mapping)
    shown = stated or newest
    return _finding(shown, mapping), series_unpack(shown.series if shown is not None else None)


CSV_COLUMNS = ("period start", "metric", "goal", "metric surprise", "goal surprise", "set aside")


def periods_csv_rows(
    finding: Finding, series: AnalysedSeries
) -> list[tuple[str, float | None, float | None, float | None, float | None, str]]:
    """One row a period under CSV_COLUMNS, oldest first; surprises on the tested scale (logs where logged)."""
    aside = {row.start: row.reason for row in finding.aside}
    columns = (series.starts, series.x, series.y, series.x_surprise, series.y_surprise)
    return [
        (start.isoformat(), x, y, x_surprise, y_surprise, aside.get(start, ""))
        for start, x, y, x_surprise, y_surprise in zip(*columns, strict=True)
    ]


# --- reading --------------------------------------------------------------------------------------


def _finding(verdict: MappingVerdict | None, mapping: Mapping) -> Finding:
    """The finding of a verdict, in the direction and on the goal's metric that it was about: both may have changed."""
    wording = mapping.current if verdict is None else verdict.mapping_version
    impact = mapping.goal.current.metric if verdict is None else verdict.goal_metric
    goal_up = wording.direction == MappingVersion.Direction.PLUS
    return finding_of(verdict, metric=mapping.metric, impact=impact, goal_up=goal_up)


def _verdicts(mapping: Mapping) -> tuple[MappingVerdict | None, MappingVerdict | None]:
    """The stated verdict and the newest one, with all they stored; one query."""
    wanted = [pk for pk in (mapping.stated_verdict_id, mapping.newest_verdict_id) if pk is not None]
    rows = {
        row.pk: row
        for row in MappingVerdict.objects.filter(pk__in=wanted).select_related(
            "mapping_version", "goal_metric"
        )
    }
    return rows.get(mapping.stated_verdict_id or 0), rows.get(mapping.newest_verdict_id or 0)


def _months(mapping: Mapping) -> list[MonthRow]:
    """The stated verdicts, newest first, one a month."""
    rows = mapping.verdicts.stated().defer("series", "facts").order_by("-week", "-id")
    found: dict[tuple[int, int], MonthRow] = {}
    for row in rows:
        found.setdefault((row.week.year, row.week.month), MonthRow(row.week.replace(day=1), stated_from(row)))
    return list(found.values())


def _surroundings(
    mapping: Mapping,
    shown: MappingVerdict | None,
    belief: BeliefPage,
    people: People,
    calendar: FiscalCalendar,
    today: date,
) -> Surroundings:
    """Targets as steps, judged quarters and marks. A sum's target is for the whole quarter: no step by week. Nor has
    a metric that the goal is no longer judged on the targets of today's."""
    goal = mapping.goal
    same_metric = shown is None or shown.goal_metric_id == goal.current.metric_id
    targets = Target.objects.filter(
        metric=mapping.metric_id,
        team__product=goal.product_id,
        state__in=[Target.State.AGREED, Target.State.CLOSED],
    ).select_related("metric")
    hardest: dict[tuple[date, date], float] = {}
    for target in targets.order_by("quarter_start"):
        span = (target.quarter_start, target.quarter_end)
        pick = min if mapping.metric.direction == Metric.Direction.DECREASE else max
        hardest[span] = pick(hardest.get(span, target.judged_commit), target.judged_commit)
    closed = [row for row in belief.results if not row.provisional]
    met = {"met": True, "missed": False}
    return Surroundings(
        calendar=calendar,
        today=today,
        metric_steps=[(*span, value) for span, value in sorted(hardest.items())]
        if _is_level(mapping.metric)
        else [],
        goal_steps=_goal_steps(mapping, belief.results)
        if same_metric and _is_level(goal.current.metric)
        else [],
        metric_results=[
            (row.quarter_end - timedelta(days=1), bool(item["met"]))
            for row in closed
            for item in row.inputs.get("metrics", [])
            if item["mapping"] == mapping.pk and item["met"] is not None
        ],
        goal_results=[
            (row.quarter_end - timedelta(days=1), met[row.verdict]) for row in closed if row.verdict in met
        ],
        marks=people.marks,
    )


def _is_level(metric: Metric) -> bool:
    return metric.is_ratio or metric.aggregation != "sum"


def _goal_steps(mapping: Mapping, results: Sequence[QuarterResult]) -> list[Step]:
    """Targets as they were judged, then those of the version in force."""
    steps = {row.quarter_start: (row.quarter_start, row.quarter_end, row.target) for row in results}
    for target in mapping.goal.current.targets.all():
        steps.setdefault(target.quarter_start, (target.quarter_start, target.quarter_end, target.value))
    return [steps[start] for start in sorted(steps)]


# --- parts ---
def _believed(finding: Finding, wording: MappingVersion) -> int | None:
    """The lag that the tested wording names, in periods of the test; None when it names none."""
    weeks = wording.lag_weeks
    return None if weeks is None else lag_in_periods(weeks, finding.frequency)


def _lag_shown(finding: Finding, believed: int | None) -> int | None:
    """The lag that was found, else the believed one if it was looked at, else the best of those looked at."""
    if finding.is_found and finding.lag is not None:
        return finding.lag
    if believed is not None and (not finding.lags or believed in finding.lags or finding.lag is None):
        return believed
    return finding.lag


def _lags_finding(profile: LagProfile | None) -> str:
    if profile is None:
        return ""
    return LOOKING if all(point.is_tested for point in profile.points) else LOOKING_AROUND


def _scatter_finding(scatter: PairScatter | None, finding: Finding) -> str:
    if scatter is None:
        return ""
    count = len(scatter.points)
    held = as_believed(scatter.points, finding.goal_up)
    line = " The line is the effect." if scatter.slope is not None else ""
    return (
        f"{held} of {count} pairs moved as believed; chance alone would give about {round(count / 2)}. Across: a "
        f"surprise in the metric. Up: the {scatter.y_label}. Filled: the last 12 months.{line}"
    )


def _aside_sentences(finding: Finding, country: str) -> list[str]:
    """Jumps, seasons, holidays, and the periods that were not compared though nobody set them aside."""
    if not finding.rows_used:
        return sentences.shift_sentences(finding)
    said = [
        sentences.holidays_sentence(finding, country=country),
        *sentences.shift_sentences(finding),
        sentences.season_sentence(finding),
        sentences.left_over_sentence(finding),
    ]
    return [sentence for sentence in said if sentence]


def _aside(finding: Finding) -> list[AsideGroup]:
    noun = noun_of(finding.frequency)
    counted = Counter(row.reason for row in finding.aside)
    return [AsideGroup(reason, values.plural(count, noun)) for reason, count in counted.most_common()]
