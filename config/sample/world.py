"""The facts of the sample organisation. All figures are made up; people are named by their role.

Quarters are counted from the oldest of eight closed ones (0) to the newest (7); 8 is the open quarter.
Anchors are what a metric amounts to in each quarter, so that every verdict in the sample is chosen, not lucky.
"""

from __future__ import annotations

from dataclasses import dataclass

CLOSED = 8
SEED = 20
PRODUCT_NAME = "Fieldnote (sample)"
PRODUCT_TEXT = "Sample data: a fictional product that helps trade businesses plan jobs and get paid."
MAIL_DOMAIN = "sample.invalid"


@dataclass(frozen=True)
class SamplePerson:
    key: str
    name: str
    memberships: tuple[tuple[str, str], ...] = ()  # (team slug, role)
    is_leader: bool = False
    is_admin: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{MAIL_DOMAIN}"


@dataclass(frozen=True)
class SampleTeam:
    slug: str
    name: str
    purpose: str


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


@dataclass(frozen=True)
class SampleTarget:
    """A team's commits on one metric for quarters 0 to 8."""

    team: str
    metric: str
    commits: tuple[float, ...]


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


TEAMS = (
    SampleTeam(
        "onboarding", "Onboarding", "New accounts finish their first real job within a week of signing up."
    ),
    SampleTeam("dispatch", "Dispatch", "Offices plan every crew's week in one place."),
    SampleTeam("payments", "Payments", "A finished job is invoiced the same day and paid online."),
    SampleTeam("crew-app", "Crew app", "Crews have what they need on site, with or without a signal."),
)

PEOPLE = (
    SamplePerson("admin", "Sample admin", is_admin=True),
    SamplePerson("leader", "Managing director", is_leader=True),
    SamplePerson("product-manager", "Product manager", (("product-team", "product_manager"),)),
    SamplePerson("design-lead", "Design lead", (("product-team", "lead"),)),
    SamplePerson("research-lead", "Research lead", (("product-team", "lead"),)),
    SamplePerson("onboarding-lead", "Onboarding lead", (("onboarding", "member"),)),
    SamplePerson("onboarding-engineer", "Onboarding engineer", (("onboarding", "member"),)),
    SamplePerson("dispatch-lead", "Dispatch lead", (("dispatch", "member"),)),
    SamplePerson("dispatch-designer", "Dispatch designer", (("dispatch", "member"),)),
    SamplePerson("payments-lead", "Payments lead", (("payments", "member"),)),
    SamplePerson("crew-app-lead", "Crew app lead", (("crew-app", "member"),)),
    SamplePerson("support-analyst", "Support analyst", (("product-team", "viewer"),)),
)

# The logins that `manage.py up` prints, one a role.
LOGIN_ROLES = (
    ("Product manager", "product-manager"),
    ("Stream Team member", "onboarding-lead"),
    ("Viewer", "support-analyst"),
    ("Organisation leader", "leader"),
    ("Admin", "admin"),
)

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

# What the weeks of the goals' figures follow, so that the beliefs differ in what can be found out about them: three hold,
# one is the other way round, and of the rest nothing shows.
LINKS = {
    "net-revenue-retention": SampleLink("recurring-jobs", 4, 0.65),
    "trial-to-paid": SampleLink("first-job-7d", 4, 0.7),
    "paid-online": SampleLink("online-payment-accounts", 2, 0.7),
    "revenue-from-larger-trades": SampleLink("multi-crew-boards", 10, -0.65),
}

# The contest of the past: opened after quarter 2, decided in quarter 3, in force from quarter 4.
PAST_CONTEST_GOAL = "get-paid-online"
PAST_CONTEST_TARGETS = (15.5, 17.5, 19.0, 21.0, 22.0, 23.5, 25.0)  # quarters 4 to 10
PAST_CONTEST_TITLE = "Follow the pace that accounts can take"
OPEN_CONTEST_GOAL = "win-larger-trades"
OPEN_CONTEST_TARGETS = (25.0, 26.0, 27.0, 28.0)

TARGETS = (
    SampleTarget("onboarding", "first-job-7d", (36.0, 38.0, 39.5, 41.0, 41.5, 42.0, 44.0, 45.0, 46.0)),
    SampleTarget("onboarding", "setup-checklist", (56.0, 58.5, 62.5, 64.5, 65.0, 67.0, 69.0, 70.0, 72.0)),
    SampleTarget("onboarding", "data-imports", (85.0, 87.0, 87.0, 88.0, 89.0, 90.0, 91.0, 92.0, 93.0)),
    SampleTarget("dispatch", "recurring-jobs", (22.0, 23.0, 25.0, 26.0, 27.5, 29.0, 31.0, 32.5, 34.0)),
    SampleTarget("dispatch", "active-dispatchers", (1260, 1330, 1420, 1450, 1530, 1600, 1690, 1770, 1840)),
    SampleTarget("dispatch", "jobs-per-account", (8.6, 9.0, 9.4, 9.6, 10.0, 10.4, 10.7, 11.2, 11.3)),
    SampleTarget("dispatch", "multi-crew-boards", (160, 185, 220, 255, 300, 355, 420, 490, 560)),
    SampleTarget("crew-app", "offline-sync", (89.0, 90.0, 91.0, 91.5, 92.5, 93.0, 94.0, 95.0, 95.0)),
    SampleTarget("payments", "online-payment-accounts", (480, 560, 640, 725, 830, 950, 1060, 1180, 1260)),
    SampleTarget("payments", "days-to-get-paid", (18.0, 17.0, 16.5, 16.0, 15.0, 14.5, 13.5, 12.8, 12.5)),
    SampleTarget("payments", "invoiced-in-24h", (0.55, 0.58, 0.6, 0.625, 0.65, 0.675, 0.695, 0.71, 0.725)),
)
