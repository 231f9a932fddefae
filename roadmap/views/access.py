"""Which product, board or card an address means, and who may change it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from roadmap.models import Board, Card, Connection
from teams.models import Product, Team, User
from teams.permissions import archived_refuse, can_act_for_team, can_write_strategy, product_get_or_404


def product_of(request: HttpRequest, slug: str) -> Product:
    """The product, if whoever asks may see it."""
    return product_get_or_404(request.user, slug)


def board_get_or_404(request: HttpRequest, product: Product, pk: int) -> Board:
    """A board of the product."""
    boards = Board.objects.visible_to(request.user).select_related("team__product", "connection")
    return get_object_or_404(boards, pk=pk, team__product=product)


def connection_get_or_404(request: HttpRequest, product: Product, pk: int) -> Connection:
    """A connection of the product."""
    return get_object_or_404(Connection.objects.visible_to(request.user), pk=pk, product=product)


def card_get_or_404(request: HttpRequest, product: Product, pk: int) -> Card:
    """A card of the product."""
    cards = Card.objects.visible_to(request.user).select_related(
        "board__team__product", "board__connection", "column", "metric"
    )
    return get_object_or_404(cards, pk=pk, board__team__product=product)


def can_change_boards(user: User, product: Product, team: Team | None = None) -> bool:
    """Product managers and leads for all boards, members of a team for its own."""
    if team is not None and team.archived_at is not None:
        return False
    return can_write_strategy(user, product) or (team is not None and can_act_for_team(user, team))


def boards_change_required(request: HttpRequest, product: Product, team: Team | None = None) -> User:
    """Whoever asks, or PermissionDenied that says which role is needed."""
    user = request.user
    archived_refuse(product, team)
    if not user.is_authenticated or not can_change_boards(user, product, team):
        raise PermissionDenied(
            "Only the product's managers and leads, and the team's own members, can change this."
        )
    return user
