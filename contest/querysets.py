"""Vocabulary of contests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db.models import Q

from teams.querysets import ProductScopedQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import User


class ContestQuerySet(ProductScopedQuerySet[Any]):
    product_path = "goal__product"

    def open(self) -> ContestQuerySet:
        """Those neither decided nor cancelled."""
        return self.exclude(phase__in=["decided", "cancelled"])

    def over(self) -> ContestQuerySet:
        """Decided and cancelled ones."""
        return self.filter(phase__in=["decided", "cancelled"])


class ProposalQuerySet(ProductScopedQuerySet[Any]):
    product_path = "contest__goal__product"

    def visible_to(self, user: User | AnonymousUser) -> ProposalQuerySet:
        """Of the contests that `user` may see; what was never proposed only to its authors."""
        mine = self.model.authors.through.objects.filter(user_id=user.pk or 0).values("proposal_id")
        shown = Q(submitted_at__isnull=False) | Q(pk__in=mine)
        return cast(ProposalQuerySet, super().visible_to(user).filter(shown))

    def entries(self) -> ProposalQuerySet:
        """What a decision may choose: everything proposed and not withdrawn, "keep as it is" included."""
        return self.filter(state="proposed")
