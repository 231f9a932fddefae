"""Scores the test of beliefs and the forecast against their bars: one JSON line a bar.

    python bench/evidence.py [DIR] [--quick] [--markdown]

DIR holds series with known answers: expected.json, known_pairs/*.csv, real_null_pairs.csv, synthetic.csv,
forecast_history.csv, forecast_tasks.csv; without it, `evidence/open` of the folder of reference data that
BEARING_SHARED names. L6, L9, L10 and L11 are simulated here, with fixed seeds; the other bars of synthetic pairs
are measured on the folder, and once more on our own worlds (`simulated` in their lines), because a folder may be
small. S1 and S2 are timings: run them on a quiet machine.

--quick simulates less and leaves the second measurement out (well under a minute). --markdown writes the table into
docs/evidence.md as well.

Exits with 0 when no measured bar is missed, with 1 when one is, or when a file cannot be understood. A bar whose file
is missing is printed with "passes": null and "skipped": why; it does not fail the run.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import _one_thread
from _bars import EVIDENCE_PAGE, Bar, region_write
from _common import ROOT, machine_report
from _folder import Absent, Folder
from _forecast_bars import answers_of, forecast_bars, forecast_time_bar, progress_table, record_table
from _link_bars import false_alarm_bars, known_pair_bar, power_bars, real_null_bars, synthetic_test
from _simulated_bars import Effort, at_limit_bar, family_bar, named_lag_bar, settling_bar, worlds_as_groups
from _speed_bars import cold_bar, many_bar

from metrics.analysis.forecast import FORECAST_VERSION
from metrics.analysis.link import METHOD_VERSION


def synthetic_bars(folder: Folder, effort: Effort, *, quick: bool) -> list[Bar]:
    """L1, L2, L5, L7, L8 and L13, on the folder's pairs and (unless quick) on our own."""
    tested = synthetic_test(folder.synthetic(), folder.expected("synthetic")["truth"])
    bars = false_alarm_bars(tested) + power_bars(tested)
    if not quick:
        own = synthetic_test(*worlds_as_groups(effort))
        for bar, again in zip(bars, false_alarm_bars(own) + power_bars(own), strict=True):
            bar.more["simulated"] = {"value": again.value, "passes": again.passes, "n": again.n} | again.more
    return bars


def forecast_all(folder: Folder, *, quick: bool, tables: list[str]) -> list[Bar]:
    """F1 to F6; what there is to tell beyond them is added to `tables`."""
    answers, asked = answers_of(folder)
    tables += [progress_table(answers), record_table(answers)]
    return [*forecast_bars(answers), forecast_time_bar(asked, rounds=1 if quick else 3)]


def measured(codes: str, work: Callable[[], list[Bar]]) -> list[Bar]:
    """The bars of some work; where its file is absent or not understood, those it would have measured, saying so."""
    try:
        bars = work()
    except Absent as absent:
        bars = [Bar(code, "not measured", "", "", skipped=str(absent)) for code in codes.split()]
    except (KeyError, ValueError) as error:
        why = f"could not be scored: {error!r}"
        bars = [Bar(code, "not measured", "", "", passes=False, skipped=why) for code in codes.split()]
    for bar in bars:
        print(bar.line(), flush=True)
    return bars


def table(bars: list[Bar], *, folder: Path, quick: bool) -> str:
    """All bars as a Markdown table, with how and when they were measured."""
    command = f"python bench/evidence.py DIR{' --quick' if quick else ''} --markdown"
    versions = f"link test `{METHOD_VERSION}`, forecast `{FORECAST_VERSION}`"
    made = f"Measured {datetime.now(UTC):%Y-%m-%d} with `{command}` on the folder `{folder.name}`, {versions}, one core."
    load = f"Times are by the clock, at a load of {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores."
    head = [
        f"{made} {load}",
        "",
        "| bar | what | limit | measured | on our own worlds | aim |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [bar.row() for bar in bars])


def in_order(bars: list[Bar]) -> list[Bar]:
    """L1 to L13, F1 to F6, S1, S2."""

    def place(bar: Bar) -> tuple[int, int]:
        return "LFS".index(bar.code[0]), int(re.sub(r"\D", "", bar.code))

    return sorted(bars, key=place)


def main() -> int:
    """Measures every bar; 1 when one is missed."""
    _one_thread.required()
    shared = Path(os.environ.get("BEARING_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, default=shared / "evidence" / "open")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    folder, effort = Folder(options.folder), Effort.of(quick=options.quick)

    machine_report()
    tables: list[str] = []
    bars: list[Bar] = []
    bars += measured(
        "S1", lambda: [many_bar(1000 if options.quick else 10_000, rounds=1 if options.quick else 3)]
    )
    bars += measured("S2", lambda: [cold_bar(3 if options.quick else 9)])
    bars += measured("F1 F2 F3 F4 F5 F6", lambda: forecast_all(folder, quick=options.quick, tables=tables))
    bars += measured("L12", lambda: [known_pair_bar(folder)])
    bars += measured("L3 L4", lambda: real_null_bars(folder))
    bars += measured("L1 L2 L13 L5 L7 L8", lambda: synthetic_bars(folder, effort, quick=options.quick))
    bars += measured("L6", lambda: [named_lag_bar(effort)])
    bars += measured("L9", lambda: [at_limit_bar(effort)])
    bars += measured("L10", lambda: [settling_bar(effort)])
    bars += measured("L11", lambda: [family_bar(effort)])
    if options.markdown:
        region_write(EVIDENCE_PAGE, "bars", table(in_order(bars), folder=options.folder, quick=options.quick))
        region_write(EVIDENCE_PAGE, "forecasts", "\n\n".join(tables))
    return 1 if any(bar.passes is False for bar in bars) else 0


if __name__ == "__main__":
    sys.exit(main())
