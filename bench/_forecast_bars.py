"""The bars of the forecast that a folder of questions with known outcomes decides: F1 to F6."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from _bars import Bar
from _folder import Absent, Folder

from metrics.analysis.forecast import Forecast, Kind, Question, forecast_make, forecast_many, pace_project

KINDS = {"last value of the quarter": Kind.LAST, "quarter total": Kind.SUM}
FREQUENCIES = ("weekly", "monthly")
BINS = 10


@dataclass(frozen=True)
class Answer:
    """A forecast beside what happened."""

    frequency: str
    chance: float
    hit: bool
    pace_hit: bool  # whether the straight line reaches the target
    series: tuple[str, Kind]
    inside: bool  # whether the outcome lay in the 80 % interval
    done: int  # periods of the quarter already over


@dataclass(frozen=True)
class Asked:
    """A series and what is asked about its quarter: several targets share it."""

    key: tuple[str, Kind]
    frequency: str
    history: np.ndarray
    question: Question


def asked_of(task: dict[str, str], histories: dict[str, Any]) -> Asked:
    """What a row of forecast_tasks.csv asks."""
    history = histories[task["series_key"]]
    known = history[int(task["quarter_start_index"]) :]
    left = int(task["quarter_length"]) - int(task["periods_done"])
    question = Question(kind=KINDS[task["kind"]], periods_left=left, known=tuple(float(one) for one in known))
    return Asked((task["series_key"], question.kind), task["frequency"], history, question)


def answers_of(folder: Folder) -> tuple[list[Answer], list[Asked]]:
    """All forecasts of the folder beside their outcomes, and the distinct series that were asked about."""
    outcomes = folder.expected("forecast")["outcomes"]
    histories = folder.histories()
    asked: dict[tuple[str, Kind], Asked] = {}
    made: dict[tuple[str, Kind], Forecast | None] = {}
    answers = []
    for task in folder.rows("forecast_tasks.csv"):
        one = asked_of(task, histories)
        if one.key not in asked:
            asked[one.key] = one
            made[one.key] = forecast_make(one.history, frequency=one.frequency, question=one.question)
        forecast = made[one.key]
        if forecast is None:
            raise Absent(f"no forecast was made for {one.key[0]}: {len(one.history)} values")
        hit, outcome = outcomes[task["task_id"]]
        answers.append(_beside(task, one, forecast, bool(hit), float(outcome)))
    return answers, list(asked.values())


def _beside(task: dict[str, str], one: Asked, forecast: Forecast, hit: bool, outcome: float) -> Answer:
    target, upward = float(task["target"]), task["direction"] == "at_least"
    chance = forecast.chance(at_least=target) if upward else forecast.chance(at_most=target)
    pace = pace_project(one.history, question=one.question)
    pace_hit = pace is not None and (pace >= target if upward else pace <= target)
    return Answer(
        frequency=one.frequency,
        chance=chance,
        hit=hit,
        pace_hit=pace_hit,
        series=one.key,
        inside=forecast.low <= outcome <= forecast.high,
        done=int(task["periods_done"]),
    )


def brier(answers: list[Answer]) -> float:
    """Mean squared distance between the chance said and what happened: 0 is perfect, 0.25 is a coin."""
    return float(np.mean([(one.chance - one.hit) ** 2 for one in answers]))


def standard_error(answers: list[Answer]) -> float:
    """Standard error of the Brier score; the answers about one series are one draw, since they hang together."""
    sums: dict[str, list[float]] = {}
    for one in answers:
        sums.setdefault(one.series[0], []).append((one.chance - one.hit) ** 2)
    mean = brier(answers)
    off = [sum(values) - mean * len(values) for values in sums.values()]
    return float(np.sqrt(np.square(off).sum()) / len(answers))


def pace_brier(answers: list[Answer]) -> float:
    """The same of the straight line, which says yes or no."""
    return float(np.mean([(one.pace_hit - one.hit) ** 2 for one in answers]))


def reliability_of(answers: list[Answer]) -> float:
    """The reliability term of the Brier score, in ten bins of the chance said (Murphy 1973)."""
    chance = np.array([one.chance for one in answers])
    hit = np.array([float(one.hit) for one in answers])
    bins = np.clip(np.ceil(chance * BINS) - 1, 0, BINS - 1)
    terms = [
        (bins == number).sum() * (chance[bins == number].mean() - hit[bins == number].mean()) ** 2
        for number in np.unique(bins)
    ]
    return float(sum(terms) / len(answers))


def forecast_bars(answers: list[Answer]) -> list[Bar]:
    """F1 to F5."""
    parts = {name: [one for one in answers if one.frequency == name] for name in FREQUENCIES}
    absent = [name for name, part in parts.items() if not part]
    if absent:
        raise Absent(f"forecast_tasks.csv has no {' and no '.join(absent)} question")
    weekly, monthly = parts["weekly"], parts["monthly"]
    reliability = {name: reliability_of(part) for name, part in parts.items()}
    coverage = {name: _coverage(part) for name, part in parts.items()}
    said = {
        name: {"above_90": _hits(part, low=0.9), "below_10": _hits(part, high=0.1)}
        for name, part in parts.items()
    }
    n = len(answers)
    return [
        _brier_bar("F1", "weekly", weekly, limits=(0.105, 0.40), moonshot="0.088; 50 %"),
        _brier_bar("F2", "monthly", monthly, limits=(0.118, 0.48), moonshot="0.100; 58 %"),
        Bar(
            "F3", "reliability term of the Brier score", "at most 0.008 weekly, 0.003 monthly", "0.002, 0.0005",
            reliability, reliability["weekly"] <= 0.008 and reliability["monthly"] <= 0.003, n,
        ),
        Bar(
            "F4", "outcomes inside the 80 % interval", "0.74 to 0.90 weekly, 0.76 to 0.84 monthly",
            "0.78 to 0.82 both", coverage,
            0.74 <= coverage["weekly"] <= 0.90 and 0.76 <= coverage["monthly"] <= 0.84,
            len({one.series for one in answers}),
            luck="standard errors " + ", ".join(
                f"{np.sqrt(0.16 / len({one.series[0] for one in part})):.3f}" for part in parts.values()
            ),
        ),
        Bar(
            "F5", "came true: of forecasts above 90 %, of those below 10 %", "at least 0.94; at most 0.05",
            "0.95 to 0.99; 0.01 to 0.05", said,
            all(part["above_90"] >= 0.94 and part["below_10"] <= 0.05 for part in said.values()),
            sum(one.chance > 0.9 or one.chance < 0.1 for one in answers),
        ),
    ]  # fmt: skip


def _brier_bar(
    code: str, name: str, part: list[Answer], *, limits: tuple[float, float], moonshot: str
) -> Bar:
    ours, pace = brier(part), pace_brier(part)
    error = standard_error(part)
    below = 1.0 - ours / pace
    return Bar(
        code, f"{name} Brier score; below that of the linear pace", f"at most {limits[0]}; by {100 * limits[1]:.0f} %",
        moonshot, {"brier": ours, "below_pace": below}, ours <= limits[0] and below >= limits[1], len(part),
        luck=f"standard error of the first {error:.3f}", more={"pace_brier": pace},
    )  # fmt: skip


def _coverage(part: list[Answer]) -> float:
    inside = {one.series: one.inside for one in part}
    return sum(inside.values()) / len(inside)


def _hits(part: list[Answer], *, low: float = 0.0, high: float = 1.0) -> float:
    hits = [one.hit for one in part if low < one.chance < high or (high == 1.0 and one.chance > low)]
    return sum(hits) / len(hits) if hits else float("nan")


def forecast_time_bar(asked: list[Asked], *, rounds: int) -> Bar:
    """F6: milliseconds a series, one at a time and all together; medians of rounds."""
    one_by_one, together, on_processor = [], [], []
    for _ in range(rounds):
        started, busy = time.perf_counter(), time.process_time()
        for one in asked:
            forecast_make(one.history, frequency=one.frequency, question=one.question)
        one_by_one.append(1000.0 * (time.perf_counter() - started) / len(asked))
        on_processor.append(1000.0 * (time.process_time() - busy) / len(asked))
        started = time.perf_counter()
        for name in FREQUENCIES:
            part = [one for one in asked if one.frequency == name]
            forecast_many(
                [one.history for one in part], frequency=name, questions=[one.question for one in part]
            )
        together.append(1000.0 * (time.perf_counter() - started) / len(asked))
    single = statistics.median(one_by_one)
    return Bar(
        "F6", "milliseconds a series: one at a time; all of the folder together", "at most 10", "at most 0.3 batched",
        {"single": single, "batched": statistics.median(together)}, single <= 10.0, len(asked),
        luck=f"the first on the processor {statistics.median(on_processor):.1f}",
    )  # fmt: skip


def progress_table(answers: list[Answer]) -> str:
    """Brier scores by what is asked and by how much of the quarter is over, as Markdown."""
    lines = [
        "| question | periods done | questions | Bearing | straight line |",
        "|---|---|---|---|---|",
    ]
    words = {Kind.LAST: "last value", Kind.SUM: "total"}
    for frequency in FREQUENCIES:
        for kind, word in words.items():
            part = [one for one in answers if one.frequency == frequency and one.series[1] is kind]
            for done in sorted({one.done for one in part}):
                some = [one for one in part if one.done == done]
                lines.append(
                    f"| {frequency}, {word} | {done} of {13 if frequency == 'weekly' else 3} | {len(some)} "
                    f"| {brier(some):.3f} | {pace_brier(some):.3f} |"
                )
        part = [one for one in answers if one.frequency == frequency]
        if part:
            lines.append(
                f"| **{frequency}, all** | | {len(part)} | **{brier(part):.3f}** | **{pace_brier(part):.3f}** |"
            )
    return "\n".join(lines)


def record_table(answers: list[Answer]) -> str:
    """What was said beside what came true, in ten bins, as Markdown."""
    said = np.array([one.chance for one in answers])
    hit = np.array([float(one.hit) for one in answers])
    bins = np.clip(np.ceil(said * BINS) - 1, 0, BINS - 1).astype(int)
    heads = [f"to {100 * (number + 1) // BINS} %" for number in range(BINS)]
    shares = [
        f"{100 * hit[bins == number].mean():.0f} %" if (bins == number).any() else "–"
        for number in range(BINS)
    ]
    counts = [str((bins == number).sum()) for number in range(BINS)]
    rows = [["chance said", *heads], ["---"] * (BINS + 1), ["came true", *shares], ["questions", *counts]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
