"""Answers GraphQL questions from nested dicts, with a vendor's schema or without one.

Without a schema only what is asked for is given, and a field that the dicts lack fails loudly. With one, graphql-core
runs the question: unknown names, wrong arguments and values of a wrong type become errors, as on a real server.

A value may be a function of (info, arguments). `__typename` says which type a dict is, `__implements` which interfaces.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    graphql_sync,
    parse,
    value_from_ast_untyped,
)
from werkzeug import Response


@cache
def schema_load(path: Path) -> GraphQLSchema:
    """A vendor's published schema, which may not keep all of GraphQL's own rules."""
    return build_schema(path.read_text(), assume_valid_sdl=True, assume_valid=True)


def github_schema() -> GraphQLSchema:
    """GitHub's published schema; skips where the file is not here."""
    path = Path(os.environ.get("BEARING_GITHUB_SCHEMA") or "-")
    if not path.is_file():
        pytest.skip(
            "GitHub's schema is not here (set BEARING_GITHUB_SCHEMA to schema.graphql of @octokit/graphql-schema)"
        )
    return schema_load(path)


def answer(
    query: str, variables: dict[str, Any], root: Mapping[str, Any], schema: GraphQLSchema | None
) -> dict[str, Any]:
    """The body of the answer to one question."""
    if schema is None:
        return {"data": _Selecting(query, variables).of_root(root)}
    result = graphql_sync(schema, query, root, variable_values=variables)
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    return body


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(
        json.dumps(body),
        status=status,
        headers=dict(headers or {}),
        content_type="application/json; charset=utf-8",
    )


def connection(entries: Iterable[Any]) -> Callable[..., dict[str, Any]]:
    """A list as a connection: pages by `first` and `after`, or the end of it by `last`."""
    listed = list(entries)

    def page(
        info: Any, first: int | None = None, after: str | None = None, last: int | None = None, **_: Any
    ) -> Any:
        begin = int(base64.b64decode(after)) if after else 0
        if last is not None:
            begin, first = max(0, len(listed) - last), last
        end = begin + (50 if first is None else first)
        return {
            "totalCount": len(listed),
            "nodes": listed[begin:end],
            "pageInfo": {
                "hasNextPage": end < len(listed),
                "hasPreviousPage": begin > 0,
                "endCursor": base64.b64encode(str(min(end, len(listed))).encode()).decode(),
            },
        }

    return page


class _Selecting:
    """Picks what a question selects."""

    def __init__(self, query: str, variables: Mapping[str, Any]) -> None:
        document = parse(query)
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        (self.operation,) = (
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        )
        self.variables = dict(variables)
        for definition in self.operation.variable_definitions or ():
            if definition.default_value is not None:
                value = value_from_ast_untyped(definition.default_value)
                self.variables.setdefault(definition.variable.name.value, value)

    def of_root(self, root: Mapping[str, Any]) -> dict[str, Any]:
        return self._of(root, self.operation.selection_set)

    def _of(self, source: Mapping[str, Any], selections: SelectionSetNode) -> dict[str, Any]:
        picked: dict[str, Any] = {}
        for node in selections.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                name = node.name.value
                value = source[name]
                if callable(value):
                    value = value(None, **self._arguments(node))
                picked[node.alias.value if node.alias else name] = self._complete(value, node.selection_set)
                continue
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, InlineFragmentNode | FragmentDefinitionNode)
            wanted = fragment.type_condition.name.value if fragment.type_condition else None
            if wanted is None or wanted in {source.get("__typename"), *source.get("__implements", ())}:
                picked |= self._of(source, fragment.selection_set)
        return picked

    def _complete(self, value: Any, selections: SelectionSetNode | None) -> Any:
        if isinstance(value, list):
            return [self._complete(entry, selections) for entry in value]
        return self._of(value, selections) if isinstance(value, dict) and selections else value

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        return {
            argument.name.value: value_from_ast_untyped(argument.value, self.variables)
            for argument in node.arguments or ()
        }

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            assert directive.name.value == "include"
            if not all(
                value_from_ast_untyped(part.value, self.variables) for part in directive.arguments or ()
            ):
                return False
        return True
