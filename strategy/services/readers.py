"""Who is told of a belief."""

from __future__ import annotations

from datetime import date

from teams.models import Membership, Product, User


def readers_of(owner: User, product: Product, today: date) -> list[User]:
    """The owner if they still see the product, else its managers; nobody of the sample."""
    if owner.is_active and Product.objects.visible_to(owner).filter(pk=product.pk).exists():
        people = [owner]
    else:
        managers = Membership.objects.filter(
            team__product=product, role=Membership.Role.PRODUCT_MANAGER
        ).running(today)
        people = list(User.objects.filter(pk__in=managers.values("user_id"), is_active=True).order_by("pk"))
    return [user for user in people if not user.is_sample]
