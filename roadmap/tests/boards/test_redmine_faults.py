"""Redmine failing, changing under the read, or with any field missing or of another type."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from common.errors import ApplicationError, PermanentError, TransientError
from roadmap.boards.base import CardData, HttpFactory
from roadmap.boards.redmine import RedmineProvider
from roadmap.boards.redmine_answers import RedmineAnswers
from roadmap.tests.redmine_server import TOKEN, RedmineServer, recorded, refusal

ISSUE = recorded("issue_5_journals.json")["issue"] | {
    "assigned_to": {"id": 3, "name": "R"},
    "fixed_version": {"id": 1, "name": "Q1"},
    "custom_fields": [{"id": 1, "name": "Metric", "value": "x"}],
    "relations": [{"id": 1, "issue_id": 4, "issue_to_id": 5, "relation_type": "blocks"}],
    "category": {"id": 1, "name": "Billing"},
}
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.just([3]),
    st.just({"id": None}), st.just([{}]), st.floats(),
)  # fmt: skip


def reading() -> RedmineAnswers:
    return RedmineAnswers.of(
        recorded("issue_statuses.json")["issue_statuses"],
        recorded("trackers.json")["trackers"],
        web_url="http://redmine",
        project=recorded("projects.json")["projects"][0],
    )


@pytest.fixture
def redmine(httpserver: HTTPServer) -> RedmineServer:
    return RedmineServer(httpserver)


@pytest.fixture
def provider(redmine: RedmineServer, local_http: HttpFactory) -> RedmineProvider:
    return RedmineProvider(redmine.config(), local_http)


@pytest.mark.parametrize(
    ("path", "status", "field", "words"),
    [
        ("/users/current.json", 401, "token", "Copy it again"),
        ("/users/current.json", 403, "base_url", "switch on the REST web service"),
        ("/users/current.json", 404, "base_url", "no Redmine at this address"),
        ("/projects/1.json", 403, "board", "Give the user a role there"),
        ("/projects/1.json", 404, "board", "has no project 1"),
        ("/issues.json", 403, "board", "may view issues"),
        ("/issues/5.json", 401, "token", "Copy it again"),
    ],
)
def test_it_tells_each_refusal_precisely(
    provider: RedmineProvider, redmine: RedmineServer, path: str, status: int, field: str, words: str
) -> None:
    redmine.answers[path] = refusal(status)

    with pytest.raises(PermanentError, match=words) as refused:
        provider.fetch()

    assert refused.value.field == field
    assert TOKEN not in refused.value.message


@pytest.mark.parametrize("call", ["check", "boards", "fetch"])
def test_it_does_not_go_on_as_nobody_with_a_wrong_key(
    redmine: RedmineServer, local_http: HttpFactory, call: str
) -> None:
    wrong = RedmineProvider(redmine.config(token="wrong-key-0001"), local_http)

    with pytest.raises(PermanentError, match="does not know this API access key"):
        getattr(wrong, call)()

    assert redmine.asked == ["/users/current.json"]


@pytest.mark.parametrize(
    "path", ["/users/current.json", "/projects/1.json", "/issues.json", "/issues/199.json"]
)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_it_hands_over_nothing_when_a_call_fails_for_now(
    provider: RedmineProvider, redmine: RedmineServer, path: str, status: int
) -> None:
    redmine.answers[path] = refusal(status)

    with pytest.raises(TransientError):
        provider.fetch()


@pytest.mark.parametrize(
    "answer",
    [
        refusal(401),
        Response("<html>", content_type="text/html"),
        Response("", content_type="application/json"),
        Response('{"issues": [', content_type="application/json"),
        Response("", status=302, headers={"Location": "http://10.0.0.1/"}),
    ],
)
def test_it_hands_over_nothing_when_the_second_page_fails(
    provider: RedmineProvider, redmine: RedmineServer, answer: Response
) -> None:
    def fault(request: Request) -> Response:
        return answer if request.args.get("offset") == "99" else redmine.answer(request)

    redmine.fault = fault

    with pytest.raises((PermanentError, TransientError)):
        provider.fetch()


def test_it_reads_the_exact_board_once_the_fault_is_mended(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    whole = provider.fetch()
    redmine.fault = refusal(503)
    with pytest.raises(TransientError):
        provider.fetch()

    redmine.fault = None

    assert provider.fetch() == whole


def test_it_misses_no_issue_when_one_is_removed_between_two_pages(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    def remove(offset: int) -> None:
        if offset and 7 in redmine.issues:
            redmine.delete(7)

    redmine.before_page = remove

    snapshot = provider.fetch()

    assert {int(card.external_id) for card in snapshot.cards} == set(range(1, 200)) - {7}
    assert snapshot.complete


def test_it_misses_no_issue_when_one_is_added_between_two_pages(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    def add(offset: int) -> None:
        if offset and 200 not in redmine.issues:
            redmine.add("New")

    redmine.before_page = add

    assert len(provider.fetch().cards) == 200


def test_it_gives_up_on_a_list_that_changes_all_the_time(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    redmine.before_page = lambda offset: redmine.delete(min(redmine.issues)) if offset else None

    with pytest.raises(TransientError, match="removed"):
        provider.fetch()


@pytest.mark.parametrize("issues", [[], [{"id": 1}]])
def test_it_does_not_read_for_ever_when_pages_do_not_go_on(
    provider: RedmineProvider, redmine: RedmineServer, issues: list[Any]
) -> None:
    redmine.answers["/issues.json"] = {"issues": issues, "total_count": 500, "offset": 0, "limit": 100}

    with pytest.raises(TransientError):
        provider.fetch()

    assert len(redmine.asked) < 20


@pytest.mark.parametrize(
    "answer",
    [{}, {"issues": None, "total_count": 0}, {"issues": {}, "total_count": 0}, {"issues": [3], "total_count": 1},
     {"issues": [], "total_count": "many"}, [], "text", 7, None],
)  # fmt: skip
def test_it_takes_missing_issues_for_an_error_not_for_an_empty_board(
    provider: RedmineProvider, redmine: RedmineServer, answer: Any
) -> None:
    redmine.answers["/issues.json"] = answer

    with pytest.raises(PermanentError, match="does not know"):
        provider.fetch()


@pytest.mark.parametrize("value", [None, [], {}, "text", 7, True, {"issue": {"journals": [None, 3, {}]}}])
@pytest.mark.parametrize(
    "path",
    ["/users/current.json", "/projects/1.json", "/issue_statuses.json", "/trackers.json", "/issues/199.json"],
)
def test_it_survives_any_shape_of_an_answer(
    provider: RedmineProvider, redmine: RedmineServer, path: str, value: Any
) -> None:
    redmine.answers[path] = value

    with suppress(PermanentError, TransientError):
        assert len(provider.fetch().cards) == 199


@pytest.mark.parametrize(
    "broken", [{"subject": " "}, {"id": "x"}, {"created_on": None}, {"status": None}, {"project": 3}]
)
def test_it_is_incomplete_when_an_issue_cannot_be_read(
    provider: RedmineProvider, redmine: RedmineServer, broken: dict[str, Any]
) -> None:
    redmine.issues[7] |= broken

    snapshot = provider.fetch()

    assert len(snapshot.cards) == 198
    assert not snapshot.complete
    assert snapshot.notes[0].startswith("1 issue without an id")


def test_it_puts_an_issue_of_an_unlisted_status_on_no_column(
    provider: RedmineProvider, redmine: RedmineServer
) -> None:
    redmine.issues[7]["status"] = {"id": 99, "name": "Odd"}

    snapshot = provider.fetch()
    read = next(card for card in snapshot.cards if card.external_id == "7")

    assert (read.column_external_id, read.state_raw, read.closed) == (None, "Odd", False)
    assert snapshot.notes == ("1 issue in a status that Redmine does not list: on no column.",)


@pytest.mark.parametrize("name", sorted(ISSUE))
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_reads_an_issue_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    issue = {key: content for key, content in ISSUE.items() if not (gone and key == name)}
    if not gone:
        issue[name] = value

    read = reading().issues([issue])

    assert len(read.cards) + read.broken <= 1
    assert read.cards or read.broken or name == "project"
    assert all(card.title and card.identity and card.created_at for card in read.cards)


@pytest.mark.parametrize(
    "name", ["created_on", "details", "id", "property", "name", "old_value", "new_value"]
)
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=25, deadline=None)
def test_it_reads_a_move_or_counts_it_as_odd(name: str, value: Any, gone: bool) -> None:
    answer = recorded("issue_5_journals.json")
    journal = answer["issue"]["journals"][0]
    place = journal if name in journal else journal["details"][0]
    del place[name]
    if not gone:
        place[name] = value

    moves, odd = reading().moves(CardData(external_id="5", identity="5@1", title="x"), answer)

    assert 2 <= len(moves) + odd <= 3
    assert moves[-1].to_raw == "Closed"
    assert all(move.at.tzinfo and move.to_raw for move in moves)


@given(value=ODD_VALUES, name=st.sampled_from(["id", "name", "is_closed"]))
@settings(max_examples=30, deadline=None)
def test_it_reads_the_statuses_or_says_that_it_cannot(value: Any, name: str) -> None:
    statuses = recorded("issue_statuses.json")["issue_statuses"]
    statuses[0][name] = value

    try:
        answers = RedmineAnswers.of(statuses, [], web_url="", project={"id": 1})
    except ApplicationError:
        return

    assert all(column.name and column.external_id.isdecimal() for column in answers.columns_data())
