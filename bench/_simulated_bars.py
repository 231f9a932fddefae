"""The bars of the link test that simulated worlds decide (L6, L9, L10, L11), and the others' on worlds of our own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from _bars import Bar
from _folder import Group
from _link_bars import LEVEL, WEEKLY_LAGS, share
from numpy.typing import NDArray
from worlds import LONGEST_LAG, POWER_WORLDS, UNLINKED, Linked, linked_make, unlinked_make, workspace_make

from metrics.analysis.link import lags_for, link_test
from metrics.analysis.verdict import SMALLEST_LINK, benjamini_hochberg, verdicts_decide

SEED: Final = 20_261_122
NAMED_CELLS: Final = {(52, 0.5): (0.70, 0.85), (104, 0.3): (0.60, 0.78), (156, 0.3): (0.80, 0.92)}
SETTLE_STRENGTHS: Final = (0.0, 0.2, 0.3, 0.4, 0.5)
SETTLE_STARTS: Final = (52, 104)
SETTLE_STEP: Final = 4  # weeks: a predicted date is shown, and here re-tested, on a grid of four weeks
LONGEST_WAIT: Final = 104


@dataclass(frozen=True)
class Effort:
    """How many simulated pairs each bar gets."""

    nulls: int  # a world and length
    links: int  # a world, length and strength
    named: int  # a cell of L6
    at_limit: int  # a cell of L9
    settling: int  # a strength and start of L10
    workspaces: int  # an entry of L11

    @classmethod
    def of(cls, *, quick: bool) -> Effort:
        """The full effort takes minutes; the quick one tells whether something is badly wrong."""
        return cls(10, 6, 150, 400, 45, 20) if quick else cls(150, 120, 1000, 1500, 400, 200)


def worlds_as_groups(effort: Effort) -> tuple[list[Group], dict[str, dict[str, Any]]]:
    """Unlinked and linked pairs of our own worlds, in the shape of a folder's, with their truth."""
    groups: list[Group] = []
    truth: dict[str, dict[str, Any]] = {}
    for world in UNLINKED:
        for periods in (26, 52, 104, 156):
            x, y = unlinked_make(world, pairs=effort.nulls, periods=periods, seed=SEED)
            ids = [f"{world}-{periods}-{number}" for number in range(effort.nulls)]
            truth |= {name: {"linked": False, "n": periods, "world": world} for name in ids}
            groups.append(Group(ids, x, y))
    for world in POWER_WORLDS:
        for periods, strength in product((52, 104, 156), (0.3, 0.5, 0.7)):
            made = linked_make(world, pairs=effort.links, periods=periods, strength=strength, seed=SEED)
            signs = np.where(np.arange(effort.links) % 2, -1, 1)
            ids = [f"{world}-{periods}-{strength}-{number}" for number in range(effort.links)]
            for name, lag, sign, effect in zip(ids, made.lag, signs, made.effect, strict=True):
                truth[name] = {
                    "linked": True, "n": periods, "world": world, "r": strength, "lag": int(lag),
                    "sign": int(sign), "effect": float(sign * effect),
                }  # fmt: skip
            groups.append(Group(ids, made.x, signs[:, None] * made.y))
    return _merged(groups), truth


def _merged(groups: list[Group]) -> list[Group]:
    """One group a length: the fewer calls, the faster."""
    lengths = sorted({group.x.shape[1] for group in groups})
    return [
        Group(
            [name for group in groups if group.x.shape[1] == length for name in group.ids],
            np.concatenate([group.x for group in groups if group.x.shape[1] == length]),
            np.concatenate([group.y for group in groups if group.x.shape[1] == length]),
        )
        for length in lengths
    ]


def named_lag_bar(effort: Effort) -> Bar:
    """L6: links found when the team names the delay, which narrows the search to it and its neighbours."""
    power = {}
    for periods, strength in NAMED_CELLS:
        made = linked_make("ar", pairs=effort.named, periods=periods, strength=strength, seed=SEED + 6)
        hits: list[bool] = []
        for lag in range(LONGEST_LAG + 1):
            rows = np.flatnonzero(made.lag == lag)
            if len(rows):
                lags = lags_for("weekly", believed_lag=lag, periods=periods)
                hits += list(link_test(made.x[rows], made.y[rows], frequency="weekly", lags=lags).p < LEVEL)
        power[periods, strength] = share(hits)
    return Bar(
        "L6", "links found when the delay is named: 52 weeks r=.5, 104 r=.3, 156 r=.3",
        "at least 0.70, 0.60, 0.80", "0.85, 0.78, 0.92",
        {f"{periods}/{strength}": rate for (periods, strength), rate in power.items()},
        all(power[cell] >= least for cell, (least, _) in NAMED_CELLS.items()), effort.named * len(NAMED_CELLS),
    )  # fmt: skip


