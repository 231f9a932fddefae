"""What people add to the data: other explanations, insights, and reviews of beliefs."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from common.models import Removable
from strategy.querysets import ExplanationQuerySet, InsightQuerySet


class Explanation(Removable):
    """Something else that could explain how metric and goal moved. The data cannot rule it out."""

    mapping = models.ForeignKey("strategy.Mapping", models.CASCADE, related_name="explanations")
    title = models.CharField(max_length=140)
    text = models.TextField(blank=True)
    happened_on = models.DateField(null=True, blank=True)
    event = models.ForeignKey("metrics.Event", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[ExplanationQuerySet] = ExplanationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["happened_on", "id"]

    def __str__(self) -> str:
        return self.title


class Insight(Removable):
    """Qualitative evidence: what somebody said or what was found, for or against a belief or a goal."""

    class Stance(models.TextChoices):
        FOR = "for", "Speaks for it"
        AGAINST = "against", "Speaks against it"
        NEUTRAL = "neutral", "Neutral"

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    mapping = models.ForeignKey(
        "strategy.Mapping", models.CASCADE, null=True, blank=True, related_name="insights"
    )
    goal = models.ForeignKey("strategy.Goal", models.CASCADE, null=True, blank=True, related_name="insights")
    text = models.TextField("quote or finding")
    is_quote = models.BooleanField(default=True)
    source = models.CharField(max_length=140, help_text="For instance exit call, interview, support ticket.")
    segment = models.CharField(max_length=140, blank=True)
    dated = models.DateField("date")
    stance = models.CharField(max_length=8, choices=Stance, default=Stance.NEUTRAL)

    objects: ClassVar[InsightQuerySet] = InsightQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-dated", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mapping=None) | Q(goal=None), name="insight_on_a_belief_or_a_goal"
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]

    def get_absolute_url(self) -> str:
        return reverse("strategy:insight-detail", args=[self.product.slug, self.pk])


class MappingReview(models.Model):
    """A look at a belief with its outcome: kept, adjusted or retired, and a sentence why."""

    class Outcome(models.TextChoices):
        KEEP = "keep", "Kept"
        ADJUST = "adjust", "Adjusted"
        RETIRE = "retire", "Retired"

    mapping = models.ForeignKey("strategy.Mapping", models.CASCADE, related_name="reviews")
    mapping_version = models.ForeignKey("strategy.MappingVersion", models.CASCADE, related_name="+")
    verdict = models.ForeignKey(
        "strategy.MappingVerdict",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The stated verdict at the time.",
    )
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.TextField()
    next_review_on = models.DateField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.mapping}: {self.get_outcome_display().lower()}"
