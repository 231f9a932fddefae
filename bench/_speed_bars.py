"""The bars of speed: S1 many mappings at once on one core, S2 one mapping in a process that has tested none."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from _bars import Bar
from _common import ROOT
from worlds import LINKED, UNLINKED, linked_make, unlinked_make

from metrics.analysis.link import link_test
from metrics.analysis.verdict import benjamini_hochberg, verdicts_decide

SEED = 20_261_123
PERIODS = 104
LAGS = tuple(range(13))
COLD = """
import json, sys, time
import numpy as np
from metrics.analysis.link import link_test
from metrics.analysis.verdict import verdicts_decide
rng = np.random.default_rng(int(sys.argv[1]))
x, y = rng.standard_normal((2, 1, 104)).cumsum(axis=2)
started, busy = time.perf_counter(), time.process_time()
verdicts_decide(link_test(x, y, frequency="weekly"), believed_sign=1)
cold, cpu = time.perf_counter() - started, time.process_time() - busy
started = time.perf_counter()
verdicts_decide(link_test(x, y, frequency="weekly"), believed_sign=1)
print(json.dumps([cold, time.perf_counter() - started, cpu]))
"""


@contextmanager
def one_core() -> Iterator[None]:
    """Keeps this process on one core where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pairs_made(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A mixture: unlinked worlds of every kind and, one in three, linked ones. No series appears twice."""
    each = count // (len(UNLINKED) + len(LINKED)) + 1
    parts = [unlinked_make(name, pairs=each, periods=PERIODS, seed=SEED) for name in UNLINKED]
    linked = [linked_make(name, pairs=each, periods=PERIODS, strength=0.4, seed=SEED) for name in LINKED]
    parts += [(one.x, one.y) for one in linked]
    x, y = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    order = np.random.default_rng(SEED).permutation(len(x))[:count]
    return x[order], y[order]


def many_bar(count: int, *, rounds: int) -> Bar:
    """S1: link test, adjustment and verdicts of `count` mappings, the fastest round; fewer than 10,000 are scaled up."""
    x, y = pairs_made(count)
    times: list[tuple[float, float]] = []
    with one_core():
        link_test(x[:50], y[:50], frequency="weekly", lags=LAGS)
        for _ in range(rounds):
            started, busy = time.perf_counter(), time.process_time()
            link = link_test(x, y, frequency="weekly", lags=LAGS)
            verdicts_decide(link, believed_sign=1, p_adjusted=benjamini_hochberg(link.p))
            times.append((time.perf_counter() - started, time.process_time() - busy))
    seconds, cpu = min(times)
    scale = 10_000 / count
    return Bar(
        "S1", "seconds for 10,000 mappings of 104 weeks, lags 0 to 12, on one core", "at most 60", "at most 1.5",
        seconds * scale, seconds * scale <= 60.0, count,
        luck=f"on the processor {cpu * scale:.1f}",
        more={"cpu_seconds": cpu * scale, "rounds": [one[0] * scale for one in times], "distinct_series": 2 * count},
    )  # fmt: skip


def cold_bar(processes: int) -> Bar:
    """S2: milliseconds for the first mapping that a fresh process tests; imports are not counted."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    times = []
    for number in range(processes):
        answer = subprocess.run(
            [sys.executable, "-c", COLD, str(number)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        times.append(json.loads(answer.stdout))
    cold, warm, cpu = (1000.0 * statistics.median(one[place] for one in times) for place in (0, 1, 2))
    return Bar(
        "S2", "milliseconds for one mapping of 104 weeks in a fresh process", "at most 50", "at most 5",
        cold, cold <= 50.0, processes, luck=f"on the processor {cpu:.1f}",
        more={"warm": warm, "cpu": cpu, "slowest": 1000.0 * max(one[0] for one in times)},
    )  # fmt: skip
