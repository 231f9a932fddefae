"""The bars of the link test that a folder of pairs with known answers decides: L1 to L5, L7, L8, L12, L13."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from _bars import Bar
from _folder import Folder, Group
from scipy import stats
from worlds import POWER_WORLDS

from metrics.analysis.link import LinkResult, link_test
from metrics.analysis.verdict import verdicts_decide

LEVEL = 0.05
WEEKLY_LAGS = tuple(range(9))
MONTHLY_LAGS = tuple(range(7))
POWER_CELLS = {
    (52, 0.5): (0.48, 0.75),
    (104, 0.3): (0.40, 0.70),
    (104, 0.5): (0.90, 0.99),
    (156, 0.3): (0.62, 0.88),
}


@dataclass(frozen=True)
class Tested:
    """What came out for one synthetic pair, beside the truth."""

    world: str
    periods: int
    linked: bool
    strength: float
    significant: bool
    verdict: str
    lag_off: int  # periods between the lag found and the true one
    sign_right: bool
    covered: bool | None  # None where there is no true effect in the scale of the result


def share(values: Iterable[Any]) -> float:
    """The share that is true; NaN of nothing."""
    found = [bool(value) for value in values]
    return sum(found) / len(found) if found else float("nan")


def luck_of_rates(sizes: list[int], limit: float) -> str:
    """How often a test that calls exactly 5 % linked would still show, by chance, a group above the limit.

    The groups are of these sizes and independent (binomial).
    """
    below = np.prod([stats.binom.cdf(np.floor(limit * size + 1e-9), size, LEVEL) for size in sizes])
    return f"a test with exactly 5 % would miss it {100 * (1 - below):.0f} % of the time"


def synthetic_test(groups: list[Group], truth: dict[str, dict[str, Any]]) -> list[Tested]:
    """Tests every synthetic pair over lags 0 to 8 and holds it beside its truth."""
    tested: list[Tested] = []
    for group in groups:
        link = link_test(group.x, group.y, frequency="weekly", lags=WEEKLY_LAGS)
        answers = [truth[name] for name in group.ids]
        signs = np.array([answer.get("sign", 1) for answer in answers])
        verdicts = verdicts_decide(link, believed_sign=signs).verdict
        periods = group.x.shape[1]
        tested += [
            _held_beside(link, place, str(verdicts[place]), periods, answer)
            for place, answer in enumerate(answers)
        ]
    return tested


def _held_beside(link: LinkResult, place: int, verdict: str, periods: int, answer: dict[str, Any]) -> Tested:
    linked, effect = bool(answer["linked"]), answer.get("effect")
    logged = bool(link.x_logged[place] or link.y_logged[place])
    covered = None
    if effect is not None and not logged:
        covered = bool(link.effect_low[place] <= effect <= link.effect_high[place])
    return Tested(
        world=answer["world"],
        periods=periods,
        linked=linked,
        strength=float(answer.get("r") or 0.0),
        significant=bool(link.p[place] < LEVEL),
        verdict=verdict,
        lag_off=abs(int(link.lag[place]) - int(answer["lag"])) if linked else -1,
        sign_right=linked and int(link.sign[place]) == answer["sign"],
        covered=covered,
    )


def false_alarm_bars(tested: list[Tested]) -> list[Bar]:
    """L1, L2 and L13: what unlinked synthetic pairs are called."""
    nulls = [one for one in tested if not one.linked]
    overall = share(one.significant for one in nulls)
    worlds = {
        world: share(one.significant for one in nulls if one.world == world and one.periods >= 52)
        for world in sorted({one.world for one in nulls})
    }
    worst = max(worlds, key=lambda world: worlds[world])
    lengths = sorted({one.periods for one in nulls})
    by_length = {
        length: share(one.significant for one in nulls if one.periods == length) for length in lengths
    }
    supported = share(one.verdict == "supported" for one in nulls)
    long_enough = sum(one.periods >= 52 for one in nulls)
    sizes = [sum(one.periods >= 52 and one.world == world for one in nulls) for world in worlds]
    return [
        Bar(
            "L1", "unlinked synthetic pairs called linked", "0.035 to 0.065", "0.045 to 0.055", overall,
            0.035 <= overall <= 0.065, len(nulls), more={"by_periods": by_length},
        ),
        Bar(
            "L2", "the worst unlinked world, from 52 weeks", "at most 0.11", "at most 0.08", worlds[worst],
            worlds[worst] <= 0.11, long_enough, luck=luck_of_rates(sizes, 0.11), more={"world": worst, "pairs_a_world": long_enough // len(worlds)},
        ),
        Bar(
            "L13", "unlinked pairs called supported as believed", "at most 0.035", "at most 0.025", supported,
            supported <= 0.035, len(nulls),
        ),
    ]  # fmt: skip


def real_null_bars(folder: Folder) -> list[Bar]:
    """L3 and L4: unrelated real series, by cell of design, frequency and length."""
    cells: dict[str, float] = {}
    sizes: dict[str, list[int]] = {"A": [], "B": []}
    for design, frequency, group in folder.real_nulls():
        weekly = frequency == "W"
        link = link_test(
            group.x,
            group.y,
            frequency="weekly" if weekly else "monthly",
            lags=WEEKLY_LAGS if weekly else MONTHLY_LAGS,
        )
        cells[f"{design}{frequency}{group.x.shape[1]}"] = share(link.p < LEVEL)
        sizes[design].append(len(group.ids))
    different = {cell: rate for cell, rate in cells.items() if cell[0] == "A"}
    aligned = {cell: rate for cell, rate in cells.items() if cell[0] == "B"}
    a_mean, b_mean = float(np.mean(list(different.values()))), float(np.mean(list(aligned.values())))
    worst = max(aligned, key=lambda cell: aligned[cell])
    return [
        Bar(
            "L3", "unrelated real series of different domains called linked, mean of cells", "at most 0.07",
            "at most 0.055", a_mean, a_mean <= 0.07, sum(sizes["A"]),
            luck=luck_of_rates([sum(sizes["A"])], 0.07), more={"cells": different},
        ),
        Bar(
            "L4", "unrelated real series with aligned seasons called linked, mean and worst cell",
            "at most 0.10 and 0.15", "at most 0.06 and 0.09", {"mean": b_mean, "worst": aligned[worst]},
            b_mean <= 0.10 and aligned[worst] <= 0.15, sum(sizes["B"]),
            luck=luck_of_rates(sizes["B"], 0.15), more={"cells": aligned, "worst_cell": worst},
        ),
    ]  # fmt: skip


def power_bars(tested: list[Tested]) -> list[Bar]:
    """L5, L7 and L8: what linked synthetic pairs of the five power worlds are called."""
    linked = [one for one in tested if one.linked and one.world in POWER_WORLDS]
    found = {
        cell: [one.significant for one in linked if (one.periods, one.strength) == cell]
        for cell in POWER_CELLS
    }
    power = {cell: share(hits) for cell, hits in found.items()}
    detected = [one for one in linked if one.significant]
    strong = [one for one in detected if one.strength >= 0.5]
    exact, near = share(one.lag_off == 0 for one in strong), share(one.lag_off <= 1 for one in strong)
    sign = share(one.sign_right for one in strong)
    known = [one.covered for one in detected if one.covered is not None and one.periods >= 52]
    coverage = share(known)
    others = {
        world: share(one.significant for one in tested if one.linked and one.world == world)
        for world in sorted({one.world for one in tested if one.linked} - set(POWER_WORLDS))
    }
    return [
        Bar(
            "L5", "links found, mean of five worlds: 52 weeks r=.5, 104 r=.3, 104 r=.5, 156 r=.3",
            "at least 0.48, 0.40, 0.90, 0.62", "0.75, 0.70, 0.99, 0.88",
            {f"{periods}/{strength}": rate for (periods, strength), rate in power.items()},
            all(power[cell] >= least for cell, (least, _) in POWER_CELLS.items()),
            sum(len(hits) for hits in found.values()),
            more={"pairs_a_cell": [len(hits) for hits in found.values()], "other_worlds": others},
        ),
        Bar(
            "L7", "among links found, r from .5: exact lag, within one, sign right", "at least 0.95, 0.97, 0.99",
            "0.99, 1, 1", {"exact": exact, "within_one": near, "sign": sign},
            exact >= 0.95 and near >= 0.97 and sign >= 0.99, len(strong),
        ),
        Bar(
            "L8", "the interval holds the true effect, links found from 52 weeks", "0.93 to 1", "0.94 to 0.97",
            coverage, 0.93 <= coverage <= 1.0, len(known),
        ),
    ]  # fmt: skip


def known_pair_bar(folder: Folder) -> Bar:
    """L12: graded pairs whose answer is agreed on: verdict, lag and sign right, each tested alone."""
    graded = {name: one for name, one in folder.expected("known_pairs").items() if one["graded"]}
    wrong: dict[str, Any] = {}
    for name, answer in graded.items():
        x, y = folder.pair(answer["file"])
        lags = tuple(range(answer["max_lag"] + 1))
        link = link_test(x[None], y[None], frequency=answer["frequency"], lags=lags)
        decision = verdicts_decide(link, believed_sign=answer["believed_sign"])
        said = known_pair_word(str(decision.verdict[0]), str(decision.reason[0]))
        right = said in answer["accept_verdict"]
        if said == "supported" and answer["accept_lag"] is not None:
            right = right and int(link.lag[0]) in answer["accept_lag"]
        if not right:
            wrong[name] = {"said": said, "lag": int(link.lag[0]), "p": float(link.p[0])}
    # Of the pairs kept back one may be wrong; of the open ones, that everybody can look at, none.
    allowed = 0 if folder.path.resolve().name == "open" else 1
    right_share = f"{len(graded) - len(wrong)} of {len(graded)}"
    return Bar(
        "L12", "pairs with an agreed answer: verdict, lag and sign right", "all, or all but one of those kept back",
        "all", right_share, len(wrong) <= allowed, len(graded), more={"wrong": wrong},
    )  # fmt: skip


def known_pair_word(verdict: str, reason: str) -> str:
    """Verdict and reason as one word, as the expected answers write them."""
    if verdict != "contradicted":
        return verdict
    return "contradicted_opposite" if reason == "opposite" else "contradicted_small"
