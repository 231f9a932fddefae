"""The sample's metrics: what they amount to in each quarter, and which follow each other from week to week."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleMetric:
    """`anchors`: ten values, the quarter before the first and quarters 0 to 8. `noise` in the metric's unit."""

    key: str
    name: str
    definition: str
    kind: str
    unit: str
    decimals: int
    aggregation: str
    anchors: tuple[float, ...]
    noise: float
    direction: str = "increase"
    owner: str = "product-manager"
    numerator: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class SampleLink:
    """How a goal's weekly ups and downs follow those of a metric: `share` is the correlation of their surprises."""

    metric: str
    lag_weeks: int
    share: float


METRICS = (
    SampleMetric(
        "net-revenue-retention",
        "Net revenue retention",
        "Revenue of the last 12 months from accounts that were customers a year ago, over their revenue then.",
        "impact",
        "%",
        1,
        "last",
        (100.9, 101.8, 102.7, 103.9, 105.2, 106.4, 107.6, 108.9, 109.3, 110.7),
        0.25,
    ),
    SampleMetric(
        "trial-to-paid",
        "Trial-to-paid conversion",
        "Share of trials started eight weeks ago that are paying accounts now.",
        "impact",
        "%",
        1,
        "last",
        (14.0, 14.6, 15.2, 16.9, 17.8, 18.7, 19.6, 19.7, 20.1, 22.1),
        0.25,
        owner="onboarding-lead",
    ),
    SampleMetric(
        "accounts-lost",
        "Accounts lost per month",
        "Accounts that ended in the four weeks before, over accounts at their start.",
        "impact",
        "%",
        2,
        "mean",
        (2.86, 2.77, 2.64, 2.58, 2.39, 2.26, 2.13, 2.04, 1.96, 1.85),
        0.06,
        direction="decrease",
        owner="dispatch-lead",
    ),
    SampleMetric(
        "paid-online",
        "Share of invoices paid online",
        "Invoices paid by card or bank link, over invoices paid.",
        "impact",
        "%",
        1,
        "last",
        (5.6, 7.4, 9.6, 11.9, 14.1, 16.0, 17.9, 19.6, 20.3, 22.7),
        0.2,
        owner="payments-lead",
    ),
    SampleMetric(
        "revenue-from-larger-trades",
        "Revenue from larger trades",
        "Share of recurring revenue from accounts with ten crews or more.",
        "impact",
        "%",
        1,
        "last",
        (18.3, 19.2, 20.7, 21.9, 24.1, 26.1, 24.9, 24.3, 23.9, 23.6),
        0.2,
        owner="design-lead",
    ),
    SampleMetric(
        "first-job-7d",
        "First job within 7 days",
        "New accounts that finish a real job within seven days of signing up, over new accounts.",
        "outcome",
        "%",
        1,
        "last",
        (34.8, 36.2, 38.1, 39.9, 41.0, 41.8, 42.4, 42.9, 43.3, 44.3),
        0.6,
        owner="onboarding-lead",
    ),
    SampleMetric(
        "setup-checklist",
        "Setup checklist finished",
        "New accounts that tick every step of the checklist.",
        "outcome",
        "%",
        1,
        "last",
        (55.0, 56.4, 59.0, 61.5, 63.9, 65.8, 67.6, 69.4, 70.9, 73.2),
        0.5,
        owner="onboarding-lead",
    ),
    SampleMetric(
        "data-imports",
        "Data imports that succeed",
        "Imports of customers and price lists without an error.",
        "outcome",
        "%",
        1,
        "last",
        (84.6, 85.4, 86.3, 87.2, 88.4, 89.5, 90.6, 91.5, 92.6, 94.1),
        0.4,
        owner="onboarding-lead",
    ),
    SampleMetric(
        "recurring-jobs",
        "Jobs that recur",
        "Jobs that were planned as a series, over all jobs.",
        "outcome",
        "%",
        1,
        "last",
        (21.0, 22.2, 23.5, 24.4, 26.3, 28.0, 29.6, 31.3, 32.7, 34.9),
        0.4,
        owner="dispatch-lead",
    ),
    SampleMetric(
        "active-dispatchers",
        "Weekly active dispatchers",
        "People who move a job on the plan in the week.",
        "outcome",
        "people",
        0,
        "mean",
        (1210, 1272, 1338, 1391, 1466, 1543, 1618, 1704, 1781, 1868),
        16,
        owner="dispatch-lead",
    ),
    SampleMetric(
        "jobs-per-account",
        "Jobs scheduled per active account",
        "Jobs put on the plan in the week, per account.",
        "outcome",
        "jobs",
        1,
        "mean",
        (8.4, 8.7, 9.0, 9.2, 9.7, 10.1, 10.4, 10.8, 10.7, 11.5),
        0.15,
        owner="dispatch-lead",
    ),
    SampleMetric(
        "multi-crew-boards",
        "Multi-crew boards in use",
        "Accounts that plan three crews or more on one board.",
        "outcome",
        "accounts",
        0,
        "last",
        (140, 163, 190, 224, 262, 308, 365, 431, 502, 606),
        5,
        owner="dispatch-lead",
    ),
    SampleMetric(
        "offline-sync",
        "Offline jobs that sync",
        "Jobs edited without a signal that arrive without a conflict.",
        "outcome",
        "%",
        1,
        "mean",
        (88.0, 89.0, 90.1, 90.7, 91.9, 92.8, 93.4, 94.1, 93.6, 94.2),
        0.4,
        owner="crew-app-lead",
    ),
    SampleMetric(
        "online-payment-accounts",
        "Accounts taking online payments",
        "Accounts with at least one online payment.",
        "outcome",
        "accounts",
        0,
        "last",
        (410, 470, 545, 622, 731, 842, 958, 1074, 1128, 1310),
        8,
        owner="payments-lead",
    ),
    SampleMetric(
        "days-to-get-paid",
        "Median days to get paid",
        "From the invoice to the payment, median of the week.",
        "outcome",
        "days",
        1,
        "mean",
        (18.9, 18.1, 17.4, 16.9, 15.8, 14.9, 14.2, 13.4, 13.6, 12.2),
        0.3,
        direction="decrease",
        owner="payments-lead",
    ),
    SampleMetric(
        "invoices-sent-24h",
        "Invoices sent within 24 hours",
        "Invoices sent within a day of the job's end.",
        "output",
        "invoices",
        0,
        "sum",
        (21000, 23300, 26100, 28800, 32300, 36100, 40300, 44700, 48700, 53100),
        60,
        owner="payments-lead",
    ),
    SampleMetric(
        "invoices-sent",
        "Invoices sent",
        "All invoices sent in the week.",
        "output",
        "invoices",
        0,
        "sum",
        (39000, 41500, 44600, 47600, 51200, 55100, 59300, 63800, 68200, 72400),
        80,
        owner="payments-lead",
    ),
    SampleMetric(
        "invoiced-in-24h",
        "Share invoiced within 24 hours",
        "Invoices sent within a day, over all invoices.",
        "outcome",
        "",
        3,
        "last",
        (),
        0,
        owner="payments-lead",
        numerator="invoices-sent-24h",
        denominator="invoices-sent",
    ),
)

# What the weeks of the goals' figures follow, so that the beliefs differ in what can be found out about them: three hold,
# one is the other way round, and of the rest nothing shows.
LINKS = {
    "net-revenue-retention": SampleLink("recurring-jobs", 4, 0.65),
    "trial-to-paid": SampleLink("first-job-7d", 4, 0.7),
    "paid-online": SampleLink("online-payment-accounts", 2, 0.7),
    "revenue-from-larger-trades": SampleLink("multi-crew-boards", 10, -0.65),
}
