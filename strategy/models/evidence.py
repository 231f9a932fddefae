"""What the data say: verdicts on beliefs, and forecasts of open quarters. Written by services only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from strategy.querysets import ForecastQuerySet, MappingVerdictQuerySet


class MappingVerdict(models.Model):
    """What one weekly test said about one wording of a belief, with all that is needed to compute it again.

    Tested weekly; the *stated* verdict moves only with the first run of a calendar month, since repeated looking
    raises false alarms. Lags and numbers of periods are in periods of `frequency`.
    """

    class Verdict(models.TextChoices):
        UNTESTED = "untested", "Untested"
        NOT_ENOUGH_DATA = "not_enough_data", "Not enough data"
        INCONCLUSIVE = "inconclusive", "Inconclusive"
        SUPPORTED = "supported", "Supported"
        CONTRADICTED = "contradicted", "Contradicted"

    class Reason(models.TextChoices):
        NONE = "", "–"
        OPPOSITE = "opposite", "Opposite"
        TOO_SMALL = "too_small", "Too small to matter"

    mapping = models.ForeignKey("strategy.Mapping", models.CASCADE, related_name="verdicts")
    mapping_version = models.ForeignKey("strategy.MappingVersion", models.CASCADE, related_name="verdicts")
    goal_metric = models.ForeignKey(
        "metrics.Metric",
        models.PROTECT,
        related_name="+",
        help_text="The goal's own metric on that day; a later version of the goal may be judged on another.",
    )
    week = models.DateField(help_text="Monday of the ISO week of the run.")
    revision = models.PositiveSmallIntegerField(
        default=1, help_text="Above 1: tested again in the week, after figures were mended."
    )
    tested_at = models.DateTimeField()
    stated = models.BooleanField(default=False, help_text="The verdict that holds until the next stated one.")
    verdict = models.CharField(max_length=16, choices=Verdict)
    reason = models.CharField(max_length=10, choices=Reason, blank=True, default=Reason.NONE)
    provisional = models.BooleanField(default=False)
    arithmetic = models.BooleanField(
        default=False, help_text="The metric is part of the goal's own figure, so nothing was tested."
    )
    frequency = models.CharField(max_length=10)
    window_start = models.DateField(null=True, blank=True)
    window_end = models.DateField(null=True, blank=True, help_text="Last day of the last period.")
    periods = models.PositiveIntegerField(default=0)
    rows_used = models.PositiveIntegerField(default=0)
    lags = models.JSONField(default=list, help_text="The lags that were tested.")
    lag = models.PositiveSmallIntegerField(null=True, blank=True)
    plausible_lags = models.JSONField(default=list, blank=True)
    p_value = models.FloatField(null=True, blank=True)
    p_adjusted = models.FloatField(null=True, blank=True)
    family = models.PositiveIntegerField(default=0, help_text="Mappings of the product tested in one run.")
    association = models.FloatField(null=True, blank=True, help_text="Partial correlation at the lag.")
    effect = models.FloatField(null=True, blank=True)
    effect_low = models.FloatField(null=True, blank=True)
    effect_high = models.FloatField(null=True, blank=True)
    metric_logged = models.BooleanField(default=False)
    goal_logged = models.BooleanField(default=False)
    smallest_link = models.FloatField(default=0.3, help_text="The smallest association worth acting on.")
    minimum_detectable = models.FloatField(null=True, blank=True)
    periods_to_settle = models.PositiveIntegerField(null=True, blank=True)
    settles_late = models.BooleanField(default=False, help_text="More than two years: run an experiment.")
    facts = models.JSONField(
        default=dict, blank=True, help_text="Lag table, seasons kept, level shifts, weak point, set aside."
    )
    method = models.CharField(max_length=20)
    seed = models.PositiveBigIntegerField(default=0)
    series = models.BinaryField(null=True, blank=True, help_text="Both series as analysed, compressed.")

    objects: ClassVar[MappingVerdictQuerySet] = MappingVerdictQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["mapping", "-week", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mapping_version", "week", "revision"], name="mapping_verdict_once_a_week"
            ),
            models.CheckConstraint(
                condition=Q(verdict="contradicted") ^ Q(reason=""), name="only_a_contradiction_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["mapping", "-week"], name="verdict_mapping_week")]

    def __str__(self) -> str:
        return f"{self.mapping}: {self.get_verdict_display().lower()}, week of {self.week}"


class Forecast(models.Model):
    """The chance, on one day, that a goal or a team's target is reached at the end of its open quarter.

    Scored against what came once the quarter has closed. Values are in the metric's unit; `scale` and
    `standardised` are on the working scale, before calibration.
    """

    class Lack(models.TextChoices):
        NONE = "", "–"
        HISTORY = "history", "Not enough history"
        FIGURES = "figures", "No figures lately"

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    goal = models.ForeignKey("strategy.Goal", models.CASCADE, null=True, blank=True, related_name="forecasts")
    goal_version = models.ForeignKey(
        "strategy.GoalVersion", models.CASCADE, null=True, blank=True, related_name="+"
    )
    target = models.ForeignKey("metrics.Target", models.CASCADE, null=True, blank=True, related_name="+")
    metric = models.ForeignKey("metrics.Metric", models.CASCADE, related_name="+")
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    made_on = models.DateField()
    made_at = models.DateTimeField()
    is_current = models.BooleanField(default=True, help_text="The newest of its goal or target.")
    direction = models.CharField(max_length=10, help_text="increase, decrease or band.")
    aim = models.FloatField(null=True, blank=True)
    aim_low = models.FloatField(null=True, blank=True)
    aim_high = models.FloatField(null=True, blank=True)
    chance = models.FloatField(null=True, blank=True, help_text="0 to 1; empty when none can be given.")
    lack = models.CharField(max_length=10, choices=Lack, blank=True, default=Lack.NONE)
    centre = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True, help_text="Lower end of the 80 % range.")
    high = models.FloatField(null=True, blank=True, help_text="Upper end of the 80 % range.")
    pace = models.FloatField(null=True, blank=True, help_text="Where the straight line ends.")
    pace_hits = models.BooleanField(null=True, blank=True)
    kind = models.CharField(max_length=5, help_text="The aggregation: last, sum, mean, min or max.")
    frequency = models.CharField(max_length=10)
    points = models.PositiveIntegerField(default=0)
    periods_left = models.PositiveSmallIntegerField(default=0)
    logged = models.BooleanField(default=False)
    working_centre = models.FloatField(null=True, blank=True)
    scale = models.FloatField(null=True, blank=True)
    calibration = models.FloatField(default=1.0)
    inputs = models.JSONField(default=dict, blank=True)
    method = models.CharField(max_length=20)
    seed = models.PositiveBigIntegerField(default=0)
    outcome = models.FloatField(null=True, blank=True)
    hit = models.BooleanField(null=True, blank=True)
    inside = models.BooleanField(null=True, blank=True, help_text="Whether the 80 % range held the outcome.")
    brier = models.FloatField(null=True, blank=True)
    standardised = models.FloatField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    in_record = models.BooleanField(
        default=False,
        help_text="Scored, and the first of its ISO week: nightly ones repeat each other, so one a week counts.",
    )

    objects: ClassVar[ForecastQuerySet] = ForecastQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-made_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(goal__isnull=False, target=None, goal_version__isnull=False)
                | Q(goal=None, target__isnull=False, goal_version=None),
                name="forecast_of_a_goal_or_a_target",
            ),
            models.UniqueConstraint(
                fields=["goal", "quarter_start", "made_on"], name="goal_forecast_once_a_day"
            ),
            models.UniqueConstraint(fields=["target", "made_on"], name="target_forecast_once_a_day"),
            models.UniqueConstraint(
                fields=["goal"], condition=Q(is_current=True), name="one_current_goal_forecast"
            ),
            models.UniqueConstraint(
                fields=["target"], condition=Q(is_current=True), name="one_current_target_forecast"
            ),
            models.CheckConstraint(
                condition=Q(chance=None) | Q(chance__gte=0, chance__lte=1), name="chance_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(quarter_end__gt=F("quarter_start")), name="forecast_quarter_is_a_range"
            ),
            models.CheckConstraint(
                condition=Q(in_record=False) | Q(scored_at__isnull=False), name="forecast_record_is_scored"
            ),
        ]
        indexes = [
            models.Index(fields=["quarter_end", "scored_at"], name="forecast_to_score"),
            models.Index(fields=["product"], condition=Q(in_record=True), name="forecast_in_record"),
            models.Index(
                fields=["product", "-made_on"], condition=Q(is_current=True), name="forecast_current"
            ),
            models.Index(
                fields=["product", "quarter_end"],
                condition=Q(in_record=False, is_current=False),
                name="forecast_to_thin",
            ),
        ]

    def __str__(self) -> str:
        said = "no chance given" if self.chance is None else f"{self.chance:.0%}"
        return f"{self.goal or self.target} on {self.made_on}: {said}"
