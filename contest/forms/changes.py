"""One form per kind of proposal: the fields of its change, filled with the goal of today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from common.display.values import with_unit
from common.quarters import Quarter
from contest.calculations.changes import BELIEF_FIELDS, LAG_MOST, QUARTERS_MOST, MappingFact, Problem
from contest.models import Proposal
from contest.selectors.facts import GoalToday
from strategy.content import TargetContent
from strategy.models import GoalVersion, MappingVersion

QUARTERS_SHOWN = 8
NEW_MAPPINGS = 2


@dataclass(frozen=True)
class TargetRow:
    """A line of the table of targets: the quarter, what holds today, and the fields."""

    label: str
    today: str
    fields: Sequence[forms.BoundField]


@dataclass(frozen=True)
class MappingRow:
    """A mapping of today with its fields, or an empty place for a new one."""

    name: str
    fact: MappingFact | None
    action: forms.BoundField | None
    fields: Sequence[forms.BoundField]
    reason: forms.BoundField | None
    is_open: bool


class ChangeForm(forms.Form):
    """What the kinds share: it starts from the goal of today, or from the change as it was saved."""

    def __init__(self, *args: Any, today: GoalToday, change: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.saved = today, change
        self.places: list[str] = []
        self.build()

    def build(self) -> None:
        """Adds the fields that depend on the goal."""

    def change(self) -> dict[str, Any]:
        """The change in the shape of its kind; empty when nothing was filled in."""
        return {}

    def problems_add(self, problems: Sequence[Problem]) -> None:
        """Puts each problem of `change_clean` at its field, or on top when it has none."""
        for problem in problems:
            name = self.field_of(problem.path)
            self.add_error(name if name in self.fields else None, problem.message)

    def field_of(self, path: str) -> str:
        """The name of the field for a path such as "targets.2.value"."""
        return path


class NothingForm(ChangeForm):
    """Retiring has no fields of its own."""


class TargetsMixin(ChangeForm):
    """A target, or two edges, for each of the coming quarters. Quarters left empty at the end have none."""

    edges: Sequence[str] = ("value",)

    def targets_build(self, edges: Sequence[str]) -> None:
        self.edges = edges
        saved = {item["quarter"]: item for item in self.saved.get("targets", [])}
        for quarter in self.quarters():
            held = self.today.content.target_of(quarter.start)
            for edge in edges:
                start = saved.get(quarter.slug, {}).get(edge) if saved else getattr(held, edge, None)
                label = {"value": "Target", "low": "Low edge", "high": "High edge"}[edge]
                self.fields[f"{edge}_{quarter.slug}"] = forms.FloatField(
                    label=f"{label} for {quarter.label}", required=False, initial=start
                )

    def quarters(self) -> list[Quarter]:
        """From the first quarter in which the change could hold, as many as targets go, and at least eight."""
        first = self.today.first_quarter
        starts = [target.quarter_start for target in self.today.content.targets]
        starts += [self.today.calendar.parse(item["quarter"]).start for item in self.saved.get("targets", [])]
        shown = [first.shift(step) for step in range(QUARTERS_SHOWN)]
        while starts and shown[-1].start < max(starts) and len(shown) < QUARTERS_MOST:
            shown.append(shown[-1].next)
        return shown

    def target_rows(self) -> Iterator[TargetRow]:
        """Lines of the table, in the order of time."""
        for quarter in self.quarters():
            held = self.today.content.target_of(quarter.start)
            fields = [self[f"{edge}_{quarter.slug}"] for edge in self.edges]
            yield TargetRow(quarter.label, self._held(held), fields)

    def _held(self, target: TargetContent | None) -> str:
        metric = self.today.version.metric
        if target is None:
            return "–"
        if target.value is not None:
            return with_unit(target.value, metric.unit, metric.decimals)
        return " to ".join(
            with_unit(edge, metric.unit, metric.decimals) for edge in (target.low, target.high)
        )

    def targets(self, edges: Sequence[str]) -> list[dict[str, Any]]:
        """The lines in which something was typed."""
        found = []
        self.places = []
        for quarter in self.quarters():
            given = {edge: self.cleaned_data.get(f"{edge}_{quarter.slug}") for edge in edges}
            if any(value is not None for value in given.values()):
                found.append({"quarter": quarter.slug, **given})
                self.places.append(quarter.slug)
        return found

    def field_of(self, path: str) -> str:
        parts = path.split(".")
        if parts[0] == "targets" and len(parts) == 3 and int(parts[1]) < len(self.places):
            edge = parts[2] if parts[2] in self.edges else self.edges[0]
            return f"{edge}_{self.places[int(parts[1])]}"
        return path


class ReviseTargetForm(TargetsMixin):
    """New targets in the goal's own direction."""

    def build(self) -> None:
        band = self.today.content.direction == GoalVersion.Direction.BAND
        self.targets_build(("low", "high") if band else ("value",))

    def change(self) -> dict[str, Any]:
        targets = self.targets(self.edges)
        return {"targets": targets} if targets else {}


