"""Who may do what. A stranger gets 404, a read-only member 403; both come from the same call as the lookup."""

from __future__ import annotations

from collections.abc import Iterable
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


class ArchivedError(PermissionDenied):
    """Something archived, or something in it, was to be changed; `thing` is what must be brought back first."""

    def __init__(self, thing: Any) -> None:
        super().__init__(
            f"{thing} is archived: it can be read, and nothing in it can be changed. Bring it back first."
        )
        self.thing = thing


def archived_refuse(*things: Any) -> None:
    """ArchivedError for the first of `things` (products, teams, metrics, boards; None is passed over) in the archive.

    Every write of every app passes here or through one of the `…_required` functions below, which do it for the
    product; whatever brings something back passes around it.
    """
    for thing in things:
        if thing is not None and thing.archived_at is not None:
            raise ArchivedError(thing)


def _roles(user: User | AnonymousUser, **lookup: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(user_id=user.pk or 0, user__is_active=True, **lookup).running(
        timezone.localdate()
    )


def is_admin(user: User | AnonymousUser) -> bool:
    """Organisation admins manage people, sources and policies."""
    return bool(user.is_authenticated and user.is_active and user.is_superuser)


def can_write_strategy(user: User | AnonymousUser, product: Product) -> bool:
    """Product managers and leads of the product, and admins; nobody while it is archived."""
    return product.archived_at is None and _has_strategy_role(user, product)


def _has_strategy_role(user: User | AnonymousUser, product: Product) -> bool:
    return is_admin(user) or _roles(user, team__product=product, role__in=_STRATEGY_ROLES).exists()


def is_product_manager(user: User | AnonymousUser, product: Product) -> bool:
    """Product managers of the product, and admins; nobody while it is archived."""
    return product.archived_at is None and may_bring_back(user, product)


def may_bring_back(user: User | AnonymousUser, product: Product) -> bool:
    """Product managers of the product, and admins, whether it is archived or not."""
    return (
        is_admin(user) or _roles(user, team__product=product, role=Membership.Role.PRODUCT_MANAGER).exists()
    )


def products_managed(user: User | AnonymousUser, products: Iterable[Product]) -> set[int]:
    """The ids of those of `products` that `user` manages, archived or not. One query at most."""
    ids = {product.pk for product in products}
    if is_admin(user):
        return ids
    managed = _roles(user, team__product__in=ids, role=Membership.Role.PRODUCT_MANAGER)
    return set(managed.values_list("team__product_id", flat=True))


def can_act_for_team(user: User | AnonymousUser, team: Team) -> bool:
    """Members of the team itself but viewers, and admins; nobody while it or its product is archived."""
    if team.archived_at is not None or team.product.archived_at is not None:
        return False
    return is_admin(user) or _roles(user, team=team).exclude(role=Membership.Role.VIEWER).exists()


def can_participate(user: User | AnonymousUser, product: Product) -> bool:
    """Whoever is more than a viewer in the product, and admins; nobody while it is archived."""
    return product.archived_at is None and _takes_part(user, product)


def _takes_part(user: User | AnonymousUser, product: Product) -> bool:
    return is_admin(user) or _roles(user, team__product=product).exclude(role=Membership.Role.VIEWER).exists()


def can_change_own(user: User | AnonymousUser, product: Product, author_id: int | None) -> bool:
    """Whoever added something and still takes part in the product, and those who write its strategy."""
    own = author_id is not None and author_id == user.pk
    return (own and can_participate(user, product)) or can_write_strategy(user, product)


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
    """PermissionDenied unless `user` may write strategy; ArchivedError while the product is archived."""
    if not _has_strategy_role(user, product):
        raise PermissionDenied("Only the product's managers and leads can change this.")
    archived_refuse(product)


def manager_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied unless `user` is a product manager or an admin; ArchivedError while it is archived."""
    bring_back_required(user, product)
    archived_refuse(product)


def bring_back_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied unless `user` is a product manager of the product, archived or not, or an admin."""
    if not may_bring_back(user, product):
        raise PermissionDenied("Only the product's managers can change this.")


def participation_required(user: User | AnonymousUser, product: Product) -> None:
    """PermissionDenied for viewers and readers; ArchivedError while the product is archived."""
    if not _takes_part(user, product):
        raise PermissionDenied("Viewers read only. Ask a product manager for a member's role.")
    archived_refuse(product)


def own_or_strategy_required(
    user: User | AnonymousUser, product: Product, author_id: int | None, what: str
) -> None:
    """PermissionDenied unless `can_change_own`; ArchivedError while the product is archived. `what`: "this event"."""
    participation_required(user, product)
    if not can_change_own(user, product, author_id):
        raise PermissionDenied(
            f"Only whoever added {what}, and the product's managers and leads, can change it."
        )


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
