"""Flow to take away: one row a card, with both ends of everything that is known to a span only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from roadmap.boards.stages import PRIORITISED, RELEASED, TO_DESIGN, VERIFIED
from roadmap.calculations.flow_history import Entry, reached
from roadmap.calculations.flow_times import Days, Measure, age, timing
from roadmap.models import Stage
from roadmap.selectors.downloads import cell_safe
from roadmap.selectors.flow_cards import FlowCard, flow_cards
from roadmap.selectors.flow_page import period_cutoffs
from roadmap.selectors.goals import goals_by_metric
from teams.models import Product, Team
from teams.selectors import organisation_get

_STEPS = (
    ("On the board", PRIORITISED),
    ("To Design", TO_DESIGN),
    ("Released", RELEASED),
    ("Verified", VERIFIED),
)
_TIMES = (
    ("Evaluation", Measure.EVALUATION),
    ("First release", Measure.FIRST_RELEASE),
    ("Satisfied customer", Measure.SATISFIED),
)
_LABELS = {str(value): str(label) for value, label in Stage.choices}


def flow_headers() -> list[str]:
    """The names of the columns: moments as earliest and latest, times as shortest and longest."""
    return [
        "Team", "Key", "Title", "Stage", "On its board", "Target metric", "Goals",
        *(f"{name}, {end}" for name, _ in _STEPS for end in ("earliest", "latest")),
        *(f"{name} days, {end}" for name, _ in _TIMES for end in ("shortest", "longest")),
        "Days in stage, shortest", "Days in stage, longest", "Link",
    ]  # fmt: skip


def flow_csv_rows(*, product: Product, team: Team | None, weeks: int, now: datetime) -> Iterator[list[str]]:
    """The header, and every card that is not finished or to which something happened in the period.

    An empty "earliest" or "longest" means that nobody knows. The moments are first entries into that stage or a later
    one, in the organisation's zone.
    """
    organisation = organisation_get()
    found = flow_cards(product=product, team=team, since=period_cutoffs(weeks=weeks, now=now)[0])
    metrics = {card.metric_id for card in found.cards if card.metric_id}
    today = organisation.today(now)
    goals = goals_by_metric(product=product, metric_ids=metrics, today=today) if metrics else {}
    yield flow_headers()
    for card in sorted(found.cards, key=lambda card: (card.team.name, card.key, card.pk)):
        titles = [goal.title for goal in goals.get(card.metric_id or 0, ())]
        yield [cell_safe(value) for value in _row(card, titles, organisation.zone, now)]


def _row(card: FlowCard, goals: Sequence[str], zone: tzinfo, now: datetime) -> list[str]:
    steps = [reached(card.history, stage) for _, stage in _STEPS]
    times = [timing(card.history, measure) for _, measure in _TIMES]
    return [
        card.team.name, card.key, card.title, _LABELS.get(card.stage, ""), "yes" if card.is_present else "no",
        card.metric_name, ", ".join(goals),
        *(cell for step in steps for cell in _moments(step, zone)),
        *(cell for found in times for cell in _days(found.days if found else None)),
        *_days(age(card.history[-1].span, now)), card.url,
    ]  # fmt: skip


def _moments(entry: Entry | None, zone: tzinfo) -> tuple[str, str]:
    if entry is None:
        return "", ""
    earliest = entry.span.earliest
    return _moment(earliest, zone) if earliest else "", _moment(entry.span.latest, zone)


def _moment(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="minutes")


def _days(days: Days | None) -> tuple[str, str]:
    if days is None:
        return "", ""
    return f"{days.shortest:.2f}", "" if days.longest is None else f"{days.longest:.2f}"
