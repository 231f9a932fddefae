"""The reference of the API for people: sections and operations, read out of the generated OpenAPI document.

`reference()` is made once a process, without the database; `reference_read` is pure and can be given any document.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

from drf_spectacular.generators import SchemaGenerator

from config.api_shapes import Field, Schemas, Shape

Json = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Answer:
    """One successful answer, or one that has no body of errors."""

    status: int
    words: str
    description: str
    shapes: tuple[Shape, ...]
    is_paged: bool = False


@dataclass(frozen=True)
class Example:
    """One call that can be pasted into a shell; `title` when there are several."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Operation:
    """One method on one address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    path_parameters: tuple[Field, ...]
    query_parameters: tuple[Field, ...]
    header_parameters: tuple[Field, ...]
    bodies: tuple[Shape, ...]
    answers: tuple[Answer, ...]
    failures: tuple[int, ...]
    examples: tuple[Example, ...]
    haystack: str = ""


@dataclass(frozen=True)
class Section:
    """What belongs to one resource."""

    id: str
    title: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Reference:
    """Everything that the page shows of the document."""

    title: str
    version: str
    description: str
    sections: tuple[Section, ...]

    @property
    def count(self) -> int:
        """How many operations there are."""
        return sum(len(section.operations) for section in self.sections)


@lru_cache(maxsize=1)
def reference() -> Reference:
    """The reference of this installation."""
    return reference_read(cast("Json", SchemaGenerator().get_schema(request=None, public=True)))  # type: ignore[no-untyped-call]


def reference_read(document: Json) -> Reference:
    """The sections of a document, by the first tag of each operation and in the document's order."""
    schemas = Schemas(document)
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = methods[method].get("tags", ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(schemas, method, path, methods[method]))
    info = document["info"]
    sections = tuple(
        Section(tag, tag.replace("-", " ").capitalize(), tuple(operations))
        for tag, operations in by_tag.items()
    )
    return Reference(info["title"], info["version"], info.get("description", ""), sections)


def reference_filter(whole: Reference, words: str) -> Reference:
    """Only the operations that hold every one of the words: in method, address, description, scope or a field."""
    wanted = words.lower().split()
    if not wanted:
        return whole
    sections = []
    for section in whole.sections:
        found = tuple(
            operation
            for operation in section.operations
            if all(word in operation.haystack for word in wanted)
        )
        if found:
            sections.append(replace(section, operations=found))
    return replace(whole, sections=tuple(sections))


def _operation(schemas: Schemas, method: str, path: str, raw: Json) -> Operation:
    parameters = raw.get("parameters", [])
    content = raw.get("requestBody", {}).get("content", {})
    bodies = tuple(
        shape for media, body in content.items() for shape in schemas.shapes(media, body["schema"])
    )
    answers, failures = _answers(schemas, raw["responses"])
    summary, description = _said(raw)
    operation = Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=summary,
        description=description,
        scope=raw.get("x-required-scope", ""),
        path_parameters=_fields(schemas, parameters, "path"),
        query_parameters=_fields(schemas, parameters, "query"),
        header_parameters=_fields(schemas, parameters, "header"),
        bodies=bodies,
        answers=answers,
        failures=failures,
        examples=tuple(_examples(schemas, method, path, raw, bodies)),
    )
    return replace(operation, haystack=_haystack(operation, raw.get("tags", [])))


def _said(raw: Json) -> tuple[str, str]:
    """The first paragraph, and the rest."""
    first, _, rest = raw.get("description", "").strip().partition("\n\n")
    one_line = " ".join(first.split())
    return (raw["summary"], f"{first}\n\n{rest}".strip()) if "summary" in raw else (one_line, rest.strip())


def _fields(schemas: Schemas, parameters: Iterable[Json], place: str) -> tuple[Field, ...]:
    return tuple(
        schemas.field(
            one["name"],
            one["schema"],
            required=one.get("required", False),
            description=one.get("description", ""),
        )
        for one in parameters
        if one["in"] == place
    )


def _answers(schemas: Schemas, responses: Json) -> tuple[tuple[Answer, ...], tuple[int, ...]]:
    """The successes with their bodies, and the statuses of failures, which share one body."""
    answers, failures = [], []
    for code in sorted(responses):
        status, raw = int(code), responses[code]
        if status >= HTTPStatus.BAD_REQUEST:
            failures.append(status)
            continue
        shapes = [
            shape
            for media, body in raw.get("content", {}).items()
            for shape in schemas.shapes(media, body["schema"])
        ]
        is_paged = any({"count", "results"} <= {field.name for field in shape.fields} for shape in shapes)
        if is_paged:
            shapes = [_rows_of_page(shape) for shape in shapes]
        words = HTTPStatus(status).phrase
        answers.append(Answer(status, words, raw.get("description", ""), tuple(shapes), is_paged))
    return tuple(answers), tuple(failures)


def _rows_of_page(shape: Shape) -> Shape:
    """Only what one row has; what a page has around it is said once, in the guide."""
    start = "results[]."
    rows = tuple(
        replace(field, name=field.name[len(start) :])
        for field in shape.fields
        if field.name.startswith(start)
    )
    return replace(shape, fields=rows, type="page of objects")


def _examples(schemas: Schemas, method: str, path: str, raw: Json, bodies: Iterable[Shape]) -> list[Example]:
    address = _address(schemas, path, raw.get("parameters", []))
    number_of = list(bodies)
    if not number_of:
        return [Example(f"{raw['operationId']}-example", "", _curl(method, address, raw, None))]
    return [
        Example(
            f"{raw['operationId']}-example{f'-{number}' if number else ''}",
            shape.title if len(number_of) > 1 else "",
            _curl(method, address, raw, shape),
        )
        for number, shape in enumerate(number_of)
    ]


def _address(schemas: Schemas, path: str, parameters: Iterable[Json]) -> str:
    """The path with examples in it, and the parameters that must be there; a list is narrowed to a product."""
    query = []
    for one in parameters:
        value = one.get("example", schemas.sample(one["schema"]))
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(value))
        elif one["in"] == "query" and (one.get("required") or one["name"] == "product"):
            query.append(f"{one['name']}={value}")
    return f"{path}?{'&'.join(query)}" if query else path


def _curl(method: str, address: str, raw: Json, shape: Shape | None) -> str:
    lines = ["curl --fail-with-body --silent --show-error", f'"$BEARING{address}"']
    if method != "get":
        lines[1] = f"--request {method.upper()} {lines[1]}"
    lines.append('--header "Authorization: Token $TOKEN"')
    for one in raw.get("parameters", []):
        if one["in"] == "header" and "example" in one:
            lines.append("--header " + shlex.quote(f"{one['name']}: {one['example']}"))
    if shape is not None:
        lines.append(f"--header {shlex.quote(f'Content-Type: {shape.media}')}")
        is_text = isinstance(shape.sample, str)
        body = shape.sample if is_text else json.dumps(shape.sample, ensure_ascii=False, indent=2)
        lines.append(f"{'--data-binary' if is_text else '--data'} {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def _haystack(operation: Operation, tags: Iterable[str]) -> str:
    """What the filter looks through."""
    fields = [*operation.path_parameters, *operation.query_parameters]
    fields += [field for shape in operation.bodies for field in shape.fields]
    words = [operation.method, operation.path, operation.id, operation.summary, operation.description]
    return " ".join([*words, operation.scope, *tags, *(field.name for field in fields)]).lower()
