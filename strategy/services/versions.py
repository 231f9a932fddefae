"""Edits and decisions: a goal's next version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from common.audit import audit_record
from common.locking import version_claim
from strategy.content import WORDS, GoalContent, content_changed, content_of
from strategy.errors import UnableToChangeGoalError
from strategy.guards import edit_refusal
from strategy.models import Goal, GoalVersion
from strategy.selectors.versions import version_after, version_differences, version_on
from strategy.services.checks import (
    content_check,
    content_columns,
    past_targets_dropped,
    version_parts_write,
    version_write,
)
from strategy.services.goals import goal_streak_restart
from teams.models import Organisation, User
from teams.selectors import organisation_get


@transaction.atomic
def goal_version_create(
    *,
    goal: Goal,
    changes: Mapping[str, Any],
    actor: User | None,
    reason: str,
    now: datetime,
    origin: str = GoalVersion.Origin.EDIT,
    expected_version: int | None = None,
) -> GoalVersion:
    """Writes what the goal says next, and returns the newest version.

    changes: fields of a version (see strategy.content); only those that differ count. Words, owner, horizon and
    guardrails hold at once, everything else from the next quarter's first day; an edit of both kinds makes two
    versions. None of it touches the streak. A draft's one version is changed in place.
    origin "contest_decision": all of it holds from the next quarter, and the streak starts at 0.
    Raises UnableToChangeGoalError (a field cannot stand, no reason, retired, a contest is open) and
    ConflictError when `expected_version` is not the goal's.
    """
    version_claim(goal, expected_version)
    goal.refresh_from_db()
    organisation = organisation_get()
    if goal.state == Goal.State.RETIRED:
        raise UnableToChangeGoalError("This goal is retired. Bring it back before you change it.")
    edit = _Edit(goal, organisation, organisation.today(now), now, actor, reason.strip(), origin)
    if goal.state == Goal.State.DRAFT:
        return edit.draft(changes)
    if origin == GoalVersion.Origin.CONTEST:
        version = edit.decision(changes)
        goal_streak_restart(goal=goal, now=now, actor=actor, reason=reason)
        return version
    return edit.apply(changes)


class _Edit:
    """One change of one goal: works out which versions it makes, checks and writes them."""

    def __init__(
        self,
        goal: Goal,
        organisation: Organisation,
        today: date,
        now: datetime,
        actor: User | None,
        reason: str,
        origin: str,
    ) -> None:
        self.goal, self.organisation, self.today, self.now = goal, organisation, today, now
        self.actor, self.reason, self.origin = actor, reason, origin
        versions = list(goal.versions.prefetch_related("targets", "guardrails"))
        self.current = version_on(versions, today)
        self.planned = version_after(versions, today)
        self.number = max(version.number for version in versions)
        self.next_quarter = organisation.calendar.quarter_of(today).next

    def draft(self, changes: Mapping[str, Any]) -> GoalVersion:
        old = _content(self.current)
        new = self._changed(old, changes)
        self._check(new)
        for name, value in content_columns(new).items():
            setattr(self.current, name, value)
        self.current.save()
        version_parts_write(self.current, new)
        self.goal.current, self.goal.planned = self.current, None
        self._tell("draft changed", old, new)
        return self.current

    def decision(self, changes: Mapping[str, Any]) -> GoalVersion:
        old = _content(self.planned or self.current)
        new = past_targets_dropped(self._changed(old, changes), self.next_quarter.start)
        self._check(new)
        version = self._write(new, self.next_quarter.start)
        self._tell("goal changed by a contest's decision", old, new)
        return version

    def apply(self, changes: Mapping[str, Any]) -> GoalVersion:
        base = _content(self.planned or self.current)
        wanted = self._changed(base, changes)
        changed = base.changed_fields(wanted)
        if not changed:
            raise UnableToChangeGoalError("Nothing was changed.")
        if not self.reason:
            raise UnableToChangeGoalError("Say why: the reason stays with the version.", field="reason")
        measured = changed - WORDS
        if measured:
            self._measure_check(base, wanted)
            wanted = past_targets_dropped(wanted, self.next_quarter.start)
        self._check(wanted)
        version = None
        if changed & WORDS:
            words = {name: getattr(wanted, name) for name in changed & WORDS}
            version = self._write(content_changed(_content(self.current), words), self.today)
        if measured or self.planned is not None:
            version = self._write(wanted, self.next_quarter.start)
        assert version is not None
        self._tell("goal edited", base, wanted)
        return version

    def _measure_check(self, base: GoalContent, wanted: GoalContent) -> None:
        """No edit of what is measured while a contest is open, nor of a quarter that has begun."""
        if refusal := edit_refusal(self.goal):
            raise UnableToChangeGoalError(refusal)
        starts = {target.quarter_start for target in (*base.targets, *wanted.targets)}
        for start in sorted(starts):
            if start < self.next_quarter.start and base.target_of(start) != wanted.target_of(start):
                label = self.organisation.calendar.quarter_of(start).label
                raise UnableToChangeGoalError(
                    f"The target of {label} is fixed. An edit holds from {self.next_quarter.label}.",
                    field="targets",
                )

    def _changed(self, content: GoalContent, changes: Mapping[str, Any]) -> GoalContent:
        try:
            return content_changed(content, changes)
        except KeyError as error:
            raise UnableToChangeGoalError(str(error.args[0])) from error

    def _check(self, content: GoalContent) -> None:
        content_check(content, product=self.goal.product, calendar=self.organisation.calendar, goal=self.goal)

    def _write(self, content: GoalContent, effective_from: date) -> GoalVersion:
        self.number += 1
        version = version_write(
            self.goal,
            content,
            number=self.number,
            effective_from=effective_from,
            origin=self.origin,
            reason=self.reason,
            author=self.actor,
            now=self.now,
        )
        if effective_from <= self.today:
            self.goal.current = self.current = version
        else:
            self.goal.planned = version
            self.goal.current = self.current
        return version

    def _tell(self, action: str, old: GoalContent, new: GoalContent) -> None:
        rows = version_differences(old, new, calendar=self.organisation.calendar)
        audit_record(
            actor=self.actor,
            action=action,
            subject=self.goal,
            before={row.label: row.before for row in rows},
            after={row.label: row.after for row in rows},
            reason=self.reason,
            product_id=self.goal.product_id,
        )


def _content(version: GoalVersion) -> GoalContent:
    """The version's content from what was fetched with it."""
    return content_of(
        version,
        targets=version.targets.all(),
        guardrails=[metric.pk for metric in version.guardrails.all()],
    )
