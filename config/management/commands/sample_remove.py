"""`manage.py sample_remove`: takes the sample organisation away again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.sample.removal import sample_remove


class Command(BaseCommand):
    help = "Deletes the sample organisation's rows, and only these."

    def handle(self, *args: Any, **options: Any) -> None:
        removal = sample_remove(actor=None)
        self.stdout.write(f"Removed {removal.products} product and {removal.people} people of the sample.")
        if removal.kept:
            self.stdout.write("Kept, because something else needs them: " + ", ".join(removal.kept))
