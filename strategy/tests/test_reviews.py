"""A review keeps, adjusts or retires a belief, with a sentence why; and what makes a belief due for one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.errors import ConflictError
from common.models import AuditEvent
from strategy.calculations.reviews import ClosedQuarter, broken_run, says_why
from strategy.errors import UnableToChangeMappingError, UnableToReviewError
from strategy.models import MappingReview
from strategy.selectors.beliefs import mapping_get_or_404
from strategy.selectors.reviews import broken_beliefs, broken_running, review_due, reviews_due
from strategy.services.reviews import mapping_keep, mapping_review_adjust, mapping_review_retire
from strategy.tests.evidence_factories import verdict_make
from strategy.tests.factories import goal_make, mapping_make, metric_make
from strategy.tests.voices_factories import WHY, closed_quarter_make

LATE = {"review_on": date(2026, 11, 1)}


@pytest.fixture
def goal(product, alice):
    return goal_make(product, alice)


@pytest.fixture
def mapping(goal, product, alice):
    return mapping_make(goal, metric_make(product, key="first-job", kind="outcome"), alice, **LATE)


@pytest.fixture
def read(alice, product, mapping, today):
    """The belief as a page reads it."""
    return lambda: mapping_get_or_404(user=alice, product=product, mapping_id=mapping.pk, today=today)


# --- the acts -----------------------------------------------------------------------------------------


def test_a_kept_belief_is_looked_at_again_in_a_hundred_days(mapping, alice, now, today, read):
    review = mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)

    assert (review.outcome, review.next_review_on) == ("keep", today + timedelta(days=100))
    assert (read().current.review_on, read().current.number) == (today + timedelta(days=100), 1)
    told = AuditEvent.objects.get(action="belief reviewed")
    assert (told.before["next_review"], told.after["outcome"]) == ("2026-11-01", "kept")


@pytest.mark.parametrize("reason", ["", "Still holds.", "We still believe it."])
def test_to_re_affirm_is_not_to_review(mapping, alice, now, reason):
    with pytest.raises(UnableToReviewError, match="5 words or more") as caught:
        mapping_keep(mapping=mapping, reason=reason, actor=alice, now=now)

    assert caught.value.field == "reason"
    assert not MappingReview.objects.exists()


def test_digits_and_signs_are_no_sentence():
    assert not says_why("1 2 3 4 5 6 …")
    assert says_why("Interviews and figures still agree here.")


@pytest.mark.parametrize("day", [date(2026, 11, 18), date(2026, 1, 1), date(2027, 12, 1)])
def test_the_next_review_is_ahead_and_within_a_year(mapping, alice, now, day):
    with pytest.raises(UnableToReviewError) as caught:
        mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now, next_review_on=day)

    assert caught.value.field == "next_review_on"


def test_a_review_keeps_the_verdict_that_was_stated_then(mapping, alice, now):
    verdict = verdict_make(mapping, verdict="inconclusive")

    review = mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)

    assert review.verdict == verdict
    assert AuditEvent.objects.get(action="belief reviewed").after["verdict"] == "inconclusive"


def test_an_adjusting_review_makes_a_new_wording_in_the_same_step(mapping, alice, now, today, read):
    review = mapping_review_adjust(
        mapping=mapping, changes={"lag_weeks": 9, "review_on": None}, reason=WHY, actor=alice, now=now
    )

    assert (read().current.number, read().current.lag_weeks) == (2, 9)
    assert read().current.review_on == review.next_review_on == today + timedelta(days=100)
    assert (review.outcome, review.mapping_version.number) == ("adjust", 1)


def test_an_adjusting_review_changes_more_than_its_date(mapping, alice, now, today):
    with pytest.raises(UnableToReviewError, match="keep it instead"):
        mapping_review_adjust(
            mapping=mapping,
            changes={"lag_weeks": None, "review_on": today + timedelta(days=30)},
            reason=WHY,
            actor=alice,
            now=now,
        )


def test_what_the_wording_refuses_leaves_no_review(mapping, alice, now):
    with pytest.raises(UnableToChangeMappingError):
        mapping_review_adjust(mapping=mapping, changes={"lag_weeks": 500}, reason=WHY, actor=alice, now=now)

    assert not MappingReview.objects.exists()


def test_a_retiring_review_ends_the_belief(mapping, alice, now, today):
    review = mapping_review_retire(mapping=mapping, reason=WHY, actor=alice, now=now)

    mapping.refresh_from_db()
    assert (mapping.active_until, mapping.retired_reason) == (today, WHY)
    assert (review.outcome, review.next_review_on) == ("retire", None)


def test_a_retired_belief_is_not_reviewed(mapping, alice, now):
    mapping_review_retire(mapping=mapping, reason=WHY, actor=alice, now=now)

    with pytest.raises(UnableToReviewError, match="retired"):
        mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)


@pytest.mark.parametrize("act", [mapping_keep, mapping_review_retire])
def test_a_review_of_what_has_changed_since_is_refused(mapping, alice, now, act):
    mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now, expected_version=1)

    with pytest.raises(ConflictError):
        act(mapping=mapping, reason=WHY, actor=alice, now=now, expected_version=1)

    assert MappingReview.objects.count() == 1


# --- due for a review ---------------------------------------------------------------------------------


def test_a_belief_is_due_when_its_date_has_come(read, today):
    due = review_due(mapping=read(), today=today)

    assert due is not None
    assert (due.code, due.text) == ("date", "Its review was due on 1 November 2026.")
    assert review_due(mapping=read(), today=date(2026, 10, 31)) is None
    assert review_due(mapping=read(), today=date(2026, 11, 1)).text == "Its review is due today."


def test_a_review_moves_the_date_on(mapping, alice, now, today, read):
    mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)

    assert review_due(mapping=read(), today=today) is None


def test_without_a_date_it_is_due_after_a_hundred_days(product, goal, alice, today):
    undated = mapping_make(
        goal, metric_make(product, key="other", kind="outcome"), alice, since=date(2026, 8, 10)
    )

    assert review_due(mapping=undated, today=today).code == "date"
    assert review_due(mapping=undated, today=date(2026, 11, 17)) is None


def test_a_contradicted_belief_is_due_until_somebody_has_looked_at_that_verdict(
    mapping, alice, now, today, read
):
    mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)  # while untested
    verdict_make(mapping, verdict="contradicted", reason="opposite")
    before = review_due(mapping=read(), today=today)

    mapping_keep(mapping=read(), reason=WHY, actor=alice, now=now)
    after = review_due(mapping=read(), today=today)

    assert before.code == "contradicted"
    assert after is None


def test_contradicted_for_another_reason_is_news(mapping, alice, now, today, read):
    verdict_make(mapping, verdict="contradicted", reason="too_small")
    mapping_keep(mapping=read(), reason=WHY, actor=alice, now=now)

    verdict_make(mapping, verdict="contradicted", reason="opposite", week=date(2026, 12, 7))

    assert review_due(mapping=read(), today=today).code == "contradicted"


def test_an_assumption_broken_twice_running_makes_it_due_until_reviewed(
    goal, mapping, alice, now, today, read
):
    for slug in ("2026-Q2", "2026-Q3"):
        closed_quarter_make(goal, slug, met={mapping: True})
    before = review_due(mapping=read(), today=today)

    mapping_keep(mapping=mapping, reason=WHY, actor=alice, now=now)

    assert (before.code, "two quarters running" in before.text) == ("broken", True)
    assert review_due(mapping=read(), today=today) is None


def test_a_retired_belief_is_never_due(mapping, alice, now, today, read):
    mapping_review_retire(mapping=mapping, reason=WHY, actor=alice, now=now)

    assert review_due(mapping=read(), today=today) is None


def test_many_beliefs_cost_as_many_queries_as_one(goal, product, alice, today, django_assert_max_num_queries):
    rows = [
        mapping_make(goal, metric_make(product, key=f"m{n}", kind="outcome"), alice, **LATE) for n in range(4)
    ]

    with django_assert_max_num_queries(3):
        due = reviews_due(mappings=rows, today=today)

    assert len(due) == 4


# --- broken running -----------------------------------------------------------------------------------


def _quarter(number: int, *, broken: bool = True, met: bool | None = True) -> ClosedQuarter:
    start = date(2020 + number // 4, 1 + 3 * (number % 4), 1)
    following = number + 1
    return ClosedQuarter(start, date(2020 + following // 4, 1 + 3 * (following % 4), 1), broken, met)


@pytest.mark.parametrize(
    ("quarters", "count"),
    [
        ([], 0),
        ([_quarter(5)], 1),
        ([_quarter(5), _quarter(4), _quarter(3)], 3),
        ([_quarter(5), _quarter(4, broken=False), _quarter(3)], 1),
        ([_quarter(5, met=False), _quarter(4)], 0),
        ([_quarter(5, met=None), _quarter(4)], 0),
        ([_quarter(5), _quarter(3)], 1),  # a quarter between them was never judged
    ],
)
def test_a_run_ends_where_a_quarter_held_or_is_missing(quarters, count):
    assert broken_run(quarters) == count


def test_only_the_beliefs_whose_own_metric_was_met_are_broken(goal, mapping, product, alice):
    other = mapping_make(goal, metric_make(product, key="other", kind="outcome"), alice)
    for slug in ("2026-Q2", "2026-Q3"):
        closed_quarter_make(goal, slug, met={mapping: True, other: False})

    found = broken_beliefs(beliefs=[mapping, other])

    assert [(item.mapping, item.running) for item in found] == [(mapping, 2)]
    assert (broken_running(mapping=mapping), broken_running(mapping=other)) == (2, 0)


def test_one_broken_quarter_raises_no_notice(goal, mapping):
    closed_quarter_make(goal, "2026-Q2", met={mapping: True}, case="working")
    closed_quarter_make(goal, "2026-Q3", met={mapping: True})

    assert broken_beliefs(beliefs=[mapping]) == []
