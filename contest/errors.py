"""What a contest refuses, in sentences that say what to do."""

from __future__ import annotations

from common.errors import ApplicationError


class ContestClosedError(ApplicationError):
    """The contest is over, or no longer in the phase that this needs."""


class ContestRuleError(ApplicationError):
    """A rule of contests stands against it: too early, a second delay, a missing reason."""


class ProposalRefusedError(ApplicationError):
    """The proposal is not complete, or not the caller's to change."""


class DecisionNotApplicableError(ApplicationError):
    """What the chosen entry asks for can no longer be done; the contest stays open."""
