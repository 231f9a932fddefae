"""How a contest ends until voting exists: a product manager chooses an entry, in public.

To be removed with the ballot, which will call `decision_apply` in its place.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.display.values import long_date
from common.locking import version_claim
from contest.errors import ContestClosedError, ContestRuleError
from contest.models import Contest, Proposal
from contest.services.decisions import decision_apply
from contest.services.phases import contest_lock, manager_required
from teams.models import User
from teams.selectors import organisation_get


def contest_close_by_choice(
    *,
    contest: Contest,
    proposal: Proposal,
    actor: User,
    reason: str,
    now: datetime,
    expected_version: int | None = None,
) -> Contest:
    """Decides for the entry that a product manager chose, with a reason that everybody in the product reads.

    Raises PermissionDenied unless `actor` is a product manager, ContestRuleError while the time for proposals
    runs (an early choice would be a veto), ConflictError when the contest changed since it was shown, and
    whatever `decision_apply` raises.
    """
    with transaction.atomic():
        locked = contest_lock(contest)
        manager_required(actor, locked)
        if not locked.is_open:
            raise ContestClosedError("This contest is over.")
        if now < locked.proposals_until:
            day = long_date(locked.proposals_until.astimezone(organisation_get().zone).date())
            raise ContestRuleError(f"Proposals are taken until {day}. An entry can be chosen after that.")
        version_claim(locked, expected_version)
        return decision_apply(contest=locked, proposal=proposal, actor=actor, reason=reason, now=now)
