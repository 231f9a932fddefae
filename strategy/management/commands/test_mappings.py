"""manage.py test_mappings: the weekly test of beliefs here and now, or a stored verdict computed again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from strategy.models import MappingVerdict
from strategy.services import mappings_test, verdict_reproduce
from teams.models import Product


class Command(BaseCommand):
    help = (
        "Tests every belief against the figures, once a week: running it twice adds nothing more. "
        "With --again, once more after figures were mended; with --reproduce, a stored verdict from its own series."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--product", metavar="SLUG", help="only the beliefs of this product")
        parser.add_argument(
            "--again", action="store_true", help="add a further verdict of this week to every belief"
        )
        parser.add_argument(
            "--reproduce", metavar="ID", type=int, help="compute this stored verdict again and compare"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reproduce"] is not None:
            self._reproduce(options["reproduce"])
            return
        product = None
        if slug := options["product"]:
            product = Product.objects.filter(slug=slug).first()
            if product is None:
                raise CommandError(f"There is no product with the address {slug}.")
        made = mappings_test(now=timezone.now(), product=product, again=options["again"])
        self.stdout.write(
            f"{made.beliefs} beliefs: {made.tested} verdicts added, {made.stated} of them stated, "
            f"{made.changed} changed, {made.unchanged} had one this week."
        )

    def _reproduce(self, pk: int) -> None:
        verdict = MappingVerdict.objects.select_related("mapping_version").filter(pk=pk).first()
        if verdict is None:
            raise CommandError(f"There is no verdict with the number {pk}.")
        try:
            differences = verdict_reproduce(verdict=verdict)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if differences:
            told = "; ".join(f"{name}: stored {old}, now {new}" for name, (old, new) in differences.items())
            raise CommandError(f"The answer differs. {told}")
        self.stdout.write(f"The same answer: {verdict.get_verdict_display().lower()}, p = {verdict.p_value}.")
