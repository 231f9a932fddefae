"""How often two series that have nothing to do with each other are called linked: by a spreadsheet, by Bearing.

    python bench/false_alarms.py [--quick] [--write]

Simulates the unlinked worlds of bench/worlds.py with fixed seeds and asks, for each pair, four measures over delays of
0 to 8 weeks: the best correlation, the best correlation of changes, the best Granger test (our batched one, held
against statsmodels here first), and Bearing's link test. Beside it, how many of the true links of the linked worlds
each one finds. Prints the tables as Markdown; --write puts them into docs/evidence.md. About two minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import _one_thread
import numpy as np
from _bars import EVIDENCE_PAGE, region_write
from _rivals import MAX_LAG, differences_best, granger_best, granger_p, pearson_best
from numpy.typing import NDArray
from worlds import POWER_WORLDS, UNLINKED, linked_make, unlinked_make

from metrics.analysis.link import METHOD_VERSION, link_test
from metrics.analysis.verdict import verdicts_decide

Floats = NDArray[np.float64]
Calls = dict[str, NDArray[np.bool_]]

LEVEL: Final = 0.05
SEED: Final = 20_261_125
LENGTHS: Final = (26, 52, 104, 156)
STRENGTHS: Final = (0.3, 0.5)
SHOWN_LENGTH: Final = 104
AGREEMENT: Final = 1e-8

RIVALS: Final[dict[str, Callable[[Floats, Floats], Floats]]] = {
    "Correlation, best delay (spreadsheet)": pearson_best,
    "Granger test, best number of lags (statsmodels)": granger_best,
    "Correlation of weekly changes, best delay": differences_best,
}
FOUND: Final = "**Bearing: a link is found**"
SAID: Final = "**Bearing: says *supported***"
METHODS: Final = (*RIVALS, FOUND, SAID)
WRONG: Final = "a link is found, with the wrong sign"  # where the true one is positive


def calls_of(x: Floats, y: Floats, *, sign: int = 1) -> Calls:
    """Which pairs each measure calls linked. *Supported* asks for the believed sign too."""
    calls: Calls = {name: measure(x, y) < LEVEL for name, measure in RIVALS.items()}
    link = link_test(x, y, frequency="weekly", lags=tuple(range(MAX_LAG + 1)))
    verdicts = verdicts_decide(link, believed_sign=sign).verdict
    calls[FOUND] = link.p < LEVEL
    calls[WRONG] = calls[FOUND] & (link.sign < 0)
    calls[SAID] = np.array([verdict == "supported" for verdict in verdicts])
    return calls


def granger_distance() -> float:
    """The largest difference between our p-values and those of statsmodels, over a sample of worlds."""
    from statsmodels.tsa.stattools import grangercausalitytests

    largest = 0.0
    for world in ("ar0.8", "shared_trend", "counts"):
        for periods in LENGTHS:
            x, y = unlinked_make(world, pairs=3, periods=periods, seed=SEED)
            ours = np.array([granger_p(x, y, lags) for lags in range(1, MAX_LAG + 1)])
            for pair in range(len(x)):
                theirs = grangercausalitytests(np.column_stack([y[pair], x[pair]]), MAX_LAG)
                p = [theirs[lags][0]["ssr_ftest"][1] for lags in range(1, MAX_LAG + 1)]
                largest = max(largest, float(np.abs(ours[:, pair] - p).max()))
    return largest


def false_alarms(pairs: int) -> dict[tuple[str, str, int], float]:
    """The share called linked, by method, world and length."""
    rates = {}
    for world in UNLINKED:
        for periods in LENGTHS:
            x, y = unlinked_make(world, pairs=pairs, periods=periods, seed=SEED)
            for method, called in calls_of(x, y).items():
                rates[method, world, periods] = float(called.mean())
    return rates


def power(pairs: int) -> dict[tuple[str, int, float], float]:
    """The share of true links called linked, mean of the power worlds, by method, length and strength."""
    rates = {}
    for periods in LENGTHS:
        for strength in STRENGTHS:
            shares: dict[str, list[float]] = {method: [] for method in (*METHODS, WRONG)}
            for world in POWER_WORLDS:
                made = linked_make(world, pairs=pairs, periods=periods, strength=strength, seed=SEED)
                for method, called in calls_of(made.x, made.y).items():
                    shares[method].append(float(called.mean()))
            for method, values in shares.items():
                rates[method, periods, strength] = float(np.mean(values))
    return rates


def percent(share: float) -> str:
    """A share in whole per cent; below ten with one decimal, where a half matters."""
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def alarm_table(rates: dict[tuple[str, str, int], float]) -> list[str]:
    """Mean and worst world by length."""
    heads = " | ".join(f"{periods} weeks" for periods in LENGTHS)
    lines = [f"| unrelated pairs called linked: mean / worst world | {heads} | all |", "|---|" + "---|" * 5]
    for method in METHODS:
        cells, every = [], []
        for periods in LENGTHS:
            shares = [rates[method, world, periods] for world in UNLINKED]
            every += shares
            cells.append(f"{percent(float(np.mean(shares)))} / {percent(max(shares))}")
        cells.append(f"**{percent(float(np.mean(every)))}** / {percent(max(every))}")
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines


def power_table(rates: dict[tuple[str, int, float], float]) -> list[str]:
    """True links found, by length and strength."""
    cells = [(periods, strength) for strength in STRENGTHS for periods in LENGTHS]
    heads = " | ".join(f"r={strength}, {periods}" for periods, strength in cells)
    lines = [f"| true links found | {heads} |", "|---|" + "---|" * len(cells)]
    for method in METHODS:
        lines.append(f"| {method} | {' | '.join(percent(rates[method, *cell]) for cell in cells)} |")
    return lines


def sign_sentence(rates: dict[tuple[str, int, float], float]) -> str:
    """How often a link that Bearing finds has the wrong sign: the luck of short histories."""
    parts = []
    for strength in STRENGTHS:
        shares = [rates[WRONG, periods, strength] / rates[FOUND, periods, strength] for periods in LENGTHS]
        parts.append(f"{', '.join(percent(share) for share in shares)} at r={strength}")
    lengths = ", ".join(str(periods) for periods in LENGTHS)
    return f"Of the links that Bearing finds, the sign is wrong in {'; '.join(parts)} ({lengths} weeks)."


def world_table(rates: dict[tuple[str, str, int], float]) -> list[str]:
    """World by world, at one length."""
    short = ["correlation", "Granger", "changes", "**Bearing**"]
    lines = [
        f"| what the two unrelated series are like | {' | '.join(short)} |",
        "|---|" + "---|" * len(short),
    ]
    for name, world in UNLINKED.items():
        cells = [percent(rates[method, name, SHOWN_LENGTH]) for method in (*RIVALS, FOUND)]
        lines.append(f"| {world.words} | {' | '.join(cells)} |")
    return lines


def report(pairs: int, links: int, *, quick: bool) -> str:
    """All tables, with how and when they were made."""
    distance = granger_distance()
    if distance > AGREEMENT:
        sys.exit(f"Our Granger test differs from statsmodels by {distance:.1e}.")
    alarms = false_alarms(pairs)
    command = f"python bench/false_alarms.py{' --quick' if quick else ''} --write"
    made = (
        f"Made {datetime.now(UTC):%Y-%m-%d} by `{command}`, seed {SEED}, link test `{METHOD_VERSION}`: "
        f"{len(UNLINKED)} worlds × {len(LENGTHS)} lengths × {pairs:,} pairs, and {links} pairs for each linked world, "
        f"length and strength; delays 0 to {MAX_LAG}, level 5 %. Our Granger test equals statsmodels' to {distance:.0e}."
    )
    by_world = f"World by world, {SHOWN_LENGTH} weeks:"
    found = power(links)
    parts = [
        alarm_table(alarms),
        power_table(found),
        [sign_sentence(found)],
        [by_world, "", *world_table(alarms)],
        [made],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def main() -> int:
    """Prints the tables, and writes them where they are read if asked to."""
    _one_thread.required()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pairs: a look, not a figure to publish")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/evidence.md")
    options = parser.parse_args()
    text = report(40 if options.quick else 1000, 40 if options.quick else 400, quick=options.quick)
    print(text)
    if options.write:
        region_write(EVIDENCE_PAGE, "false-alarms", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
