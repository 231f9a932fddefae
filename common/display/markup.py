"""Small pieces of HTML that stand many times on a page: built here because a template each would be slow.

Everything goes through `format_html`, which escapes; words come from `common.display.words`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common.display import words
from common.display.parts import QuarterCell
from common.display.values import freshness as freshness_of
from common.display.values import initials, plural

KINDS = ("good", "warn", "bad", "open", "none")

# Pure pieces that pages repeat by the hundred are remembered. `typed` keeps markup and plain text apart, which
# are equal as strings; where a piece is remembered by a dataclass it escapes everything itself.
remembered = lru_cache(maxsize=4096, typed=True)
EMPTY = mark_safe("")


@remembered
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite. It is hidden from screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="#i-{}"/></svg>'
        if classes
        else '<svg class="i{}" aria-hidden="true"><use href="#i-{}"/></svg>',
        classes,
        name,
    )


@remembered
def pill(kind: str, icon_name: str, text: str, large: bool = False) -> SafeString:
    """A rounded pill: answers "are we on track?". Raises ValueError for an unknown kind."""
    _kind_check(kind)
    return format_html(
        '<span class="pill {}{}">{}{}</span>',
        kind,
        " lg" if large else "",
        icon(icon_name),
        text,
    )


def tag(text: str, icon: str = "", kind: str = "") -> SafeString:
    """A grey tag: a fact. `kind` good, warn, bad or open colours it."""
    if kind:
        _kind_check(kind)
    mark = _icon(icon) if icon else EMPTY
    return format_html(
        '<span class="tag{}">{}<span>{}</span></span>',
        f" {kind}" if kind else "",
        mark,
        text,
    )


_icon = icon  # `tag` has an argument of that name, as templates read better with it


def goal_status(code: str, large: bool = False) -> SafeString:
    """Achieved, On track, At risk, Off track, No data (also Draft and Retired)."""
    return _status("goal", code, large)


def metric_status(code: str, large: bool = False) -> SafeString:
    """Target reached, On pace, Behind pace, Data is stale, No data, No target."""
    return _status("metric", code, large)


def quarter_result(code: str, large: bool = False, provisional: bool = False) -> SafeString:
    """Met, Missed, Open, No target, No data, Exempt; provisional ones say so."""
    word = words.word_for("quarter", code)
    text = f"{word.text}, provisional" if provisional else word.text
    return pill(word.kind, word.icon, text, large)


def job_state(code: str, large: bool = False) -> SafeString:
    """Waiting, Running, Done, Done with gaps, Failed."""
    return _status("job", code, large)


def target_state(code: str, large: bool = False) -> SafeString:
    """Proposed, Agreed, Closed."""
    return _status("target", code, large)


def contest_phase(code: str, days_left: int | None = None, large: bool = False) -> SafeString:
    """The phase or outcome of a contest, with the days left where a clock is running."""
    word = words.word_for("contest", code)
    text = word.text if days_left is None else f"{word.text}, {plural(days_left, 'day')} left"
    return pill(word.kind, word.icon, text, large)


def confidence(code: str) -> SafeString:
    """A person's view: High, Medium or Low, as a tag because it is no measurement."""
    word = words.word_for("confidence", code)
    return tag(word.text, word.icon, word.kind if word.kind != "none" else "")


def card_flag(code: str, text: str = "") -> SafeString:
    """Blocked, Ageing, Not linked, On a contradicted bet; `text` says more ("23 days")."""
    word = words.word_for("card", code)
    return tag(text or word.text, word.icon, word.kind if word.kind != "none" else "")


def evidence_badge(code: str, reason: str = "", provisional: bool = False, large: bool = False) -> SafeString:
    """A square badge: answers "does the bet hold?". `reason` is opposite or too_small."""
    word = words.evidence_word(code)
    if reason not in words.EVIDENCE_REASONS:
        raise ValueError(
            f"{reason!r} is not a reason of a verdict; known: {', '.join(words.EVIDENCE_REASONS)}."
        )
    text = f"{word.text} ({words.EVIDENCE_REASONS[reason]})" if reason else word.text
    if provisional:
        text += ", provisional"
    return format_html(
        '<span class="ev {}{}">{}{}</span>',
        word.kind,
        " lg" if large else "",
        icon(word.icon),
        text,
    )


def evidence_counts(counts: Mapping[str, int]) -> SafeString:
    """Icon and number per verdict, zeros left out; a line of words stands beside it on the page."""
    return _evidence_counts(tuple(sorted(counts.items())))


@remembered
def _evidence_counts(items: tuple[tuple[str, int], ...]) -> SafeString:
    counts = dict(items)
    parts = []
    for code in words.EVIDENCE:
        count = counts.get(code, 0)
        if count:
            word = words.evidence_word(code)
            parts.append((word.kind, icon(word.icon), count, count, word.text.lower()))
    body = format_html_join(
        "",
        '<span class="evc {}">{}<span aria-hidden="true">{}</span><span class="vh">{} {}. </span></span>',
        parts,
    )
    return (
        format_html('<span class="evrow">{}</span>', body)
        if parts
        else format_html('<span class="t3">{}</span>', "–")
    )


def reading(code: str) -> SafeString:
    """One of the four cases: its name and what it means."""
    name, sentence = words.reading_words(code)
    return format_html('<span class="readt">{}</span><span>{}</span>', name, sentence)


