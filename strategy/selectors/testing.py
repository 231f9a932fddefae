"""What the weekly run tests: the beliefs that hold on a day, both series of each, and what is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.holidays import holiday_weeks
from metrics.analysis.lags import lags_for
from metrics.analysis.series import WINDOW, Aligned, Aside, aligned, calendar_of
from metrics.models import Event, Metric
from metrics.selectors.events import events_of_metrics
from metrics.services.arrays import sources_read
from strategy.calculations.testing import Case
from strategy.models import Goal, Mapping, MappingVersion
from strategy.selectors.arithmetic import ratio_parts
from strategy.selectors.evidence_charts import lag_in_periods
from strategy.selectors.versions import goals_with_versions
from teams.models import Organisation, Product

_LONGEST_DAYS = {"weekly": 7, "monthly": 31, "quarterly": 92}
_SIGNS = {MappingVersion.Direction.PLUS: 1, MappingVersion.Direction.MINUS: -1}


@dataclass(frozen=True)
class Believed:
    """One belief on the day of the run: its wording, its metric (x), and the goal's own metric (y)."""

    mapping: Mapping
    wording: MappingVersion
    metric: Metric
    impact: Metric

    @property
    def is_arithmetic(self) -> bool:
        """Whether both are computed from the same figures, so that there is nothing to test."""
        return bool(ratio_parts(self.metric) & ratio_parts(self.impact))

    @property
    def calendar(self) -> str:
        return calendar_of(self.metric.frequency, self.impact.frequency)


def beliefs_to_test(*, product: Product, today: date) -> list[Believed]:
    """The product's beliefs that hold on `today`, of goals that are not retired, by id. Three queries."""
    rows = (
        MappingVersion.objects.filter(
            mapping__goal__product=product, mapping__active_from__lte=today, effective_from__lte=today
        )
        .exclude(mapping__active_until__lte=today)
        .exclude(mapping__goal__state=Goal.State.RETIRED)
    )
    in_force: dict[int, MappingVersion] = {}
    for wording in rows.select_related("mapping__goal", "mapping__metric", "owner").order_by("number"):
        in_force[wording.mapping_id] = wording
    goals = {wording.mapping.goal_id: wording.mapping.goal for wording in in_force.values()}
    for goal in goals.values():
        goal.product = product
    goals_with_versions(goals.values(), today=today)
    found = []
    for pk in sorted(in_force):
        wording = in_force[pk]
        mapping = wording.mapping
        mapping.goal, mapping.current = goals[mapping.goal_id], wording
        found.append(Believed(mapping, wording, mapping.metric, mapping.goal.current.metric))
    return found


def cases_of(
    beliefs: Sequence[Believed], *, product: Product, organisation: Organisation, today: date
) -> list[Case]:
    """The beliefs as cases for the test, in order: figures dated up to `today`, in as few statements as there are calendars."""
    if not beliefs:
        return []
    metrics = {metric.pk: metric for belief in beliefs for metric in (belief.metric, belief.impact)}
    since = today - timedelta(
        days=max(_LONGEST_DAYS[name] * (WINDOW[name] + 1) for name in {one.calendar for one in beliefs})
    )
    sources = sources_read(metrics=metrics.values(), since=since, until=today)
    events = events_of_metrics(
        product=product, metrics=metrics.values(), start=since, end=today, set_aside=True
    )
    holidays = _holidays(organisation, since, today)
    cases = []
    for belief in beliefs:
        own = _events_aside(events, belief)
        series = aligned(
            sources[belief.metric.pk],
            sources[belief.impact.pk],
            today=today,
            start_month=organisation.calendar.start_month,
            # A holiday is a small part of a month; only weeks are set aside for one.
            aside=[*holidays, *own] if belief.calendar == "weekly" else own,
        )
        cases.append(_case(belief, series, organisation))
    return cases


def _case(belief: Believed, series: Aligned, organisation: Organisation) -> Case:
    wording = belief.wording
    named = None if wording.lag_weeks is None else lag_in_periods(wording.lag_weeks, series.calendar)
    return Case(
        series=series,
        lags=lags_for(series.calendar, believed_lag=named, periods=len(series)),
        sign=_SIGNS[MappingVersion.Direction(wording.direction)],
        smallest_link=organisation.smallest_link,
        since=wording.effective_from,
    )


def _holidays(organisation: Organisation, since: date, today: date) -> list[Aside]:
    weeks = holiday_weeks(organisation.country, organisation.country_region, since, today)
    return [Aside(monday, monday + timedelta(days=6), name) for monday, name in sorted(weeks.items())]


def _events_aside(events: Sequence[Event], belief: Believed) -> list[Aside]:
    """The events on either of the belief's metrics, on a part of one, or on all metrics of the product."""
    parts = ratio_parts(belief.metric) | ratio_parts(belief.impact)
    return [
        Aside(event.starts_on, event.ends_on, event.title)
        for event in events
        if event.metric_id is None or event.metric_id in parts
    ]
