"""Simulated worlds in which it is known whether two series are linked, for measuring a test of links.

An *unlinked* world makes X and Y independently of each other, but alike in the ways that business figures are:
both grow, both dip at Christmas, both jump when the tracking changes. A *linked* world lets Y follow X after a
known delay, with a known strength. Everything is seeded: the same world, pairs, periods and seed give the same
figures.

Shapes: every series is an array (pairs, periods), NaN where a period is missing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

YEAR: Final = 52.18
QUARTER: Final = 13
BURN_IN: Final = 200
LONGEST_LAG: Final = 8


@dataclass(frozen=True)
class Size:
    """How many pairs of how many periods, and where the chance comes from."""

    pairs: int
    periods: int
    rng: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        """(pairs, periods)."""
        return self.pairs, self.periods

    def noise(self) -> Floats:
        """Independent standard normal values."""
        return self.rng.standard_normal(self.shape)

    def between(self, low: float, high: float) -> Floats:
        """One number per pair, as a column."""
        return self.rng.uniform(low, high, (self.pairs, 1))

    def clock(self) -> Floats:
        """Time from 0 to 1, as a row."""
        return np.linspace(0.0, 1.0, self.periods)[None]


def generator_of(name: str, *more: int) -> np.random.Generator:
    """A generator of its own for everything that is named, whatever else was drawn before."""
    return np.random.default_rng([zlib.crc32(name.encode()), *more])


def autoregressive(size: Size, persistence: float, innovations: Floats | None = None) -> Floats:
    """AR(1) of unit variance (for normal innovations); a random walk from 0 when `persistence` is 1."""
    shape = (size.pairs, size.periods + BURN_IN)
    shocks = size.rng.standard_normal(shape) if innovations is None else innovations
    if persistence >= 1.0:
        walk = np.cumsum(shocks[:, -size.periods :], axis=1)
        return walk - walk[:, :1]
    path = lfilter([1.0], [1.0, -persistence], shocks, axis=1)[:, -size.periods :]
    return np.asarray(path) * np.sqrt(1.0 - persistence**2)


def year_wave(size: Size) -> Floats:
    """A yearly sine of unit variance with a dip of three weeks, at a place of the year drawn per pair."""
    weeks = np.arange(size.periods)[None] + size.rng.uniform(0.0, YEAR, (size.pairs, 1))
    return np.sqrt(2.0) * np.sin(2.0 * np.pi * weeks / YEAR) - (weeks % YEAR < 3.0)


def quarter_spike(size: Size) -> Floats:
    """The last two of thirteen weeks stand out, scaled to about unit variance."""
    weeks = np.arange(size.periods)[None] + size.rng.integers(0, QUARTER, (size.pairs, 1))
    spike = (weeks % QUARTER >= QUARTER - 2).astype(np.float64)
    return (spike - 2.0 / QUARTER) / 0.36


def smooth_wave(size: Size, period: float) -> Floats:
    """A sine of unit variance with a phase drawn per pair."""
    weeks = np.arange(size.periods)[None] + size.rng.uniform(0.0, period, (size.pairs, 1))
    return np.sqrt(2.0) * np.sin(2.0 * np.pi * weeks / period)


# --- unlinked worlds ----------------------------------------------------------------------------------


def _twice(make: Callable[[Size], Floats]) -> Callable[[Size], Pair]:
    """X and Y by the same recipe, independently."""
    return lambda size: (make(size), make(size))


def _walk_with_drift(size: Size) -> Floats:
    return autoregressive(size, 1.0) + size.between(0.1, 0.4) * size.periods * size.clock()


def _local_level(size: Size) -> Floats:
    return np.cumsum(0.4 * size.noise(), axis=1) + size.noise()


def _trend_either_way(size: Size) -> Floats:
    return autoregressive(size, 0.5) + size.between(-6.0, 6.0) * size.clock()


def _trend_upwards(size: Size) -> Floats:
    return autoregressive(size, 0.6) + size.between(3.0, 8.0) * size.clock()


def _heavy(size: Size) -> Floats:
    shocks = size.rng.standard_t(2.5, (size.pairs, size.periods + BURN_IN))
    return autoregressive(size, 0.5, shocks)


def _gaps(size: Size) -> Floats:
    return np.where(size.rng.random(size.shape) < 0.15, np.nan, autoregressive(size, 0.7))


def _counts(size: Size) -> Floats:
    rate = np.exp(np.log(6.0) + 0.5 * autoregressive(size, 0.8))
    return size.rng.poisson(rate).astype(np.float64)


def _growth(size: Size) -> Floats:
    return 100.0 * np.exp(size.between(0.3, 1.5) * size.clock() + 0.15 * autoregressive(size, 0.7))


def _step_apart(size: Size) -> Floats:
    start = size.rng.integers(int(0.2 * size.periods), int(0.8 * size.periods), (size.pairs, 1))
    return autoregressive(size, 0.5) + size.between(3.0, 5.0) * (np.arange(size.periods)[None] >= start)


def _shared(common: Callable[[Size], Floats], low: float, high: float) -> Callable[[Size], Pair]:
    """Each its own noise, and the same pattern in both, in a strength of its own."""

    def make(size: Size) -> Pair:
        pattern = common(size)
        x = autoregressive(size, 0.5) + size.between(low, high) * pattern
        return x, autoregressive(size, 0.5) + size.between(low, high) * pattern

    return make


def _step_together(size: Size) -> Floats:
    start = size.rng.integers(int(0.25 * size.periods), int(0.75 * size.periods), (size.pairs, 1))
    return (np.arange(size.periods)[None] >= start).astype(np.float64)


def _everything(size: Size) -> Pair:
    year, quarter = year_wave(size), quarter_spike(size)

    def one() -> Floats:
        season = size.between(0.8, 1.5) * year + size.between(0.4, 1.0) * quarter
        return autoregressive(size, 0.6) + season + size.between(3.0, 6.0) * size.clock()

    return one(), one()


def _reverse(size: Size) -> Pair:
    longer = Size(size.pairs, size.periods + 2, size.rng)
    y = autoregressive(longer, 0.7)
    return 0.8 * y[:, :-2] + 0.6 * autoregressive(size, 0.5), y[:, 2:]


@dataclass(frozen=True)
class World:
    """A recipe for unlinked pairs, and what it is like in a reader's words."""

    words: str
    make: Callable[[Size], Pair]


