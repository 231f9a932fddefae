"""Reads the schemas of an OpenAPI document: what a field is called, what may be in it, what it may look like.

Pure: the document comes in as a dict, frozen rows for the page go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
_CHOICE = re.compile(r"^\* `(?P<value>[^`]*)` - (?P<label>.*)$", re.MULTILINE)
_WORDS = {
    "date": "date",
    "date-time": "date and time",
    "email": "e-mail address",
    "uri": "web address",
    "uuid": "UUID",
    "decimal": "decimal number as text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "object": "object",
}
_MANY = {
    "e-mail address": "e-mail addresses",
    **{word: f"{word}s" for word in ("date", "number", "object", "text", "whole number")},
}
_SAMPLES: dict[str, Any] = {
    "date": "2026-11-16",
    "date-time": "2026-11-16T09:00:00Z",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "string": "text",
}


@dataclass(frozen=True)
class Choice:
    """One value that is allowed, and what it means when that is not the same word."""

    value: str
    label: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a body, or one parameter; nested ones carry their path: `results[].name`."""

    name: str
    type: str
    required: bool = False
    description: str = ""
    choices: tuple[Choice, ...] = ()
    limits: str = ""

    @property
    def parent(self) -> str:
        """The path up to the last part, with its dot."""
        return self.name[: self.name.rfind(".") + 1]

    @property
    def last(self) -> str:
        """The name without the path."""
        return self.name[len(self.parent) :]

    @property
    def depth(self) -> int:
        """How deep it lies, for the eye; 3 stands for everything deeper."""
        return min(self.name.count("."), 3)


@dataclass(frozen=True)
class Shape:
    """One form that a body may take: its title when there are several, and its fields, outer before inner."""

    media: str
    title: str
    description: str
    type: str
    fields: tuple[Field, ...]
    sample: Any = None


class Schemas:
    """The schemas of one document, with `$ref` followed."""

    def __init__(self, document: Json) -> None:
        self._named: Json = document.get("components", {}).get("schemas", {})

    def resolve(self, schema: Json) -> Json:
        """The schema with `$ref` and `allOf` replaced by what they stand for; what is said here wins."""
        if "$ref" in schema:
            return self.resolve(self._named[schema["$ref"].rsplit("/", 1)[1]])
        if "allOf" not in schema:
            return schema
        merged: dict[str, Any] = {"properties": {}, "required": []}
        for part in [*map(self.resolve, schema["allOf"]), schema]:
            merged["properties"].update(part.get("properties", {}))
            merged["required"] += part.get("required", [])
            merged.update({k: v for k, v in part.items() if k not in {"allOf", "properties", "required"}})
        return {key: value for key, value in merged.items() if value != {} and value != []}

    def shapes(self, media: str, schema: Json) -> list[Shape]:
        """The forms of a body: one, or each alternative."""
        whole = self.resolve(schema)
        return [
            Shape(
                media=media,
                title=part.get("title", ""),
                description=plain(part),
                type=self.type_of(part),
                fields=tuple(self._inside(part, "")),
                sample=self.sample(part),
            )
            for part in map(self.resolve, whole.get("oneOf", [whole]))
        ]

    def field(self, name: str, schema: Json, *, required: bool, description: str = "") -> Field:
        """One field or parameter; `description` is what is said beside the schema."""
        full = self.resolve(schema)
        own = full if "enum" in full else self.resolve(full.get("items", full))
        said = description or full.get("description", "")
        labels = {
            match["value"]: match["label"]
            for match in _CHOICE.finditer(f"{own.get('description', '')}\n{said}")
        }
        choices = tuple(
            Choice(str(value), label if (label := labels.get(str(value), "")) != str(value) else "")
            for value in own.get("enum", ())
            if value not in {None, ""}
        )
        return Field(
            name=name,
            type=self.type_of(full),
            required=required,
            description=_CHOICE.sub("", said).strip(),
            choices=choices,
            limits=_limits(full),
        )

    def type_of(self, schema: Json) -> str:
        """What may be there, in words: "list of whole number", "date or null"."""
        full = self.resolve(schema)
        kind = full.get("type", "")
        if kind == "array":
            one = self.type_of(full.get("items", {}))
            words = f"list of {_MANY.get(one, one)}"
        else:
            words = _WORDS.get(full.get("format", ""), _WORDS.get(kind, "any value"))
        return f"{words} or null" if full.get("nullable") else words

    def sample(self, schema: Json) -> Any:
        """A value that the schema allows: its example if it has one, else the required fields with theirs."""
        full = self.resolve(schema)
        if (given := next((full[key] for key in ("example", "default") if key in full), None)) is not None:
            return given
        if full.get("enum"):
            return full["enum"][0]
        if full.get("type") == "array":
            return [self.sample(full.get("items", {}))]
        if full.get("type") == "object":
            properties = full.get("properties", {})
            wanted = full.get("required") or list(properties)[:1]
            return {name: self.sample(properties[name]) for name in wanted}
        return _SAMPLES.get(full.get("format", ""), _SAMPLES.get(full.get("type", ""), "text"))

    def _inside(self, schema: Json, prefix: str, above: tuple[int, ...] = ()) -> Iterator[Field]:
        """The fields of an object or of the items of a list, each followed by those inside of it."""
        full = self.resolve(schema)
        if full.get("type") == "array":
            yield from self._inside(full.get("items", {}), f"{prefix}[]" if prefix else "", above)
            return
        named = (
            self.resolve(values) if isinstance(values := full.get("additionalProperties"), Mapping) else {}
        )
        if named.get("properties"):
            yield from self._inside(named, f"{prefix}.<key>", above)
        for name, part in full.get("properties", {}).items():
            path = f"{prefix}.{name}" if prefix else name
            yield self.field(path, part, required=name in full.get("required", ()))
            inner = self.resolve(part)
            if id(inner) not in above:  # a shape that holds itself is told once
                yield from self._inside(inner, path, (*above, id(inner)))


def plain(schema: Json) -> str:
    """The description without the list of choices."""
    return _CHOICE.sub("", schema.get("description", "")).strip()


def _limits(schema: Json) -> str:
    """What bounds a value, in words; limits that only say "whatever the database holds" are left out."""
    said = []
    if (least := schema.get("minimum")) is not None:
        said.append(f"at least {least:,}")
    if (most := schema.get("maximum")) is not None and most < 2**31 - 1:
        said.append(f"at most {most:,}")
    if longest := schema.get("maxLength"):
        said.append(f"up to {longest:,} characters")
    if (usual := schema.get("default")) not in {None, ""}:
        said.append(f"when left out: {str(usual).lower() if isinstance(usual, bool) else usual}")
    return "; ".join(said)
