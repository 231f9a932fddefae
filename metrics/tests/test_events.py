"""Events are added, changed, removed and brought back; charts show them, and tests set their days aside."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from common.errors import ConflictError
from common.models import AuditEvent
from common.removal import RemovedError
from metrics import charts
from metrics.models import Event
from metrics.selectors import events_marked, events_of_metrics, metric_series
from metrics.selectors.events import event_days
from metrics.services import (
    EventRefusedError,
    event_create,
    event_remove,
    event_restore,
    event_update,
    observations_record_pairs,
)
from metrics.tests.factories import MetricFactory
from teams.selectors import organisation_get

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 6)


@pytest.fixture
def metric(product: Any) -> Any:
    return MetricFactory(product=product, name="Seats", key="seats")


@pytest.fixture
def event(product: Any, metric: Any, alice: Any, now: Any) -> Event:
    return event_create(
        product=product, metric=metric, title="Price raised", starts_on=APRIL, actor=alice, now=now
    )


def test_a_new_event_is_a_single_day_unless_it_says_otherwise(event: Any) -> None:
    assert (event.starts_on, event.ends_on, event.set_aside) == (APRIL, APRIL, True)
    assert AuditEvent.objects.get(action="event added").after["title"] == "Price raised"


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title": "  "}, "title", "few words"),
        ({"title": "x" * 121}, "title", "120 characters; it has 121"),
        ({"text": "x" * 2001}, "text", "2000"),
        ({"kind": "party"}, "kind", "from the list"),
        ({"ends_on": APRIL - timedelta(days=1)}, "ends_on", "before the first"),
        ({"starts_on": date(2027, 11, 20)}, "starts_on", "a year ahead"),
        ({"ends_on": date(2027, 11, 20), "set_aside": False}, "ends_on", "a year ahead"),
        ({"ends_on": APRIL + timedelta(days=92)}, "set_aside", "covers 93 days"),
    ],
)
def test_it_names_the_field_that_cannot_stand(
    product: Any, alice: Any, now: Any, fields: Any, field: str, words: str
) -> None:
    values = {"title": "Price raised", "starts_on": APRIL} | fields

    with pytest.raises(EventRefusedError, match=words) as caught:
        event_create(product=product, actor=alice, now=now, **values)

    assert caught.value.field == field
    assert not Event.objects.exists()


def test_a_long_stretch_may_be_shown_without_setting_it_aside(product: Any, alice: Any, now: Any) -> None:
    event = event_create(
        product=product,
        title="Season",
        starts_on=APRIL,
        ends_on=APRIL + timedelta(days=200),
        set_aside=False,
        actor=alice,
        now=now,
    )

    assert event.pk


def test_another_products_metric_is_refused(product: Any, alice: Any, charlie: Any, now: Any) -> None:
    foreign = MetricFactory(product=charlie.memberships.get().team.product)

    with pytest.raises(EventRefusedError) as caught:
        event_create(product=product, metric=foreign, title="Odd", starts_on=APRIL, actor=alice, now=now)

    assert caught.value.field == "metric"


def test_an_archived_metric_takes_no_new_event(product: Any, metric: Any, alice: Any, now: Any) -> None:
    metric.archived_at = now
    metric.save()

    with pytest.raises(EventRefusedError, match="archived"):
        event_create(product=product, metric=metric, title="Odd", starts_on=APRIL, actor=alice, now=now)


def test_a_single_day_that_moves_stays_a_single_day(event: Any, alice: Any, now: Any) -> None:
    moved = event_update(
        event=event,
        changes_wanted={"starts_on": date(2026, 4, 9)},
        actor=alice,
        now=now,
        expected_version=event.version,
    )

    assert (moved.starts_on, moved.ends_on) == (date(2026, 4, 9), date(2026, 4, 9))
    assert AuditEvent.objects.get(action="event changed").before["starts_on"] == "2026-04-06"


def test_whoever_saves_second_is_told(event: Any, alice: Any, now: Any) -> None:
    event_update(event=event, changes_wanted={"title": "First"}, actor=alice, now=now, expected_version=1)

    with pytest.raises(ConflictError):
        event_update(
            event=event, changes_wanted={"title": "Second"}, actor=alice, now=now, expected_version=1
        )


def test_what_is_removed_can_be_brought_back_once(
    event: Any, product: Any, metric: Any, alice: Any, now: Any
) -> None:
    event_remove(event=event, actor=alice, now=now)
    while_gone = events_of_metrics(product=product, metrics=[metric])
    with pytest.raises(RemovedError, match="already"):
        event_remove(event=event, actor=alice, now=now)
    with pytest.raises(RemovedError, match="Bring it back"):
        event_update(event=event, changes_wanted={"title": "x"}, actor=alice, now=now, expected_version=None)

    event_restore(event=event, actor=alice)

    assert while_gone == []
    assert events_of_metrics(product=product, metrics=[metric]) == [event]
    with pytest.raises(RemovedError, match="there already"):
        event_restore(event=event, actor=alice)


def test_a_metric_sees_its_own_events_its_parts_and_those_of_the_whole_product(
    product: Any, metric: Any, event: Any, alice: Any, now: Any
) -> None:
    other = MetricFactory(product=product)
    ratio = MetricFactory(product=product, numerator=metric, denominator=other, unit="")
    outage = event_create(product=product, title="Outage", starts_on=date(2026, 5, 1), actor=alice, now=now)
    on_other = event_create(
        product=product, metric=other, title="Mended", starts_on=date(2026, 6, 1), actor=alice, now=now
    )

    assert events_of_metrics(product=product, metrics=[metric]) == [event, outage]
    assert events_of_metrics(product=product, metrics=[ratio]) == [event, outage, on_other]


def test_a_window_takes_the_events_that_touch_it(product: Any, metric: Any, alice: Any, now: Any) -> None:
    long = event_create(
        product=product,
        metric=metric,
        title="Season",
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 4, 1),
        actor=alice,
        now=now,
    )
    event_create(
        product=product, metric=metric, title="Later", starts_on=date(2026, 5, 1), actor=alice, now=now
    )

    found = events_of_metrics(product=product, metrics=[metric], start=date(2026, 4, 1), end=date(2026, 5, 1))

    assert found == [long]


def test_only_what_is_set_aside_is_asked_for_by_a_test(
    product: Any, metric: Any, event: Any, alice: Any, now: Any
) -> None:
    event_create(
        product=product,
        metric=metric,
        title="Campaign",
        starts_on=date(2026, 5, 1),
        set_aside=False,
        actor=alice,
        now=now,
    )

    assert events_of_metrics(product=product, metrics=[metric], set_aside=True) == [event]


def test_a_chart_marks_events_by_letter_and_day(
    product: Any, metric: Any, event: Any, alice: Any, now: Any
) -> None:
    pairs = [(date(2026, 11, 12) - timedelta(weeks=n), float(n)) for n in range(40)]
    observations_record_pairs(metric=metric, pairs=pairs, actor=alice, now=now)
    quarter = organisation_get().calendar.quarter_of(date(2026, 11, 18))
    marked = events_marked([event])

    figure = charts.series_figure(
        metric=metric,
        series=metric_series(metric=metric),
        targets=[],
        quarters=[quarter],
        current=quarter,
        events=marked,
    )

    assert (marked[0].mark, marked[0].when) == ("A", "6 April 2026")
    assert any(note["text"] == "A" and note["x"] == "2026-04-06" for note in figure["layout"]["annotations"])


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 4, 6), date(2026, 4, 6), "6 April 2026"),
        (date(2026, 4, 6), date(2026, 4, 8), "6 to 8 April 2026"),
        (date(2026, 4, 30), date(2026, 5, 2), "30 April to 2 May 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 December 2025 to 2 January 2026"),
    ],
)
def test_the_days_of_an_event_say_nothing_twice(first: date, last: date, words: str) -> None:
    assert event_days(Event(starts_on=first, ends_on=last)) == words


def test_of_many_events_the_newest_twelve_are_marked() -> None:
    many = [
        Event(pk=n, title=str(n), starts_on=date(2026, 1, n), ends_on=date(2026, 1, n)) for n in range(1, 20)
    ]

    marked = events_marked(many)

    assert [item.mark for item in marked] == list("ABCDEFGHIJKL")
    assert marked[-1].event.title == "19"
