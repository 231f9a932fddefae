"""`manage.py collate_roadmap`: reads every board and publishes this week's editions, here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from roadmap.models import SyncRun
from roadmap.services import collation_run
from teams.models import Product


class Command(BaseCommand):
    help = "Reads every board and publishes this week's edition of each product, without waiting for the cut-off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--product", help="Only this product, by its slug.")

    def handle(self, *args: Any, **options: Any) -> None:
        products = Product.objects.active()
        if options["product"]:
            products = products.filter(slug=options["product"])
            if not products:
                raise CommandError(f"There is no product {options['product']!r}.")
        for product in products:
            runs, edition = collation_run(product=product, now=timezone.now())
            for run in runs:
                words = run.error if run.state == SyncRun.State.FAILED else f"{run.cards_read} cards"
                self.stdout.write(f"{product}: {run.board}: {run.get_state_display().lower()}, {words}")
            self.stdout.write(f"{product}: edition {edition.week}, revision {edition.revision}")