UNLINKED: Final[dict[str, World]] = {
    "white": World("pure noise", _twice(Size.noise)),
    "ar0.5": World("momentum of a few weeks", _twice(lambda size: autoregressive(size, 0.5))),
    "ar0.8": World("momentum of a few months", _twice(lambda size: autoregressive(size, 0.8))),
    "ar0.95": World("momentum of a year", _twice(lambda size: autoregressive(size, 0.95))),
    "rw": World("wandering without return", _twice(lambda size: autoregressive(size, 1.0))),
    "rw_drift": World("wandering upwards", _twice(_walk_with_drift)),
    "local_level": World("a wandering level under noise", _twice(_local_level)),
    "trend_ar": World("trends up or down", _twice(_trend_either_way)),
    "shared_trend": World("both grow steadily", _twice(_trend_upwards)),
    "shared_annual": World("the same yearly season", _shared(year_wave, 0.8, 2.0)),
    "shared_quarter": World("the same quarter-end rush", _shared(quarter_spike, 0.8, 2.0)),
    "trend_and_season": World("growth, year and quarter end together", _everything),
    "step_shared": World("one jump in the same week", _shared(_step_together, 3.0, 5.0)),
    "step_apart": World("one jump each, in different weeks", _twice(_step_apart)),
    "heavy_t2.5": World("wild outliers", _twice(_heavy)),
    "missing15": World("15 % of the weeks missing", _twice(_gaps)),
    "counts": World("small counts", _twice(_counts)),
    "growth_mult": World("growth by per cent", _twice(_growth)),
    "reverse": World("Y comes first, X follows two weeks later", _reverse),
}
"""The nineteen unlinked worlds. In the last one the two are linked, but not in the direction asked about."""


