"""Kanboard failing in the middle of a read, or with any field missing or of another type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.kanboard import KanboardProvider
from roadmap.boards.kanboard_answers import KanboardAnswers
from roadmap.tests.kanboard_server import KanboardServer, recorded_error, week_load

PASSING = [429, 500, 502, 503, 504]
WEEK = week_load("week1")
TASK = WEEK["getAllTasks_open"][0]
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats()
)


def after_the_first(kanboard: KanboardServer, answer: Response) -> None:
    """Lets every call but the first end in `answer`."""
    kanboard.results["getBoard"] = []  # so that a second and third call are needed
    working = kanboard.answer

    def fault(request: Request) -> Response:
        return working(request) if kanboard.requests == 1 else answer

    kanboard.fault = fault


@pytest.mark.parametrize("status", PASSING)
def test_it_hands_over_nothing_when_a_later_call_fails(
    kanboard: KanboardServer, local_http: HttpFactory, status: int
) -> None:
    after_the_first(kanboard, Response("", status=status))

    with pytest.raises(TransientError):
        KanboardProvider(kanboard.config(), local_http).fetch()


@pytest.mark.parametrize(
    "answer",
    [
        recorded_error("wrong token"),
        Response("<html>", content_type="text/html"),
        Response("", content_type="application/json"),
        Response('[{"jsonrpc":', content_type="application/json"),
    ],
)
def test_it_hands_over_nothing_when_a_later_answer_is_no_answer(
    kanboard: KanboardServer, local_http: HttpFactory, answer: Response
) -> None:
    after_the_first(kanboard, answer)

    with pytest.raises((PermanentError, TransientError)):
        KanboardProvider(kanboard.config(), local_http).fetch()


def test_it_reads_the_exact_board_once_the_fault_is_mended(
    kanboard: KanboardServer, local_http: HttpFactory
) -> None:
    provider = KanboardProvider(kanboard.config(), local_http)
    whole = provider.fetch()
    kanboard.fault = Response("", status=503)
    with pytest.raises(TransientError):
        provider.fetch()

    kanboard.fault = None

    assert provider.fetch().cards == whole.cards


@pytest.mark.parametrize("name", sorted(TASK))
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_a_task_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    task = {key: content for key, content in TASK.items() if not (gone and key == name)}
    if not gone:
        task[name] = value
    reading = KanboardAnswers.of(
        WEEK["getColumns"],
        WEEK["getActiveSwimlanes"],
        WEEK["getAllCategories"],
        [],
        web_url="http://kanboard",
    )

    cards, broken = reading.cards([task], [])

    assert len(cards) + broken == 1
    assert all(card.title and card.identity for card in cards)


@pytest.mark.parametrize("method", ["getColumns", "getActiveSwimlanes", "getAllCategories"])
@given(value=ODD_VALUES, name=st.sampled_from(["id", "title", "name", "position", "task_limit"]))
@settings(max_examples=25, deadline=None)
def test_it_reads_a_list_or_says_that_it_cannot(method: str, value: Any, name: str) -> None:
    answers = {
        other: [dict(item) for item in WEEK[other]]
        for other in ("getColumns", "getActiveSwimlanes", "getAllCategories")
    }
    answers[method][0][name] = value

    try:
        reading = KanboardAnswers.of(
            answers["getColumns"], answers["getActiveSwimlanes"], answers["getAllCategories"], [], web_url=""
        )
    except ApplicationError:
        return

    assert all(isinstance(column.name, str) for column in reading.columns_data())
