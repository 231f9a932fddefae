"""Mails when quarters are missed: first to the product's managers, then to everybody in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from common.outbox import OutboxDraft, outbox_add_many
from strategy.calculations.closing import is_closed
from strategy.calculations.streaks import WINDOW
from strategy.models import QuarterResult
from strategy.services.judging import Clock
from teams.models import Membership, Organisation


def streak_warnings_send(
    *, results: Sequence[QuarterResult], organisation: Organisation, clock: Clock
) -> int:
    """Adds the mails for goals whose newest closed quarter made a miss; returns how many messages.

    One miss: the product managers. One short of a contest: every member. Quarters that closed long ago and are
    only now judged warn nobody. The same warning is never added twice.
    """
    newest = {result.goal_id: result for result in results}  # in order of time, so the last one stays
    threshold = organisation.streak_to_contest
    drafts: list[OutboxDraft] = []
    told: list[tuple[QuarterResult, bool]] = []
    for result in newest.values():
        misses = result.missed_recently if organisation.streak_policy == WINDOW else result.streak
        if not _is_miss(result) or not is_newest_close(result, clock):
            continue
        if misses == threshold - 1:
            told.append((result, True))
        elif misses == 1:
            told.append((result, False))
    if not told:
        return 0
    people = _people({result.goal.product_id for result, _ in told}, clock)
    for result, everybody in told:
        label = clock.calendar.quarter_of(result.quarter_start).label
        subject, text = (_last_words if everybody else _first_words)(result, label)
        for user_id, email, is_manager in people[result.goal.product_id]:
            if everybody or is_manager:
                key = f"streak:{result.goal_id}:{result.quarter_start}:{result.streak}:{user_id}"
                drafts.append(OutboxDraft("email", {"to": [email], "subject": subject, "text": text}, key))
    return outbox_add_many(drafts, now=clock.now)


def _is_miss(result: QuarterResult) -> bool:
    return result.counts and result.verdict in {QuarterResult.Verdict.MISSED, QuarterResult.Verdict.NO_DATA}


def is_newest_close(result: QuarterResult, clock: Clock) -> bool:
    """Whether no later quarter has closed: warnings about the past help nobody."""
    following = clock.calendar.quarter_of(result.quarter_end)
    return not is_closed(following.end, clock.today, clock.close_days)


def _people(product_ids: Iterable[int], clock: Clock) -> dict[int, list[tuple[int, str, bool]]]:
    """Who is in each product today: (id, address, is product manager), each person once."""
    memberships = (
        Membership.objects.running(clock.today)
        .filter(team__product__in=list(product_ids), user__is_active=True, user__is_sample=False)
        .order_by("user_id")
    )
    found: defaultdict[int, dict[int, tuple[int, str, bool]]] = defaultdict(dict)
    rows: Any = memberships.values_list("team__product_id", "user_id", "user__email", "role")
    for product_id, user_id, email, role in rows:
        managed = role == Membership.Role.PRODUCT_MANAGER
        known = found[product_id].get(user_id)
        found[product_id][user_id] = (user_id, email, managed or (known is not None and known[2]))
    return defaultdict(list, {pk: list(rows.values()) for pk, rows in found.items()})


def _facts(result: QuarterResult, label: str) -> str:
    metric = result.goal_version.metric
    if result.verdict == QuarterResult.Verdict.NO_DATA:
        return f"There were no figures for {metric.name} in {label}, nor in the quarter before."
    return f"{label} closed and was missed: {metric.name} ended at {result.actual:,.{metric.decimals}f}."


def _first_words(result: QuarterResult, label: str) -> tuple[str, str]:
    title = str(result.goal)
    return (
        f"{title}: {label} was missed",
        f"{_facts(result, label)}\n\nLook at the goal and at the beliefs behind it before the next quarter closes.",
    )


def _last_words(result: QuarterResult, label: str) -> tuple[str, str]:
    title = str(result.goal)
    facts = f"{_facts(result, label)} One more miss opens a contest on this goal by itself."
    advice = "Add what you know: insights, explanations and ideas for a better bet."
    return f"{title}: one more miss opens a contest", f"{facts}\n\n{advice}"
