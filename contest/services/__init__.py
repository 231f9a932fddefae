"""Writes of contests and proposals: one function a use case, atomic, told in the audit trail."""

from __future__ import annotations

from contest.services.closing_by_choice import contest_close_by_choice
from contest.services.decisions import decision_apply, decisions_apply_due
from contest.services.follow_ups import follow_ups_tell_due
from contest.services.opening import contest_open, contests_open_due
from contest.services.phases import contest_cancel, contest_delay, contests_flag_changed
from contest.services.proposals import (
    proposal_create,
    proposal_edit,
    proposal_submit,
    proposal_withdraw,
)

__all__ = [
    "contest_cancel",
    "contest_close_by_choice",
    "contest_delay",
    "contest_open",
    "contests_flag_changed",
    "contests_open_due",
    "decision_apply",
    "decisions_apply_due",
    "follow_ups_tell_due",
    "proposal_create",
    "proposal_edit",
    "proposal_submit",
    "proposal_withdraw",
]
