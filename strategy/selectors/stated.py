"""The stated verdict of a belief as lists and badges show it. It is read from the store; nothing is tested here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from common.display import values
from strategy.calculations.effect_words import noun_of
from strategy.models import Mapping, MappingVerdict

# What a list never needs of a verdict: both series alone are larger than all else on the page.
HEAVY = ("series", "facts", "lags", "plausible_lags")


def stated_heavy(path: str = "") -> list[str]:
    """The fields to defer where stated verdicts are joined in; `path` leads to the mapping, as "mapping__"."""
    return verdict_heavy(f"{path}stated_verdict")


def verdict_heavy(path: str) -> list[str]:
    """The fields to defer of the verdict that `path` leads to."""
    return [f"{path}__{name}" for name in HEAVY]


@dataclass(frozen=True)
class Stated:
    """One verdict for a badge and the line under it. Never shown without its number of periods and its date."""

    code: str = "untested"
    reason: str = ""
    provisional: bool = False
    arithmetic: bool = False
    frequency: str = "weekly"
    rows_used: int = 0
    periods: int = 0
    lag: int | None = None
    week: date | None = None
    window_end: date | None = None

    @property
    def noun(self) -> str:
        return noun_of(self.frequency)

    @property
    def lag_text(self) -> str:
        """ "3 weeks"; a dash where no lag was found."""
        return values.NOTHING if self.lag is None else values.plural(self.lag, self.noun)

    @property
    def later(self) -> str:
        """ "3 weeks later", "in the same week"; empty where no lag was found."""
        if self.lag is None:
            return ""
        return f"{self.lag_text} later" if self.lag else f"in the same {self.noun}"

    @property
    def compared_text(self) -> str:
        """How much it rests on: "98 of 104 weeks"."""
        if not self.periods:
            return values.NOTHING
        if not self.rows_used or self.rows_used == self.periods:
            return values.plural(self.periods, self.noun)
        return f"{values.number(self.rows_used)} of {values.plural(self.periods, self.noun)}"

    @property
    def detail(self) -> str:
        """Lag, number of periods and date in one line; empty for what was never tested."""
        if self.week is None:
            return ""
        if self.arithmetic:
            return "by arithmetic, nothing to test"
        parts = [] if self.lag is None else [f"lag {self.lag_text}"]
        return ", ".join(
            [*parts, self.compared_text, f"to {values.short_date(self.window_end or self.week)}"]
        )


UNTESTED = Stated()


def stated_from(verdict: MappingVerdict | None) -> Stated:
    """The verdict as plain values; untested for None."""
    if verdict is None:
        return UNTESTED
    found = (
        verdict.verdict == MappingVerdict.Verdict.SUPPORTED
        or verdict.reason == MappingVerdict.Reason.OPPOSITE
    )
    return Stated(
        code=verdict.verdict,
        reason=verdict.reason,
        provisional=verdict.provisional,
        arithmetic=verdict.arithmetic,
        frequency=verdict.frequency,
        rows_used=verdict.rows_used,
        periods=verdict.periods,
        lag=verdict.lag if found else None,
        week=verdict.week,
        window_end=verdict.window_end,
    )


def stated_of(mapping: Mapping) -> Stated:
    """The stated verdict of a belief whose `stated_verdict` was joined in (see `stated_heavy`)."""
    return stated_from(mapping.stated_verdict)
