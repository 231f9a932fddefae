"""Jira's texts: rich text as plain text, and saved filters as part of another search. Pure, no call is made here."""

from __future__ import annotations

import re
from typing import Any

DEPTH_MAX = 60  # deeper than any editor nests; a document made to be deep is cut off there
# A search restriction that holds for every issue: Jira Cloud refuses a search without any.
EVERYTHING = 'created >= "1970-01-01"'
_BLOCKS = frozenset({"paragraph", "heading", "codeBlock", "listItem", "taskItem", "decisionItem", "tableCell", "tableHeader",
                     "rule", "blockCard", "blockquote", "panel", "expand", "nestedExpand"})  # fmt: skip
# What stands for itself in a document, and the attribute that holds its words.
_ATTRIBUTES = ("text", "url", "shortName")
# Quoted texts come first, so that "order by" inside one is passed over.
_QUOTED_OR_ORDER = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\border\s+by\b""", re.IGNORECASE | re.DOTALL
)


def text_plain(value: Any) -> str:
    """A description as plain text, one line for each paragraph; "" for none.

    Jira Cloud (v3) gives a document, a tree of nodes with `type`, `text` and `content`; Data Center gives text.
    """
    if isinstance(value, str):
        return value
    parts: list[str] = []
    _collect(value, parts, 0)
    return re.sub(r"\n{2,}", "\n", "".join(parts)).strip()


def _collect(node: Any, parts: list[str], depth: int) -> None:
    if not isinstance(node, dict) or depth > DEPTH_MAX:
        return
    kind = node.get("type")
    if kind == "text":
        parts.append(str(node.get("text") or ""))
    elif kind == "hardBreak":
        parts.append("\n")
    elif isinstance(attributes := node.get("attrs"), dict) and not node.get("content"):
        parts.append(
            next((str(attributes[name]) for name in _ATTRIBUTES if isinstance(attributes.get(name), str)), "")
        )
    content = node.get("content")
    for child in content if isinstance(content, list) else []:
        _collect(child, parts, depth + 1)
    if kind in _BLOCKS:
        parts.append("\n")


def jql_steady(jql: str) -> str:
    """The filter's search in an order that stands still while pages of it are read.

    A board's own order is by rank, which changes with every drag. New issues come last, so pages already read stay.
    """
    cut = next((match.start() for match in _QUOTED_OR_ORDER.finditer(jql) if match[1] is None), len(jql))
    restriction = jql[:cut].strip()
    return f"({restriction or EVERYTHING}) ORDER BY created ASC, key ASC"
