"""What people added to a belief: events, other explanations, insights, reviews; and the marks they make on charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from common.display import values
from common.display.evidence_parts import EventMark
from metrics.models import Event
from metrics.selectors.events import event_days
from strategy.models import Explanation, Insight, Mapping, MappingReview
from strategy.selectors.insights import ICONS

MARKS = 12
INSIGHTS_SHOWN = 3
REVIEWS_SHOWN = 5
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class ExplanationRow:
    """Something else that could explain it; `letter` names its mark on the charts."""

    explanation: Explanation
    letter: str = ""

    @property
    def day(self) -> date | None:
        event = self.explanation.event
        return self.explanation.happened_on or (event.starts_on if event is not None else None)


@dataclass(frozen=True)
class InsightRow:
    """Something a person said, with the icon of its stance."""

    insight: Insight
    icon: str
    stance: str


@dataclass(frozen=True)
class People:
    """All of it, ready to show."""

    marks: list[EventMark] = field(default_factory=list)
    marks_left_out: int = 0
    explanations: list[ExplanationRow] = field(default_factory=list)
    insights: list[InsightRow] = field(default_factory=list)
    stances: dict[str, int] = field(default_factory=dict)
    reviews: list[MappingReview] = field(default_factory=list)

    @property
    def told(self) -> str:
        """ "6 speak against this belief, 1 for it, 2 neutral."."""
        return stance_words(self.stances)

    @property
    def insight_count(self) -> int:
        return sum(self.stances.values())


def stance_words(stances: dict[str, int]) -> str:
    """How many insights speak against, for, or neither; empty without any."""
    against, for_it, neutral = (stances.get(code, 0) for code in ("against", "for", "neutral"))
    if not against + for_it + neutral:
        return ""
    verb = "speaks" if (against or for_it) == 1 else "speak"
    if against:
        parts = [f"{against} {verb} against this belief", f"{for_it} for it" if for_it else ""]
    elif for_it:
        parts = [f"{for_it} {verb} for this belief"]
    else:
        return f"{values.plural(neutral, 'neutral insight')}."
    parts.append(f"{neutral} neutral" if neutral else "")
    return ", ".join(part for part in parts if part) + "."


def people_of(
    mapping: Mapping, *, since: date, until: date, aside: Sequence[tuple[date, date]] = ()
) -> People:
    """What people added; marks are those between both days. `mapping` as from `mapping_get_or_404`. Five queries.

    `aside` are the days that the test shown did not use, to tell an event that it left out from one that came later.
    """
    metric_ids = [mapping.metric_id, mapping.goal.current.metric_id]
    events = list(
        Event.objects.standing()
        .filter(product=mapping.goal.product_id, starts_on__lt=until, ends_on__gte=since)
        .of_metrics(metric_ids)
        .order_by("starts_on", "id")
    )
    explanations = list(mapping.explanations.standing().select_related("author", "event"))
    details = {event.pk: _event_detail(event, aside) for event in events}
    marks, letters = _marks(events, details, explanations, since, until)
    told = mapping.insights.standing()
    counted = Counter(told.values_list("stance", flat=True))
    newest = list(told.select_related("author")[:INSIGHTS_SHOWN]) if counted else []
    return People(
        marks=marks[-MARKS:],
        marks_left_out=max(0, len(marks) - MARKS),
        explanations=[ExplanationRow(item, letters.get(f"x{item.pk}", "")) for item in explanations],
        insights=[InsightRow(item, ICONS[item.stance], str(item.get_stance_display())) for item in newest],
        stances=dict(counted),
        reviews=list(mapping.reviews.select_related("author")[:REVIEWS_SHOWN]),
    )


def _marks(
    events: Sequence[Event],
    details: dict[int, str],
    explanations: Sequence[Explanation],
    since: date,
    until: date,
) -> tuple[list[EventMark], dict[str, str]]:
    """One letter a dated thing, by day; an explanation that names an event shares the event's letter."""
    dated: list[tuple[date, str, str, str]] = []
    for event in events:
        dated.append((max(event.starts_on, since), f"e{event.pk}", event.title, details[event.pk]))
    shown = {event.pk for event in events}
    for item in explanations:
        if item.event_id not in shown and item.happened_on and since <= item.happened_on < until:
            dated.append((item.happened_on, f"x{item.pk}", item.title, values.long_date(item.happened_on)))
    dated.sort(key=lambda row: (row[0], row[1]))
    kept = dated[-MARKS:]
    letters = {key: _LETTERS[place] for place, (_, key, _, _) in enumerate(kept)}
    marks = [EventMark(letters.get(key, ""), day, title, detail) for day, key, title, detail in dated]
    for item in explanations:
        if item.event_id in shown and f"e{item.event_id}" in letters:
            letters[f"x{item.pk}"] = letters[f"e{item.event_id}"]
    return marks, letters


def _event_detail(event: Event, aside: Sequence[tuple[date, date]]) -> str:
    days = event_days(event)
    if not event.set_aside:
        return days
    was = any(first <= event.ends_on and event.starts_on < last for first, last in aside)
    return f"{days}, {'set aside by the test' if was else 'set aside from the next run on'}"
