"""Editions by week, the list of them, and the headline of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadmap.models import Edition
from teams.models import Product


def edition_latest(*, product: Product) -> Edition | None:
    """The newest edition of the product in its last revision."""
    return Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week", "-revision").first()


def edition_get(*, product: Product, week: str, revision: int | None = None) -> Edition | None:
    """The edition of a week, in its last revision when none is named."""
    editions = Edition.objects.filter(product=product, iso_year=int(week[:4]), iso_week=int(week[6:]))
    if revision is not None:
        editions = editions.filter(revision=revision)
    return editions.order_by("-revision").first()


def edition_list(*, product: Product, limit: int = 12) -> list[Edition]:
    """The newest editions, one a week in its last revision, newest first."""
    weeks: dict[str, Edition] = {}
    rows = Edition.objects.filter(product=product).order_by("-iso_year", "-iso_week", "-revision")
    for edition in rows[: limit * 4]:
        weeks.setdefault(edition.week, edition)
    return list(weeks.values())[:limit]


def headline_of(totals: Mapping[str, Any]) -> str:
    """The answer of the page in one sentence or two; what is missing comes first."""
    teams, in_hand = totals.get("teams") or {}, int(totals.get("in_hand") or 0)
    linked, loose = int(totals.get("linked") or 0), int(totals.get("not_linked") or 0)
    absent = int(teams.get("missing") or 0)
    first = f"{_counted(absent, 'team', 'teams')} without a board that could be read. " if absent else ""
    if not in_hand:
        return f"{first}No work in hand."
    work = f"{_counted(in_hand, 'piece of work', 'pieces of work')} in hand."
    if not loose:
        return f"{first}{work} {'It points' if in_hand == 1 else 'All of it points'} at a metric."
    if not linked:
        return f"{first}{work} None of it points at a metric."
    return f"{first}{work} {linked} {'points' if linked == 1 else 'point'} at a metric, {loose} {'does' if loose == 1 else 'do'} not."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
