"""Beliefs across a product: the table of evidence, and one belief quarter by quarter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.http import Http404

from common.display import values
from common.display.parts import Change
from common.quarters import FiscalCalendar
from metrics.models import Metric
from strategy.calculations.effect_words import effect_brief, effect_range
from strategy.calculations.evidence_headlines import reason_given
from strategy.calculations.finding import Finding
from strategy.models import Goal, Mapping, MappingVersion, QuarterResult
from strategy.selectors.belief_rows import moves_of, reading_of
from strategy.selectors.evidence_read import size_of
from strategy.selectors.overview import metric_url
from strategy.selectors.reviews import ReviewDue, reviews_due
from strategy.selectors.rows import result_target_text
from strategy.selectors.stated import UNTESTED, Stated, stated_heavy, stated_of
from strategy.selectors.versions import goals_with_versions
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Product, User

RECENT = 4


@dataclass(frozen=True)
class BeliefLine:
    """One belief in the table of evidence, with how the last closed quarters read, oldest first."""

    mapping: Mapping
    wording: MappingVersion
    goal: Goal
    metric: Metric
    metric_url: str
    moves: tuple[bool, bool]  # whether metric and goal rise in the case that is hoped for
    readings: list[tuple[str, str]]  # (quarter label, one of the four cases)
    stated: Stated = UNTESTED
    size: str = ""  # of the effect, where one was found
    size_range: str = ""
    due: ReviewDue | None = None  # for review, and why

    @property
    def reason(self) -> str:
        """Why it is believed, as somebody wrote it."""
        return reason_given(self.wording.belief)

    @property
    def is_due(self) -> bool:
        return self.due is not None


@dataclass(frozen=True)
class BeliefQuarter:
    """One judged quarter of a belief: what the metric did, what the goal did, and which case that is."""

    label: str
    metric_value: str
    targets: str
    metric_met: str
    team_verdict: str  # met or missed; empty while it is open, and where it cannot be said
    goal_actual: str
    goal_target: str
    goal_verdict: str
    reading: str
    provisional: bool
    is_open: bool = False  # the quarter is still running: neither met nor missed yet


@dataclass(frozen=True)
class WordingRow:
    """One wording of a belief with what it changed, newest first."""

    wording: MappingVersion
    changes: list[Change]


@dataclass(frozen=True)
class BeliefPage:
    """One belief's page."""

    mapping: Mapping
    wording: MappingVersion
    goal: Goal
    metric: Metric
    metric_url: str
    goal_up: bool
    moves: tuple[bool, bool]  # whether metric and goal rise in the case that is hoped for
    quarters: list[BeliefQuarter]
    wordings: list[WordingRow]
    results: list[QuarterResult]  # of the goal, newest first, whether the belief held then or not


def belief_lines(*, product: Product, today: date, retired: bool = False) -> list[BeliefLine]:
    """The beliefs of the product's goals, active ones (or retired ones), by goal and strength. Eight queries at most."""
    rows = MappingVersion.objects.filter(
        mapping__goal__product=product, mapping__active_until__isnull=not retired
    )
    if not retired:
        rows = rows.exclude(mapping__goal__state=Goal.State.RETIRED)
    found: dict[int, Mapping] = {}
    rows = rows.select_related(
        "mapping__metric", "mapping__goal", "mapping__stated_verdict__goal_metric", "owner"
    )
    for wording in rows.defer(*stated_heavy("mapping__")).order_by("mapping", "number"):
        belief = found.setdefault(wording.mapping_id, wording.mapping)
        if wording.effective_from <= today or "current" not in belief.__dict__:
            belief.current = wording
    goals = {belief.goal_id: belief.goal for belief in found.values()}
    for goal in goals.values():
        goal.product = product
    goals_with_versions(goals.values(), today=today)
    calendar = organisation_get().calendar
    results = _closed_results(goals)
    due = reviews_due(mappings=found.values(), today=today)
    lines = [
        _line(belief, goals[belief.goal_id], results[belief.goal_id], calendar, due.get(belief.pk))
        for belief in found.values()
    ]
    return sorted(
        lines,
        key=lambda line: (line.goal.current.title.lower(), -line.wording.strength, line.metric.name.lower()),
    )


def _closed_results(goals: dict[int, Goal]) -> dict[int, list[QuarterResult]]:
    found: defaultdict[int, list[QuarterResult]] = defaultdict(list)
    for result in (
        QuarterResult.objects.current().filter(goal__in=goals, provisional=False).order_by("quarter_start")
    ):
        found[result.goal_id].append(result)
    return found


