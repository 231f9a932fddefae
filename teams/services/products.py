"""Products: made with their Product Team, renamed without losing old links, archived and brought back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.locking import version_claim
from common.slugs import slug_is_kept, slug_make, slug_redirect_keep
from common.validation import clean_or_refuse
from teams.models import Membership, Organisation, Product, Team, User
from teams.selectors import organisation_get


def _slug(name: str, product: Product | None = None) -> str:
    """A free address. The organisation's row is locked, so that two products at once choose different ones."""
    Organisation.objects.select_for_update().get(pk=organisation_get().pk)
    own = product.pk if product is not None else None

    def taken(slug: str) -> bool:
        others = Product.objects.exclude(pk=own) if own is not None else Product.objects.all()
        return others.filter(slug=slug).exists() or slug_is_kept(Product, scope=0, slug=slug, except_for=own)

    return slug_make(name, fallback="product", taken=taken)


def _name_check(name: str, product: Product | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise ApplicationError("Give the product a name.", field="name")
    same = Product.objects.filter(name__iexact=name)
    if product is not None:
        same = same.exclude(pk=product.pk)
    if same.exists():
        raise ApplicationError("There is a product of that name already. Choose another name.", field="name")
    return name


@transaction.atomic
def product_create(
    *,
    actor: User,
    name: str,
    now: datetime,
    description: str = "",
    is_sample: bool = False,
    manager: User | None = None,
) -> Product:
    """Creates a product with its Product Team and `manager` (the actor when not given) as product manager.

    Raises ApplicationError naming the field.
    """
    name = _name_check(name)
    product = Product(name=name, slug=_slug(name), description=description.strip(), is_sample=is_sample)
    clean_or_refuse(product)
    product.save()
    team = Team.objects.create(
        product=product,
        kind=Team.Kind.PRODUCT,
        name="Product Team",
        slug="product-team",
        purpose="Sets strategy.",
    )
    person = manager or actor
    today = organisation_get().today(now)
    Membership.objects.create(user=person, team=team, role=Membership.Role.PRODUCT_MANAGER, start_date=today)
    audit_record(
        actor=actor,
        action="product created",
        subject=product,
        after={"name": product.name, "description": product.description, "product_manager": person},
        product_id=product.pk,
    )
    return product


@transaction.atomic
def product_update(
    *, actor: User, product: Product, expected_version: int | None, name: str, description: str
) -> Product:
    """Changes name and description; a new name gives a new address, and the old one leads to it.

    Raises ApplicationError naming the field, ConflictError when somebody saved in between.
    """
    version_claim(product, expected_version)
    before = {"name": product.name, "description": product.description}
    name = _name_check(name, product)
    if name != product.name:
        old_slug, product.slug = product.slug, _slug(name, product)
        if product.slug != old_slug:
            slug_redirect_keep(product, scope=0, old=old_slug, new=product.slug)
    product.name, product.description = name, description.strip()
    clean_or_refuse(product)
    product.save()
    old, new = changes(before, {"name": product.name, "description": product.description})
    if new:
        audit_record(
            actor=actor,
            action="product changed",
            subject=product,
            before=old,
            after=new,
            product_id=product.pk,
        )
    return product


@transaction.atomic
def product_archive(*, actor: User, product: Product, expected_version: int | None, now: datetime) -> Product:
    """Takes a product out of daily use; everything in it stays readable and nothing is deleted.

    Raises ApplicationError when it is archived already, ConflictError when somebody saved in between.
    """
    version_claim(product, expected_version)
    if product.archived_at is not None:
        raise ApplicationError("This product is archived already.")
    product.archived_at = now
    product.save()
    audit_record(actor=actor, action="product archived", subject=product, product_id=product.pk)
    return product


@transaction.atomic
def product_restore(*, actor: User, product: Product, expected_version: int | None) -> Product:
    """Brings an archived product back. Raises ApplicationError when it is not archived."""
    version_claim(product, expected_version)
    if product.archived_at is None:
        raise ApplicationError("This product is in use already.")
    product.archived_at = None
    product.save()
    audit_record(actor=actor, action="product brought back", subject=product, product_id=product.pk)
    return product
