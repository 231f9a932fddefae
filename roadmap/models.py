"""Boards as their tools have them, the cards on them, and the weekly edition made from them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from common.crypto import secret_open, secret_seal
from common.models import TimeStamped, Versioned
from roadmap.querysets import BoardQuerySet, CardQuerySet, ConnectionQuerySet, EditionQuerySet


class Stage(models.TextChoices):
    """The eight stages of a Stream Team's board, and Discarded outside the flow."""

    PRIORITISED = "prioritised_opportunities", "Prioritised Opportunities"
    TO_EVALUATE = "to_evaluate", "To Evaluate"
    IN_VALIDATION = "in_validation", "In Validation"
    TO_DESIGN = "to_design", "To Design"
    TO_BUILD = "to_build", "To Build"
    IN_PROGRESS = "in_progress", "In Progress"
    RELEASED = "released", "Released"
    VERIFIED = "verified", "Verified"
    DISCARDED = "discarded", "Discarded"


class Connection(Versioned, TimeStamped):
    """Access to one board tool: address and credentials, which nobody sees again after saving."""

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict, blank=True, help_text="What is no secret: address, project …")
    sealed = models.TextField(blank=True, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects: ClassVar[ConnectionQuerySet] = ConnectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def secrets_set(self, values: dict[str, str]) -> None:
        """Seals the credentials for this row, which must be saved already."""
        self.sealed = secret_seal(values, owner=f"connection:{self.pk}") if values else ""

    def secrets_get(self) -> dict[str, str]:
        """The credentials; SecretUnreadableError when no key fits any more."""
        if not self.sealed:
            return {}
        opened: dict[str, str] = secret_open(self.sealed, owner=f"connection:{self.pk}")
        return opened


class Board(Versioned, TimeStamped):
    """One board of one team in its own tool."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="boards")
    team = models.ForeignKey("teams.Team", models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True)
    settings = models.JSONField(
        default=dict, blank=True, help_text="What belongs to this board: field mapping …"
    )
    cursor = models.JSONField(default=dict, blank=True)
    next_sync_at = models.DateTimeField(null=True, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    last_complete_read_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BoardQuerySet] = BoardQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["team", "name"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="board_once_a_connection")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("roadmap:board-detail", args=[self.team.product.slug, self.pk])


class BoardFile(models.Model):
    """The newest file uploaded for a board whose provider reads files: it is what a sync reads."""

    board = models.OneToOneField(Board, models.CASCADE, related_name="file")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class UploadDraft(models.Model):
    """A file that somebody chose for a board and has not confirmed yet; only they see it. Replaced by the next one."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    options = models.JSONField(
        default=dict, help_text="How it is read: form, encoding, delimiter, mapping, complete."
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["board", "actor"], name="upload_draft_once_a_person")]

    def __str__(self) -> str:
        return self.name


class Column(models.Model):
    """A board's column, matched to a stage by a person or by a well-known name; unmatched ones are reported."""

    class StageOrigin(models.TextChoices):
        NAME = "name", "By its name"
        PERSON = "person", "By a person"

    board = models.ForeignKey(Board, models.CASCADE, related_name="columns")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    wip_limit = models.PositiveIntegerField(null=True, blank=True)
    stage = models.CharField(max_length=30, choices=Stage, blank=True)
    stage_origin = models.CharField(max_length=10, choices=StageOrigin, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["board", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["board", "external_id"], name="column_once_a_board")]

    def __str__(self) -> str:
        return self.name


