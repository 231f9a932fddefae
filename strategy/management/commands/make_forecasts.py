"""manage.py make_forecasts: score what has closed and forecast the open quarter, here and now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from strategy.services import forecasts_make, forecasts_score, forecasts_thin
from teams.models import Product


class Command(BaseCommand):
    help = (
        "Scores the forecasts of closed quarters and forecasts the open one. "
        "Running it twice on one day changes nothing more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--product", metavar="SLUG", help="only the goals and team targets of this product"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        product = None
        if slug := options["product"]:
            product = Product.objects.filter(slug=slug).first()
            if product is None:
                raise CommandError(f"There is no product with the address {slug}.")
        now = timezone.now()
        scores = forecasts_score(now=now, product=product)
        made = forecasts_make(now=now, product=product)
        thinned = forecasts_thin(now=now, product=product)
        self.stdout.write(
            f"{made.subjects} goals and targets: {made.made} forecasts added, {made.rewritten} rewritten, "
            f"{made.unchanged} unchanged, {made.without_chance} without a chance. "
            f"{scores.scored} scored, {scores.rescored} scored again, {scores.withdrawn} withdrawn, "
            f"{thinned} old ones removed."
        )
