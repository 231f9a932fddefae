"""`manage.py import_observations figures.csv --product fieldnote`: a file of figures without the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.errors import ApplicationError
from metrics.calculations.tables import DECIMALS, ENCODINGS, LAYOUTS, ORDERS, SEPARATORS
from metrics.models import ImportRun
from metrics.services.imports import import_file, size_words
from teams.models import Product, User

SIGNS = {word: sign for sign, word in SEPARATORS.items()}


class Command(BaseCommand):
    help = "Imports a CSV file of figures, all or nothing. What is not said is guessed from the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--product", required=True, help="the product's slug")
        parser.add_argument("--user", help="e-mail of the person in whose name (default: the first admin)")
        parser.add_argument("--layout", choices=list(LAYOUTS))
        parser.add_argument("--metric", help="key of the metric of a file with only dates and values")
        parser.add_argument("--separator", choices=list(SIGNS))
        parser.add_argument("--decimal", choices=list(DECIMALS), help="the decimal sign")
        parser.add_argument("--dates", dest="order", choices=list(ORDERS), help="order of day and month")
        parser.add_argument("--encoding", choices=list(ENCODINGS))
        parser.add_argument("--dry-run", action="store_true", help="only says what it would do")

    def handle(self, *args: Any, **options: Any) -> None:
        product = Product.objects.filter(slug=options["product"]).first()
        if product is None:
            raise CommandError(f"There is no product with the slug {options['product']}.")
        user = self._user(options["user"])
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if path.stat().st_size > settings.IMPORT_MAX_BYTES:
            raise CommandError(size_words())
        given = {name: options[name] for name in ("layout", "decimal", "order", "encoding") if options[name]}
        if options["separator"]:
            given["separator"] = SIGNS[options["separator"]]
        if options["metric"]:
            given |= {"metric": options["metric"], "layout": options["layout"] or "single"}
        try:
            result = import_file(
                product=product,
                actor=user,
                content=path.read_bytes(),
                name=path.name,
                given=given,
                dry_run=options["dry_run"],
                now=timezone.now(),
            )
        except ApplicationError as error:
            for one in (error.extra or [])[:20]:
                self.stderr.write(f"row {one.row}, {one.column}: {one.message}")
            raise CommandError(error.message) from None
        verb = "Would store" if options["dry_run"] else "Stored"
        self.stdout.write(
            f"{verb} {result.created:,} new and {result.changed:,} corrected figures; "
            f"{result.unchanged:,} are there already."
        )
        if isinstance(result, ImportRun):
            self.stdout.write(f"Import {result.pk}; it can be taken back on its page.")

    @staticmethod
    def _user(email: str | None) -> User:
        people = User.objects.filter(is_active=True)
        user = (
            people.filter(email=email.lower()).first() if email else people.filter(is_superuser=True).first()
        )
        if user is None:
            raise CommandError(
                f"There is nobody with the address {email}."
                if email
                else "There is no admin yet; say --user."
            )
        return user
