"""Texts from other programs, cut to what a field holds and freed of what a database refuses."""

from __future__ import annotations


def text_fit(text: str, longest: int) -> str:
    """`text` without NUL characters (PostgreSQL refuses them), at most `longest` characters long."""
    return text.replace("\x00", "").strip()[:longest]


def url_fit(url: str, longest: int = 500) -> str:
    """A web address that may be shown as a link; "" for anything else, such as javascript:."""
    cleaned = text_fit(url, longest + 1)
    return cleaned if cleaned.lower().startswith(("https://", "http://")) and len(cleaned) <= longest else ""
