"""The miss streak over closed quarters. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from strategy.calculations.verdicts import MET, MISSED, NO_DATA

CONSECUTIVE, WINDOW = "consecutive", "window"
WINDOW_SIZE = 4


@dataclass(frozen=True)
class StreakState:
    """Where the streak stands after a quarter.

    count: misses in a row. recent: misses among the last four judged quarters. missed: whether this quarter
    made a miss. waiting: one quarter without data stands open, a second one running makes a miss.
    events: the last judged quarters, oldest first, True for a miss.
    """

    count: int = 0
    recent: int = 0
    missed: bool = False
    waiting: bool = False
    events: tuple[bool, ...] = ()


START = StreakState()


def streak_after(state: StreakState, verdict: str, *, counts: bool = True) -> StreakState:
    """The streak after one more closed quarter.

    met: 0. missed: one more. exempt, or a quarter before counting starts: as if it had not been. No data:
    unchanged, but the second one running makes a miss, after which the count of them starts again.
    """
    if not counts or verdict not in {MET, MISSED, NO_DATA}:
        return StreakState(state.count, state.recent, False, state.waiting, state.events)
    if verdict == NO_DATA and not state.waiting:
        return StreakState(state.count, state.recent, False, True, state.events)
    missed = verdict != MET
    events = (*state.events, missed)[-WINDOW_SIZE:]
    return StreakState(state.count + 1 if missed else 0, sum(events), missed, False, events)


def streak_replay(quarters: Iterable[tuple[str, bool]], start: StreakState = START) -> list[StreakState]:
    """The state after each closed quarter, given as (verdict, counts) in order of time."""
    states: list[StreakState] = []
    state = start
    for verdict, counts in quarters:
        state = streak_after(state, verdict, counts=counts)
        states.append(state)
    return states


def contest_is_due(*, streak: int, recent: int, policy: str, threshold: int) -> bool:
    """Whether the misses are as many as open a contest under the organisation's policy."""
    return (recent if policy == WINDOW else streak) >= threshold


def streak_indexes(quarters: Sequence[tuple[str, bool]], *, policy: str = CONSECUTIVE) -> list[int]:
    """Positions of the quarters that make up the present streak, oldest first.

    Under the consecutive policy everything after the last met quarter that made a miss, pairs without data
    by both their quarters; under the window policy the misses among the last four judged quarters.
    """
    misses: list[list[int]] = []
    judged: list[list[int]] = []
    waiting: int | None = None
    for index, (verdict, counts) in enumerate(quarters):
        if not counts or verdict not in {MET, MISSED, NO_DATA}:
            continue
        if verdict == NO_DATA and waiting is None:
            waiting = index
            continue
        made = [waiting, index] if verdict == NO_DATA and waiting is not None else [index]
        waiting = None
        if verdict == MET:
            misses.clear()
            judged.append([])
        else:
            misses.append(made)
            judged.append(made)
    chosen = judged[-WINDOW_SIZE:] if policy == WINDOW else misses
    return [index for made in chosen for index in made]