def unlinked_make(name: str, *, pairs: int, periods: int, seed: int) -> Pair:
    """X and Y of an unlinked world, (pairs, periods) each. Raises KeyError for an unknown name."""
    rng = generator_of(name, periods, seed)
    return UNLINKED[name].make(Size(pairs, periods, rng))


# --- linked worlds ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Linked:
    """Pairs in which Y follows X: `lag` periods later, by `effect` for one unit of X."""

    x: Floats
    y: Floats
    lag: NDArray[np.int64]
    effect: Floats


@dataclass(frozen=True)
class LinkedWorld:
    """Persistence of X and of what else moves Y, and whether the effect itself carries over."""

    words: str
    x_persistence: float = 0.7
    noise_persistence: float = 0.6
    carries_over: bool = False
    spread: tuple[float, ...] = (1.0,)  # how the effect is shared out over the lag and those after it


LINKED: Final[dict[str, LinkedWorld]] = {
    "ar": LinkedWorld("both with momentum"),
    "trendseason": LinkedWorld("both grow, with year and quarter seasons"),
    "rw": LinkedWorld("Y wanders", x_persistence=0.9, noise_persistence=1.0),
    "heavy": LinkedWorld("outliers in Y"),
    "missing": LinkedWorld("10 % of the weeks missing"),
    "rwx": LinkedWorld("X wanders", x_persistence=1.0),
    "koyck": LinkedWorld("the effect carries over", noise_persistence=0.6, carries_over=True),
    "koyck_slow": LinkedWorld("the effect carries over for long", noise_persistence=0.9, carries_over=True),
    "spread": LinkedWorld("the effect is spread over three weeks", spread=(0.25, 0.5, 0.25)),
}
POWER_WORLDS: Final = ("ar", "trendseason", "rw", "heavy", "missing")
"""The five worlds whose mean is called the power."""


def linked_make(
    name: str,
    *,
    pairs: int,
    periods: int,
    strength: float | Floats,
    seed: int,
    lag: NDArray[np.int64] | None = None,
) -> Linked:
    """Pairs of a linked world.

    `strength` is the correlation of X at the true lag with Y once both are freed of the momentum of Y's own
    noise: what a test that knew everything would see. Lags are drawn from 0 to 8 unless given. Raises KeyError
    for an unknown name.
    """
    world = LINKED[name]
    rng = generator_of(name, periods, seed, 1)
    before = BURN_IN + LONGEST_LAG + len(world.spread)
    total = periods + before
    lags = rng.integers(0, LONGEST_LAG + 1, pairs) if lag is None else lag
    x_shocks = rng.standard_normal((pairs, total))
    y_shocks = rng.standard_normal((pairs, total))
    if name == "heavy":
        y_shocks = rng.standard_t(3.0, (pairs, total)) / np.sqrt(3.0)
    x = np.asarray(lfilter([1.0], [1.0, -world.x_persistence], x_shocks, axis=1))

    driver = np.zeros_like(x)
    for place, share in enumerate(world.spread):
        driver += share * _delayed(x, lags + place)
    if world.carries_over:
        scale = 1.0 / np.sqrt(1.0 - world.x_persistence**2)
    else:
        scale = _filtered_deviation(world, x, periods)
    effect = np.broadcast_to(strength / np.sqrt(1.0 - np.square(strength)) / scale, (pairs,)).astype(
        np.float64
    )
    moved = effect[:, None] * driver
    if world.carries_over:
        y = lfilter([1.0], [1.0, -world.noise_persistence], moved + y_shocks, axis=1)
    else:
        y = moved + lfilter([1.0], [1.0, -world.noise_persistence], y_shocks, axis=1)
    x, y = x[:, before:], np.asarray(y)[:, before:]
    x, y = _dressed(name, Size(pairs, periods, rng), x, y)
    return Linked(x=x, y=y, lag=lags, effect=effect)


