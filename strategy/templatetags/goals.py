"""Goal rows, built in Python: a product may show fifty, and a template for each costs more than their data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from common.display import markup, svg, values
from strategy.selectors.rows import REMEMBERED, GoalRow

register = template.Library()


@register.simple_tag
def goal_rows_markup(rows: Sequence[GoalRow]) -> SafeString:
    """The goals one under the other."""
    return mark_safe("".join([goal_row(row) for row in rows]))  # noqa: S308 - each is safe already


@lru_cache(maxsize=REMEMBERED)
def goal_row(row: GoalRow) -> SafeString:
    """One goal: name and owner, now against target, trend, last quarters, beliefs, where it stands.

    Remembered by the row itself, which selectors hand out again while nothing of it has changed.
    """
    of_target = f" <small>of {escape(row.target_text)}</small>" if row.target_text else ""
    beliefs = values.plural(len(row.beliefs), "belief") if row.beliefs else "No belief yet"
    misses = f" <b>{values.plural(row.streak, 'miss', 'misses')} running.</b>" if row.warning else ""
    return mark_safe(  # noqa: S308 - every text is escaped here, every part escapes its own
        f'<article class="grow"><div class="nm"><h3><a href="{escape(row.url)}">{escape(row.title)}</a></h3>'
        f'<p class="m">{markup.avatar(row.owner)}<span><span class="vh">Owner {escape(row.owner)}. </span>'
        f"{escape(row.metric.name)}</span></p></div>"
        f'<div class="now"><p class="fig">{escape(row.now_text)}{of_target}</p>'
        f"{svg.bullet(row.now, row.target, row.baseline, row.kind)}</div>"
        f'<div class="trend">{svg.sparkline(row.spark, row.steps)}</div>'
        f'<div class="stripc">{markup.quarter_strip(row.cells)}</div>'
        f'<div class="bets">{markup.evidence_counts(row.evidence)}<p>{beliefs}</p></div>'
        f'<div class="read">{markup.goal_status(row.status)}<p>{_together(row.sentence)}{misses}</p></div></article>\n'
    )


def _together(text: str) -> str:
    """Escaped, with "84.0–87.5%" kept on one line: the column is narrow."""
    return escape(text).replace("–", "&#8288;–&#8288;")
