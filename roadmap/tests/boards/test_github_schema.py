"""What is asked of GitHub, held against the schema that GitHub publishes, and a whole read run on it."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, extend_schema, parse, validate
from pytest_httpserver import HTTPServer

from roadmap.boards import github_queries as queries
from roadmap.boards.base import HttpFactory
from roadmap.boards.github import GithubProvider
from roadmap.tests.github_server import GithubServer
from roadmap.tests.graphql_server import github_schema

PUBLISHED = {name: getattr(queries, name) for name in ("PROJECTS", "PROJECT", "ITEMS", "EVENT_KNOWN")}
# As github.com answers it; the published schema lacks this type, and so do some Enterprise Servers.
EVENT = """
type ProjectV2ItemStatusChangedEvent implements Node {
  id: ID!
  createdAt: DateTime!
  previousStatus: String!
  status: String!
  project: ProjectV2
  actor: Actor
}
extend enum IssueTimelineItemsItemType { PROJECT_V2_ITEM_STATUS_CHANGED_EVENT }
extend enum PullRequestTimelineItemsItemType { PROJECT_V2_ITEM_STATUS_CHANGED_EVENT }
extend union IssueTimelineItems = ProjectV2ItemStatusChangedEvent
extend union PullRequestTimelineItems = ProjectV2ItemStatusChangedEvent
"""


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    return github_schema()


@pytest.fixture(scope="module")
def extended(published: GraphQLSchema) -> GraphQLSchema:
    """The schema of github.com, events included."""
    if queries.EVENT_TYPE in published.type_map:
        return published
    return extend_schema(published, parse(EVENT), assume_valid=True, assume_valid_sdl=True)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_github_understands_the_question(published: GraphQLSchema, name: str) -> None:
    assert validate(published, parse(PUBLISHED[name])) == []


def test_github_com_understands_the_question_for_events(extended: GraphQLSchema) -> None:
    assert validate(extended, parse(queries.CHANGES)) == []


def test_nothing_but_the_event_is_unknown_to_a_server_without_it(published: GraphQLSchema) -> None:
    problems = validate(published, parse(queries.CHANGES))

    assert all(
        "STATUS_CHANGED_EVENT" in problem.message or queries.EVENT_TYPE in problem.message
        for problem in problems
    )


@pytest.mark.parametrize("knows_events", [True, False])
def test_a_read_on_the_real_schema_is_the_same(
    httpserver: HTTPServer,
    local_http: HttpFactory,
    extended: GraphQLSchema,
    published: GraphQLSchema,
    knows_events: bool,
) -> None:
    github = GithubServer(httpserver)
    github.knows_events = knows_events
    provider = GithubProvider(github.config(), local_http)
    plain = provider.fetch()

    github.schema = extended if knows_events else published

    assert provider.fetch() == plain
    assert provider.check().cards_count == 9
    assert [board.name for board in provider.boards()] == ["Onboarding"]