class Card(Versioned, TimeStamped):
    """A card as its tool has it, with the context that a person may have added in Bearing."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="cards")
    identity = models.CharField(
        max_length=250, help_text="External id, and creation time where ids are reused."
    )
    external_id = models.CharField(max_length=200)
    key = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=500)
    url = models.URLField(max_length=500, blank=True)
    type = models.CharField(max_length=60, blank=True)
    column = models.ForeignKey(Column, models.SET_NULL, null=True, blank=True, related_name="+")
    state_raw = models.CharField(max_length=200, blank=True)
    swimlane = models.CharField(max_length=200, blank=True)
    labels = models.JSONField(default=list, blank=True)
    assignees = models.JSONField(default=list, blank=True)
    priority = models.CharField(max_length=60, blank=True)
    blocked = models.BooleanField(default=False)
    blocked_reason = models.CharField(max_length=300, blank=True)
    tool_created_at = models.DateTimeField(null=True, blank=True)
    tool_updated_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    closed = models.BooleanField(default=False)
    stage_since = models.DateTimeField(null=True, blank=True, help_text="When it entered its column.")
    first_seen_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    metric = models.ForeignKey(
        "metrics.Metric",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Its target metric.",
    )
    metric_origin = models.CharField(max_length=10, blank=True, help_text="tool or person")
    metric_key_unknown = models.CharField(
        max_length=120, blank=True, help_text="Named on the card, not known here."
    )
    context = models.JSONField(default=dict, blank=True, help_text="{field: {value, origin: tool|person}}")

    objects: ClassVar[CardQuerySet] = CardQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["board", "id"]
        constraints = [models.UniqueConstraint(fields=["board", "identity"], name="card_once_a_board")]
        indexes = [models.Index(fields=["metric"], name="card_metric")]

    def __str__(self) -> str:
        return f"{self.key} {self.title}".strip()

    def get_absolute_url(self) -> str:
        return reverse("roadmap:card-detail", args=[self.board.team.product.slug, self.pk])


class CardMove(models.Model):
    """A card's change of column: reported by the tool, derived from its time stamps, or seen between reads."""

    class Source(models.TextChoices):
        REPORTED = "reported", "Reported by the tool"
        DERIVED = "derived", "Derived from the tool's times"
        OBSERVED = "observed", "Observed between two reads"

    card = models.ForeignKey(Card, models.CASCADE, related_name="moves")
    from_column = models.ForeignKey(Column, models.SET_NULL, null=True, blank=True, related_name="+")
    to_column = models.ForeignKey(Column, models.SET_NULL, null=True, blank=True, related_name="+")
    from_raw = models.CharField(max_length=200, blank=True)
    to_raw = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True, help_text="Observed: the read before.")
    source = models.CharField(max_length=10, choices=Source)

    class Meta:
        ordering = ["card", "at"]
        constraints = [
            models.UniqueConstraint(fields=["card", "at", "to_raw", "source"], name="card_move_once"),
            models.CheckConstraint(
                condition=~Q(source="observed") | Q(not_before__isnull=False),
                name="observed_move_has_an_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}: {self.from_raw} → {self.to_raw}"


class SyncRun(models.Model):
    """One reading of one board, with its counts and, when it failed, a sentence for a person."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        HELD = "held", "Held for confirmation"
        FAILED = "failed", "Failed"

    board = models.ForeignKey(Board, models.CASCADE, related_name="runs")
    job = models.ForeignKey("common.JobRun", models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    requests_made = models.PositiveIntegerField(default=0)
    cards_read = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=dict, blank=True, help_text="New, moved, renamed … by external id.")
    notes = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    may_pass = models.BooleanField(
        default=False, help_text="A failure that may pass by itself: tried again soon."
    )

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            # Two workers can never read one board at a time: the second cannot even begin.
            models.UniqueConstraint(
                fields=["board"], condition=Q(state="running"), name="one_running_sync_a_board"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {self.started_at:%Y-%m-%d %H:%M}"


class Edition(models.Model):
    """The dated overview of one product's work in one ISO week. Never changed; a late board makes a revision."""

    SCHEMA = 1

    product = models.ForeignKey("teams.Product", models.CASCADE, related_name="+")
    iso_year = models.PositiveSmallIntegerField()
    iso_week = models.PositiveSmallIntegerField()
    revision = models.PositiveIntegerField(default=1)
    cutoff_at = models.DateTimeField()
    published_at = models.DateTimeField()
    schema = models.PositiveSmallIntegerField(default=SCHEMA)
    totals = models.JSONField(default=dict)
    difference = models.JSONField(default=dict)

    objects: ClassVar[EditionQuerySet] = EditionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-iso_year", "-iso_week", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "iso_year", "iso_week", "revision"],
                name="edition_once_a_week_and_revision",
            ),
            models.CheckConstraint(condition=Q(iso_week__gte=1, iso_week__lte=53), name="iso_week_is_a_week"),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.week}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise ValueError("An edition is never changed; publish a revision.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("roadmap:edition-detail", args=[self.product.slug, self.week])

    @property
    def week(self) -> str:
        """As in URLs: 2026-W47."""
        return f"{self.iso_year}-W{self.iso_week:02d}"


class EditionTeam(models.Model):
    """How fresh a team's boards were when the edition was made."""

    class Freshness(models.TextChoices):
        FRESH = "fresh", "Fresh"
        STALE = "stale", "Stale"
        MISSING = "missing", "Missing"

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="teams")
    team = models.ForeignKey("teams.Team", models.SET_NULL, null=True, related_name="+")
    team_name = models.CharField(max_length=120)
    freshness = models.CharField(max_length=10, choices=Freshness)
    boards = models.JSONField(default=list)

    class Meta:
        ordering = ["team_name"]

    def __str__(self) -> str:
        return self.team_name


class EditionCard(models.Model):
    """A frozen copy of what the edition shows of one card."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="cards")
    edition_team = models.ForeignKey(EditionTeam, models.CASCADE, related_name="cards")
    card = models.ForeignKey(Card, models.SET_NULL, null=True, related_name="+")
    identity = models.CharField(max_length=250)
    key = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=500)
    url = models.URLField(max_length=500, blank=True)
    column_name = models.CharField(max_length=200, blank=True)
    stage = models.CharField(max_length=30, choices=Stage, blank=True)
    metric = models.ForeignKey("metrics.Metric", models.SET_NULL, null=True, related_name="+")
    metric_name = models.CharField(max_length=120, blank=True)
    goals = models.JSONField(default=list, help_text="Titles of the goals that its metric is mapped to.")
    contradicted = models.BooleanField(
        default=False, help_text="The stated verdict of a belief on its metric was: contradicted."
    )
    context = models.JSONField(default=dict)
    blocked = models.BooleanField(default=False)
    blocked_reason = models.CharField(max_length=300, blank=True)
    ageing = models.BooleanField(default=False)
    days_in_stage = models.PositiveIntegerField(null=True)
    weeks_unchanged = models.PositiveIntegerField(default=0)
    change = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["edition_team", "-days_in_stage", "key"]

    def __str__(self) -> str:
        return f"{self.key} {self.title}".strip()
