"""The test of beliefs and the forecast on real and simulated series whose answer is known.

The series are read where they lie; small as their number is, the bounds leave room for luck. How well the methods
do in the long run is measured by bench/evidence.py.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics.analysis.forecast import Kind, Question, forecast_make, pace_project
from metrics.analysis.link import LinkResult, link_test
from metrics.analysis.verdict import Decisions, verdicts_decide

LEVEL = 0.05
WEEKLY = tuple(range(9))
FREQUENCIES = {"W": ("weekly", WEEKLY), "M": ("monthly", tuple(range(7)))}


class OpenData:
    """The folder of series with known answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.expected = json.loads((folder / "expected.json").read_text())

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def pairs(self, name: str, key: str) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for row in self.rows(name):
            found.setdefault(row[key], []).append(row)
        return found


def values(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) if row[column] else float("nan") for row in rows]


def word(decisions: Decisions, place: int = 0) -> str:
    """Verdict and reason as the expected answers write them."""
    verdict, reason = str(decisions.verdict[place]), str(decisions.reason[place])
    return f"{verdict}_{'small' if reason == 'too_small' else reason}" if reason else verdict


@pytest.fixture
def data(shared_folder: Path) -> OpenData:
    return OpenData(shared_folder / "evidence" / "open")


def known_pair(data: OpenData, name: str) -> tuple[LinkResult, Decisions, dict[str, Any]]:
    answer = data.expected["known_pairs"][name]
    rows = data.rows(answer["file"])
    x, y = np.array([values(rows, "x")]), np.array([values(rows, "y")])
    link = link_test(x, y, frequency=answer["frequency"], lags=range(answer["max_lag"] + 1))
    return link, verdicts_decide(link, believed_sign=answer["believed_sign"]), answer


def test_pairs_with_an_agreed_answer_get_it(data: OpenData) -> None:
    graded = [name for name, answer in data.expected["known_pairs"].items() if answer["graded"]]
    assert graded

    for name in graded:
        link, decisions, answer = known_pair(data, name)

        assert word(decisions) in answer["accept_verdict"], name
        if word(decisions) == "supported" and answer["accept_lag"] is not None:
            assert link.lag[0] in answer["accept_lag"], name
            assert link.sign[0] == answer["believed_sign"], name


def test_a_leading_indicator_is_seen_three_periods_ahead_and_not_the_other_way_round(data: OpenData) -> None:
    link, decisions, _ = known_pair(data, "bjsales_lead")
    back, reversed_decisions, _ = known_pair(data, "bjsales_reversed_roles")

    assert (word(decisions), link.lag[0]) == ("supported", 3)
    assert word(reversed_decisions) != "supported"
    assert back.p[0] > LEVEL


def test_unrelated_real_series_are_rarely_called_linked(data: OpenData) -> None:
    cells: dict[tuple[str, int], list[list[dict[str, str]]]] = {}
    for rows in data.pairs("real_null_pairs.csv", "pair_id").values():
        cells.setdefault((rows[0]["freq"], len(rows)), []).append(rows)
    called: list[bool] = []

    for (frequency, _), pairs in cells.items():
        name, lags = FREQUENCIES[frequency]
        x, y = (np.array([values(rows, side) for rows in pairs]) for side in "xy")
        called += list(link_test(x, y, frequency=name, lags=lags).p < LEVEL)

    assert len(called) == data.expected["real_nulls"]["pairs"]
    assert np.mean(called) <= 0.12


@pytest.fixture
def synthetic(data: OpenData) -> list[tuple[dict[str, Any], LinkResult, str]]:
    """Truth, finding (of one pair) and verdict of every synthetic pair."""
    truth = data.expected["synthetic"]["truth"]
    lengths: dict[int, list[str]] = {}
    pairs = data.pairs("synthetic.csv", "series_id")
    for name, rows in pairs.items():
        lengths.setdefault(len(rows), []).append(name)
    found = []
    for names in lengths.values():
        x, y = (np.array([values(pairs[name], side) for name in names]) for side in "xy")
        link = link_test(x, y, frequency="weekly", lags=WEEKLY)
        signs = [truth[name].get("sign", 1) for name in names]
        decisions = verdicts_decide(link, believed_sign=signs)
        found += [(truth[name], link.pick(place), word(decisions, place)) for place, name in enumerate(names)]
    return found


def test_simulated_pairs_without_a_link_are_rarely_called_linked(synthetic: Any) -> None:
    unlinked = [(link, said) for truth, link, said in synthetic if not truth["linked"]]

    assert np.mean([link.p[0] < LEVEL for link, _ in unlinked]) <= 0.08
    assert np.mean([said == "supported" for _, said in unlinked]) <= 0.05


def test_strong_simulated_links_are_found_with_lag_sign_and_size(synthetic: Any) -> None:
    strong = [
        (truth, link)
        for truth, link, _ in synthetic
        if truth["linked"] and truth["r"] >= 0.5 and truth["n"] >= 104 and truth["world"] != "spread"
    ]
    found = [(truth, link) for truth, link in strong if link.p[0] < LEVEL]

    assert len(found) >= 0.85 * len(strong)
    assert np.mean([link.lag[0] == truth["lag"] for truth, link in found]) >= 0.95
    assert np.mean([link.sign[0] == truth["sign"] for truth, link in found]) >= 0.98
    inside = [
        link.effect_low[0] <= truth["effect"] <= link.effect_high[0]
        for truth, link in found
        if truth.get("effect") is not None and not (link.x_logged[0] or link.y_logged[0])
    ]
    assert len(inside) > 30
    assert np.mean(inside) >= 0.9


def test_forecasts_come_much_closer_than_the_straight_line(data: OpenData) -> None:
    """Brier scores: the mean squared distance between the chance said and what happened."""
    kinds = {"last value of the quarter": Kind.LAST, "quarter total": Kind.SUM}
    histories = {
        key: np.array(values(rows, "y"))
        for key, rows in data.pairs("forecast_history.csv", "series_key").items()
    }
    outcomes = data.expected["forecast"]["outcomes"]
    said: dict[str, list[tuple[float, float, float]]] = {"weekly": [], "monthly": []}

    for task in data.rows("forecast_tasks.csv")[::2]:
        history = histories[task["series_key"]]
        question = Question(
            kind=kinds[task["kind"]],
            periods_left=int(task["quarter_length"]) - int(task["periods_done"]),
            known=tuple(history[int(task["quarter_start_index"]) :]),
        )
        forecast = forecast_make(history, frequency=task["frequency"], question=question)
        line = pace_project(history, question=question)
        assert forecast is not None
        assert line is not None
        target, up = float(task["target"]), task["direction"] == "at_least"
        chance = forecast.chance(at_least=target) if up else forecast.chance(at_most=target)
        straight = line >= target if up else line <= target
        said[task["frequency"]].append((chance, float(straight), outcomes[task["task_id"]][0]))

    for answers in said.values():
        chance, straight, happened = np.array(answers).T
        assert ((chance - happened) ** 2).mean() < 0.65 * ((straight - happened) ** 2).mean()
        assert happened[chance > 0.9].mean() >= 0.9
        assert happened[chance < 0.1].mean() <= 0.1
