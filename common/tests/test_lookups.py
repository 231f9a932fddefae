"""`one_of` finds what Django's `in` finds, with a single parameter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import Q

from common.models import AuditEvent, JobRun
from common.sql import one_of, sql_rows
from teams.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, tzinfo=UTC)
ODD = ["plain", "it's", 'say "so"', "a,b", "{curly}", "back\\slash", "", "NULL", "ünï", "%s"]


def kinds(condition: Q) -> list[str]:
    return sorted(JobRun.objects.filter(condition).values_list("kind", flat=True))


@pytest.fixture
def jobs() -> None:
    for kind in ODD:
        JobRun.objects.create(kind=kind, subject="1", due_at=NOW)


@pytest.mark.parametrize("wanted", [[], ["plain"], ODD, ODD[:4], ["nowhere", "a,b"]])
@pytest.mark.parametrize("shape", [list, set, frozenset, tuple])
def test_texts_are_found_as_they_are(jobs: None, wanted: list[str], shape: type[Any]) -> None:
    assert kinds(Q(kind__one_of=shape(wanted))) == sorted(wanted if wanted != ["nowhere", "a,b"] else ["a,b"])


def test_a_foreign_key_is_found_by_its_number() -> None:
    users: list[Any] = [UserFactory() for _ in range(3)]
    for user in users:
        AuditEvent.objects.create(at=NOW, actor=user, action="did", subject="x:1")
    wanted = {users[0].pk, users[2].pk}

    found = AuditEvent.objects.filter(actor_id__one_of=wanted)

    assert set(found.values_list("actor_id", flat=True)) == wanted
    assert set(AuditEvent.objects.exclude(actor_id__one_of=wanted).values_list("actor_id", flat=True)) == {
        users[1].pk
    }


def test_it_takes_one_parameter_however_many_values() -> None:
    sql, params = JobRun.objects.filter(pk__one_of=range(1000)).query.sql_with_params()

    assert len(params) == 1
    assert len(sql) < 2000


@pytest.mark.parametrize(
    ("column", "values", "wanted"),
    [
        ("1", [1, 2], True),
        ("3", [1, 2], False),
        ("-3", [-3], True),
        ("'a'", ["a", "b"], True),
        ("'c'", ["a", "b"], False),
        ("1", [], False),
    ],
)
def test_a_condition_holds_for_what_is_among_its_values(
    column: str, values: Iterable[int | str], wanted: bool
) -> None:
    condition, value = one_of(values)

    assert bool(sql_rows(f"SELECT 1 WHERE {column} {condition}", [value])) is wanted


def test_days_are_among_days() -> None:
    JobRun.objects.create(kind="once", subject="1", due_at=NOW)
    condition, value = one_of([date(2026, 11, 25), date(2026, 11, 26)])

    assert sql_rows(f"SELECT kind FROM common_jobrun WHERE date(due_at) {condition}", [value]) == [("once",)]
