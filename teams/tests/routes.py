"""How the access tests reach the pages and endpoints of this app."""

from __future__ import annotations

from datetime import timedelta

from common.testing.fixtures import membership_create
from config.tests.routes import (
    ADMIN,
    OK,
    OWN,
    PRODUCT_PAGE,
    STRATEGY_WRITE,
    Expect,
    Route,
    World,
    product,
    team,
)
from teams.models import Invitation, Membership

MANAGER = STRATEGY_WRITE  # alice is product manager, bob a viewer
TOKEN_KEY = "brg_0123456789a"


def _person(world: World) -> dict[str, object]:
    return {"person": world.bob.pk}


def _membership(world: World) -> dict[str, object]:
    row = Membership.objects.filter(user=world.bob, team=world.team).first()
    row = row or membership_create(world.bob, world.team, "viewer")
    return {"product": world.product.slug, "team": world.team.slug, "membership": row.pk}


def _invitation_row(world: World) -> Invitation:
    return Invitation.objects.create(
        email="new@example.com",
        team=world.team,
        digest=f"{Invitation.objects.count():064d}",
        invited_by=world.alice,
        expires_at=world.now + timedelta(days=1),
    )


def _invitation(world: World) -> dict[str, object]:
    return {"invitation": _invitation_row(world).pk}


def _team_invitation(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "team": world.team.slug, **_invitation(world)}


def _anybodys_token(world: World) -> dict[str, object]:
    """A key that is nobody's: revoking another person's token is 404 for everybody."""
    return {"key": TOKEN_KEY}


def _membership_pk(world: World) -> dict[str, object]:
    return {"pk": Membership.objects.get(user=world.alice, team=world.product_team).pk}


ROUTES = {
    "teams:me": Route(OWN),
    "teams:me-email": Route(OWN),
    "teams:me-theme": Route(OWN, method="post", data={"theme": "dark"}),
    "teams:token-list": Route(OWN),
    "teams:token-revoke": Route(Expect("login", 404, 404, 404, 404), _anybodys_token, method="post"),
    "teams:invitation-accept": Route(Expect(OK, OK, OK, OK, OK), lambda world: {"token": "no-such-token"}),
    "teams:settings": Route(ADMIN),
    "teams:settings-fiscal-year": Route(ADMIN),
    "teams:activity": Route(ADMIN),
    "teams:people-list": Route(ADMIN),
    "teams:people-invite": Route(ADMIN),
    "teams:people-invitation-revoke": Route(ADMIN, _invitation, method="post"),
    "teams:person-detail": Route(ADMIN, _person),
    "teams:person-change": Route(
        ADMIN, lambda world: {**_person(world), "action": "make-leader"}, method="post"
    ),
    "teams:product-list": Route(OWN),
    "teams:product-new": Route(ADMIN),
    "teams:product-edit": Route(MANAGER, product),
    "teams:product-archive": Route(MANAGER, product, method="post"),
    "teams:product-restore": Route(MANAGER, product, method="post"),
    "teams:team-list": Route(PRODUCT_PAGE, product),
    "teams:team-new": Route(STRATEGY_WRITE, product),
    "teams:team-edit": Route(STRATEGY_WRITE, team),
    "teams:team-archive": Route(STRATEGY_WRITE, team, method="post"),
    "teams:team-restore": Route(STRATEGY_WRITE, team, method="post"),
    "teams:team-people": Route(PRODUCT_PAGE, team),
    "teams:member-add": Route(MANAGER, team),
    "teams:member-invite": Route(MANAGER, team),
    "teams:member-role": Route(MANAGER, _membership),
    "teams:member-end": Route(MANAGER, _membership),
    "teams:member-invitation-revoke": Route(MANAGER, _team_invitation, method="post"),
    "api:product-detail": Route(PRODUCT_PAGE, lambda world: {"slug": world.product.slug}),
    "api:team-detail": Route(PRODUCT_PAGE, lambda world: {"pk": world.team.pk}),
    "api:membership-detail": Route(PRODUCT_PAGE, _membership_pk),
}
