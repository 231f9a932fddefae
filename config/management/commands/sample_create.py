"""`manage.py sample_create`: makes the sample organisation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import ApplicationError
from config.sample.build import sample_create


class Command(BaseCommand):
    help = (
        "Makes a fictional product with people, two years of figures, judged quarters, boards and contests."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        def say(words: str) -> None:
            self.stdout.write(f"  {words}")
            self.stdout.flush()

        try:
            sample_create(now=timezone.now(), say=say)
        except ApplicationError as error:
            raise CommandError(error.message) from None