class ReplaceGoalForm(TargetsMixin):
    """Another content for the same goal."""

    title = forms.CharField(label="Title of the goal", max_length=140, required=False)
    bet = forms.CharField(
        label="Bet",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why reaching this would be the right strategy.",
    )
    metric = forms.ChoiceField(label="Impact metric", required=False)
    direction = forms.ChoiceField(label="Direction", choices=GoalVersion.Direction.choices, required=False)
    baseline = forms.FloatField(label="Baseline", required=False, help_text="Where the metric stands before.")
    tolerance = forms.FloatField(
        label="Tolerance", required=False, help_text="In the metric's unit; empty for none.", min_value=0
    )
    horizon = forms.ChoiceField(label="Horizon", choices=GoalVersion.Horizon.choices, required=False)

    PLAIN = ("title", "bet", "metric", "direction", "baseline", "tolerance", "horizon")

    def build(self) -> None:
        content = self.today.content
        metric = self.fields["metric"]
        assert isinstance(metric, forms.ChoiceField)
        metric.choices = list(self.today.context.impact_metrics.items())
        start = {name: getattr(content, name) for name in self.PLAIN}
        start["metric"] = self.today.version.metric.key
        for name in self.PLAIN:
            self.fields[name].initial = self.saved.get(name, start[name])
        self.targets_build(("value", "low", "high"))

    def plain_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PLAIN]

    def change(self) -> dict[str, Any]:
        values = {name: self.cleaned_data.get(name) for name in self.PLAIN}
        values["tolerance"] = values["tolerance"] or 0.0
        band = values["direction"] == GoalVersion.Direction.BAND
        return {**values, "targets": self.targets(("low", "high") if band else ("value",))}


