"""The contest of an address, for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone

from contest.models import Contest
from contest.selectors import contest_get_or_404
from teams.models import Product, User
from teams.permissions import product_get_or_404
from teams.selectors import organisation_get


@dataclass(frozen=True)
class Visit:
    """Who looks at which contest, and when."""

    user: User
    product: Product
    contest: Contest
    now: datetime

    @property
    def today(self) -> date:
        return organisation_get().today(self.now)


def visit(request: HttpRequest, product: str, contest_id: int) -> Visit:
    """The visit; Http404 for a stranger and for another product's contest."""
    user = request.user
    assert isinstance(user, User)  # pages stand behind login_required
    found = product_get_or_404(user, product)
    contest = contest_get_or_404(user=user, product=found, contest_id=contest_id)
    return Visit(user=user, product=found, contest=contest, now=timezone.now())
