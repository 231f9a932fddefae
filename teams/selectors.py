"""Reads of the organisation, its products, teams and people."""

from __future__ import annotations

from teams.models import Organisation


def organisation_get() -> Organisation:
    """The one organisation; a default row is made on the first call of a new deployment."""
    organisation = Organisation.objects.filter(pk=1).first()
    return organisation or Organisation.objects.get_or_create(pk=1, defaults={"name": "Your organisation"})[0]
