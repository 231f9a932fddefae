"""One verdict as plain values: what the sentences and charts of its page are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

NAMED_LAGS = 3  # a believed lag narrows the test to itself and its neighbours


@dataclass(frozen=True)
class Side:
    """The metric or the goal's figure: its name, and how its values are written."""

    name: str
    unit: str = ""
    decimals: int = 0
    logged: bool = False  # its changes were compared in per cent


@dataclass(frozen=True)
class LagRow:
    """What was found at one lag, for looking: association and effect with their intervals, in analysed units."""

    lag: int
    association: float
    low: float
    high: float
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None


@dataclass(frozen=True)
class AsideRow:
    """One period that the test did not use: its first day, and why."""

    start: date
    reason: str


@dataclass(frozen=True)
class Shift:
    """A jump in the level of one side, from this day on, that was not counted as evidence."""

    start: date
    side: str  # "metric" or "goal"


@dataclass(frozen=True)
class WeakPoint:
    """The most fragile thing about a result, as found by the run: a kind and the figures that belong to it."""

    kind: str
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A verdict. Lags and counts are in periods of `frequency` (weekly, monthly or quarterly)."""

    verdict: str
    metric: Side
    goal: Side
    goal_up: bool = True  # believed: the goal moves the same way
    reason: str = ""
    provisional: bool = False
    arithmetic: bool = False
    frequency: str = "weekly"
    window_start: date | None = None
    window_end: date | None = None
    periods: int = 0
    rows_used: int = 0
    lags: Sequence[int] = ()
    lag: int | None = None
    plausible: Sequence[int] = ()
    p_adjusted: float | None = None
    family: int = 0
    association: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    smallest_link: float = 0.3
    minimum_detectable: float | None = None
    periods_to_settle: int | None = None
    settles_late: bool = False
    lag_rows: Sequence[LagRow] = ()
    seasons: Sequence[str] = ()
    shifts: Sequence[Shift] = ()
    aside: Sequence[AsideRow] = ()
    weak: WeakPoint | None = None
    after_wording: int | None = None

    @property
    def is_found(self) -> bool:
        """Whether a link was found, as believed or the other way round."""
        return self.verdict == "supported" or self.reason == "opposite"

    @property
    def is_enough(self) -> bool:
        """Whether there was enough to say anything: fewer periods would show luck as numbers."""
        return self.verdict not in {"untested", "not_enough_data"} and not self.arithmetic

    @property
    def moved_up(self) -> bool:
        """Whether the goal went up after the metric ran above its usual level."""
        measure = self.effect if self.effect is not None else self.association
        return (measure or 0.0) > 0

    @property
    def lag_named(self) -> bool:
        """Whether the test looked around a believed lag only."""
        return 0 < len(self.lags) <= NAMED_LAGS

    def row_at(self, lag: int | None) -> LagRow | None:
        """What was found at this lag."""
        return next((row for row in self.lag_rows if row.lag == lag), None)

    @property
    def row(self) -> LagRow | None:
        """What was found at the lag that was chosen."""
        return self.row_at(self.lag)
