"""Warnings on the way to a contest: to the Product Team at the first miss, to all one miss before it opens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from contest.services.messages import mail_send, members, product_team_members
from strategy.models import QuarterResult
from teams.models import Organisation
from teams.selectors import organisation_get


def misses_warn(*, results: Iterable[QuarterResult], now: datetime) -> int:
    """Writes the mails that the newly closed `results` call for; returns for how many goals.

    Only missed quarters warn; the same quarter of a goal warns nobody twice.
    """
    organisation = organisation_get()
    warned = 0
    for result in results:
        if result.provisional or result.verdict != QuarterResult.Verdict.MISSED or not result.counts:
            continue
        warned += _warn(result, organisation, now)
    return warned


def _warn(result: QuarterResult, organisation: Organisation, now: datetime) -> bool:
    window = organisation.streak_policy == organisation.StreakPolicy.WINDOW
    misses = result.missed_recently if window else result.streak
    limit = organisation.streak_to_contest
    product = result.goal.product
    today = organisation.today(now)
    if misses == limit - 1:
        people, words = (
            members(product, today),
            "One more miss opens a contest, in which the goal can be changed.",
        )
    elif misses == 1:
        people = product_team_members(product, today)
        words = f"{limit} misses open a contest ({organisation.get_streak_policy_display()})."
    else:
        return False
    title = result.goal_version.title
    label = organisation.calendar.quarter_of(result.quarter_start).label
    with transaction.atomic():
        mail_send(
            to=people,
            subject=f"Missed in {label}: {title}",
            text=(
                f"The goal “{title}” of {product} missed its target in {label}. Misses so far: {misses}. {words}\n\n"
                f"{settings.BASE_URL}{result.goal.get_absolute_url()}\n"
            ),
            key=f"miss-warning:{result.goal_id}:{result.quarter_start.isoformat()}",
        )
    return True
