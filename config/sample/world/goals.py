"""The sample's goals, and what is believed to move them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleMapping:
    metric: str
    belief: str
    direction: str
    effect: float
    lag_weeks: int
    strength: int
    falsifier: str
    owner: str


@dataclass(frozen=True)
class SampleGoal:
    key: str
    title: str
    bet: str
    owner: str
    metric: str
    direction: str
    baseline: float
    horizon: str
    targets: tuple[float, ...]  # quarters 0 to 10
    mappings: tuple[SampleMapping, ...] = ()
    guardrails: tuple[str, ...] = ()


GOALS = (
    SampleGoal(
        "customers-grow",
        "Customers grow with us",
        "Offices that plan recurring work with us add crews and seats every season, without a sales call.",
        "product-manager",
        "net-revenue-retention",
        "increase",
        100.9,
        "long",
        (101.5, 102.5, 104.5, 105.0, 106.0, 107.5, 108.5, 109.0, 110.0, 111.0, 112.0),
        (
            SampleMapping(
                "recurring-jobs",
                "a series of jobs makes next season's work visible, so offices keep and add seats",
                "+",
                0.7,
                4,
                3,
                "Two quarters of more recurring jobs without better retention.",
                "dispatch-lead",
            ),
            SampleMapping(
                "active-dispatchers",
                "every dispatcher who plans with us brings a crew along",
                "+",
                0.01,
                6,
                2,
                "More dispatchers, and no more revenue from the same accounts.",
                "dispatch-lead",
            ),
        ),
        ("accounts-lost",),
    ),
    SampleGoal(
        "more-trials-pay",
        "More trials become customers",
        "People pay once they have run a real job with us. If new accounts finish setup and a first job in their "
        "first week, more trials will become customers.",
        "onboarding-lead",
        "trial-to-paid",
        "increase",
        14.0,
        "short",
        (14.5, 15.5, 16.5, 17.5, 18.5, 19.5, 20.5, 21.0, 21.5, 22.0, 22.5),
        (
            SampleMapping(
                "first-job-7d",
                "a finished job is the moment the value shows",
                "+",
                0.6,
                4,
                3,
                "First jobs rise by five points and conversion stays where it is.",
                "onboarding-lead",
            ),
            SampleMapping(
                "setup-checklist",
                "a finished setup removes the reasons to give up",
                "+",
                0.3,
                3,
                3,
                "The checklist is finished more often and conversion does not follow.",
                "onboarding-lead",
            ),
            SampleMapping(
                "data-imports",
                "with their own price list in it, the product is theirs",
                "+",
                0.2,
                4,
                1,
                "Imports succeed more often and conversion does not follow.",
                "onboarding-lead",
            ),
        ),
    ),
    SampleGoal(
        "fewer-accounts-leave",
        "Fewer accounts leave",
        "Accounts stay when the plan is full and crews can rely on it on site.",
        "dispatch-lead",
        "accounts-lost",
        "decrease",
        2.86,
        "long",
        (2.80, 2.70, 2.50, 2.40, 2.30, 2.20, 2.05, 2.00, 1.90, 1.80, 1.75),
        (
            SampleMapping(
                "jobs-per-account",
                "an account with a full plan has no time to look elsewhere",
                "-",
                0.3,
                6,
                3,
                "Fuller plans and no fewer accounts lost for two quarters.",
                "dispatch-lead",
            ),
            SampleMapping(
                "offline-sync",
                "lost notes on site are the complaint we hear most before an account leaves",
                "-",
                0.1,
                4,
                2,
                "Sync gets better and the reasons for leaving stay the same.",
                "crew-app-lead",
            ),
        ),
    ),
    SampleGoal(
        "get-paid-online",
        "Customers get paid online",
        "Trades that are paid through us are paid sooner, and we earn with every payment.",
        "payments-lead",
        "paid-online",
        "increase",
        5.6,
        "short",
        (8.0, 11.0, 14.0, 17.0, 20.0, 23.0, 26.0, 29.0, 32.0, 35.0, 38.0),
        (
            SampleMapping(
                "online-payment-accounts",
                "an account that has taken one online payment sends the next invoice with a link",
                "+",
                0.01,
                2,
                3,
                "More accounts take payments, and the share of invoices paid online stays.",
                "payments-lead",
            ),
            SampleMapping(
                "days-to-get-paid",
                "being paid sooner is why offices ask customers to pay online",
                "-",
                0.5,
                2,
                2,
                "Payment gets faster and the share does not grow.",
                "payments-lead",
            ),
            SampleMapping(
                "invoiced-in-24h",
                "an invoice that comes while the crew is still remembered is paid at once",
                "+",
                0.2,
                3,
                1,
                "Faster invoices, same share.",
                "payments-lead",
            ),
        ),
    ),
    SampleGoal(
        "win-larger-trades",
        "Win larger trade businesses",
        "Businesses with ten crews and more need one board for all of them. With it they choose us.",
        "design-lead",
        "revenue-from-larger-trades",
        "increase",
        18.3,
        "long",
        (19.0, 20.5, 22.5, 23.5, 26.0, 27.5, 29.0, 31.0, 33.0, 34.0, 35.0),
        (
            SampleMapping(
                "multi-crew-boards",
                "a board for many crews is what the larger ones say is missing",
                "+",
                0.05,
                10,
                3,
                "Boards are used twice as much and the share does not rise.",
                "design-lead",
            ),
        ),
    ),
)
