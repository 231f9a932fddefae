"""Reviewing a belief: kept, adjusted or retired, with a sentence why and the verdict as it stood."""

from __future__ import annotations

from collections.abc import Mapping as Values
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from common.audit import audit_record
from common.locking import version_claim
from strategy.calculations.reviews import WORDS_LEAST, says_why
from strategy.errors import UnableToReviewError
from strategy.models import Mapping, MappingReview, MappingVersion
from strategy.selectors.versions import version_in_force
from strategy.services.mappings import mapping_adjust, mapping_retire
from teams.models import User
from teams.selectors import organisation_get

# A quarter and a few days, so that the next quarter's result is there to look at.
NEXT_REVIEW = timedelta(days=100)
NEXT_REVIEW_MOST = timedelta(days=366)
KEEP, ADJUST, RETIRE = MappingReview.Outcome.KEEP, MappingReview.Outcome.ADJUST, MappingReview.Outcome.RETIRE


@transaction.atomic
def mapping_keep(
    *,
    mapping: Mapping,
    reason: str,
    actor: User | None,
    now: datetime,
    next_review_on: date | None = None,
    expected_version: int | None = None,
) -> MappingReview:
    """Keeps a belief as it is worded, with a sentence why; the next review follows in 100 days or on `next_review_on`.

    The date of the next review is a plan and no part of the wording, so it moves on the wording in force.
    Raises UnableToReviewError (retired, no sentence, a date that is past or more than a year off) and ConflictError.
    """
    version_claim(mapping, expected_version)
    mapping.refresh_from_db()
    today = organisation_get().today(now)
    wording = _reviewable(mapping, reason, today)
    day = _next_day(next_review_on, today)
    review = _review(mapping, wording, KEEP, reason, day, actor, now)
    mapping.versions.filter(number__gte=wording.number).update(review_on=day)
    _write(review, before=wording.review_on)
    return review


@transaction.atomic
def mapping_review_adjust(
    *,
    mapping: Mapping,
    changes: Values[str, Any],
    reason: str,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> MappingReview:
    """Reviews a belief by wording it anew (see `mapping_adjust`), from today on.

    Raises UnableToReviewError, UnableToChangeMappingError (nothing changed, a field cannot stand) and ConflictError.
    """
    today = organisation_get().today(now)
    wording = _reviewable(mapping, reason, today)
    newest = mapping.versions.order_by("-number")[0]
    if all(getattr(newest, name, None) == value for name, value in changes.items() if name != "review_on"):
        raise UnableToReviewError("The belief is worded as before. To leave it so, keep it instead.")
    # A date that has passed was not thought of; it moves on with the review.
    asked = changes.get("review_on")
    day = _next_day(asked if asked is not None and asked > today else None, today)
    review = _review(mapping, wording, ADJUST, reason, day, actor, now)
    mapping_adjust(
        mapping=mapping,
        changes=dict(changes) | {"review_on": day},
        actor=actor,
        reason=reason,
        now=now,
        expected_version=expected_version,
    )
    _write(review, before=wording.review_on)
    return review


@transaction.atomic
def mapping_review_retire(
    *,
    mapping: Mapping,
    reason: str,
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> MappingReview:
    """Reviews a belief by retiring it (see `mapping_retire`), from today on."""
    wording = _reviewable(mapping, reason, organisation_get().today(now))
    review = _review(mapping, wording, RETIRE, reason, None, actor, now)
    mapping_retire(mapping=mapping, actor=actor, reason=reason, now=now, expected_version=expected_version)
    _write(review, before=wording.review_on)
    return review


def _reviewable(mapping: Mapping, reason: str, today: date) -> MappingVersion:
    """The wording in force of a belief that is active, given a sentence why."""
    if mapping.active_until is not None:
        raise UnableToReviewError("This belief is retired. Bring it back before you review it.")
    if not says_why(reason):
        raise UnableToReviewError(
            f"Say why in a sentence of {WORDS_LEAST} words or more: what did you look at, and what did it say?",
            field="reason",
        )
    versions = list(mapping.versions.order_by("number"))
    return next((row for row in reversed(versions) if row.effective_from <= today), versions[0])


def _next_day(asked: date | None, today: date) -> date:
    day = asked or today + NEXT_REVIEW
    if day <= today:
        raise UnableToReviewError(
            "The next review is in the future. Choose a later day.", field="next_review_on"
        )
    if day > today + NEXT_REVIEW_MOST:
        raise UnableToReviewError(
            "That is more than a year away. A belief is looked at once a year at least.",
            field="next_review_on",
        )
    return day


def _review(
    mapping: Mapping,
    wording: MappingVersion,
    outcome: str,
    reason: str,
    next_review_on: date | None,
    actor: User | None,
    now: datetime,
) -> MappingReview:
    """The review, not stored yet, with the verdict that is stated before its outcome changes anything."""
    return MappingReview(
        mapping=mapping,
        mapping_version=wording,
        verdict_id=mapping.stated_verdict_id,
        outcome=outcome,
        reason=reason.strip(),
        next_review_on=next_review_on,
        author=actor,
        created_at=now,
    )


def _write(review: MappingReview, *, before: date | None) -> None:
    review.save()
    mapping, verdict = review.mapping, review.verdict
    if "current" not in mapping.goal.__dict__:
        day = organisation_get().today(review.created_at)
        mapping.goal.current = version_in_force(goal=mapping.goal, day=day)
    audit_record(
        actor=review.author,
        action="belief reviewed",
        subject=mapping,
        before={"next_review": before},
        after={
            "outcome": review.get_outcome_display().lower(),
            "verdict": verdict.verdict if verdict is not None else "untested",
            "next_review": review.next_review_on,
        },
        reason=review.reason,
        product_id=mapping.goal.product_id,
    )
