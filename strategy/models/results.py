"""How a goal's quarters were judged."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from strategy.querysets import QuarterResultQuerySet


class QuarterResult(models.Model):
    """How a goal's quarter was judged. Provisional until the quarter closes, then frozen; a correction is a
    new revision."""

    class Verdict(models.TextChoices):
        MET = "met", "Met"
        MISSED = "missed", "Missed"
        NO_DATA = "no_data", "No data"
        EXEMPT = "exempt", "Exempt"

    class Case(models.TextChoices):
        WORKING = "working", "Working"
        ASSUMPTION_BROKEN = "assumption_broken", "Assumption broken"
        MOVED_BY_SOMETHING_ELSE = "moved_by_something_else", "Moved by something else"
        EXECUTION_OR_STRATEGY = "execution_or_strategy", "Execution or strategy"
        UNKNOWN = "unknown", "Unknown"

    goal = models.ForeignKey("strategy.Goal", models.CASCADE, related_name="results")
    # RESTRICT, not PROTECT: a version that judged a quarter stays, unless its whole product goes.
    goal_version = models.ForeignKey("strategy.GoalVersion", models.RESTRICT, related_name="+")
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    revision = models.PositiveIntegerField(default=1)
    verdict = models.CharField(max_length=10, choices=Verdict)
    actual = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    target_low = models.FloatField(null=True, blank=True)
    target_high = models.FloatField(null=True, blank=True)
    attainment = models.FloatField(
        null=True, blank=True, help_text="Share of the way from baseline to target."
    )
    metrics_share = models.FloatField(
        null=True, blank=True, help_text="Share of the mapped metrics that were met, weighted by strength."
    )
    case = models.CharField(max_length=25, choices=Case, default=Case.UNKNOWN)
    counts = models.BooleanField(default=True, help_text="False before the goal's first full quarter.")
    streak = models.PositiveSmallIntegerField(default=0, help_text="Misses in a row after this quarter.")
    missed_recently = models.PositiveSmallIntegerField(default=0, help_text="Misses among the last four.")
    provisional = models.BooleanField(default=True)
    late_data = models.BooleanField(default=False, help_text="Figures changed after the close.")
    inputs = models.JSONField(default=dict, blank=True, help_text="The figures the judgement rests on.")
    evaluated_at = models.DateTimeField()
    evaluated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[QuarterResultQuerySet] = QuarterResultQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["goal", "quarter_start", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["goal", "quarter_start", "revision"], name="quarter_result_once"),
            models.UniqueConstraint(
                fields=["goal", "quarter_start"],
                condition=Q(superseded_at=None),
                name="one_current_quarter_result",
            ),
            models.CheckConstraint(
                condition=Q(quarter_end__gt=F("quarter_start")), name="result_quarter_is_a_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal} from {self.quarter_start}: {self.get_verdict_display().lower()}"
