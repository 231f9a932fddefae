"""Which delays are tried: the window of the frequency, or the team's own delay with its neighbours."""

from __future__ import annotations

import pytest

from metrics.analysis.lags import frequency_checked, lags_around, lags_checked, lags_for


@pytest.mark.parametrize(("frequency", "last"), [("weekly", 8), ("monthly", 4), ("quarterly", 3)])
def test_without_an_expected_lag_it_tries_the_window_of_the_frequency(frequency: str, last: int) -> None:
    assert lags_for(frequency, believed_lag=None, periods=104) == tuple(range(last + 1))


@pytest.mark.parametrize(("believed", "tried"), [(0, (0, 1)), (1, (0, 1, 2)), (5, (4, 5, 6))])
def test_an_expected_lag_narrows_the_window_to_its_neighbours(believed: int, tried: tuple[int, ...]) -> None:
    assert lags_for("weekly", believed_lag=believed, periods=104) == tried


def test_a_lag_is_at_most_a_third_of_the_history() -> None:
    assert lags_for("weekly", believed_lag=None, periods=15) == (0, 1, 2, 3, 4, 5)
    assert lags_for("weekly", believed_lag=20, periods=60) == (19, 20)


@pytest.mark.parametrize(("believed", "periods"), [(21, 60), (50, 60), (1, 0)])
def test_in_place_of_an_expected_lag_beyond_that_no_other_is_tried(believed: int, periods: int) -> None:
    assert lags_for("weekly", believed_lag=believed, periods=periods) == ()


@pytest.mark.parametrize(
    ("frequency", "lags", "periods", "around"),
    [
        ("weekly", (2, 3, 4), 104, tuple(range(9))),
        ("weekly", tuple(range(9)), 104, tuple(range(9))),
        ("weekly", (9, 10, 11), 104, tuple(range(14))),
        ("weekly", (9, 10, 11), 33, tuple(range(12))),
        ("monthly", (0, 1), 36, tuple(range(5))),
        ("quarterly", (), 24, tuple(range(4))),
    ],
)
def test_around_the_tested_lags_lie_the_window_and_two_more(
    frequency: str, lags: tuple[int, ...], periods: int, around: tuple[int, ...]
) -> None:
    assert lags_around(frequency, lags, periods=periods) == around


def test_an_expected_lag_below_nought_is_refused() -> None:
    with pytest.raises(ValueError, match="expected lag is -1; it must be 0 or more"):
        lags_for("weekly", believed_lag=-1, periods=60)


def test_an_unknown_frequency_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'daily' is unknown; it must be one of weekly, monthly, quarterly"):
        lags_for("daily", believed_lag=None, periods=60)
    assert frequency_checked("monthly") == "monthly"


def test_lags_come_back_in_rising_order() -> None:
    assert lags_checked([3, 0, 1], 20) == (0, 1, 3)


@pytest.mark.parametrize(
    ("lags", "message"),
    [
        ([], "No lag is named"),
        ([1, 2, 1], "name one twice"),
        ([-2, 1], "lag -2 is negative"),
        ([1, 20], "lag 20 is as long as the history of 20 periods"),
    ],
)
def test_lags_that_cannot_be_tried_are_refused(lags: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lags_checked(lags, 20)
