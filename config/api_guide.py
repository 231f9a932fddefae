"""The guide to the API, docs/api.md, as blocks for a page: one text for the repository and for the reader of the page.

It reads the Markdown that the guide is written in: headings, paragraphs, fenced code, tables; inside of a line code,
strong and stressed words, and links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*([^*]+)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((/[^)\s]*|#[^)\s]*)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),  # files of the repository are not served
)


@dataclass(frozen=True)
class Block:
    """One block: a paragraph has `html`, code has `text`, a table has `head` and `rows`."""

    kind: str
    html: str = ""
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One heading of the guide with what follows it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@lru_cache(maxsize=1)
def guide() -> tuple[Chapter, ...]:
    """The chapters of docs/api.md."""
    return guide_read((Path(settings.BASE_DIR) / "docs" / "api.md").read_text(encoding="utf-8"))


def guide_read(text: str) -> tuple[Chapter, ...]:
    """The chapters of a guide; what stands before the first `## ` is for readers of the file only."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return tuple(
        Chapter(f"guide-{slugify(title)}", title.strip(), tuple(_blocks(body)))
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    )


def inline(text: str) -> SafeString:
    """One line as HTML. Everything is escaped before any mark is read."""
    html = str(escape(text))
    for pattern, into in _INLINE:
        html = pattern.sub(into, html)
    return mark_safe(html)  # noqa: S308 - escaped above, and the marks become fixed elements


def _blocks(body: str) -> Iterator[Block]:
    # Code may hold blank lines, so it is taken out first: every odd part is one.
    for number, part in enumerate(re.split(r"^```\w*\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            yield Block("code", text=part.rstrip("\n"))
            continue
        for chunk in re.split(r"\n\s*\n", part):
            lines = chunk.strip().splitlines()
            if lines and lines[0].startswith("|"):
                head, _rule, *rows = [_cells(line) for line in lines]
                yield Block("table", head=head, rows=tuple(rows))
            elif lines:
                yield Block("paragraph", html=inline(" ".join(lines)))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(inline(cell.strip()) for cell in line.strip().strip("|").split("|"))
