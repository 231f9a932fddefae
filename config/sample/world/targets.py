"""What the sample's teams commit to, and its two contests about the targets of goals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleTarget:
    """A team's commits on one metric for quarters 0 to 8."""

    team: str
    metric: str
    commits: tuple[float, ...]


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

# The contest of the past: opened after quarter 2, decided in quarter 3, in force from quarter 4.
PAST_CONTEST_GOAL = "get-paid-online"
PAST_CONTEST_TARGETS = (15.5, 17.5, 19.0, 21.0, 22.0, 23.5, 25.0)  # quarters 4 to 10
PAST_CONTEST_TITLE = "Follow the pace that accounts can take"
OPEN_CONTEST_GOAL = "win-larger-trades"
OPEN_CONTEST_TARGETS = (25.0, 26.0, 27.0, 28.0)
