"""What the sample's people have to add: events, other explanations and insights."""

from __future__ import annotations

from dataclasses import dataclass


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
