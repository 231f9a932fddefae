"""Who looks at what: the same few lines at the start of every view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone

from strategy.models import Goal, Mapping
from strategy.selectors import goal_get_or_404
from strategy.selectors.beliefs import mapping_get_or_404
from teams.models import Organisation, Product, User
from teams.permissions import (
    admin_required,
    participation_required,
    person_of,
    product_get_or_404,
    strategy_write_required,
)
from teams.selectors import organisation_get


@dataclass(frozen=True)
class Visit:
    """A person at a product, now."""

    user: User
    product: Product
    organisation: Organisation
    now: datetime
    today: date

    def goal(self, slug: str) -> Goal:
        """The goal at this address, or 404."""
        return goal_get_or_404(user=self.user, product=self.product, slug=slug, today=self.today)

    def mapping(self, mapping_id: int) -> Mapping:
        """The belief of this number, or 404."""
        return mapping_get_or_404(
            user=self.user, product=self.product, mapping_id=mapping_id, today=self.today
        )


def visit(
    request: HttpRequest,
    product: str,
    *,
    write: bool = False,
    take_part: bool = False,
    admin: bool = False,
) -> Visit:
    """404 for strangers, 403 for those who may look but not write (take part; or are no admin)."""
    user = person_of(request)
    found = product_get_or_404(user, product)
    if write:
        strategy_write_required(user, found)
    if take_part:
        participation_required(user, found)
    if admin:
        admin_required(user)
    organisation = organisation_get()
    now = timezone.now()
    return Visit(user, found, organisation, now, organisation.today(now))
