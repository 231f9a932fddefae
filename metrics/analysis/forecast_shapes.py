"""What can be asked about a quarter, and the answer as a distribution."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]

FREEDOM: Final = 5
LEAST_CHANCE: Final = 0.01
COVERAGE: Final = 0.8
SPAN: Final = float(stdtrit(FREEDOM, 0.5 + COVERAGE / 2.0))
"""Half the width of the 80 % interval in standard deviations: 1.476."""
FAR: Final = 50.0
"""Standard deviations beyond which nothing is told apart; stands for a logarithm of zero or less."""


class Kind(StrEnum):
    """What of a quarter's values is its outcome."""

    LAST = "last"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True)
class Question:
    """What is asked about a quarter of which `known` has been seen and `periods_left` are to come.

    `known` are the quarter's values so far, in order, missing as NaN. `last_share` is the part of the last
    period that lies inside the quarter (weeks do not end with quarters); a sum and a mean count only that.
    """

    kind: Kind
    periods_left: int
    known: tuple[float, ...] = ()
    last_share: float = 1.0

    def __post_init__(self) -> None:
        if self.periods_left < 0:
            raise ValueError(f"periods_left must be 0 or more, not {self.periods_left}.")
        if not 0.0 < self.last_share <= 1.0:
            raise ValueError(f"last_share must be above 0 and at most 1, not {self.last_share}.")


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A quarter's outcome as a distribution. `low` to `high` is the 80 % interval, `centre` the median.

    `working_centre` and `scale` (before calibration) are of the part still to come, in the working scale;
    for a mean they are of its total. `known` is the part that is settled: a total, or the least or greatest
    value so far. `outcomes` are simulated outcomes in rising order, where no formula gives the distribution.
    """

    kind: Kind
    centre: float
    low: float
    high: float
    scale: float
    working_centre: float
    logged: bool
    known: float
    points: int
    calibration: float
    periods: float = 1.0
    outcomes: Floats | None = field(default=None, compare=False, repr=False)

    def chance(self, *, at_least: float | None = None, at_most: float | None = None) -> float:
        """Chance that the outcome reaches `at_least`, stays within `at_most`, or does both; 0.01 to 0.99.

        Raises ValueError when neither is given, or when the band is empty.
        """
        if at_least is None and at_most is None:
            raise ValueError("Say what is to be reached: at_least, at_most or both.")
        if at_least is not None and at_most is not None and at_least > at_most:
            raise ValueError(f"The band from {at_least} to {at_most} is empty.")
        chance = self._upto(at_most, inclusive=True) - self._upto(at_least, inclusive=False)
        return float(np.clip(chance, LEAST_CHANCE, 1.0 - LEAST_CHANCE))

    def standardised(self, outcome: float) -> float:
        """How many standard deviations, before calibration, the outcome came out above the centre.

        For fitting the calibration to past forecasts. NaN where the outcome had been settled already.
        """
        if self.outcomes is None:
            return self._distance(outcome)
        if self.scale == 0.0:
            return float("nan")
        share = np.clip(self._rank(outcome), 0.5 / len(self.outcomes), 1.0 - 0.5 / len(self.outcomes))
        return float(stdtrit(FREEDOM, share)) * self.calibration

    def _upto(self, bound: float | None, *, inclusive: bool) -> float:
        """Probability of an outcome below `bound` (or equal to it, if `inclusive`)."""
        if bound is None:
            return 1.0 if inclusive else 0.0
        if self.outcomes is not None:
            below = self.outcomes <= bound if inclusive else self.outcomes < bound
            return float(below.mean())
        return float(stdtr(FREEDOM, self._distance(bound) / self.calibration))

    def _distance(self, outcome: float) -> float:
        rest = outcome * self.periods - self.known
        if self.logged:
            if rest <= 0.0:
                return -FAR
            rest = float(np.log(rest))
        return (rest - self.working_centre) / self.scale

    def _rank(self, outcome: float) -> float:
        return 0.5 * (self._upto(outcome, inclusive=False) + self._upto(outcome, inclusive=True))
