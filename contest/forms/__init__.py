"""Input of contest pages."""

from __future__ import annotations

from contest.forms.proposals import ProposalForms, ReasonForm

__all__ = ["ProposalForms", "ReasonForm"]
