"""The strategy challenge that opens by itself, what members propose in it, and what was decided."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from common.models import TimeStamped, Versioned
from contest.querysets import ContestQuerySet, ProposalQuerySet


class Contest(Versioned, TimeStamped):
    """One challenge of one goal, opened by one streak of missed quarters."""

    class Phase(models.TextChoices):
        PROPOSALS = "proposals", "Open for proposals"
        REVIEW = "review", "In review"
        VOTING = "voting", "Voting"
        DECIDED = "decided", "Decided"
        CANCELLED = "cancelled", "Cancelled"

    class Outcome(models.TextChoices):
        ADOPTED = "adopted", "Adopted"
        KEPT = "kept", "Kept as it is"
        NO_QUORUM = "no_quorum", "No quorum"

    goal = models.ForeignKey("strategy.Goal", models.CASCADE, related_name="+")
    goal_version = models.ForeignKey("strategy.GoalVersion", models.PROTECT, related_name="+")
    first_missed_quarter = models.DateField(help_text="First day of the streak's first missed quarter.")
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.PROPOSALS)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    opened_at = models.DateTimeField()
    proposals_until = models.DateTimeField()
    delayed_at = models.DateTimeField(null=True, blank=True)
    delayed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    delayed_reason = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cancelled_reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    chosen = models.ForeignKey("Proposal", models.SET_NULL, null=True, blank=True, related_name="+")
    applied_version = models.ForeignKey(
        "strategy.GoalVersion", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    applies_on = models.DateField(null=True, blank=True, help_text="The day from which the decision holds.")
    applied_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it was carried out; empty while a retirement waits for its day.",
    )
    policy = models.JSONField(default=dict, help_text="The rules in force at opening.")
    evidence = models.JSONField(default=dict, help_text="The evidence pack, frozen at opening.")
    evidence_schema = models.PositiveSmallIntegerField(default=1)
    data_changed = models.BooleanField(
        default=False, help_text="A missed quarter was corrected after opening."
    )

    objects: ClassVar[ContestQuerySet] = ContestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            # A cancelled contest is left out: its streak is judged afresh from the repaired results, which may
            # open a contest again. `contest_open` refuses to do so while nothing has been repaired.
            models.UniqueConstraint(
                fields=["goal", "first_missed_quarter"],
                condition=~Q(phase="cancelled"),
                name="one_contest_a_streak",
            ),
            models.UniqueConstraint(
                fields=["goal"],
                condition=~Q(phase__in=["decided", "cancelled"]),
                name="one_open_contest_a_goal",
            ),
            models.CheckConstraint(
                condition=~Q(phase="decided") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="decided_contest_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(phase="cancelled") | (Q(cancelled_at__isnull=False) & ~Q(cancelled_reason="")),
                name="cancelled_contest_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Contest {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.phase not in {self.Phase.DECIDED, self.Phase.CANCELLED}

    @property
    def is_taking_proposals(self) -> bool:
        return self.phase == self.Phase.PROPOSALS

    @property
    def standing(self) -> str:
        """How it stands in one code of the status vocabulary: the outcome when there is one, else the phase."""
        return self.outcome or self.phase

    def get_absolute_url(self) -> str:
        return reverse("contest:contest-detail", args=[self.goal.product.slug, self.pk])


class Elector(models.Model):
    """Who belonged to the product, more than as a viewer, when the contest opened."""

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="electorate")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contest", "user"], name="elector_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.contest_id}"


class Proposal(Versioned, TimeStamped):
    """A change of the objective that a member asks for; "keep as it is" is always one of the entries."""

    class Kind(models.TextChoices):
        REVISE_TARGET = "revise_target", "Revise the target"
        CHANGE_MAPPINGS = "change_mappings", "Change the mappings"
        REPLACE_GOAL = "replace_goal", "Replace the goal"
        RETIRE_GOAL = "retire_goal", "Retire the goal"
        KEEP = "keep", "Keep as it is"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Proposed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    title = models.CharField(max_length=140)
    why = models.TextField(blank=True)
    base_version = models.ForeignKey("strategy.GoalVersion", models.PROTECT, related_name="+")
    change = models.JSONField(default=dict, help_text="The change, in the numbered shape of its kind.")
    change_schema = models.PositiveSmallIntegerField(default=1)
    difference = models.JSONField(
        default=list, help_text="[label, before, after] of each change, frozen when the contest ended."
    )
    evidence = models.TextField(blank=True)
    outcome_1_quarter = models.TextField("expected after 1 quarter", blank=True)
    outcome_4_quarters = models.TextField("expected after 4 quarters", blank=True)
    outcome_12_quarters = models.TextField("expected after 12 quarters", blank=True)
    risks = models.TextField(blank=True)
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ProposalQuerySet] = ProposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["contest", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contest"], condition=Q(kind="keep"), name="keep_as_it_is_once_a_contest"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def get_absolute_url(self) -> str:
        return reverse(
            "contest:proposal-detail", args=[self.contest.goal.product.slug, self.contest_id, self.pk]
        )


class FollowUp(models.Model):
    """The look back booked by a decision: did the change work? Answered by the result of its quarter."""

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="follow_ups")
    number = models.PositiveSmallIntegerField(help_text="Quarters after the decision holds: 1 or 2.")
    quarter_start = models.DateField()
    quarter_end = models.DateField()
    due_on = models.DateField(help_text="The day on which the quarter's result closes.")
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When the members were told of the result."
    )

    class Meta:
        ordering = ["contest", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "number"], name="follow_up_once"),
            models.CheckConstraint(
                condition=Q(quarter_end__gt=F("quarter_start")), name="follow_up_is_a_range"
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(told_at=None), name="follow_up_due")]

    def __str__(self) -> str:
        return f"Follow-up {self.number} of contest {self.contest_id}"
