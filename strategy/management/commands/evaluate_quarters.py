"""manage.py evaluate_quarters: judge the quarters here and now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from strategy.services import quarters_evaluate
from teams.models import Product


class Command(BaseCommand):
    help = "Judges the quarters of all active goals. Running it twice changes nothing more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--product", metavar="SLUG", help="only the goals of this product")

    def handle(self, *args: Any, **options: Any) -> None:
        product = None
        if slug := options["product"]:
            product = Product.objects.filter(slug=slug).first()
            if product is None:
                raise CommandError(f"There is no product with the address {slug}.")
        summary = quarters_evaluate(now=timezone.now(), product=product)
        self.stdout.write(
            f"{summary.goals} goals: {summary.created} results added, {summary.updated} updated, "
            f"{summary.unchanged} unchanged, {summary.closed} quarters closed, "
            f"{summary.flagged} flagged for figures that changed after the close."
        )