def _delayed(series: Floats, lags: NDArray[np.int64]) -> Floats:
    """Every row moved later by its own lag; what comes in at the start is zero (and lies in the burn-in)."""
    places = np.arange(series.shape[1])[None] - lags[:, None]
    return np.where(places >= 0, np.take_along_axis(series, np.maximum(places, 0), axis=1), 0.0)


def _filtered_deviation(world: LinkedWorld, x: Floats, periods: int) -> Floats | float:
    """Standard deviation of the spread-out X after the noise's own filter: in theory where there is a formula."""
    rho, phi = world.x_persistence, world.noise_persistence
    if rho < 1.0 and len(world.spread) == 1:
        return float(np.sqrt((1.0 + phi**2 - 2.0 * phi * rho) / (1.0 - rho**2)))
    spread = np.asarray(lfilter(np.array(world.spread), [1.0], x, axis=1))
    filtered = spread[:, 1:] - phi * spread[:, :-1]
    return filtered[:, -periods:].std(axis=1)


def _dressed(name: str, size: Size, x: Floats, y: Floats) -> Pair:
    """Adds to linked series what two worlds have on top: seasons with growth, and gaps."""
    if name == "missing":
        x = np.where(size.rng.random(size.shape) < 0.1, np.nan, x)
        return x, np.where(size.rng.random(size.shape) < 0.1, np.nan, y)
    if name != "trendseason":
        return x, y
    year, quarter = smooth_wave(size, YEAR), smooth_wave(size, QUARTER)

    def season(scale: float) -> Floats:
        waves = size.between(0.8, 1.5) * year + size.between(0.4, 1.0) * quarter
        return scale * (waves + size.between(3.0, 6.0) * size.clock())

    return x + season(1.4), y + season(1.25)


@dataclass(frozen=True)
class Workspace:
    """The mappings of one product: each row of `x` and `y` is one goal with one metric."""

    x: Floats
    y: Floats
    linked: NDArray[np.bool_]


def workspace_make(
    *, links: int, periods: int, seed: int, goals: int = 4, metrics: int = 10, strength: float = 0.5
) -> Workspace:
    """A product of `goals` × `metrics` mappings, its metrics correlated 0.5 with one another.

    `links` mappings drawn at random carry a link of `strength`. A metric that is correlated with one that a goal
    follows does carry information about the goal, so every mapping of such a goal counts as linked.
    """
    rng = generator_of("workspace", links, periods, seed)
    total = periods + BURN_IN + LONGEST_LAG
    shocks = np.sqrt(0.5) * (rng.standard_normal((1, total)) + rng.standard_normal((metrics, total)))
    x = np.asarray(lfilter([1.0], [1.0, -0.7], shocks, axis=1))
    y = np.asarray(lfilter([1.0], [1.0, -0.6], rng.standard_normal((goals, total)), axis=1))
    effect = strength / np.sqrt(1.0 - strength**2) / np.sqrt((1.0 + 0.36 - 0.84) / (1.0 - 0.49))
    followed = np.zeros(goals, dtype=bool)
    for place in rng.choice(goals * metrics, links, replace=False):
        goal, metric = divmod(int(place), metrics)
        lag = rng.integers(0, LONGEST_LAG + 1, 1)
        y[goal] += effect * _delayed(x[metric : metric + 1], lag)[0]
        followed[goal] = True
    return Workspace(
        x=np.tile(x[:, -periods:], (goals, 1)),
        y=np.repeat(y[:, -periods:], metrics, axis=0),
        linked=np.repeat(followed, metrics),
    )
