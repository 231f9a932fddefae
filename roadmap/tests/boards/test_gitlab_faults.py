"""GitLab failing in the middle of a read, or with any field missing or of another type."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import HttpFactory
from roadmap.boards.gitlab import GitLabProvider
from roadmap.boards.gitlab_answers import GitLabBoard, GitLabIssues
from roadmap.boards.gitlab_moves import GitLabEvents, issue_moves
from roadmap.tests.gitlab_server import TOKEN, GitLabServer, error_answer, fixture_load

BOARD = GitLabBoard.of(fixture_load("board"))
ISSUE = fixture_load("issues")[2]
LABEL_EVENT = fixture_load("label_events")["3"][0]
STATE_EVENT = fixture_load("state_events")["3"][0]
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats(),
    st.just([None]), st.just([{}]), st.just([""]), st.just("0001-01-01T00:00:00+14:00"), st.just(10**5000),
)  # fmt: skip
PARTS = ["boards/1", "projects/5/issues", "resource_label_events", "resource_state_events"]


@pytest.fixture
def gitlab(httpserver: HTTPServer) -> GitLabServer:
    return GitLabServer(httpserver)


@pytest.fixture
def provider(gitlab: GitLabServer, local_http: HttpFactory) -> GitLabProvider:
    return GitLabProvider(gitlab.config(), local_http)


def part_fails(gitlab: GitLabServer, part: str, answer: Response) -> None:
    """Lets the calls for one part of the board end in `answer`."""

    def fault(request: Request) -> Response:
        return answer if request.path.endswith(part) else gitlab.answer(request)

    gitlab.fault = fault


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("part", PARTS)
def test_it_hands_over_nothing_when_a_later_call_fails(
    provider: GitLabProvider, gitlab: GitLabServer, part: str, status: int
) -> None:
    part_fails(gitlab, part, Response("", status=status))

    with pytest.raises(TransientError):
        provider.fetch()


@pytest.mark.parametrize(
    "answer",
    [
        error_answer("revoked token"),
        Response("<html>", content_type="text/html"),
        Response("", content_type="application/json"),
        Response('[{"id":', content_type="application/json"),
        Response("{}", content_type="application/json"),
    ],
)
@pytest.mark.parametrize("part", PARTS)
def test_it_hands_over_nothing_when_a_later_answer_is_no_answer(
    provider: GitLabProvider, gitlab: GitLabServer, part: str, answer: Response
) -> None:
    part_fails(gitlab, part, answer)

    with pytest.raises((PermanentError, TransientError)):
        provider.fetch()


def test_it_hands_over_nothing_when_the_second_page_fails(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.issues_many(150)

    def fault(request: Request) -> Response:
        return Response("", status=502) if request.args.get("page") == "2" else gitlab.answer(request)

    gitlab.fault = fault

    with pytest.raises(TransientError):
        provider.fetch()


def shrinks_while_read(gitlab: GitLabServer, times: int) -> None:
    """Lets an issue of the first page be deleted whenever the second page is asked for, so often."""
    left = list(range(times))

    def fault(request: Request) -> Response:
        if request.path.endswith("/issues") and request.args.get("page") == "2" and left:
            left.pop()
            gitlab.issue_delete(gitlab.issues[0]["iid"])
        return gitlab.answer(request)

    gitlab.fault = fault


def test_it_reads_again_when_an_issue_is_deleted_meanwhile(
    provider: GitLabProvider, gitlab: GitLabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roadmap.boards.gitlab.HISTORIES", 0)
    gitlab.issues_many(150)
    shrinks_while_read(gitlab, times=1)

    snapshot = provider.fetch()

    assert {card.external_id for card in snapshot.cards} == {str(item["id"]) for item in gitlab.issues}
    assert len(snapshot.cards) == 149


def test_it_gives_up_when_issues_are_deleted_all_the_time(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    gitlab.issues_many(150)
    shrinks_while_read(gitlab, times=10)

    with pytest.raises(TransientError, match="changed while they were read"):
        provider.fetch()


def test_it_reads_the_exact_board_once_the_fault_is_mended(
    provider: GitLabProvider, gitlab: GitLabServer
) -> None:
    whole = provider.fetch()
    part_fails(gitlab, "issues", Response("", status=503))
    with pytest.raises(TransientError):
        provider.fetch()

    gitlab.fault = None

    assert provider.fetch().cards == whole.cards


def test_it_hands_on_how_long_gitlab_wants_to_be_left_alone(
    gitlab: GitLabServer, local_http: HttpFactory
) -> None:
    def once(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"attempts": 1})

    gitlab.fault = error_answer("too many calls")

    with pytest.raises(TransientError) as failed:
        GitLabProvider(gitlab.config(), once).fetch()

    assert failed.value.retry_after == 45


def test_it_waits_a_short_while_and_goes_on(gitlab: GitLabServer, local_http: HttpFactory) -> None:
    waited: list[float] = []
    answer = error_answer("too many calls")
    answer.headers["Retry-After"] = "20"

    def noting(*args: Any, **options: Any) -> Any:
        return local_http(*args, **options | {"sleep": waited.append})

    def fault(request: Request) -> Response:
        hot = request.path.endswith("label_events") and not waited
        return answer if hot else gitlab.answer(request)

    gitlab.fault = fault

    assert len(GitLabProvider(gitlab.config(), noting).fetch().cards) == 5
    assert waited == [20]


@pytest.mark.parametrize("value", [{}, "text", 7, True])
@pytest.mark.parametrize("path", ["projects/5/issues", "projects/5/issues/2/resource_state_events", "projects/5/boards"])  # fmt: skip
def test_it_takes_a_missing_list_for_an_error_not_for_an_empty_board(
    gitlab: GitLabServer, local_http: HttpFactory, path: str, value: Any
) -> None:
    gitlab.answers[path] = value
    is_boards = path.endswith("boards")
    provider = GitLabProvider(gitlab.config(board="") if is_boards else gitlab.config(), local_http)

    with pytest.raises(PermanentError, match="does not know"):
        provider.boards() if is_boards else provider.fetch()


@pytest.mark.parametrize("value", [{}, [], {"id": 1}, {"id": 1, "lists": None}, {"id": None, "lists": []}])
def test_it_says_when_the_board_has_an_unknown_shape(
    provider: GitLabProvider, gitlab: GitLabServer, value: Any
) -> None:
    gitlab.answers["projects/5/boards/1"] = value

    with pytest.raises(PermanentError, match="does not know"):
        provider.check()


@pytest.mark.parametrize("value", [[], {}, {"id": "5"}, "text"])
def test_it_says_when_the_project_has_an_unknown_shape(
    gitlab: GitLabServer, local_http: HttpFactory, value: Any
) -> None:
    gitlab.answers["projects/onboarding/app"] = value

    with pytest.raises(PermanentError, match="does not know"):
        GitLabProvider(gitlab.config(board=""), local_http).check()


@pytest.mark.parametrize(
    "broken",
    [{"title": " "}, {"id": "x"}, {"iid": None}, {"state": "locked"}, {"labels": None}, {"project_id": ...}],
)
def test_it_is_incomplete_when_an_issue_cannot_be_read(
    provider: GitLabProvider, gitlab: GitLabServer, broken: dict[str, Any]
) -> None:
    first = {name: value for name, value in (gitlab.issues[0] | broken).items() if value is not ...}
    gitlab.answers["projects/5/issues"] = [first, gitlab.issues[1]]

    snapshot = provider.fetch()

    assert [card.key for card in snapshot.cards] == ["#2"]
    assert not snapshot.complete
    assert (
        "1 issue was left out, because an id, a title, a state or the labels are missing." in snapshot.notes
    )


def test_it_counts_events_that_cannot_be_read(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.label_events["2"][0] |= {"created_at": "yesterday"}
    gitlab.answers["projects/5/issues/2/resource_state_events"] = [None]

    snapshot = provider.fetch()

    assert "2 events of GitLab could not be read; moves may be missing." in snapshot.notes
    assert snapshot.complete


def test_it_shows_no_secret_when_gitlab_repeats_it(provider: GitLabProvider, gitlab: GitLabServer) -> None:
    gitlab.fault = Response(f'{{"message": "401 {TOKEN}"}}', status=401, content_type="application/json")

    with pytest.raises(PermanentError) as failed:
        provider.fetch()

    assert TOKEN not in failed.value.message


@pytest.mark.parametrize("name", sorted(ISSUE))
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_an_issue_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    issue = {key: content for key, content in ISSUE.items() if not (gone and key == name)}
    if not gone:
        issue[name] = value
    reading = GitLabIssues(BOARD, "https://gitlab.example.org")

    reading.page_add([issue])

    assert len(reading.by_id) + reading.broken + reading.aside + len(reading.moved_away) == 1
    for read in reading.by_id.values():
        assert all([read.card.title, read.card.identity, read.card.column_external_id])
        assert all(move.at.tzinfo for move in issue_moves(BOARD, read, []))


@given(value=ODD_VALUES)
@settings(max_examples=25, deadline=None)
def test_it_counts_what_is_no_issue_at_all(value: Any) -> None:
    reading = GitLabIssues(BOARD, "")

    reading.page_add([value])

    assert reading.broken == 1


@pytest.mark.parametrize("event", [LABEL_EVENT, STATE_EVENT])
@given(value=ODD_VALUES, name=st.sampled_from(["id", "created_at", "label", "action", "state"]))
@settings(max_examples=60, deadline=None)
def test_it_reads_an_event_or_counts_it_as_broken(event: dict[str, Any], value: Any, name: str) -> None:
    events = GitLabEvents(BOARD)
    is_label = event is LABEL_EVENT

    changes = events.changes([event | {name: value}] if is_label else [], [] if is_label else [event | {name: value}])  # fmt: skip

    assert len(changes) + events.broken <= 1
    assert all(change.at.tzinfo for change in changes)


@given(
    value=ODD_VALUES,
    path=st.sampled_from(
        ["name", "id", "lists", "milestone", "labels", "assignee", "weight", "iteration", "hide_closed_list"]
    ),
)
@settings(max_examples=80, deadline=None)
def test_it_reads_the_board_or_says_that_it_cannot(value: Any, path: str) -> None:
    with suppress(ApplicationError):
        board = GitLabBoard.of(fixture_load("board") | {path: value})
        assert board.name
        assert all(isinstance(text, str) for text in board.filters.values())


@given(value=ODD_VALUES, name=st.sampled_from(["id", "label", "position", "max_issue_count"]))
@settings(max_examples=60, deadline=None)
def test_it_reads_the_lists_or_says_that_it_cannot(value: Any, name: str) -> None:
    content = fixture_load("board")
    content["lists"][0][name] = value

    with suppress(ApplicationError):
        board = GitLabBoard.of(content)
        assert all(column.name and column.external_id for column in board.columns)
