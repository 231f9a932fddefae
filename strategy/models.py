"""Strategic goals and their versions, the beliefs behind them, and how their quarters were judged."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from common.models import TimeStamped, Versioned
from strategy.querysets import GoalQuerySet, MappingQuerySet, QuarterResultQuerySet


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


class Mapping(Versioned, TimeStamped):
    """A belief's identity: this goal, this outcome metric, while it is active. Content stands in versions."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="mappings")
    metric = models.ForeignKey("metrics.Metric", models.PROTECT, related_name="+")
    active_from = models.DateField()
    active_until = models.DateField(null=True, blank=True, help_text="First day on which it no longer holds.")
    retired_reason = models.TextField(blank=True)

    # Set by strategy.selectors: the wording in force.
    current: MappingVersion

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
    lag_weeks = models.PositiveSmallIntegerField(default=0)
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

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="results")
    # RESTRICT, not PROTECT: a version that judged a quarter stays, unless its whole product goes.
    goal_version = models.ForeignKey(GoalVersion, models.RESTRICT, related_name="+")
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
