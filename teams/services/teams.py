"""Teams of a product: made, renamed without losing old links, archived and brought back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.locking import version_claim
from common.slugs import slug_is_kept, slug_make, slug_redirect_keep
from common.validation import clean_or_refuse
from teams.models import Product, Team, User


def _slug(name: str, product: Product, team: Team | None = None) -> str:
    """A free address in the product, whose row is locked so that two teams at once choose different ones."""
    Product.objects.select_for_update().get(pk=product.pk)
    own = team.pk if team is not None else None

    def taken(slug: str) -> bool:
        others = Team.objects.filter(product=product, slug=slug)
        if own is not None:
            others = others.exclude(pk=own)
        return others.exists() or slug_is_kept(Team, scope=product.pk, slug=slug, except_for=own)

    return slug_make(name, fallback="team", taken=taken)


def _name_check(name: str, product: Product, team: Team | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise ApplicationError("Give the team a name.", field="name")
    same = Team.objects.filter(product=product, name__iexact=name)
    if team is not None:
        same = same.exclude(pk=team.pk)
    if same.exists():
        raise ApplicationError(
            "This product has a team of that name already. Choose another name.", field="name"
        )
    return name


@transaction.atomic
def team_create(*, actor: User, product: Product, name: str, purpose: str = "") -> Team:
    """Creates a Stream Team in the product. Raises ApplicationError naming the field."""
    if product.archived_at is not None:
        raise ApplicationError("This product is archived. Bring it back before adding a team.")
    name = _name_check(name, product)
    team = Team(product=product, name=name, slug=_slug(name, product), purpose=purpose.strip())
    clean_or_refuse(team)
    team.save()
    audit_record(
        actor=actor,
        action="team created",
        subject=team,
        after={"name": team.name, "purpose": team.purpose},
        product_id=product.pk,
    )
    return team


@transaction.atomic
def team_update(*, actor: User, team: Team, expected_version: int | None, name: str, purpose: str) -> Team:
    """Changes name and purpose; a new name gives a new address, and the old one leads to it.

    Raises ApplicationError naming the field, ConflictError when somebody saved in between.
    """
    version_claim(team, expected_version)
    before = {"name": team.name, "purpose": team.purpose}
    name = _name_check(name, team.product, team)
    if name != team.name:
        old_slug, team.slug = team.slug, _slug(name, team.product, team)
        if team.slug != old_slug:
            slug_redirect_keep(team, scope=team.product_id, old=old_slug, new=team.slug)
    team.name, team.purpose = name, purpose.strip()
    clean_or_refuse(team)
    team.save()
    old, new = changes(before, {"name": team.name, "purpose": team.purpose})
    if new:
        audit_record(
            actor=actor,
            action="team changed",
            subject=team,
            before=old,
            after=new,
            product_id=team.product_id,
        )
    return team


@transaction.atomic
def team_archive(*, actor: User, team: Team, expected_version: int | None, now: datetime) -> Team:
    """Takes a Stream Team out of use; its targets, cards and history stay.

    Raises ApplicationError for a Product Team or an archived team, ConflictError when somebody saved in between.
    """
    version_claim(team, expected_version)
    if team.kind == Team.Kind.PRODUCT:
        raise ApplicationError("A product always has its Product Team. Archive the product instead.")
    if team.archived_at is not None:
        raise ApplicationError("This team is archived already.")
    team.archived_at = now
    team.save()
    audit_record(actor=actor, action="team archived", subject=team, product_id=team.product_id)
    return team


@transaction.atomic
def team_restore(*, actor: User, team: Team, expected_version: int | None) -> Team:
    """Brings an archived team back. Raises ApplicationError when it is not archived."""
    version_claim(team, expected_version)
    if team.archived_at is None:
        raise ApplicationError("This team is in use already.")
    team.archived_at = None
    team.save()
    audit_record(actor=actor, action="team brought back", subject=team, product_id=team.product_id)
    return team