def at_limit_bar(effort: Effort) -> Bar:
    """L9: pairs whose link is exactly of the size that matters, called too small to matter."""
    rates: dict[str, float] = {}
    for periods in (104, 156, 208):
        made = linked_make(
            "ar", pairs=effort.at_limit, periods=periods, strength=SMALLEST_LINK, seed=SEED + 9
        )
        rates[str(periods)] = share(_too_small(made, WEEKLY_LAGS, slice(None)))
        named: list[bool] = []
        for lag in range(LONGEST_LAG + 1):
            rows = np.flatnonzero(made.lag == lag)
            if len(rows):
                named += _too_small(made, lags_for("weekly", believed_lag=lag, periods=periods), rows)
        rates[f"{periods} named"] = share(named)
    worst = max(rates, key=lambda cell: rates[cell])
    return Bar(
        "L9", "called too small when the link is exactly of the size that matters, worst of six cells",
        "at most 0.065", "at most 0.05", rates[worst], rates[worst] <= 0.065, effort.at_limit * len(rates),
        more={"cells": rates, "worst_cell": worst, "mean": float(np.mean(list(rates.values())))},
    )  # fmt: skip


def _too_small(made: Linked, lags: tuple[int, ...], rows: Any) -> list[bool]:
    link = link_test(made.x[rows], made.y[rows], frequency="weekly", lags=lags)
    return [reason == "too_small" for reason in verdicts_decide(link, believed_sign=1).reason]


def settling_bar(effort: Effort) -> Bar:
    """L10: inconclusive pairs tested again at the date that was predicted to settle them."""
    settled: dict[float, list[bool]] = {strength: [] for strength in SETTLE_STRENGTHS}
    never = asked = 0
    for start in SETTLE_STARTS:
        whole = start + LONGEST_WAIT + SETTLE_STEP
        strength = np.repeat(SETTLE_STRENGTHS, effort.settling)
        made = linked_make("ar", pairs=len(strength), periods=whole, strength=strength, seed=SEED + start)
        now = link_test(made.x[:, :start], made.y[:, :start], frequency="weekly", lags=WEEKLY_LAGS)
        wait = np.asarray(verdicts_decide(now, believed_sign=1).periods_to_settle)
        open_ = ~np.isnan(wait)
        asked += int(open_.sum())
        never += int((wait[open_] > LONGEST_WAIT).sum())
        dated = open_ & (wait <= LONGEST_WAIT)
        date = np.where(dated, np.ceil(np.where(dated, wait, 0) / SETTLE_STEP) * SETTLE_STEP, 0).astype(int)
        for more in np.unique(date[dated]):
            rows = np.flatnonzero(dated & (date == more))
            for row, answer in zip(rows, _is_settled(made, rows, start + int(more)), strict=True):
                settled[float(strength[row])].append(answer)
    by_strength = {str(strength): share(answers) for strength, answers in settled.items()}
    links = [answer for strength, answers in settled.items() if strength for answer in answers]
    value = share(links)
    return Bar(
        "L10", "settled when tested again at the predicted week (mixture of true links)", "0.70 to 0.92",
        "0.78 to 0.85, and 0.70 for r=.2", value, 0.70 <= value <= 0.92, len(links),
        more={"by_strength": by_strength, "inconclusive": asked, "longer_than_two_years": never},
    )  # fmt: skip


def _is_settled(made: Linked, rows: NDArray[np.int64], periods: int) -> list[bool]:
    link = link_test(made.x[rows, :periods], made.y[rows, :periods], frequency="weekly", lags=WEEKLY_LAGS)
    verdicts = verdicts_decide(link, believed_sign=1).verdict
    return [verdict in ("supported", "contradicted") for verdict in verdicts]


def family_bar(effort: Effort) -> Bar:
    """L11: false discoveries among the 40 mappings of a product, adjusted as the product adjusts them."""
    entries: dict[str, dict[str, float]] = {}
    for label, links in (("no links", 0), ("10 % linked", 4)):
        false_shares, alarms, raw_alarms, hits = [], [], [], []
        for number in range(effort.workspaces):
            space = workspace_make(links=links, periods=104, seed=SEED + number)
            p = link_test(space.x, space.y, frequency="weekly", lags=WEEKLY_LAGS).p
            found = benjamini_hochberg(p) < LEVEL
            false = found & ~space.linked
            false_shares.append(false.sum() / max(found.sum(), 1))
            alarms.append(bool(false.any()))
            raw_alarms.append(bool(((p < LEVEL) & ~space.linked).any()))
            hits += list(found[space.linked])
        entries[label] = {
            "fdr": float(np.mean(false_shares)), "with_a_false_alarm": share(alarms),
            "with_a_false_alarm_unadjusted": share(raw_alarms), "power": share(hits),
        }  # fmt: skip
    worst = max(entry["fdr"] for entry in entries.values())
    return Bar(
        "L11", "false discoveries among 40 mappings of a product, worst of none and 10 % linked", "at most 0.05",
        "the same, with power from 0.30", worst, worst <= 0.05, effort.workspaces * 2, more={"entries": entries},
    )  # fmt: skip
