"""Who may do what. A stranger gets 404, a read-only member 403; both come from the same call as the lookup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from common.slugs import slug_redirect_target
from teams.models import Membership, Product, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import User

_STRATEGY_ROLES = [Membership.Role.PRODUCT_MANAGER, Membership.Role.LEAD]


class SlugMoved(Exception):
    """The object lives at another address now; `old` is the slug that was asked for."""

    def __init__(self, instance: Any, old: str = "") -> None:
        super().__init__(str(instance))
        self.instance = instance
        self.old = old


def _roles(user: User | AnonymousUser, **lookup: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(user_id=user.pk or 0, user__is_active=True, **lookup).running(
        timezone.localdate()
    )


def is_admin(user: User | AnonymousUser) -> bool:
    """Organisation admins manage people, sources and policies."""
    return bool(user.is_authenticated and user.is_active and user.is_superuser)


def can_write_strategy(user: User | AnonymousUser, product: Product) -> bool:
    """Product managers and leads of the product, and admins."""
    return is_admin(user) or _roles(user, team__product=product, role__in=_STRATEGY_ROLES).exists()


def is_product_manager(user: User | AnonymousUser, product: Product) -> bool:
    """Product managers of the product, and admins."""
    return (
        is_admin(user) or _roles(user, team__product=product, role=Membership.Role.PRODUCT_MANAGER).exists()
    )


def can_act_for_team(user: User | AnonymousUser, team: Team) -> bool:
    """Members of the team itself but viewers, and admins."""
    return is_admin(user) or _roles(user, team=team).exclude(role=Membership.Role.VIEWER).exists()


def can_participate(user: User | AnonymousUser, product: Product) -> bool:
    """Anyone with a membership in the product that is more than a viewer's, and admins."""
    return is_admin(user) or _roles(user, team__product=product).exclude(role=Membership.Role.VIEWER).exists()


def product_get_or_404(user: User | AnonymousUser, slug: str) -> Product:
    """The product at this address if `user` may see it; Http404 otherwise, so that nothing is given away."""
    product: Product | None = Product.objects.visible_to(user).filter(slug=slug).first()
    if product is not None:
        return product
    moved = slug_redirect_target(Product, scope=0, slug=slug)
    product = Product.objects.visible_to(user).filter(pk=moved or 0).first()
    if product is not None:
        raise SlugMoved(product, slug)
    raise Http404("No such product.")


def team_get_or_404(user: User | AnonymousUser, product: Product, slug: str) -> Team:
    """The team of the product at this address; Http404 otherwise, SlugMoved when it was renamed."""
    teams = Team.objects.visible_to(user).select_related("product").filter(product=product)
    team: Team | None = teams.filter(slug=slug).first()
    if team is None:
        moved = slug_redirect_target(Team, scope=product.pk, slug=slug)
        if moved is not None and (team := teams.filter(pk=moved).first()) is not None:
            raise SlugMoved(team, slug)
        raise Http404("No such team.")
    return team


def strategy_write_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied unless `user` may write strategy."""
    if not can_write_strategy(user, product):
        raise PermissionDenied("Only the product's managers and leads can change this.")


def manager_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied unless `user` is a product manager of the product or an admin."""
    if not is_product_manager(user, product):
        raise PermissionDenied("Only the product's managers can change this.")


def participation_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied for viewers and readers."""
    if not can_participate(user, product):
        raise PermissionDenied("Viewers read only. Ask a product manager for a member's role.")


def admin_required(user: User | AnonymousUser) -> None:
    """PermissionDenied unless `user` is an organisation admin."""
    if not is_admin(user):
        raise PermissionDenied("Only organisation admins can do this.")


def person_of(request: HttpRequest) -> User:
    """The logged-in person behind a request whose view requires a login; PermissionDenied without one."""
    user = request.user
    if not isinstance(user, get_user_model()):
        raise PermissionDenied("Log in first.")
    return user