class ChangeMappingsForm(ChangeForm):
    """The goal's active mappings, each to keep, revise or retire, and places for new ones."""

    ACTIONS = (("keep", "Keep"), ("revise", "Revise"), ("retire", "Retire"))

    def build(self) -> None:
        saved = {item["mapping"]: item for item in self.saved.get("changes", []) if "mapping" in item}
        added = [item for item in self.saved.get("changes", []) if item["action"] == "add"]
        for fact in self.today.mappings.values():
            item = saved.get(fact.id, {})
            stem = f"m{fact.id}"
            self.fields[f"{stem}_action"] = forms.ChoiceField(
                label=f"{fact.metric_name}",
                choices=self.ACTIONS,
                required=False,
                initial=item.get("action", "keep"),
                widget=forms.Select,
            )
            self._belief(stem, {name: item.get(name, getattr(fact, name)) for name in BELIEF_FIELDS})
            self.fields[f"{stem}_reason"] = forms.CharField(
                label="Why it should be retired", required=False, initial=item.get("reason", "")
            )
        for place in range(max(NEW_MAPPINGS, len(added))):
            self._new(place, added[place] if place < len(added) else {})

    def _new(self, place: int, item: Mapping[str, Any]) -> None:
        mapped = {fact.metric for fact in self.today.mappings.values()}
        free = [(key, name) for key, name in self.today.context.outcome_metrics.items() if key not in mapped]
        self.fields[f"n{place}_metric"] = forms.ChoiceField(
            label="Outcome metric",
            choices=[("", "No new mapping here"), *free],
            required=False,
            initial=item.get("metric", ""),
        )
        self._belief(f"n{place}", {"direction": "+", "strength": 2, **item})

    def _belief(self, stem: str, start: Mapping[str, Any]) -> None:
        self.fields[f"{stem}_belief"] = forms.CharField(
            label="Belief",
            required=False,
            initial=start.get("belief", ""),
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text="Why moving the metric is believed to move the goal.",
        )
        self.fields[f"{stem}_direction"] = forms.ChoiceField(
            label="Expected direction",
            choices=[(value, f"Goal {label}") for value, label in MappingVersion.Direction.choices],
            required=False,
            initial=start.get("direction"),
        )
        self.fields[f"{stem}_strength"] = forms.TypedChoiceField(
            label="Strength",
            choices=MappingVersion.Strength.choices,
            coerce=int,
            required=False,
            initial=start.get("strength"),
        )
        self.fields[f"{stem}_lag_weeks"] = forms.IntegerField(
            label="Expected lag in weeks",
            required=False,
            initial=start.get("lag_weeks"),
            min_value=0,
            max_value=LAG_MOST,
            help_text="Leave empty if you cannot say. Naming it shortens the wait for a verdict.",
        )
        self.fields[f"{stem}_effect"] = forms.FloatField(
            label="Expected effect", required=False, initial=start.get("effect")
        )
        self.fields[f"{stem}_falsifier"] = forms.CharField(
            label="What would prove us wrong", required=False, initial=start.get("falsifier", "")
        )

    def mapping_rows(self) -> Iterator[MappingRow]:
        """Today's mappings, then the places for new ones."""
        for fact in self.today.mappings.values():
            stem = f"m{fact.id}"
            action = self[f"{stem}_action"]
            yield MappingRow(
                fact.metric_name,
                fact,
                action,
                self._fields(stem),
                self[f"{stem}_reason"],
                action.value() not in {"", "keep", None},
            )

    def new_rows(self) -> Iterator[MappingRow]:
        place = 0
        while f"n{place}_metric" in self.fields:
            metric = self[f"n{place}_metric"]
            yield MappingRow(
                f"New mapping {place + 1}",
                None,
                metric,
                self._fields(f"n{place}"),
                None,
                bool(metric.value()),
            )
            place += 1

    def _fields(self, stem: str) -> list[forms.BoundField]:
        return [self[f"{stem}_{name}"] for name in BELIEF_FIELDS]

    def change(self) -> dict[str, Any]:
        changes = []
        self.places = []
        for fact in self.today.mappings.values():
            stem = f"m{fact.id}"
            action = self.cleaned_data.get(f"{stem}_action")
            if action == "revise":
                changes.append({"action": action, "mapping": fact.id, **self._values(stem)})
                self.places.append(stem)
            elif action == "retire":
                reason = self.cleaned_data.get(f"{stem}_reason", "")
                changes.append({"action": action, "mapping": fact.id, "reason": reason})
                self.places.append(stem)
        place = 0
        while f"n{place}_metric" in self.fields:
            if metric := self.cleaned_data.get(f"n{place}_metric"):
                changes.append({"action": "add", "metric": metric, **self._values(f"n{place}")})
                self.places.append(f"n{place}")
            place += 1
        return {"changes": changes} if changes else {}

    def _values(self, stem: str) -> dict[str, Any]:
        return {name: self.cleaned_data.get(f"{stem}_{name}") for name in BELIEF_FIELDS}

    def field_of(self, path: str) -> str:
        parts = path.split(".")
        if parts[0] != "changes" or len(parts) < 2 or int(parts[1]) >= len(self.places):
            return path
        stem = self.places[int(parts[1])]
        if len(parts) == 3 and f"{stem}_{parts[2]}" in self.fields:
            return f"{stem}_{parts[2]}"
        return f"{stem}_action"


CHANGE_FORMS: Mapping[str, type[ChangeForm]] = {
    Proposal.Kind.REVISE_TARGET: ReviseTargetForm,
    Proposal.Kind.CHANGE_MAPPINGS: ChangeMappingsForm,
    Proposal.Kind.REPLACE_GOAL: ReplaceGoalForm,
    Proposal.Kind.RETIRE_GOAL: NothingForm,
}
