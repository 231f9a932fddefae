"""What is asked of Linear, held against the schema that Linear publishes, and a whole read run on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
    value_from_ast_untyped,
)
from pytest_httpserver import HTTPServer

from roadmap.boards import linear_queries as queries
from roadmap.boards.base import HttpFactory
from roadmap.boards.linear import HISTORIES_PAGE, ISSUES_PAGE, LABELS_PAGE, TEAMS_PAGE, LinearProvider
from roadmap.tests.graphql_server import schema_load
from roadmap.tests.linear_server import LinearServer

ALL = {name: text for name, text in vars(queries).items() if name.isupper()}


@pytest.fixture
def published(shared_folder: Path) -> GraphQLSchema:
    path = shared_folder / "boards" / "public" / "linear" / "schema.graphql"
    if not path.is_file():
        pytest.skip(f"Linear's schema is not here ({path})")
    return schema_load(path)


@pytest.mark.parametrize("name", sorted(ALL))
def test_linear_understands_the_question(published: GraphQLSchema, name: str) -> None:
    assert validate(published, parse(ALL[name])) == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("ISSUES", ISSUES_PAGE),
        ("HISTORIES", HISTORIES_PAGE),
        ("LABELS", LABELS_PAGE),
        ("TEAMS", TEAMS_PAGE),
        ("TEAM", 0),
        ("HISTORY", 0),
    ],
)
def test_no_question_costs_more_points_than_linear_answers(name: str, first: int) -> None:
    (operation,) = parse(ALL[name]).definitions
    assert isinstance(operation, OperationDefinitionNode)

    assert points(operation.selection_set, {"first": first}) <= 10_000


def points(selections: SelectionSetNode, variables: dict[str, int]) -> float:
    """What a question costs by Linear's rule: a value 0.1, an object 1, what is below a list times its length."""
    total = 0.0
    for node in selections.selections:
        assert isinstance(node, FieldNode)
        if node.selection_set is None:
            total += 0.1
            continue
        asked = {
            part.name.value: value_from_ast_untyped(part.value, variables) for part in node.arguments or ()
        }
        below = points(node.selection_set, variables)
        total += asked["first"] * below if "first" in asked else 1 + below
    return total


def test_a_read_on_the_real_schema_is_the_same(
    httpserver: HTTPServer, local_http: HttpFactory, published: GraphQLSchema
) -> None:
    linear = LinearServer(httpserver)
    issue = linear.add(50, "To and fro", "Todo", "2026-11-01T00:00:00.000Z")
    for day in range(2, 28):
        linear.move(issue, "Todo" if day % 2 else "In Progress", f"2026-11-{day:02}T00:00:00.000Z")
    provider = LinearProvider(linear.config(), local_http)
    plain = provider.fetch()

    linear.schema = published

    assert provider.fetch() == plain
    assert "History" in linear.names()
    assert provider.check().cards_count == 9
    assert [board.name for board in provider.boards()] == ["Onboarding"]