def _line(
    belief: Mapping,
    goal: Goal,
    results: list[QuarterResult],
    calendar: FiscalCalendar,
    due: ReviewDue | None,
) -> BeliefLine:
    belief.goal = goal
    found = _found(belief)
    return BeliefLine(
        mapping=belief,
        wording=belief.current,
        goal=goal,
        metric=belief.metric,
        metric_url=metric_url(goal.product.slug, belief.metric.key),
        moves=moves_of(goal, belief.current),
        readings=[
            (calendar.quarter_of(result.quarter_start).label, reading_of(result, belief.pk))
            for result in results[-RECENT:]
        ],
        stated=stated_of(belief),
        size=effect_brief(found) if found else "",
        size_range=effect_range(found) if found else "",
        due=due,
    )


def _found(belief: Mapping) -> Finding | None:
    """The size of the link that the stated verdict found; None where it found none."""
    if belief.stated_verdict is None:
        return None
    found = size_of(belief.stated_verdict, metric=belief.metric)
    return found if found.is_found else None


def mapping_get_or_404(
    *, user: User | AnonymousUser, product: Product, mapping_id: int, today: date
) -> Mapping:
    """The product's mapping with its goal's version in force; Http404 when there is none to see."""
    rows = Mapping.objects.visible_to(user).filter(goal__product=product, pk=mapping_id)
    mapping: Mapping | None = rows.select_related("goal", "metric").first()
    if mapping is None:
        raise Http404("No such belief.")
    mapping.goal.product = product
    goals_with_versions([mapping.goal], today=today)
    wordings = list(mapping.versions.select_related("owner", "author"))
    in_force = [wording for wording in wordings if wording.effective_from <= today] or wordings[:1]
    mapping.current = in_force[-1]
    return mapping


def belief_page(*, mapping: Mapping, today: date) -> BeliefPage:
    """Quarter by quarter and wording by wording; `mapping` as from `mapping_get_or_404`. Three queries."""
    calendar = organisation_get().calendar
    goal, metric = mapping.goal, mapping.metric
    results = list(goal.results.current().select_related("goal_version__metric").order_by("-quarter_start"))
    quarters = [
        line
        for result in results
        if (line := _quarter(result, mapping, calendar.quarter_of(result.quarter_start).label, today))
    ]
    return BeliefPage(
        mapping=mapping,
        wording=mapping.current,
        goal=goal,
        metric=metric,
        metric_url=metric_url(goal.product.slug, metric.key),
        goal_up=mapping.current.direction == MappingVersion.Direction.PLUS,
        moves=moves_of(goal, mapping.current),
        quarters=quarters,
        wordings=_wordings(list(mapping.versions.select_related("owner", "author").order_by("number"))),
        results=results,
    )


def _quarter(result: QuarterResult, mapping: Mapping, label: str, today: date) -> BeliefQuarter | None:
    """The quarter as it was judged; None when the belief did not hold then."""
    row = next((item for item in result.inputs.get("metrics", []) if item["mapping"] == mapping.pk), None)
    if row is None:
        return None
    metric, impact = mapping.metric, result.goal_version.metric
    is_open = result.quarter_end > today
    met = {True: "Met", False: "Not yet" if is_open else "Missed", None: "Cannot be said"}[row["met"]]
    targets = f"{row['reached']} of {row['targets']} reached" if row["targets"] else "No agreed target"
    return BeliefQuarter(
        label=label,
        metric_value=values.with_unit(row["value"], metric.unit, metric.decimals),
        targets=targets,
        metric_met=met,
        team_verdict={"Met": "met", "Missed": "missed"}.get(met, ""),
        goal_actual=values.with_unit(result.actual, impact.unit, impact.decimals),
        goal_target=result_target_text(result, impact),
        goal_verdict="open" if is_open else result.verdict,
        reading=reading_of(result, mapping.pk),
        provisional=result.provisional,
        is_open=is_open,
    )


_FIELDS = (
    ("belief", "Belief"),
    ("direction", "Direction"),
    ("effect", "Expected effect"),
    ("lag_weeks", "Lag"),
    ("strength", "Strength"),
    ("falsifier", "What would prove us wrong"),
    ("owner", "Owner"),
    ("review_on", "Next review"),
)


def _wordings(versions: list[MappingVersion]) -> list[WordingRow]:
    rows: list[WordingRow] = []
    before: MappingVersion | None = None
    for version in versions:
        rows.append(WordingRow(version, wording_differences(before, version) if before else []))
        before = version
    return rows[::-1]


def wording_differences(before: MappingVersion, after: MappingVersion) -> list[Change]:
    """The fields in which two wordings differ, ready to show."""
    pairs = [(label, _text(before, name), _text(after, name)) for name, label in _FIELDS]
    return [Change(label, old, new) for label, old, new in pairs if old != new]


def _text(version: MappingVersion, name: str) -> str:
    value = getattr(version, name)
    if value is None:
        return "Not named" if name == "lag_weeks" else ""
    if name == "direction":
        return f"Goal {version.get_direction_display()}"
    if name == "strength":
        return str(version.get_strength_display())
    if name == "lag_weeks":
        return values.plural(value, "week")
    if name == "review_on":
        return values.long_date(value)
    return f"{value:g}" if name == "effect" else str(value)
