"""Which delays are tried between a metric and a goal."""

from __future__ import annotations

from collections.abc import Sequence

LAGS_DEFAULT: dict[str, range] = {"weekly": range(9), "monthly": range(5), "quarterly": range(4)}


def lags_for(frequency: str, *, believed_lag: int | None, periods: int) -> tuple[int, ...]:
    """The lags to try: the delay the team named and its two neighbours, or the window of this frequency.

    Capped at a third of the history: beyond it too few rows overlap. A named delay beyond that leaves none: another
    one in its place would answer what nobody asked. Raises ValueError for an unknown frequency or a negative lag.
    """
    frequency_checked(frequency)
    if believed_lag is not None and believed_lag < 0:
        raise ValueError(f"The expected lag is {believed_lag}; it must be 0 or more periods.")
    if believed_lag is None:
        wanted: Sequence[int] = LAGS_DEFAULT[frequency]
    else:
        wanted = range(max(believed_lag - 1, 0), believed_lag + 2)
    cap = periods // 3
    if believed_lag is not None and believed_lag > cap:
        return ()
    return tuple(lag for lag in wanted if lag <= cap)


def lags_around(frequency: str, lags: Sequence[int], *, periods: int) -> tuple[int, ...]:
    """The lags to look at beside those that are tested: the window of this frequency, or to two beyond later ones."""
    last, window = max(lags, default=0), LAGS_DEFAULT[frequency][-1]
    return tuple(range(min(window if last <= window else last + 2, periods // 3) + 1))


def frequency_checked(frequency: str) -> str:
    """The frequency itself; raises ValueError when it is none that can be tested."""
    if frequency not in LAGS_DEFAULT:
        known = ", ".join(LAGS_DEFAULT)
        raise ValueError(f"The frequency {frequency!r} is unknown; it must be one of {known}.")
    return frequency


def lags_checked(lags: Sequence[int], periods: int) -> tuple[int, ...]:
    """The lags in rising order; raises ValueError when one is negative, repeated or as long as the history."""
    checked = tuple(sorted(int(lag) for lag in lags))
    if not checked:
        raise ValueError("No lag is named; at least one is needed.")
    if len(set(checked)) < len(checked):
        raise ValueError(f"The lags {list(checked)} name one twice; each may appear once.")
    if checked[0] < 0:
        raise ValueError(f"The lag {checked[0]} is negative; a goal may only follow its metric.")
    if periods and checked[-1] >= periods:
        raise ValueError(f"The lag {checked[-1]} is as long as the history of {periods} periods or longer.")
    return checked
