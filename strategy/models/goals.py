"""A strategic goal, what it says from a day on, and its targets."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from common.models import TimeStamped, Versioned
from strategy.querysets import GoalQuerySet


class Goal(Versioned, TimeStamped):
    """A goal's identity: its content stands in versions, its judgement in quarter results."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    slug = models.SlugField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    activated_at = models.DateTimeField(null=True, blank=True)
    counting_from = models.DateField(
        null=True, blank=True, help_text="First day of the first quarter that counts for the miss streak."
    )
    streak_from = models.DateField(
        null=True, blank=True, help_text="A decided contest starts the streak at 0 with this quarter."
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    # Set by strategy.selectors: the version in force, and the one that follows from a later day, if any.
    current: GoalVersion
    planned: GoalVersion | None

    objects: ClassVar[GoalQuerySet] = GoalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="goal_slug_once_a_product"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(activated_at__isnull=False), name="active_goal_was_activated"
            ),
        ]

    def __str__(self) -> str:
        version: GoalVersion | None = self.__dict__.get("current")
        return version.title if version is not None else self.slug

    def get_absolute_url(self) -> str:
        return reverse("strategy:goal-detail", args=[self.product.slug, self.slug])


class GoalVersion(models.Model):
    """What the goal says from a day on. The version in force on a quarter's first day judges that quarter."""

    class Direction(models.TextChoices):
        INCREASE = "increase", "Increase"
        DECREASE = "decrease", "Decrease"
        BAND = "band", "Keep within a band"

    class Horizon(models.TextChoices):
        SHORT = "short", "Within a year"
        LONG = "long", "Beyond a year"

    class Origin(models.TextChoices):
        EDIT = "edit", "Edit"
        CONTEST = "contest_decision", "Contest decision"

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    effective_from = models.DateField(help_text="A quarter's first day, or the day of an edit of words.")
    title = models.CharField(max_length=140)
    bet = models.TextField(help_text="Why reaching this is the right strategy.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    metric = models.ForeignKey("metrics.Metric", models.PROTECT, related_name="+")
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INCREASE)
    baseline = models.FloatField()
    tolerance = models.FloatField(default=0)
    horizon = models.CharField(max_length=10, choices=Horizon, default=Horizon.SHORT)
    guardrails = models.ManyToManyField("metrics.Metric", blank=True, related_name="+")
    origin = models.CharField(max_length=20, choices=Origin, default=Origin.EDIT)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["goal", "number"]
        constraints = [
            models.UniqueConstraint(fields=["goal", "number"], name="goal_version_number_once"),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="tolerance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"


class GoalTarget(models.Model):
    """A version's target for one quarter: a value, or the two edges of a band."""

    goal_version = models.ForeignKey(GoalVersion, models.CASCADE, related_name="targets")
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["quarter_start"]
        constraints = [
            models.UniqueConstraint(
                fields=["goal_version", "quarter_start"], name="goal_target_once_a_quarter"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False, low=None, high=None)
                | Q(value=None, low__isnull=False, high__isnull=False, high__gte=F("low")),
                name="goal_target_is_a_value_or_a_band",
            ),
            models.CheckConstraint(
                condition=Q(quarter_end__gt=F("quarter_start")), name="goal_quarter_is_a_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal_version} from {self.quarter_start}"
