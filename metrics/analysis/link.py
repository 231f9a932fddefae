"""Does a metric lead a goal? The quasi-differenced score test (QDS), for many pairs at once.

The goal is modelled on its own (trend, season, level shift, momentum); what is left of it, its surprises, is asked
whether the metric, some periods earlier, explains them. One p-value covers the whole search over lags and over three
forms of the metric. What it finds is predictive precedence (Granger 1969, Econometrica 37:424), never a cause.

The method and its measured error rates are in docs/evidence.md; each step names its source where it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .algebra import Booleans, Floats, Integers, as_floats
from .effect import Slope, slopes_at_each_lag
from .forms import MATCHED, OWN, SURPRISE_CLIP, clipped, metric_forms
from .lags import LAGS_DEFAULT, frequency_checked, lags_checked, lags_for
from .maximum import luck_of_largest
from .noise import Whitened, order_cap, whitened
from .overlap import Overlap
from .result import LinkResult
from .scaling import Scaled, series_scaled
from .scores import NOTHING_LEFT, Scores, scores_of_forms
from .seasons import Candidates, blocks_shown, candidates
from .steps import NO_SHIFT, level_shifts, shift_column

__all__ = ["LAGS_DEFAULT", "METHOD_VERSION", "LinkResult", "lags_for", "link_test"]

METHOD_VERSION = "qds-2"
LEAST_ROWS = 12
# Lags within this of the largest z² are as plausible as the one found (the 95 % point of chi² with 1 df).
_PLAUSIBLE = 3.84
_BATCH = 128


def link_test(
    x: NDArray[Any] | Sequence[Sequence[float]],
    y: NDArray[Any] | Sequence[Sequence[float]],
    *,
    frequency: str,
    lags: Sequence[int] | None = None,
    seed: int = 0,
    draws: int = 2000,
) -> LinkResult:
    """Tests every pair of metric `x` and goal `y`, arrays `(pairs, periods)` with NaN for missing periods.

    Both series of a pair stand on one calendar, oldest period first. `frequency` is "weekly", "monthly" or
    "quarterly"; `lags` are the delays to try, in periods, by default the window of the frequency. The p-value is by
    Monte Carlo with `draws` fixed draws from `seed`, so equal input gives an equal answer.

    Raises ValueError for shapes, a frequency, lags or a number of draws that cannot be tested. Data that are too few,
    constant or missing raise nothing: their entry says `usable=False`.
    """
    metric, goal = _checked(x, y)
    pairs, periods = metric.shape
    frequency_checked(frequency)
    if draws < 100:
        raise ValueError(f"{draws} draws are too few for a p-value; at least 100 are needed.")
    if lags is None:
        tried = lags_for(frequency, believed_lag=None, periods=periods)
    else:
        tried = lags_checked(lags, periods)
    columns = candidates(frequency, periods)
    found = _nothing_found(pairs, periods, len(tried), len(columns.names))
    if periods > max(tried) + LEAST_ROWS // 2 and pairs:
        noise = np.random.default_rng(seed).standard_normal((3 * len(tried), draws))
        _fill(found, metric, goal, columns, tried, noise)
    return LinkResult(lags=tried, periods=periods, frequency=frequency, season_names=columns.names, **found)


def _checked(x: Any, y: Any) -> tuple[Floats, Floats]:
    metric, goal = as_floats(x), as_floats(y)
    for name, array in (("x", metric), ("y", goal)):
        if array.ndim != 2:
            raise ValueError(f"{name} has {array.ndim} dimensions; it must be pairs × periods.")
    if metric.shape != goal.shape:
        raise ValueError(
            f"x is {metric.shape[0]} × {metric.shape[1]} and y is {goal.shape[0]} × {goal.shape[1]}; "
            "both must have the same pairs and periods."
        )
    return metric, goal


def _nothing_found(pairs: int, periods: int, lags: int, blocks: int) -> dict[str, NDArray[Any]]:
    """The arrays of a result in which no pair could be tested."""
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(
        ("z", "z_noise_form", "z_own_form", "plausible", "lag_effect", "lag_effect_low", "lag_effect_high",
         "lag_r", "lag_r_low", "lag_r_high"),
        (lags,),
    )  # fmt: skip
    shapes |= {"x_surprise": (periods,), "y_surprise": (periods,), "season_blocks": (blocks,)}
    blank: dict[str, float | int | bool] = {"lag": -1, "sign": 0, "x_shift": NO_SHIFT, "y_shift": NO_SHIFT}
    blank |= {"rows_used": 0}
    blank |= dict.fromkeys(("plausible", "agrees", "x_logged", "y_logged", "season_blocks", "usable"), False)
    known = ("lags", "periods", "frequency", "season_names")
    names = [field.name for field in fields(LinkResult) if field.name not in known]
    return {name: np.full((pairs, *shapes.get(name, ())), blank.get(name, np.nan)) for name in names}


class _Batch(NamedTuple):
    """Pairs that share their trend and season columns."""

    pairs: Integers
    design: Floats  # (periods, d)


def _fill(
    found: dict[str, NDArray[Any]],
    metric: Floats,
    goal: Floats,
    columns: Candidates,
    lags: Sequence[int],
    noise: Floats,
) -> None:
    """Tests the pairs that can be tested and writes what was found into the arrays."""
    series, of_metric, of_goal = _distinct(metric, goal)
    scaled = series_scaled(series)
    cap = order_cap(metric.shape[1])
    shown, left = _seasons_shown(scaled, columns, cap)
    alive = scaled.usable & left
    kept = shown[of_metric] | shown[of_goal]
    found["season_blocks"][:] = kept
    found["x_logged"][:], found["y_logged"][:] = scaled.logged[of_metric], scaled.logged[of_goal]
    testable = np.flatnonzero(alive[of_metric] & alive[of_goal])
    for batch in _batches(testable, kept, of_goal, columns):
        chosen = batch.pairs
        outcome = _batch_tested(
            scaled, of_metric[chosen], of_goal[chosen], batch.design, columns.design.shape[1], lags, noise
        )
        for name, values in outcome.items():
            found[name][chosen] = values
    unusable = ~found["usable"]
    found["lag"][unusable], found["sign"][unusable] = -1, 0
    for name, values in found.items():
        if values.dtype == np.float64 and name not in ("x_surprise", "y_surprise"):
            values[unusable] = np.nan


def _distinct(metric: Floats, goal: Floats) -> tuple[Floats, Integers, Integers]:
    """The distinct series among both sides, and which of them each pair has: goals and metrics repeat."""
    places: dict[bytes, int] = {}
    keys = [places.setdefault(row.tobytes(), len(places)) for side in (metric, goal) for row in side]
    of = np.array(keys, dtype=np.int64)
    first = np.unique(of, return_index=True)[1]
    both = np.concatenate([metric, goal])
    return both[first], of[: len(metric)], of[len(metric) :]


def _seasons_shown(scaled: Scaled, columns: Candidates, cap: int) -> tuple[Booleans, Booleans]:
    """Which blocks each distinct series shows, and whether anything is left of it beside trend and season."""
    count = len(scaled.values)
    shown = np.zeros((count, len(columns.names)), dtype=bool)
    left = np.zeros(count, dtype=bool)
    for start in range(0, count, _BATCH):
        part = slice(start, start + _BATCH)
        white = whitened(scaled.values[part], scaled.observed[part], columns.design, cap, keep_design=True)
        shown[part] = blocks_shown(white, columns)
        left[part] = (white.surprise**2).mean(axis=1) > NOTHING_LEFT**2
    return shown, left


def _batches(testable: Integers, kept: Booleans, of_goal: Integers, columns: Candidates) -> Iterator[_Batch]:
    """The testable pairs in batches of equal columns, pairs of one goal side by side."""
    codes = kept @ (1 << np.arange(kept.shape[1])) if kept.shape[1] else np.zeros(len(kept), dtype=np.int64)
    for code in np.unique(codes[testable]):
        group = testable[codes[testable] == code]
        group = group[np.argsort(of_goal[group], kind="stable")]
        design = columns.design[:, columns.kept_columns(tuple(bool(one) for one in kept[group[0]]))]
        for start in range(0, len(group), _BATCH):
            yield _Batch(group[start : start + _BATCH], np.ascontiguousarray(design))


def _batch_tested(
    scaled: Scaled,
    of_metric: Integers,
    of_goal: Integers,
    design: Floats,
    columns_tried: int,
    lags: Sequence[int],
    noise: Floats,
) -> dict[str, NDArray[Any]]:
    """The findings of one batch: shifts, whitening, scores, luck, effect."""
    periods = len(design)
    cap = order_cap(periods)
    series, places = np.unique(np.concatenate([of_metric, of_goal]), return_inverse=True)
    at_metric, at_goal = places[: len(of_metric)], places[len(of_metric) :]
    white = whitened(scaled.values[series], scaled.observed[series], design, cap)
    shifts = level_shifts(white, columns_tried)
    x_shift, y_shift = shifts[at_metric], shifts[at_goal]
    outcome: dict[str, NDArray[Any]] = {"x_shift": x_shift, "y_shift": y_shift}
    second = np.where(x_shift == y_shift, NO_SHIFT, x_shift)
    count = (y_shift >= 0).astype(np.int64) + (second >= 0)
    for number in np.unique(count):
        chosen = np.flatnonzero(count == number)
        metric, goal = of_metric[chosen], of_goal[chosen]
        if number:
            steps = _step_columns(y_shift[chosen], second[chosen], int(number), periods)
            whole = np.concatenate([np.broadcast_to(design, (len(chosen), *design.shape)), steps], axis=2)
            own = whitened(scaled.values[metric], scaled.observed[metric], whole, cap)
            aim = whitened(scaled.values[goal], scaled.observed[goal], whole, cap)
        else:
            whole, own, aim = design, white.rows(at_metric[chosen]), white.rows(at_goal[chosen])
        part = _pairs_scored(scaled, metric, whole, own, aim, lags, noise)
        unit = scaled.spread[metric], scaled.spread[goal]
        with np.errstate(over="ignore", invalid="ignore"):  # units 1e300 apart have no slope to speak of
            described = _described(part, lags, own, aim, unit)
        for name, values in described.items():
            outcome.setdefault(name, np.zeros((len(of_metric), *values.shape[1:]), dtype=values.dtype))
            outcome[name][chosen] = values
    return outcome


def _step_columns(first: Integers, second: Integers, number: int, periods: int) -> Floats:
    """The step columns of pairs that all have `number` different shifts: `(pairs, periods, number)`."""
    if number == 2:
        return np.stack([shift_column(first, periods), shift_column(second, periods)], axis=2)
    return shift_column(np.maximum(first, second), periods)[..., None]


class _Scored(NamedTuple):
    scores: Scores
    slope: Slope
    p: Floats
    critical: Floats


def _pairs_scored(
    scaled: Scaled,
    metric: Integers,
    design: Floats,
    own: Whitened,
    goal: Whitened,
    lags: Sequence[int],
    noise: Floats,
) -> _Scored:
    forms = metric_forms(scaled.values[metric], scaled.observed[metric], design, own, goal)
    surprise = clipped(goal.surprise, goal.mask, SURPRISE_CLIP)
    spent = design.shape[-1] + 1 + 0.5 * goal.order
    overlap = Overlap(goal, max(lags))
    gaps = not (scaled.observed[metric].all() and overlap.complete)
    scores = scores_of_forms(forms, overlap, surprise, lags, spent, gaps=gaps)
    largest = np.abs(scores.z).reshape(len(metric), -1).max(axis=1)
    luck = luck_of_largest(largest, scores.correlation, noise)
    return _Scored(scores, slopes_at_each_lag(own, overlap, lags, spent, gaps=gaps), luck.p, luck.critical)


def _described(
    part: _Scored, lags: Sequence[int], own: Whitened, goal: Whitened, unit: tuple[Floats, Floats]
) -> dict[str, NDArray[Any]]:
    """The findings in the words of `LinkResult`."""
    scores = part.scores
    pairs, _, width = scores.z.shape
    row = np.arange(pairs)
    best = np.abs(scores.z).reshape(pairs, -1).argmax(axis=1)
    form, place = best // width, best % width
    z = scores.z[row, form]
    z_own = scores.z[row, OWN]
    sign = np.sign(z[row, place])
    rows = scores.rows[row, form, place].astype(np.int64)
    slope = part.slope
    # At a lag at which the metric only has its trend, season and shifts left there is nothing to measure.
    ratio = np.where(slope.metric_spread > NOTHING_LEFT, (unit[1] / unit[0])[:, None], np.nan)
    effect, error = slope.slope * ratio, slope.error * ratio
    # At least the pointwise 95 % interval; the level of the largest score, in t instead of normal units.
    reach = -special.stdtrit(slope.freedom, special.ndtr(-np.maximum(part.critical, 1.96))[:, None])
    low, high = effect - reach * error, effect + reach * error
    r_own = np.where(np.isnan(ratio), np.nan, scores.r[:, OWN])
    angle = np.arctanh(np.clip(r_own, -0.999999, 0.999999))
    width_of_angle = part.critical[:, None] / np.sqrt(np.maximum(scores.freedom[:, OWN] - 1, 1.0))
    return {
        "p": part.p,
        "lag": np.asarray(lags, dtype=np.int64)[place],
        "sign": sign.astype(np.int64),
        "r": scores.r[row, form, place],
        "z": z,
        "z_noise_form": scores.z[:, MATCHED],
        "z_own_form": z_own,
        "df": scores.freedom[row, form, place],
        "critical": part.critical,
        "plausible": z**2 >= (z[row, place] ** 2)[:, None] - _PLAUSIBLE,
        "agrees": np.sign(z_own[row, place]) == sign,
        "effect": effect[row, place],
        "effect_low": low[row, place],
        "effect_high": high[row, place],
        "effect_error": error[row, place],
        "effect_df": slope.freedom[row, place],
        "lag_effect": effect,
        "lag_effect_low": low,
        "lag_effect_high": high,
        "lag_r": r_own,
        "lag_r_low": np.tanh(angle - width_of_angle),
        "lag_r_high": np.tanh(angle + width_of_angle),
        "rows_used": rows,
        "usable": (rows >= LEAST_ROWS) & (sign != 0),
        "x_surprise": np.where(own.mask, own.surprise * unit[0][:, None], np.nan),
        "y_surprise": np.where(goal.mask, goal.surprise * unit[1][:, None], np.nan),
        "x_sd": slope.metric_spread[row, place] * unit[0],
        "y_sd": slope.goal_spread[row, place] * unit[1],
    }
