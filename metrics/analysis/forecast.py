"""What a quarter will come to, and how likely it is to reach a target.

The method: the mean of three plain forecasts of the seasonally adjusted series (`forecast_members`,
`forecast_season`), with an error scale that blends how far this very forecast was off before with what the
model implies, a Student t distribution with 5 degrees of freedom, and one calibration constant per frequency.
Each step cites its source where it is done; the measurements stand in docs/decisions.

Units: values come in and go out in the metric's own scale. Inside, a series is divided by its largest size
and, where that describes it better, logged (the *working scale*).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.analysis.forecast_members import (
    Members,
    last_theory,
    members_fit,
    outcome_spread,
    step_spread,
    sum_theory,
)
from metrics.analysis.forecast_record import (
    RECORD_NEEDED,
    Bin,
    brier,
    calibration_fit,
    coverage,
    pace_project,
    reliability,
    reliability_term,
)
from metrics.analysis.forecast_season import logged_choose, season_fit
from metrics.analysis.forecast_shapes import COVERAGE, FREEDOM, SPAN, Forecast, Kind, Question

__all__ = [
    "CALIBRATION",
    "COVERAGE",
    "FORECAST_VERSION",
    "FREEDOM",
    "POINTS_NEEDED",
    "RECORD_NEEDED",
    "Bin",
    "Forecast",
    "Kind",
    "Question",
    "brier",
    "calibration_fit",
    "coverage",
    "forecast_make",
    "forecast_many",
    "pace_project",
    "reliability",
    "reliability_term",
]

Floats = NDArray[np.float64]

FORECAST_VERSION: Final = "ens-2"
POINTS_NEEDED: Final = 12
CALIBRATION: Final = {"weekly": 1.00, "monthly": 1.00, "quarterly": 1.05}
DRAWS: Final = 2000
BATCH: Final = 256
FARTHEST_LOG: Final = 400.0


@dataclass(frozen=True)
class _Task:
    """One series made ready: gaps filled, unit taken out, and what is asked of its coming periods."""

    place: int
    values: Floats  # divided by the unit
    unit: float
    points: int
    kind: Kind
    known: Floats
    ahead: int  # periods to forecast: those of the quarter and, before them, any not delivered yet
    inside: int  # how many of them lie in the quarter
    last_share: float

    def weights(self) -> Floats:
        """How much of each period ahead counts in the quarter."""
        weights = np.r_[np.zeros(self.ahead - self.inside), np.ones(self.inside)]
        weights[-1] = self.last_share
        return weights


def forecast_make(
    history: ArrayLike,
    *,
    frequency: str,
    question: Question,
    calibration: float | None = None,
    seed: int = 0,
) -> Forecast | None:
    """Forecasts a quarter's outcome from `history`, the values up to now, oldest first, missing as NaN.

    The history includes the part of the quarter already seen. Gives None below twelve values: too few to say
    how wrong a forecast is. Periods missing at the end are forecast too. `calibration` widens the spread (by
    default the constant measured for the frequency); `seed` is of the paths simulated for a least or
    greatest value. Raises ValueError on an unknown frequency, an infinite value, or a quarter without periods.
    """
    return forecast_many(
        [history], frequency=frequency, questions=[question], calibration=calibration, seed=seed
    )[0]


def forecast_many(
    histories: Sequence[ArrayLike],
    *,
    frequency: str,
    questions: Sequence[Question],
    calibration: float | None = None,
    seed: int = 0,
) -> list[Forecast | None]:
    """Forecasts many series, one question each, in the order given. See `forecast_make`.

    Series of equal length with the same kind of question are computed together.
    """
    if frequency not in CALIBRATION:
        raise ValueError(f"Unknown frequency {frequency!r}: use one of {', '.join(CALIBRATION)}.")
    if len(histories) != len(questions):
        raise ValueError(f"{len(histories)} histories but {len(questions)} questions.")
    factor = CALIBRATION[frequency] if calibration is None else calibration

    found: list[Forecast | None] = [None] * len(histories)
    groups: dict[tuple[int, int, int, float, Kind], list[_Task]] = defaultdict(list)
    for place, (history, question) in enumerate(zip(histories, questions, strict=True)):
        task = _prepared(place, history, question)
        if task is None:
            continue
        if task.ahead == 0:
            found[place] = _settled(task, factor)
            continue
        groups[len(task.values), task.ahead, task.inside, task.last_share, task.kind].append(task)
    for tasks in groups.values():
        for start in range(0, len(tasks), BATCH):
            for task, forecast in _group_forecast(tasks[start : start + BATCH], frequency, factor, seed):
                found[task.place] = forecast
    return found


def _prepared(place: int, history: ArrayLike, question: Question) -> _Task | None:
    """Drops what is missing at both ends, fills gaps in between on a straight line, and takes the unit out."""
    values = np.asarray(history, dtype=np.float64)
    known = np.array(question.known, dtype=np.float64)
    if np.isinf(values).any() or np.isinf(known).any():
        raise ValueError("A value is infinite.")
    if not question.periods_left and not len(known):
        raise ValueError("The quarter has no periods: give known values or periods_left.")
    seen = np.flatnonzero(np.isfinite(values))
    if len(seen) < POINTS_NEEDED:
        return None

    absent = len(values) - 1 - int(seen[-1])
    values = values[seen[0] : seen[-1] + 1]
    values = np.interp(np.arange(len(values)), seen - seen[0], values[seen - seen[0]])
    known = known[: max(len(known) - absent, 0)]
    late = len(question.known) - len(known)
    if np.isnan(known).any():
        filled = values[-len(known) :] if len(known) <= len(values) else np.full(len(known), values.mean())
        known = np.where(np.isnan(known), filled, known)
    unit = float(np.abs(values).max()) or 1.0
    inside = question.periods_left + late
    return _Task(
        place=place,
        values=values / unit,
        unit=unit,
        points=len(seen),
        kind=question.kind,
        known=known,
        ahead=question.periods_left + absent if inside else 0,
        inside=inside,
        last_share=question.last_share,
    )


def _settled(task: _Task, calibration: float) -> Forecast:
    """The forecast of a quarter that is over: its outcome."""
    whole = {Kind.LAST: task.known[-1], Kind.SUM: task.known.sum(), Kind.MEAN: task.known.mean()}
    whole |= {Kind.MIN: task.known.min(), Kind.MAX: task.known.max()}
    outcome = float(whole[task.kind])
    return Forecast(
        kind=task.kind,
        centre=outcome,
        low=outcome,
        high=outcome,
        scale=0.0,
        working_centre=outcome,
        logged=False,
        known=outcome,
        points=task.points,
        calibration=calibration,
        outcomes=np.array([outcome]),
    )


def _group_forecast(
    tasks: list[_Task], frequency: str, calibration: float, seed: int
) -> list[tuple[_Task, Forecast]]:
    """Forecasts tasks that differ in nothing but their values."""
    values = np.stack([task.values for task in tasks])
    logged = logged_choose(values)
    made = []
    for wanted in (False, True):
        rows = np.flatnonzero(logged == wanted)
        if not len(rows):
            continue
        working = np.log(values[rows]) if wanted else values[rows]
        fitted = _Fitted.of(working, frequency=frequency, ahead=tasks[0].ahead, logged=wanted)
        chosen = [tasks[row] for row in rows]
        if chosen[0].kind in (Kind.MIN, Kind.MAX):
            forecasts = _by_paths(chosen, fitted, calibration, seed)
        else:
            forecasts = _by_formula(chosen, fitted, calibration)
        made += list(zip(chosen, forecasts, strict=True))
    return made


@dataclass(frozen=True)
class _Fitted:
    """A group's fitted members and everything they say: forecasts at every origin, season added back."""

    working: Floats
    members: Members
    every: Floats  # (series, periods, ahead)
    step: Floats  # one-step standard deviation
    flattery: Floats  # squared error that a coming period has beyond a past one, from the season
    least: Floats  # what a spread is never below: one in a thousand
    logged: bool

    @classmethod
    def of(cls, working: Floats, *, frequency: str, ahead: int, logged: bool) -> _Fitted:
        periods = working.shape[1]
        season = season_fit(working, frequency=frequency, horizon=ahead)
        adjusted = working - season.path[:, :periods]
        members = members_fit(adjusted)
        coming = np.arange(periods)[:, None] + np.arange(1, ahead + 1)
        least = np.full(len(working), 1e-3) if logged else 1e-3 * working.std(axis=1) + 1e-9
        return cls(
            working=working,
            members=members,
            every=members.ahead(ahead) + season.path[:, coming],
            step=step_spread(adjusted, members, first=max(8, periods // 4) - 4),
            flattery=season.flattery,
            least=least,
            logged=logged,
        )

    @property
    def ahead(self) -> int:
        return self.every.shape[2]

    def past(self) -> tuple[Floats, Floats]:
        """What came after each past origin and what was said then, (series, origins, ahead) each."""
        periods = self.working.shape[1]
        origins = np.arange(max(8, periods // 4), periods - self.ahead)
        coming = origins[:, None] + np.arange(1, self.ahead + 1)
        return self.working[:, coming], self.every[:, origins]

    def last(self) -> tuple[Floats, Floats]:
        """Centre and spread of the last period's value, in the working scale."""
        came, said = self.past()
        theory = self.step * last_theory(self.members.gain, self.ahead)
        spread = outcome_spread(came[:, :, -1] - said[:, :, -1], theory)
        return self.every[:, -1, -1], np.sqrt(spread**2 + self.flattery)

    def total(self, weights: Floats) -> tuple[Floats, Floats]:
        """Centre and spread of the weighted sum; in logs, of its logarithm."""
        came, said = self.past()
        now = self.every[:, -1]
        theory = self.step * sum_theory(self.members.gain, weights)
        flattery = self.flattery * np.square(weights).sum()
        if not self.logged:
            spread = outcome_spread((came - said) @ weights, theory)
            return now @ weights, np.sqrt(spread**2 + flattery)
        errors = np.log(_unlogged(came) @ weights) - np.log(_unlogged(said) @ weights)
        spread = outcome_spread(errors, theory / weights.sum())
        return np.log(_unlogged(now) @ weights), np.sqrt(spread**2 + flattery / weights.sum() ** 2)


def _by_formula(tasks: list[_Task], fitted: _Fitted, calibration: float) -> list[Forecast]:
    """Last value, sum and mean: Student's t around the centre."""
    is_last = tasks[0].kind is Kind.LAST
    weights = tasks[0].weights()
    centres, spreads = fitted.last() if is_last else fitted.total(weights)
    spreads = np.maximum(spreads, fitted.least)
    return [
        _placed(
            task,
            float(centre),
            float(spread),
            periods=len(task.known) + float(weights.sum()) if task.kind is Kind.MEAN else 1.0,
            known=0.0 if is_last else float(task.known.sum()),
            logged=fitted.logged,
            calibration=calibration,
        )
        for task, centre, spread in zip(tasks, centres, spreads, strict=True)
    ]


def _placed(
    task: _Task,
    centre: float,
    spread: float,
    *,
    periods: float,
    known: float,
    logged: bool,
    calibration: float,
) -> Forecast:
    """Brings centre and spread of the part to come back into the metric's scale."""
    half = SPAN * calibration * spread
    points = np.array([centre - half, centre, centre + half])
    low, middle, high = (known + task.unit * (_unlogged(points) if logged else points)) / periods
    return Forecast(
        kind=task.kind,
        centre=float(middle),
        low=float(low),
        high=float(high),
        scale=spread if logged else max(spread * task.unit, sys.float_info.min),
        working_centre=centre + float(np.log(task.unit)) if logged else centre * task.unit,
        logged=logged,
        known=known,
        points=task.points,
        calibration=calibration,
        periods=periods,
    )


def _by_paths(tasks: list[_Task], fitted: _Fitted, calibration: float, seed: int) -> list[Forecast]:
    """Least and greatest value: paths of the same model, with the spread of the last period's forecast.

    A step's error stays in every later value times the gain; a path's errors share one chi-squared divisor,
    which makes every single period Student t, as in the formula.
    """
    ahead, inside = tasks[0].ahead, tasks[0].inside
    generator = np.random.default_rng(seed)
    normal = generator.standard_normal((DRAWS // 2, ahead))
    heavy = np.sqrt(FREEDOM / generator.chisquare(FREEDOM, DRAWS // 2))
    shocks = np.concatenate([normal, -normal]) * np.concatenate([heavy, heavy])[:, None]
    before = np.cumsum(shocks, axis=1) - shocks
    _, spreads = fitted.last()
    steps = np.maximum(spreads, fitted.least) / last_theory(fitted.members.gain, ahead)

    made = []
    for task, path, gain, step in zip(tasks, fitted.every[:, -1], fitted.members.gain, steps, strict=True):
        paths = (path + calibration * step * (shocks + gain * before))[:, -inside:]
        lowest = task.kind is Kind.MIN
        extreme = paths.min(axis=1) if lowest else paths.max(axis=1)
        outcomes = task.unit * (_unlogged(extreme) if fitted.logged else extreme)
        known = np.nan
        if len(task.known):
            known = float(task.known.min() if lowest else task.known.max())
            outcomes = np.minimum(outcomes, known) if lowest else np.maximum(outcomes, known)
        outcomes.sort()
        low, middle, high = np.quantile(outcomes, [0.5 - COVERAGE / 2.0, 0.5, 0.5 + COVERAGE / 2.0])
        made.append(
            Forecast(
                kind=task.kind,
                centre=float(middle),
                low=float(low),
                high=float(high),
                scale=float(step),
                working_centre=float(np.median(extreme)),
                logged=fitted.logged,
                known=known,
                points=task.points,
                calibration=calibration,
                outcomes=outcomes,
            )
        )
    return made


def _unlogged(working: Floats) -> Floats:
    """The exponential, held where a wild path would leave what a number can hold."""
    return np.exp(np.minimum(working, FARTHEST_LOG))
