"""The goal of today, as proposals are compared with it and checked against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from common.display.parts import Change
from common.quarters import FiscalCalendar, Quarter
from contest.calculations.changes import ChangeContext, MappingFact
from contest.calculations.differences import mapping_rows
from contest.models import Proposal
from metrics.models import Metric
from strategy.content import GoalContent, TargetContent, content_changed, content_of
from strategy.models import Goal, GoalVersion, MappingVersion
from strategy.models import Mapping as GoalMapping
from strategy.selectors import version_differences

REPLACED = ("title", "bet", "direction", "baseline", "tolerance", "horizon")


@dataclass(frozen=True)
class GoalToday:
    """A goal's newest version with what proposals need to know around it."""

    goal: Goal
    version: GoalVersion
    content: GoalContent
    mappings: dict[int, MappingFact]
    metrics: dict[str, Metric]
    calendar: FiscalCalendar
    first_quarter: Quarter

    @property
    def context(self) -> ChangeContext:
        """What a change is checked against."""
        return ChangeContext(
            calendar=self.calendar,
            first_quarter=self.first_quarter,
            direction=self.content.direction,
            impact_metrics=self.metric_names(Metric.Kind.IMPACT),
            outcome_metrics=self.metric_names(Metric.Kind.OUTCOME),
            mappings=self.mappings,
        )

    def metric_names(self, kind: str = "") -> dict[str, str]:
        """Names of the metrics that a proposal may name, by key; of one kind when given."""
        return {
            key: metric.name
            for key, metric in self.metrics.items()
            if not kind or (metric.kind == kind and metric.archived_at is None)
        }

    def proposed(self, kind: str, change: Mapping[str, Any]) -> GoalContent:
        """The goal's content after the change, if it held from `first_quarter`.

        Targets of earlier quarters stay. Those after the last proposed one are gone: a proposal names all.
        KeyError when the metric is no longer among the product's.
        """
        if kind == Proposal.Kind.REVISE_TARGET:
            return content_changed(self.content, {"targets": self.targets(change)})
        if kind == Proposal.Kind.REPLACE_GOAL:
            values = {name: change[name] for name in REPLACED}
            metric = self.metrics[change["metric"]]
            return content_changed(
                self.content, {**values, "metric": metric, "targets": self.targets(change)}
            )
        return self.content

    def targets(self, change: Mapping[str, Any]) -> list[TargetContent]:
        """The change's targets from `first_quarter` on, and an empty one for each that would be gone."""
        asked: dict[date, TargetContent] = {
            target.quarter_start: TargetContent(target.quarter_start, target.quarter_end)
            for target in self.content.targets
            if target.quarter_start >= self.first_quarter.start
        }
        for item in change["targets"]:
            quarter = self.calendar.parse(item["quarter"])
            if quarter.start >= self.first_quarter.start:
                asked[quarter.start] = TargetContent(
                    quarter.start, quarter.end, item.get("value"), item.get("low"), item.get("high")
                )
        return [asked[start] for start in sorted(asked)]

    def difference(self, proposal: Proposal) -> list[Change]:
        """The proposal beside the goal of today; empty for "keep" and for a draft without a change."""
        if proposal.kind == Proposal.Kind.RETIRE_GOAL:
            return [Change("Goal", "Active", f"Retired from {self.first_quarter.label}")]
        if not proposal.change:
            return []
        if proposal.kind == Proposal.Kind.CHANGE_MAPPINGS:
            return mapping_rows(proposal.change["changes"], names=self.metric_names(), mappings=self.mappings)
        try:
            content = self.proposed(proposal.kind, proposal.change)
        except KeyError:
            return [Change("Metric", self.version.metric.name, "A metric that is not there any more")]
        by_id = {metric.pk: metric for metric in self.metrics.values()}
        return version_differences(self.content, content, calendar=self.calendar, metrics=by_id)


def goal_version_newest(goal: Goal) -> GoalVersion:
    """The version that a change would replace: the one with the highest number."""
    version: GoalVersion = goal.versions.select_related("metric", "owner").order_by("-number")[0]
    return version


def goal_today(*, goal: Goal, today: date, calendar: FiscalCalendar) -> GoalToday:
    """The goal as it stands on `today`, and the first quarter in which a change could hold. Six queries."""
    version = goal_version_newest(goal)
    content = content_of(version)
    named = Q(pk__in=[content.metric, *content.guardrails])
    own = Q(product_id=goal.product_id) | Q(product=None)
    metrics = Metric.objects.filter(named | (own & Q(archived_at=None))).order_by("name")
    return GoalToday(
        goal=goal,
        version=version,
        content=content,
        mappings={fact.id: fact for fact in mapping_facts(goal)},
        metrics={metric.key: metric for metric in metrics},
        calendar=calendar,
        first_quarter=calendar.quarter_of(today).next,
    )


def mapping_facts(goal: Goal) -> list[MappingFact]:
    """The goal's active mappings in the words of their newest version, by name of the metric."""
    mappings = (
        GoalMapping.objects.filter(goal=goal).active().select_related("metric").prefetch_related("versions")
    )
    facts = [
        _mapping_fact(mapping, newest) for mapping in mappings if (newest := _newest(mapping.versions.all()))
    ]
    return sorted(facts, key=lambda fact: (fact.metric_name, fact.id))


def _newest(versions: Iterable[MappingVersion]) -> MappingVersion | None:
    return max(versions, key=lambda version: version.number, default=None)


def _mapping_fact(mapping: Any, version: MappingVersion) -> MappingFact:
    return MappingFact(
        id=mapping.pk,
        metric=mapping.metric.key,
        metric_name=mapping.metric.name,
        belief=version.belief,
        direction=version.direction,
        effect=version.effect,
        lag_weeks=version.lag_weeks,
        strength=version.strength,
        falsifier=version.falsifier,
    )
