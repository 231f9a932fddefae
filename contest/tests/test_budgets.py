"""Pages of contests cost the same queries however much there is to show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from contest.models import Contest
from contest.tests.factories import proposal_make

pytestmark = pytest.mark.usefixtures("frozen_today")


def test_the_queries_of_a_page_do_not_grow_with_its_proposals(
    logged_in: Any, alice: Any, contest: Contest, now: datetime, django_assert_max_num_queries: Any
) -> None:
    client = logged_in(alice)
    for number in range(30):
        proposal_make(contest, alice, now=now, title=f"Proposal {number}")

    with django_assert_max_num_queries(30):
        client.get(contest.get_absolute_url())


@pytest.mark.parametrize("count", [1, 12])
def test_the_queries_of_the_list_do_not_grow(
    logged_in: Any,
    alice: Any,
    contest: Contest,
    count: int,
    now: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(count):
        Contest.objects.create(
            goal=contest.goal,
            goal_version=contest.goal_version,
            first_missed_quarter=contest.first_missed_quarter - timedelta(days=91 * (number + 1)),
            phase="decided",
            outcome="kept",
            opened_at=now - timedelta(days=91 * (number + 1)),
            proposals_until=now,
            decided_at=now,
            evidence=contest.evidence,
        )
    client = logged_in(alice)

    with django_assert_max_num_queries(12):
        body = client.get(reverse("contest:contest-list", args=["fieldnote"])).content.decode()

    assert body.count("Kept as it is") == count
