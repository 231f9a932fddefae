"""Metrics, what was observed of them, where it came from, and the targets that Stream Teams agree to."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from common.models import Removable, TimeStamped, Versioned
from metrics.calculations.verdicts import harder_target
from metrics.querysets import EventQuerySet, ImportRunQuerySet, MetricQuerySet, TargetQuerySet


class Metric(Versioned, TimeStamped):
    """Something measured over time. Impact metrics belong to goals, outcome metrics to Stream Teams."""

    class Kind(models.TextChoices):
        IMPACT = "impact", "Impact"
        OUTCOME = "outcome", "Outcome (product usage)"
        OUTPUT = "output", "Output"
        EFFORT = "effort", "Effort"

    class Direction(models.TextChoices):
        INCREASE = "increase", "Higher is better"
        DECREASE = "decrease", "Lower is better"

    class Aggregation(models.TextChoices):
        LAST = "last", "Last value"
        MEAN = "mean", "Mean"
        SUM = "sum", "Sum"
        MIN = "min", "Lowest"
        MAX = "max", "Highest"

    class Frequency(models.TextChoices):
        DAILY = "daily", "Daily"
        WEEKLY = "weekly", "Weekly"
        MONTHLY = "monthly", "Monthly"
        QUARTERLY = "quarterly", "Quarterly"

    product = models.ForeignKey(
        "teams.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the organisation's.",
    )
    key = models.SlugField(
        max_length=80,
        unique=True,
        help_text="How files, the API and boards name it, for instance activation-rate.",
    )
    name = models.CharField(max_length=120)
    definition = models.TextField(
        blank=True, help_text="What exactly is counted, and where the figure comes from."
    )
    definition_number = models.PositiveIntegerField(default=1, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OUTCOME)
    unit = models.CharField(max_length=20, blank=True, help_text="For instance %, EUR, accounts, days.")
    # Both limits are named, or forms and the API's document would tell the database's own.
    decimals = models.PositiveSmallIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(6)]
    )
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INCREASE)
    aggregation = models.CharField(max_length=5, choices=Aggregation, default=Aggregation.LAST)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.WEEKLY)
    numerator = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    denominator = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MetricQuerySet] = MetricQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(decimals__lte=6), name="metric_decimals_at_most_six"),
            models.CheckConstraint(
                condition=Q(numerator=None, denominator=None)
                | Q(numerator__isnull=False, denominator__isnull=False),
                name="ratio_has_numerator_and_denominator",
            ),
            models.CheckConstraint(
                condition=~Q(numerator=F("id")) & ~Q(denominator=F("id")), name="ratio_is_not_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ratio(self) -> bool:
        """True when the value is a quotient of two other metrics' sums, with no observations of its own."""
        return self.numerator_id is not None

    def get_absolute_url(self) -> str:
        slug = self.product.slug if self.product else "-"
        return reverse("metrics:metric-detail", args=[slug, self.key])


