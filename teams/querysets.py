"""Who sees what, as filters: lists, pages and counts agree because they start here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import User

M = TypeVar("M", bound=models.Model)


def reads_everything(user: User | AnonymousUser) -> bool:
    """Organisation leaders and admins read every product."""
    return bool(
        user.is_authenticated and user.is_active and (user.is_superuser or getattr(user, "is_leader", False))
    )


def visible_product_ids(user: User | AnonymousUser) -> models.QuerySet[Any, Any]:
    """The ids of the products in which `user` has a membership that runs today."""
    from teams.models import Membership

    memberships = Membership.objects.filter(user_id=user.pk or 0, user__is_active=True).running(
        timezone.localdate()
    )
    return memberships.values("team__product_id")


def visible_products_sql(user: User | AnonymousUser, column: str) -> tuple[str, list[Any]]:
    """The same rule as `visible_to`, for statements of our own: a condition on `column`, a product's id, and its values.

    A test holds the two to one answer.
    """
    if reads_everything(user):
        return "TRUE", []
    if not user.is_active:
        return "FALSE", []
    today = timezone.localdate()
    condition = (
        f"{column} IN (SELECT t.product_id FROM teams_membership m JOIN teams_team t ON t.id = m.team_id"  # noqa: S608
        " WHERE m.user_id = %s AND m.start_date <= %s AND (m.end_date IS NULL OR m.end_date > %s))"
    )
    return condition, [user.pk or 0, today, today]


class ProductScopedQuerySet(models.QuerySet[M]):
    """Rows that belong to a product; `product_path` is the lookup that leads to it."""

    product_path = "product"

    def visible_to(self, user: User | AnonymousUser) -> ProductScopedQuerySet[M]:
        """The rows of the products that `user` may see; none for a stranger."""
        if reads_everything(user):
            return self.all()
        return self.filter(**{f"{self.product_path}__in": visible_product_ids(user)})


class ProductQuerySet(ProductScopedQuerySet[Any]):
    product_path = "pk"

    def active(self) -> ProductQuerySet:
        return self.filter(archived_at=None)


class TeamQuerySet(ProductScopedQuerySet[Any]):
    def active(self) -> TeamQuerySet:
        return self.filter(archived_at=None)

    def stream(self) -> TeamQuerySet:
        return self.filter(kind="stream")


class MembershipQuerySet(ProductScopedQuerySet[Any]):
    product_path = "team__product"

    def running(self, today: Any) -> MembershipQuerySet:
        """Those that have begun and not ended on `today` (the end date is the first day without it)."""
        return self.filter(Q(end_date=None) | Q(end_date__gt=today), start_date__lte=today)
