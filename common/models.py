"""Rows that every app leans on: versioned objects, audit events, job runs and the outbox."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Versioned(models.Model):
    """An object that people edit: `version` grows with every save through common.locking."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True


class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Removable(Versioned, TimeStamped):
    """Something that a person added, and that can be removed and brought back; see common.removal."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class AuditEvent(models.Model):
    """One write, told once and never changed. `subject` is "app.model:pk"."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    service = models.CharField(max_length=60, blank=True, help_text="Set when no person acted.")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    subject_label = models.CharField(max_length=200, blank=True)
    product_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    confidential = models.BooleanField(
        default=False, help_text="Told only on its own page, to whom that page allows, until it is revealed."
    )

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["subject", "-at"], name="audit_subject"),
            models.Index(fields=["product_id", "-at"], name="audit_product"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label or self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise ValueError("An audit event is never changed.")
        super().save(*args, **kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:  # noqa: ARG002 - Django's signature
        raise ValueError("An audit event is never deleted.")


class JobRun(models.Model):
    """One run of one kind of background work for one subject and period; unique, so that it is made once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        GAPS = "gaps", "Done with gaps"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    period = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    payload = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "subject", "period"], name="jobrun_once")]
        indexes = [
            models.Index(fields=["state", "due_at"], name="jobrun_due"),
            models.Index(fields=["kind", "-created_at"], name="jobrun_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.period}".strip()

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.GAPS, self.State.FAILED}

    def progress_set(self, done: int, total: int) -> None:
        """Tells how far the run is; seen at once by the page that polls the row."""
        self.progress, self.total = done, total
        type(self).objects.filter(pk=self.pk).update(progress=done, total=total)


class OutboxMessage(models.Model):
    """A fact to tell outside, written in the transaction of the fact; sent at least once, marked once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"

    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "due_at"], name="outbox_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"


class Heartbeat(models.Model):
    """When a part of the machinery was last alive (the scheduler's minute tick)."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"


class SlugRedirect(models.Model):
    """An address that a renamed object used to have. `scope` is the product's id, 0 for the organisation."""

    kind = models.CharField(max_length=60)
    scope = models.BigIntegerField(default=0)
    slug = models.CharField(max_length=80)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "scope", "slug"], name="slugredirect_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"