def reading_name(code: str) -> str:
    """The name of one of the four cases alone."""
    return words.reading_words(code)[0]


def belief(
    metric_up: bool,
    goal_up: bool,
    lag_weeks: int | None = None,
    strength: int | None = None,
) -> SafeString:
    """Arrow of the metric, arrow of the goal, lag if named, and strength in three bars, each with hidden words."""
    sentence = (
        f"When the metric {'rises' if metric_up else 'falls'}, the goal {'rises' if goal_up else 'falls'}. "
    )
    if lag_weeks is None:
        lag = ""
    else:
        lag = f"in {plural(lag_weeks, 'week')}" if lag_weeks else "in the same week"
    arrows = format_html(
        '<span class="belief">{}<span aria-hidden="true">→</span>{}<span class="vh">{}</span><span>{}</span></span>',
        icon("up" if metric_up else "dn"),
        icon("up" if goal_up else "dn"),
        sentence,
        lag,
    )
    if strength is None:
        return arrows
    if strength not in words.STRENGTHS:
        raise ValueError(f"A belief's strength is 1, 2 or 3, not {strength}.")
    bars = format_html_join(
        "",
        '<i class="{}"></i>',
        (("on" if step <= strength else "off",) for step in (1, 2, 3)),
    )
    return format_html(
        '{}<span class="belief"><span class="str" aria-hidden="true">{}</span>{}</span>',
        arrows,
        bars,
        words.STRENGTHS[strength],
    )


def quarter_strip(
    cells: Sequence[QuarterCell], big: bool = False, label: str = "Last 8 quarters"
) -> SafeString:
    """The last quarters as cells with hidden sentences; the large form adds result and target."""
    return mark_safe(  # noqa: S308 - every cell escapes its texts
        f'<ol class="strip{" big" if big else ""}" aria-label="{escape(label)}">'
        f"{''.join(_cell(cell, big) for cell in cells)}</ol>"
    )


@remembered
def _cell(cell: QuarterCell, big: bool) -> str:
    word = words.word_for("quarter", cell.result)
    css = cell.result if cell.result in {"met", "missed", "open"} else "none"
    spoken = escape(f"{cell.label}: {_result_sentence(cell, word.text)}. ")
    head = f'<li class="{css}"><span class="q">{icon(word.icon)}</span>'
    if not big:
        return (
            f'{head}<span aria-hidden="true">{escape(cell.short)}</span><span class="vh">{spoken}</span></li>'
        )
    of = f"of {cell.target}" if cell.target else word.text.lower()
    return (
        f'{head}<span aria-hidden="true"><span class="lwide">{escape(cell.label)}</span>'
        f'<span class="lshort">{escape(cell.short)}</span></span>'
        f'<span class="v" aria-hidden="true">{escape(cell.actual or "–")}</span>'
        f'<span class="tv" aria-hidden="true">{escape(of)}</span><span class="vh">{spoken}</span></li>'
    )


def _result_sentence(cell: QuarterCell, word: str) -> str:
    result = word.lower() + (", provisional" if cell.provisional else "")
    if cell.result == "open":
        so_far = f", {cell.actual} so far" if cell.actual else ""
        return f"open, not finished{so_far}" + (f" against {cell.target}" if cell.target else "")
    figures = (
        f"{cell.actual} against {cell.target}" if cell.actual and cell.target else cell.actual or cell.target
    )
    return f"{result}, {figures}" if figures else result


def table_rows(rows: Sequence[Sequence[str]]) -> SafeString:
    """Rows of a table whose first cell is its heading; long tables are slow as a template."""
    parts = []
    for head, *cells in rows:
        body = "".join(f'<td class="r">{escape(cell)}</td>' for cell in cells)
        parts.append(f'<tr><th scope="row">{escape(head)}</th>{body}</tr>')
    return mark_safe("".join(parts))  # noqa: S308 - every cell is escaped above


def stage_counts(stages: Iterable[tuple[str, int]]) -> SafeString:
    """How many cards stand in each stage, in small boxes with hidden names."""
    body = format_html_join("", '<span><span class="vh">{} </span>{}</span>', stages)
    return format_html('<span class="stagebar">{}</span>', body)


def freshness(last: date | None, today: date, late: int = 7, stale: int = 14) -> SafeString:
    """How old a figure is, in words; amber when late, red when there is none for long."""
    fact = freshness_of(last, today, late=late, stale=stale)
    css = fact.state if fact.state in {"late", "stale"} else ""
    return format_html(
        '<span class="fresh{}">{}{}</span>',
        f" {css}" if css else "",
        icon(fact.icon),
        fact.text,
    )


@remembered
def avatar(name: str, size: str = "") -> SafeString:
    """A round mark with initials; the name itself stands beside it in text."""
    return format_html(
        '<span class="av c{}{}" aria-hidden="true">{}</span>',
        avatar_colour(name),
        f" {size}" if size else "",
        initials(name),
    )


def avatar_colour(name: str) -> int:
    """One of five colours, the same for a name in every process (unlike hash())."""
    return zlib.crc32(name.encode()) % 5 + 1


def _status(family: str, code: str, large: bool) -> SafeString:
    word = words.word_for(family, code)
    return pill(word.kind, word.icon, word.text, large)


def _kind_check(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind; known: {', '.join(KINDS)}.")
