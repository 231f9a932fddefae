"""A belief: that moving an outcome metric moves a goal. Its identity, and its wordings."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from common.models import TimeStamped, Versioned
from strategy.querysets import MappingQuerySet


class Mapping(Versioned, TimeStamped):
    """A belief's identity: this goal, this outcome metric, while it is active. Content stands in versions."""

    goal = models.ForeignKey("strategy.Goal", models.CASCADE, related_name="mappings")
    metric = models.ForeignKey("metrics.Metric", models.PROTECT, related_name="+")
    active_from = models.DateField()
    active_until = models.DateField(null=True, blank=True, help_text="First day on which it no longer holds.")
    retired_reason = models.TextField(blank=True)

    # Kept by the weekly run, so that pages need no search: the verdict that is stated, and the newest one.
    stated_verdict = models.ForeignKey(
        "strategy.MappingVerdict", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    newest_verdict = models.ForeignKey(
        "strategy.MappingVerdict", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    # Set by strategy.selectors: the wording in force, and the code of the stated verdict (None: untested).
    current: MappingVersion
    stated_code: str | None

    objects: ClassVar[MappingQuerySet] = MappingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["goal", "metric"], condition=Q(active_until=None), name="one_active_mapping_a_pair"
            ),
            models.CheckConstraint(
                condition=Q(active_until=None) | Q(active_until__gte=F("active_from")),
                name="mapping_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} → {self.goal}"

    def get_absolute_url(self) -> str:
        return reverse("strategy:mapping-detail", args=[self.goal.product.slug, self.pk])


class MappingVersion(models.Model):
    """The belief as it was worded: direction, effect, lag, strength and what would prove it wrong."""

    class Direction(models.TextChoices):
        PLUS = "+", "moves the same way"
        MINUS = "-", "moves the other way"

    class Strength(models.IntegerChoices):
        WEAK = 1, "Weak"
        MEDIUM = 2, "Medium"
        STRONG = 3, "Strong"

    mapping = models.ForeignKey(Mapping, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateField(help_text="The day from which this wording holds.")
    belief = models.TextField(help_text="Why moving the metric is believed to move the goal.")
    direction = models.CharField(max_length=1, choices=Direction, default=Direction.PLUS)
    effect = models.FloatField(
        null=True, blank=True, help_text="How much the goal is expected to move for one unit of the metric."
    )
    lag_weeks = models.PositiveSmallIntegerField(
        "lag in weeks", null=True, blank=True, help_text="0: in the same week. Empty: not named."
    )
    strength = models.PositiveSmallIntegerField(choices=Strength, default=Strength.MEDIUM)
    falsifier = models.TextField("what would prove us wrong", blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    review_on = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["mapping", "number"]
        constraints = [
            models.UniqueConstraint(fields=["mapping", "number"], name="mapping_version_number_once"),
            models.CheckConstraint(
                condition=Q(strength__gte=1, strength__lte=3), name="strength_is_one_to_three"
            ),
            models.CheckConstraint(condition=Q(lag_weeks__lte=104), name="lag_at_most_two_years"),
        ]

    def __str__(self) -> str:
        return f"{self.mapping}, version {self.number}"
