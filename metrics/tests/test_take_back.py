"""Taking an import back restores what still stands as imported, and leaves the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from metrics.models import ImportRun, MetricQuarter, Observation, ObservationRevision
from metrics.services import (
    TakeBackRefusedError,
    import_take_back,
    observations_delete,
    observations_record_pairs,
)
from metrics.tests.factories import MetricFactory

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def metric(product: Any) -> Any:
    return MetricFactory(product=product, frequency="daily", key="sign-ups")


@pytest.fixture
def record(metric: Any, now: Any) -> Any:
    def write(*pairs: tuple[date, float]) -> ImportRun:
        return observations_record_pairs(metric=metric, pairs=pairs, actor=None, now=now)

    return write


def stored() -> dict[date, float]:
    return dict(Observation.objects.values_list("date", "value"))


def test_it_deletes_what_was_created_and_restores_what_was_changed(record: Any, now: Any, alice: Any) -> None:
    record((MONDAY, 1.0))
    run = record((MONDAY, 2.0), (TUESDAY, 3.0))

    undo = import_take_back(run=run, actor=alice, now=now)

    assert stored() == {MONDAY: 1.0}
    assert (undo.kind, undo.deleted, undo.changed, undo.undo_of_id) == ("undo", 1, 1, run.pk)
    assert ImportRun.objects.get(pk=run.pk).state == "taken_back"
    assert MetricQuarter.objects.get().total == 1.0
    assert ObservationRevision.objects.filter(run=undo).count() == 2


def test_it_leaves_and_lists_what_was_changed_since(record: Any, metric: Any, now: Any) -> None:
    run = record((MONDAY, 2.0), (TUESDAY, 3.0), (WEDNESDAY, 4.0))
    record((TUESDAY, 9.0))
    observations_delete(metric=metric, dates=[WEDNESDAY], actor=None, now=now)

    undo = import_take_back(run=run, actor=None, now=now)

    assert stored() == {TUESDAY: 9.0}
    assert undo.options["left_total"] == 2
    assert undo.options["left"] == [
        {"metric": "sign-ups", "date": "2026-11-03", "imported": 3.0, "now": 9.0},
        {"metric": "sign-ups", "date": "2026-11-04", "imported": 4.0, "now": None},
    ]


def test_a_deletion_is_taken_back_as_well(record: Any, metric: Any, now: Any) -> None:
    record((MONDAY, 2.0))
    deletion = observations_delete(metric=metric, dates=[MONDAY], actor=None, now=now)

    import_take_back(run=deletion, actor=None, now=now)

    assert stored() == {MONDAY: 2.0}


def test_taking_back_can_be_taken_back(record: Any, now: Any) -> None:
    run = record((MONDAY, 2.0))

    undo = import_take_back(run=run, actor=None, now=now)
    import_take_back(run=undo, actor=None, now=now)

    assert stored() == {MONDAY: 2.0}


def test_it_happens_once_and_only_when_there_is_something(record: Any, now: Any) -> None:
    run = record((MONDAY, 2.0))
    nothing = record((MONDAY, 2.0))
    import_take_back(run=run, actor=None, now=now)

    with pytest.raises(TakeBackRefusedError, match="already"):
        import_take_back(run=run, actor=None, now=now)
    with pytest.raises(TakeBackRefusedError, match="changed nothing"):
        import_take_back(run=nothing, actor=None, now=now)
