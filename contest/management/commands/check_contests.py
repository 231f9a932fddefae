"""manage.py check_contests: opens what is due, as the nightly job does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from contest.tasks import contests_check


class Command(BaseCommand):
    help = (
        "Opens contests whose goals have missed often enough, flags those whose data were corrected, carries out "
        "decisions that hold from today and tells of follow-ups. Safe to run at any time and more than once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the check now and says what it did."""
        counts = contests_check(now=timezone.now())
        self.stdout.write(
            f"Opened {counts['opened']}, flagged {counts['flagged']}, carried out {counts['applied']}, "
            f"follow-ups told {counts['follow_ups']}."
        )
