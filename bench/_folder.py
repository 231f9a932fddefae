"""A folder of series with expected answers: what its files hold, as arrays."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Absent(Exception):
    """A file that a bar needs is not there, or does not hold what it needs."""


@dataclass(frozen=True)
class Group:
    """Pairs of equal length that are tested together; arrays (pairs, periods)."""

    ids: list[str]
    x: Floats
    y: Floats


class Folder:
    """Reads the files of one folder when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        """The path of a file; raises Absent where there is none."""
        path = self.path / name
        if not path.is_file():
            raise Absent(f"{path} is not there")
        return path

    def expected(self, part: str) -> dict[str, Any]:
        """A part of expected.json."""
        content = json.loads(self.file("expected.json").read_text())
        if part not in content:
            raise Absent(f"expected.json has no part {part!r}")
        answers: dict[str, Any] = content[part]
        return answers

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a CSV file."""
        with self.file(name).open(newline="") as file:
            return list(csv.DictReader(file))

    def pair(self, name: str) -> tuple[Floats, Floats]:
        """x and y of a file of one pair, oldest period first."""
        rows = self.rows(name)
        return np.array([_number(row["x"]) for row in rows]), np.array([_number(row["y"]) for row in rows])

    def synthetic(self) -> list[Group]:
        """The synthetic pairs by their length."""
        return [
            Group(ids, x, y)
            for _, ids, x, y in _grouped(self.rows("synthetic.csv"), "series_id", lambda _: "")
        ]

    def real_nulls(self) -> list[tuple[str, str, Group]]:
        """The cells of unrelated real pairs: design (A or B), frequency (W or M), and the pairs."""
        rows = self.rows("real_null_pairs.csv")
        cells = _grouped(rows, "pair_id", lambda row: row["design"] + row["freq"])
        return [(cell[0], cell[1], Group(ids, x, y)) for cell, ids, x, y in cells]

    def histories(self) -> dict[str, Floats]:
        """The series of the forecasts up to now."""
        found: dict[str, list[float]] = {}
        for row in self.rows("forecast_history.csv"):
            found.setdefault(row["series_key"], []).append(_number(row["y"]))
        return {key: np.array(values) for key, values in found.items()}


def _number(text: str) -> float:
    return float(text) if text else float("nan")


def _grouped(rows: list[dict[str, str]], key: str, cell: Any) -> list[tuple[str, list[str], Floats, Floats]]:
    """Pairs of the same cell and length stacked: (cell, ids, x, y)."""
    pairs: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        pairs.setdefault(row[key], []).append(row)
    groups: dict[tuple[str, int], list[str]] = {}
    for name, content in pairs.items():
        groups.setdefault((cell(content[0]), len(content)), []).append(name)
    return [
        (
            of,
            names,
            np.array([[_number(row["x"]) for row in pairs[name]] for name in names]),
            np.array([[_number(row["y"]) for row in pairs[name]] for name in names]),
        )
        for (of, _), names in groups.items()
    ]
