"""`manage.py rotate_keys`: puts every stored credential under the newest of the FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.crypto import SecretUnreadableError, secret_rotate
from roadmap.models import Connection


class Command(BaseCommand):
    help = "Encrypts all stored credentials with the first of the FIELD_KEYS, after which older keys may go."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated, unreadable = 0, []
        for connection in Connection.objects.exclude(sealed="").iterator():
            try:
                sealed = secret_rotate(connection.sealed)
            except SecretUnreadableError:
                unreadable.append(str(connection))
                continue
            rotated += Connection.objects.filter(pk=connection.pk, sealed=connection.sealed).update(
                sealed=sealed
            )
        self.stdout.write(f"{rotated} credentials are under the newest key.")
        if unreadable:
            raise CommandError(
                "No key fits the credentials of: "
                + ", ".join(unreadable)
                + ". Enter them again on their pages."
            )
