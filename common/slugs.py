"""Addresses made from names: unique where they have to be, kept on a rename."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import models
from django.utils.text import slugify

from common.models import SlugRedirect

MAX_LENGTH = 80


def slug_make(
    name: str, *, fallback: str, taken: Callable[[str], bool], reserved: Collection[str] = ("new",)
) -> str:
    """A slug for `name` that is neither reserved nor taken: "onboarding", "onboarding-2", …

    `fallback` is used when nothing of the name can stand in an address. Call it inside the transaction that
    writes, with the owner's row locked, so that two at once cannot choose the same.
    """
    base = slugify(name)[: MAX_LENGTH - 6].strip("-") or fallback
    candidate, number = base, 1
    while candidate in reserved or taken(candidate):
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def slug_redirect_keep(instance: models.Model, *, scope: int, old: str, new: str) -> None:
    """Makes the old address of a renamed object lead to it, and frees its new one from older redirects.

    `scope` is the product's id, 0 for objects that are unique in the whole organisation.
    """
    kind = instance._meta.label_lower
    SlugRedirect.objects.filter(kind=kind, scope=scope, slug=new).delete()
    SlugRedirect.objects.update_or_create(
        kind=kind, scope=scope, slug=old, defaults={"object_id": instance.pk}
    )


def slug_redirect_target(model: type[models.Model], *, scope: int, slug: str) -> int | None:
    """The id of the object that used to live at `slug`, or None."""
    rows = SlugRedirect.objects.filter(kind=model._meta.label_lower, scope=scope, slug=slug)
    return rows.values_list("object_id", flat=True).first()


def slug_is_kept(model: type[models.Model], *, scope: int, slug: str, except_for: int | None = None) -> bool:
    """Whether an old link of another object still uses this address."""
    target = slug_redirect_target(model, scope=scope, slug=slug)
    return target is not None and target != except_for
