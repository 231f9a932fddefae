"""GitLab: connecting to it, choosing a board, and what a person is told when that fails."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from common.errors import PermanentError
from roadmap.boards.base import HttpFactory
from roadmap.boards.gitlab import GitLabForm, GitLabProvider
from roadmap.tests.gitlab_server import TOKEN, GitLabServer, error_answer


@pytest.fixture
def gitlab(httpserver: HTTPServer) -> GitLabServer:
    return GitLabServer(httpserver)


@pytest.fixture
def provider(gitlab: GitLabServer, local_http: HttpFactory) -> GitLabProvider:
    return GitLabProvider(gitlab.config(), local_http)


def test_its_check_names_the_board_and_counts_its_lists(provider: GitLabProvider) -> None:
    result = provider.check()

    assert result.title == "Development"
    assert result.columns_count == 5


def test_its_check_counts_boards_before_one_is_chosen(gitlab: GitLabServer, local_http: HttpFactory) -> None:
    assert GitLabProvider(gitlab.config(board=""), local_http).check().boards_count == 1


@pytest.mark.parametrize(
    ("path", "external_id", "name", "url"),
    [
        ("onboarding/app", "projects/5/boards/1", "App: Development", "onboarding/app/-/boards/1"),
        ("onboarding", "groups/9/boards/1", "Onboarding: Development", "groups/onboarding/-/boards/1"),
    ],
)
def test_it_lists_the_boards_of_a_project_or_a_group(
    gitlab: GitLabServer, local_http: HttpFactory, path: str, external_id: str, name: str, url: str
) -> None:
    (board,) = GitLabProvider(gitlab.config(board="", path=path), local_http).boards()

    assert (board.external_id, board.name) == (external_id, name)
    assert board.url == f"https://gitlab.example.org/{url}"


def test_it_says_when_there_is_no_board_yet(gitlab: GitLabServer, local_http: HttpFactory) -> None:
    gitlab.answers["projects/5/boards"] = []

    with pytest.raises(PermanentError, match="has no issue board yet") as failed:
        GitLabProvider(gitlab.config(board=""), local_http).boards()

    assert failed.value.field == "path"


@pytest.mark.parametrize("call", ["check", "boards"])
def test_it_says_when_there_is_no_such_project_or_group(
    gitlab: GitLabServer, local_http: HttpFactory, call: str
) -> None:
    with pytest.raises(PermanentError, match="no project and no group called nobody/nothing") as failed:
        getattr(GitLabProvider(gitlab.config(board="", path="nobody/nothing"), local_http), call)()

    assert failed.value.field == "path"


@pytest.mark.parametrize(
    "board", ["", "1", "projects/5/boards/999", "groups/8/boards/1", "projects/5/boards/1/../../6"]
)
def test_it_says_when_there_is_no_such_board(
    gitlab: GitLabServer, local_http: HttpFactory, board: str
) -> None:
    with pytest.raises(PermanentError, match=r"[Cc]hoose") as failed:
        GitLabProvider(gitlab.config(board=board), local_http).fetch()

    assert failed.value.field == "board"


@pytest.mark.parametrize(
    ("case", "field", "words"),
    [
        ("wrong token", "token", "refused the access token"),
        ("revoked token", "token", "make a new one"),
        ("narrow scope", "token", "the scope “read_api”"),
        ("no role", "token", "the role Reporter"),
        ("no such page", "base_url", "There is no GitLab API at this address"),
    ],
)
@pytest.mark.parametrize("call", ["check", "boards", "fetch"])
def test_it_tells_each_refusal_precisely(
    provider: GitLabProvider, gitlab: GitLabServer, call: str, case: str, field: str, words: str
) -> None:
    gitlab.fault = error_answer(case)

    with pytest.raises(PermanentError, match=words) as failed:
        getattr(provider, call)()

    assert failed.value.field == field


@pytest.mark.parametrize("address", ["/", "/api/v4", "/api/v4/"])
def test_it_takes_the_address_with_or_without_the_api(
    gitlab: GitLabServer, local_http: HttpFactory, address: str
) -> None:
    config = gitlab.config(base_url=gitlab.base_url + address)

    assert GitLabProvider(config, local_http).check().title == "Development"


@pytest.mark.parametrize(
    ("entered", "path"),
    [
        ("onboarding/app", "onboarding/app"),
        (" /onboarding/app/ ", "onboarding/app"),
        ("https://gitlab.com/onboarding/deep/app/-/boards/12", "onboarding/deep/app"),
        ("https://gitlab.com/groups/onboarding/-/boards", "onboarding"),
        ("4711", "4711"),
    ],
)
def test_its_form_finds_the_path_in_what_people_enter(entered: str, path: str) -> None:
    form = GitLabForm({"base_url": "https://gitlab.com/api/v4", "path": entered, "token": TOKEN})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["path"] == path
    assert form.cleaned_data["base_url"] == "https://gitlab.com"


@pytest.mark.parametrize("wrong", [{"base_url": "gitlab.com"}, {"path": "a b"}, {"path": "../x"}, {"path": "/"}])  # fmt: skip
def test_its_form_refuses_what_cannot_be_right(wrong: dict[str, str]) -> None:
    form = GitLabForm({"base_url": "https://gitlab.com", "path": "a/b", "token": TOKEN} | wrong)

    assert not form.is_valid()
    assert list(form.errors) == list(wrong)
