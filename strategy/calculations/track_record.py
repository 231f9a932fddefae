"""How well past forecasts came true: by the chance they gave, and by how far ahead they looked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

TENTHS = 10
# Weeks left in the quarter, from and to, and how a page calls them.
HORIZONS = (
    (0, 2, "Up to 2 weeks"),
    (3, 5, "3 to 5 weeks"),
    (6, 9, "6 to 9 weeks"),
    (10, 99, "10 weeks or more"),
)


class Cell(NamedTuple):
    """Scored forecasts that gave a chance in one tenth (1 to 10) with so many weeks left, summed up.

    n: how many. said: the sum of their chances (0 to 1). happened: how many came true. brier: the sum of their
    squared errors. inside: how many 80% ranges held. lines: how many had a straight line beside them, with
    lines_brier the sum of those forecasts' squared errors and lines_wrong how many lines were wrong.
    """

    tenth: int
    weeks_left: int
    n: int
    said: float
    happened: int
    brier: float
    inside: int
    lines: int
    lines_brier: float
    lines_wrong: int


@dataclass(frozen=True)
class Tally:
    """Scored forecasts taken together. Shares are 0 to 1; None where there is nothing to divide by."""

    n: int = 0
    said: float | None = None
    happened: float | None = None
    brier: float | None = None
    inside: float | None = None
    brier_beside: float | None = None
    """The Brier score of those that had a straight line beside them, for a fair comparison."""
    brier_line: float | None = None
    """That of the straight line, taken as certain: the share of lines that were wrong."""

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Tally:
        rows = list(cells)
        n, lines = sum(row.n for row in rows), sum(row.lines for row in rows)
        if not n:
            return cls()
        return cls(
            n=n,
            said=sum(row.said for row in rows) / n,
            happened=sum(row.happened for row in rows) / n,
            brier=sum(row.brier for row in rows) / n,
            inside=sum(row.inside for row in rows) / n,
            brier_beside=sum(row.lines_brier for row in rows) / lines if lines else None,
            brier_line=sum(row.lines_wrong for row in rows) / lines if lines else None,
        )


@dataclass(frozen=True)
class Part:
    """One row of the record: a tenth of the chances, or a stretch of weeks left."""

    label: str
    low: float
    high: float
    tally: Tally


@dataclass(frozen=True)
class TrackRecord:
    """The record of a product: all of it, by tenth of the chance given, and by weeks left."""

    total: Tally = field(default_factory=Tally)
    tenths: Sequence[Part] = ()
    horizons: Sequence[Part] = ()

    @property
    def reliability(self) -> float | None:
        """Murphy's (1973) reliability term: how far, squared, what happened lies from what was said; 0 is best."""
        if not self.total.n:
            return None
        gaps = [
            part.tally.n * (part.tally.said - part.tally.happened) ** 2
            for part in self.tenths
            if part.tally.said is not None and part.tally.happened is not None
        ]
        return sum(gaps) / self.total.n

    @property
    def fullest(self) -> Part | None:
        """The tenth with the most forecasts, for the one sentence that everybody reads; ties: the higher."""
        return max(self.tenths, key=lambda part: (part.tally.n, part.low), default=None)


def record_make(cells: Sequence[Cell]) -> TrackRecord:
    """The record of these cells; parts without any forecast are left out."""
    tenths = [
        _part(
            f"{(tenth - 1) * 10} to {tenth * 10}%",
            (tenth - 1) / TENTHS,
            tenth / TENTHS,
            cells,
            _tenth(tenth),
        )
        for tenth in range(1, TENTHS + 1)
    ]
    horizons = [_part(label, low, high, cells, _weeks(low, high)) for low, high, label in HORIZONS]
    return TrackRecord(
        Tally.of(cells),
        [part for part in tenths if part.tally.n],
        [part for part in horizons if part.tally.n],
    )


def _tenth(tenth: int) -> Callable[[Cell], bool]:
    return lambda cell: cell.tenth == tenth


def _weeks(low: int, high: int) -> Callable[[Cell], bool]:
    return lambda cell: low <= cell.weeks_left <= high


def _part(label: str, low: float, high: float, cells: Sequence[Cell], wanted: Callable[[Cell], bool]) -> Part:
    return Part(label, low, high, Tally.of(cell for cell in cells if wanted(cell)))
