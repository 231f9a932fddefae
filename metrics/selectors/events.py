"""Events of a product: for its list, for charts, and for whoever sets their periods aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from string import ascii_uppercase

from django.db.models import Q

from common.display.values import long_date
from metrics.models import Event, Metric
from metrics.querysets import EventQuerySet
from teams.models import Product

MARKS_MOST = 12


@dataclass(frozen=True)
class MarkedEvent:
    """An event with the letter under which a chart shows it; `when` is its day, or its first and last one."""

    mark: str
    event: Event
    when: str

    @property
    def day(self) -> date:
        """Where the mark stands: the first day."""
        return self.event.starts_on


def event_choose(
    *, product: Product, metric: Metric | None = None, kind: str = "", search: str = "", removed: bool = False
) -> EventQuerySet:
    """The product's events, newest first; of one metric those on all metrics too. `removed`: those taken back."""
    events = Event.objects.filter(product=product, removed_at__isnull=not removed)
    if metric is not None:
        events = events.of_metrics(_with_parts([metric]))
    if kind:
        events = events.filter(kind=kind)
    if search:
        events = events.filter(Q(title__icontains=search) | Q(text__icontains=search))
    return events.select_related("metric", "author").order_by("-starts_on", "-pk")


def events_of_metrics(
    *,
    product: Product,
    metrics: Iterable[Metric],
    start: date | None = None,
    end: date | None = None,
    set_aside: bool | None = None,
) -> list[Event]:
    """The product's events on any of these metrics or on all, that touch the days from `start` to before `end`.

    An event on the numerator or denominator concerns the ratio as well. `set_aside`: only those that a test leaves
    out (True), or only those that it does not. Oldest first; one query.
    """
    events = Event.objects.filter(product=product).standing().of_metrics(_with_parts(metrics))
    if start is not None:
        events = events.filter(ends_on__gte=start)
    if end is not None:
        events = events.filter(starts_on__lt=end)
    if set_aside is not None:
        events = events.filter(set_aside=set_aside)
    return list(events.select_related("metric", "author").order_by("starts_on", "pk"))


def events_marked(events: Sequence[Event]) -> list[MarkedEvent]:
    """Oldest first with the letters A, B, C …; of more than twelve the newest, which a chart has room for."""
    shown = sorted(events, key=lambda event: (event.starts_on, event.pk))[-MARKS_MOST:]
    return [
        MarkedEvent(ascii_uppercase[index], event, event_days(event)) for index, event in enumerate(shown)
    ]


def event_days(event: Event) -> str:
    """ "6 April 2026" for a single day, else "6 to 8 April 2026" with no month or year said twice."""
    first, last = event.starts_on, event.ends_on
    if first == last:
        return long_date(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {long_date(last)}"
    if first.year == last.year:
        return f"{first:%-d %B} to {long_date(last)}"
    return f"{long_date(first)} to {long_date(last)}"


def _with_parts(metrics: Iterable[Metric]) -> set[int]:
    found: set[int] = set()
    for metric in metrics:
        found |= {pk for pk in (metric.pk, metric.numerator_id, metric.denominator_id) if pk is not None}
    return found