class MetricDefinition(models.Model):
    """An older or the current wording of what a metric counts."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="definitions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="The fields that define the figure, as they were.")
    reason = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "number"], name="metric_definition_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.metric}, definition {self.number}"


class Observation(models.Model):
    """One figure: metric and date are its key. Written only by metrics.services (see docs/decisions/)."""

    pk = models.CompositePrimaryKey("metric_id", "date")
    # No foreign-key trigger and no second index: both cost the bulk load more than all else together.
    metric = models.ForeignKey(
        Metric, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    date = models.DateField()
    value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.metric_id} {self.date}: {self.value}"


class MetricQuarter(models.Model):
    """A metric's figures of one fiscal quarter, kept in the transaction that changes them."""

    # Made again from the observations when the fiscal calendar changes, so these rows do not forbid a change.
    quarters_are_rebuilt = True

    pk = models.CompositePrimaryKey("metric_id", "quarter_start")
    metric = models.ForeignKey(
        Metric, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    n = models.PositiveIntegerField()
    total = models.FloatField()
    minimum = models.FloatField()
    maximum = models.FloatField()
    last_date = models.DateField()
    last_value = models.FloatField()

    def __str__(self) -> str:
        return f"{self.metric_id} from {self.quarter_start}"


class ImportRun(models.Model):
    """One way in of figures: a file, an API push, a command or a person's entry. The source of every write."""

    class Kind(models.TextChoices):
        FILE = "file", "File"
        API = "api", "API"
        COMMAND = "command", "Command"
        HAND = "hand", "Entered by hand"
        UNDO = "undo", "Import taken back"

    class State(models.TextChoices):
        PREVIEW = "preview", "Waiting for a look"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        TAKEN_BACK = "taken_back", "Taken back"
        DISCARDED = "discarded", "Discarded"

    product = models.ForeignKey("teams.Product", models.CASCADE, null=True, blank=True, related_name="+")
    metric = models.ForeignKey(Metric, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    name = models.CharField(max_length=200, blank=True, help_text="The file's name, or the token's.")
    options = models.JSONField(default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job = models.ForeignKey("common.JobRun", models.SET_NULL, null=True, blank=True, related_name="+")
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    first_date = models.DateField(null=True, blank=True)
    last_date = models.DateField(null=True, blank=True)
    errors = models.JSONField(default=list, blank=True)
    written = models.BinaryField(null=True, blank=True, help_text="The keys and values it wrote, compressed.")
    undo_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ImportRunQuerySet] = ImportRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.pk}"


class ImportRunMetric(models.Model):
    """How many figures of one metric an import wrote; what it found equal is not counted."""

    pk = models.CompositePrimaryKey("metric_id", "run_id")
    # One import may write a thousand of these beside its figures: no triggers and no second index.
    metric = models.ForeignKey(Metric, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    run = models.ForeignKey(ImportRun, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    figures = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.run_id} wrote {self.figures} of {self.metric_id}"


class ImportFile(models.Model):
    """The uploaded bytes, kept until the import is committed or discarded."""

    run = models.OneToOneField(ImportRun, models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"File of import {self.run_id}"


class ObservationRevision(models.Model):
    """What a changed or deleted figure was before. `new_value` is empty when it was deleted."""

    # One import can write a million of these: no foreign-key triggers (the ids are checked as a set).
    metric = models.ForeignKey(Metric, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    date = models.DateField()
    old_value = models.FloatField()
    new_value = models.FloatField(null=True, blank=True)
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, db_constraint=False, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["metric", "date"], name="revision_metric_date")]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.date}: {self.old_value} → {self.new_value}"


class Target(Versioned, TimeStamped):
    """What a Stream Team commits to on one metric in one quarter, agreed by both sides."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        AGREED = "agreed", "Agreed"
        CLOSED = "closed", "Closed"

    team = models.ForeignKey("teams.Team", models.CASCADE, related_name="+")
    metric = models.ForeignKey(Metric, models.PROTECT, related_name="targets")
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    baseline = models.FloatField()
    commit = models.FloatField()
    stretch = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    product_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    product_agreed_at = models.DateTimeField(null=True, blank=True)
    team_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team_agreed_at = models.DateTimeField(null=True, blank=True)
    locked_commit = models.FloatField(
        null=True, blank=True, help_text="The commit as it stood when targets locked."
    )
    locked_at = models.DateTimeField(null=True, blank=True)
    override_reason = models.TextField(
        blank=True, help_text="Why a metric of another kind is a team's target."
    )

    objects: ClassVar[TargetQuerySet] = TargetQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["quarter_start", "team", "metric"]
        constraints = [
            models.UniqueConstraint(fields=["team", "metric", "quarter_start"], name="target_once_a_quarter"),
            models.CheckConstraint(
                condition=Q(quarter_end__gt=F("quarter_start")), name="target_quarter_is_a_range"
            ),
            models.CheckConstraint(
                condition=~Q(state="agreed")
                | Q(product_agreed_at__isnull=False, team_agreed_at__isnull=False),
                name="agreed_target_has_both_sides",
            ),
        ]
        indexes = [models.Index(fields=["metric", "quarter_start"], name="target_metric_quarter")]

    def __str__(self) -> str:
        return f"{self.team}: {self.metric} from {self.quarter_start}"

    @property
    def judged_commit(self) -> float:
        """The commit that counts: once locked, easing it later never improves a verdict."""
        if self.locked_commit is None:
            return self.commit
        return harder_target(self.commit, self.locked_commit, self.metric.direction)


class TargetOffer(models.Model):
    """One round of the talk about a target: who offered which figures."""

    class Side(models.TextChoices):
        PRODUCT = "product", "Product Team"
        TEAM = "team", "Stream Team"

    target = models.ForeignKey(Target, models.CASCADE, related_name="offers")
    side = models.CharField(max_length=10, choices=Side)
    baseline = models.FloatField()
    commit = models.FloatField()
    stretch = models.FloatField(null=True, blank=True)
    note = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_side_display()} offers {self.commit}"


class Event(Removable):
    """Something dated that people know of: a pricing change, tracking fixed. On one metric, or on all of a product.

    Charts show it; the test of beliefs sets its periods aside when it says so.
    """

    class Kind(models.TextChoices):
        RELEASE = "release", "Release"
        PRICING = "pricing", "Pricing"
        MARKETING = "marketing", "Marketing"
        TRACKING = "tracking", "Tracking or definition"
        MARKET = "market", "Market or season"
        OUTAGE = "outage", "Outage"
        OTHER = "other", "Other"

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    metric = models.ForeignKey(
        Metric, models.CASCADE, null=True, blank=True, related_name="events", help_text="Empty: all metrics."
    )
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OTHER)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day; the same as the first for a single day.")
    set_aside = models.BooleanField(
        default=True, help_text="The periods it touches are not used when a belief is tested."
    )

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="event_ends_after_start")
        ]
        indexes = [models.Index(fields=["product", "starts_on"], name="event_product_day")]

    def __str__(self) -> str:
        return self.title
