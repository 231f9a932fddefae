"""What people of the sample have added: events, other explanations, insights and reviews. All of it is made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from metrics.models import Event
from metrics.services import event_create
from strategy.models import Goal, Mapping
from strategy.services.explanations import explanation_create
from strategy.services.insights import insight_create
from strategy.services.reviews import mapping_keep, mapping_review_adjust

if TYPE_CHECKING:
    from config.sample.build import Sample


@dataclass(frozen=True)
class SampleEvent:
    """Day `day` of quarter `quarter`, for `days` days; no metric means all of the product."""

    key: str
    title: str
    text: str
    kind: str
    metric: str
    quarter: int
    day: int
    author: str
    days: int = 1
    set_aside: bool = False


@dataclass(frozen=True)
class SampleExplanation:
    goal: str
    metric: str
    title: str
    text: str
    author: str
    event: str = ""


@dataclass(frozen=True)
class SampleInsight:
    """On the belief about `metric` under the goal, or without a metric on the goal as a whole."""

    goal: str
    metric: str
    stance: str
    text: str
    source: str
    segment: str
    quarter: int
    day: int
    author: str
    is_quote: bool = True


EVENTS = (
    SampleEvent(
        "boards-for-all",
        "Boards for many crews opened to every plan",
        "Before, only the largest plan had them.",
        "release",
        "multi-crew-boards",
        4,
        5,
        "dispatch-lead",
    ),
    SampleEvent(
        "seat-price",
        "Seat price raised above ten crews",
        "By 12%. Accounts with fewer crews pay as before.",
        "pricing",
        "",
        5,
        6,
        "product-manager",
    ),
    SampleEvent(
        "counted-twice",
        "Sign-ups were counted twice",
        "A form sent them again after a time-out. Mended; the week is not restated.",
        "tracking",
        "first-job-7d",
        4,
        33,
        "onboarding-engineer",
        days=7,
        set_aside=True,
    ),
    SampleEvent(
        "payments-down",
        "Card payments failed for three days",
        "The provider of payments was down.",
        "outage",
        "online-payment-accounts",
        6,
        40,
        "payments-lead",
        days=3,
        set_aside=True,
    ),
    SampleEvent(
        "trade-fair",
        "Trade fair",
        "Trials come in larger numbers, and from the curious.",
        "marketing",
        "",
        7,
        47,
        "research-lead",
        days=4,
    ),
)

EXPLANATIONS = (
    SampleExplanation(
        "win-larger-trades",
        "multi-crew-boards",
        "The seat price rose for accounts with ten crews and more",
        "It could have pushed larger accounts away while boards came into use.",
        "payments-lead",
        event="seat-price",
    ),
    SampleExplanation(
        "win-larger-trades",
        "multi-crew-boards",
        "Small accounts grew faster",
        "The goal is a share. Revenue from larger trades grew as well, but more slowly than the rest.",
        "research-lead",
    ),
    SampleExplanation(
        "more-trials-pay",
        "first-job-7d",
        "The trade fair brought trials that never meant to pay",
        "They finish a first job to see it, and leave.",
        "onboarding-lead",
        event="trade-fair",
    ),
    SampleExplanation(
        "fewer-accounts-leave",
        "jobs-per-account",
        "A mild winter",
        "Trades had work all through the season and no reason to change tools.",
        "dispatch-lead",
    ),
)

INSIGHTS = (
    SampleInsight(
        "win-larger-trades", "multi-crew-boards", "against",
        "The board is fine. We left because anyone could approve overtime.",
        "Exit call", "Roofing, 22 crews", 7, 20, "research-lead",
    ),
    SampleInsight(
        "win-larger-trades", "multi-crew-boards", "against",
        "Each branch plans its own crews. I need to see cost, not who is where.",
        "Interview", "Operations lead, 14 crews", 7, 61, "research-lead",
    ),
    SampleInsight(
        "win-larger-trades", "multi-crew-boards", "for",
        "We moved two depots over because of the board.",
        "Customer visit", "Landscaping, 11 crews", 7, 33, "dispatch-lead",
    ),
    SampleInsight(
        "win-larger-trades", "", "against",
        "Four of the five larger accounts that left had asked for approval of overtime.",
        "Review of exit calls", "Accounts with ten crews and more", 7, 70, "research-lead", is_quote=False,
    ),
    SampleInsight(
        "more-trials-pay", "first-job-7d", "for",
        "Once the first invoice was out, I showed it to my partner and we paid.",
        "Interview", "Painter, 3 crews", 6, 55, "onboarding-lead",
    ),
    SampleInsight(
        "more-trials-pay", "first-job-7d", "against",
        "I did a job with it on the first day. The price made me think twice.",
        "Survey after the trial", "Electrician, 2 crews", 7, 52, "design-lead",
    ),
    SampleInsight(
        "more-trials-pay", "setup-checklist", "against",
        "Half of those who finish the checklist say that they ticked steps off to be rid of it.",
        "Watching ten new accounts", "New accounts", 7, 40, "onboarding-engineer", is_quote=False,
    ),
    SampleInsight(
        "fewer-accounts-leave", "offline-sync", "for",
        "My people stopped calling about lost notes.",
        "Support ticket", "Heating, 6 crews", 6, 30, "crew-app-lead",
    ),
    SampleInsight(
        "customers-grow", "recurring-jobs", "for",
        "With next spring in the plan, I hired two people in January.",
        "Customer visit", "Gardening, 5 crews", 7, 12, "dispatch-designer",
    ),
    SampleInsight(
        "get-paid-online", "days-to-get-paid", "neutral",
        "My customers pay when their own customers pay. The link changes little.",
        "Interview", "Plumbing, 8 crews", 7, 44, "payments-lead",
    ),
)  # fmt: skip


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
    _reviews_hold(sample)


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


def _reviews_hold(sample: Sample) -> None:
    """One belief kept after the newest quarter, one adjusted, and one whose next review has come and gone."""
    mapping_keep(
        mapping=_belief(sample, "customers-grow", "recurring-jobs"),
        reason="Four quarters of figures and the visits of spring say that planned seasons come before new seats.",
        actor=sample.manager,
        now=_past(sample, 8, 15),
    )
    mapping_review_adjust(
        mapping=_belief(sample, "fewer-accounts-leave", "offline-sync"),
        changes={"lag_weeks": 8},
        reason="Accounts leave at the end of a billing period, so a change shows two months later at the earliest.",
        actor=sample.people["design-lead"],
        now=_past(sample, 6, 20),
    )
    mapping_keep(
        mapping=_belief(sample, "win-larger-trades", "multi-crew-boards"),
        reason="Boards are in use for a quarter only, and larger businesses take longer than that to choose.",
        actor=sample.people["design-lead"],
        now=_past(sample, 6, 12),
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
