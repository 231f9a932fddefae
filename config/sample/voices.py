"""What people of the sample have added: events, other explanations, insights and reviews. All of it is made up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from config.sample.world.voices import EVENTS, EXPLANATIONS, INSIGHTS, SampleEvent, SampleInsight
from metrics.models import Event
from metrics.services import event_create
from strategy.models import Goal, Mapping
from strategy.services.explanations import explanation_create
from strategy.services.insights import insight_create
from strategy.services.reviews import mapping_keep, mapping_review_adjust

if TYPE_CHECKING:
    from config.sample.build import Sample


def voices_tell(sample: Sample) -> None:
    """Adds them as they would have come: each on its day, by whoever was told."""
    events = {fact.key: _event_add(sample, fact) for fact in EVENTS}
    for explanation in EXPLANATIONS:
        explanation_create(
            mapping=_belief(sample, explanation.goal, explanation.metric),
            title=explanation.title,
            text=explanation.text,
            event=events.get(explanation.event),
            actor=sample.people[explanation.author],
            now=sample.now,
        )
    for insight in INSIGHTS:
        _insight_add(sample, insight)


def _event_add(sample: Sample, fact: SampleEvent) -> Event:
    day = _day(sample, fact.quarter, fact.day)
    return event_create(
        product=sample.product,
        metric=sample.metrics.get(fact.metric),
        title=fact.title,
        text=fact.text,
        kind=fact.kind,
        starts_on=day,
        ends_on=day + timedelta(days=fact.days - 1),
        set_aside=fact.set_aside,
        actor=sample.people[fact.author],
        now=sample.at(day + timedelta(days=fact.days)),
    )


def _insight_add(sample: Sample, fact: SampleInsight) -> None:
    day = _day(sample, fact.quarter, fact.day)
    insight_create(
        product=sample.product,
        mapping=_belief(sample, fact.goal, fact.metric) if fact.metric else None,
        goal=None if fact.metric else sample.goals[fact.goal],
        text=fact.text,
        is_quote=fact.is_quote,
        source=fact.source,
        segment=fact.segment,
        dated=day,
        stance=fact.stance,
        actor=sample.people[fact.author],
        now=sample.at(day, 15),
    )


def reviews_hold(sample: Sample, *, after: datetime | None, until: datetime) -> None:
    """The reviews of the days between both moments, each beside the verdict that was stated then.

    One belief was kept whose next review has come and gone, one adjusted, and one kept after the newest quarter.
    """

    def is_now(at: datetime) -> bool:
        return (after is None or at > after) and at <= until

    if is_now(at := _past(sample, 6, 12)):
        mapping_keep(
            mapping=_belief(sample, "win-larger-trades", "multi-crew-boards"),
            reason="Boards are in use for a quarter only, and larger businesses take longer than that to choose.",
            actor=sample.people["design-lead"],
            now=at,
        )
    if is_now(at := _past(sample, 6, 20)):
        mapping_review_adjust(
            mapping=_belief(sample, "fewer-accounts-leave", "offline-sync"),
            changes={"lag_weeks": 8},
            reason="Accounts leave at the end of a billing period, so a change shows two months later at the earliest.",
            actor=sample.people["design-lead"],
            now=at,
        )
    if is_now(at := _past(sample, 8, 15)):
        mapping_keep(
            mapping=_belief(sample, "customers-grow", "recurring-jobs"),
            reason="Four quarters of figures and the visits of spring say that planned seasons come before new seats.",
            actor=sample.manager,
            now=at,
        )


def _belief(sample: Sample, goal: str, metric: str) -> Mapping:
    owner: Goal = sample.goals[goal]
    found: Mapping = owner.mappings.get(metric=sample.metrics[metric])
    return found


def _day(sample: Sample, quarter: int, day: int) -> date:
    return sample.quarters[quarter].start + timedelta(days=day)


def _past(sample: Sample, quarter: int, day: int) -> datetime:
    """That day, or now where it is still to come."""
    return min(sample.at(_day(sample, quarter, day), 11), sample.now)
